"""A methods paragraph: what was done to get these tables, from what their provenance says, with its sources."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from cuetrack.cues import registry
from cuetrack.errors import StoreError
from cuetrack.store.files import read_json
from cuetrack.store.folder import SessionFolder
from cuetrack.store.provenance import package_versions

_SEEN = (
    "Lugaresi et al. 2019, MediaPipe, arXiv:1906.08172; Kartynnik et al. 2019, arXiv:1907.06724; "
    "Bazarevsky et al. 2020, BlazePose, arXiv:2006.10204"
)
_PAIR = (
    "Boker et al. 2002, Psychol Methods 7:338; Ramseyer & Tschacher 2011, J Consult Clin Psychol 79:284; "
    "Moulder et al. 2018, Psychol Methods 23:757"
)


def paragraph(folders: Sequence[SessionFolder], dyads: int = 0) -> str:
    """Return what a paper's methods section needs to say of these sessions; where they were not made alike it says so.

    `dyads` is how many different pairs of people they are of, 0 if that is not known.
    """
    described = [folder.description() for folder in folders]
    lengths = [float(d.get("duration_s", 0.0)) for d in described]
    version = package_versions(("cuetrack",))["cuetrack"]
    said = [_recordings(lengths, dyads)]
    if any(d.get("simulated") for d in described):
        said.append("Simulated sessions are among them: their cues were made at the level of cues, not measured.")
    said.append(f"They were measured with cuetrack{f' {version}' if version else ''}.")
    picture, sound = (_alike(folders, "tracks", name) for name in ("picture", "sound"))
    said += [_picture(picture)] if picture.made else []
    said += [_sound(sound)] if sound.made else []
    said += _cues(folders)
    said.append(_moments(_alike(folders, "moments", "default")))
    differ = [kind.says(len(folders)) for kind in (picture, sound) if kind.made]
    said += [text for text in differ if text]
    said.append(
        "Cues say what was seen and heard; they were not validated against people's own experience, and ranked moments "
        "are candidates for people to look at."
    )
    return " ".join(said)


class _Made:
    """One kind of result over all sessions: how many have it, and every way it was made, the most usual first."""

    def __init__(self, name: str, found: Iterable[Mapping[str, Any]]) -> None:
        ways = [json.dumps([f["version"], _settings(f), f.get("packages", {})], sort_keys=True) for f in found]
        self.name = name
        self.made = len(ways)
        self.ways = [json.loads(way) for way in sorted(set(ways), key=lambda w: (-ways.count(w), w))]

    def says(self, sessions: int) -> str:
        """Say where sessions differ in this, "" if they do not."""
        lacking = sessions - self.made
        parts = [f"was made in {len(self.ways)} different ways"] if len(self.ways) > 1 else []
        parts += [f"is missing in {lacking} of {sessions} sessions"] if lacking else []
        return f"The {self.name} {' and '.join(parts)}." if parts else ""


def _alike(folders: Sequence[SessionFolder], room: str, name: str) -> _Made:
    found = []
    for folder in folders:
        with suppress(StoreError):
            path = folder.provenance_path(room, name)
            found += [read_json(path)] if path.is_file() else []
    return _Made(name, found)


def _settings(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that are the same whoever was recorded."""
    own = ("people", "speaker_a", "voices", "seed", "dyad")
    return {key: value for key, value in found.get("settings", {}).items() if key not in own}


def _recordings(lengths: Sequence[float], dyads: int) -> str:
    pairs = f" of {dyads} dyads" if dyads else ""
    minutes = [length / 60 for length in lengths]
    spread = f", median length {statistics.median(minutes):.1f} min (range {min(minutes):.1f}–{max(minutes):.1f})"
    return f"{len(lengths)} sessions{pairs} were analysed, {sum(lengths) / 3600:.1f} hours in all{spread}."


def _picture(made: _Made) -> str:
    _, settings, packages = made.ways[0]
    return (
        f"Faces (478 points, 52 blendshapes) were followed at up to {settings['face_hz']:g} and bodies "
        f"(33 points, {settings['body_model']} model) at up to {settings['body_hz']:g} pictures a second "
        f"({_versions(packages)}; {_SEEN})."
    )


def _sound(made: _Made) -> str:
    _, _, packages = made.ways[0]
    return (
        f"Speech was found per person with a voice activity model and pitch with a neural pitch tracker "
        f"({_versions(packages)})."
    )


def _cues(folders: Sequence[SessionFolder]) -> list[str]:
    known = registry.all_cues()
    ways = {name: _alike(folders, "cues", name) for name in known}
    there = [name for name, made in ways.items() if made.made]
    if not there:
        return []
    versions = ", ".join(f"{name} (version {ways[name].ways[0][0]})" for name in sorted(there))
    said = [f"Cues: {versions}."]
    changed = []
    for name in sorted(there):
        usual, settings = json.loads(json.dumps(dict(known[name].settings))), ways[name].ways[0][1]
        changed += [f"{name}.{k} = {v}" for k, v in sorted(settings.items()) if k in usual and usual[k] != v]
    said += [f"Settings other than usual: {', '.join(changed)}."] if changed else []
    if "synchrony" in there:
        said.append(f"Synchrony is windowed cross-lagged correlation against surrogates ({_PAIR}).")
    return said + [text for name in sorted(there) if (text := ways[name].says(len(folders)))]


def _moments(made: _Made) -> str:
    if not made.made:
        return "Moments were not ranked."
    return (
        f"Moments were ranked by how far cues departed from each person's own usual (version {made.ways[0][0]}), "
        "beside blind control stretches."
    )


def _versions(packages: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in packages.items() if version)
