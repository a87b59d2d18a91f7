"""Settings of one row of a manifest: which there are, and which value each may have.

In CSV a cell holds them as `picture.fast = true; cues.gaze.window_s = 2.0` (TOML, `;` for a new line); in TOML they are
tables. A row's settings come on top of the command line's.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from cuetrack.errors import CuetrackError, ManifestError

Kind = type | tuple[type, ...]
_SOUND: dict[str, Kind] = {"remote": bool, "speaker_a": str, "voices": dict}
_MOMENTS: dict[str, Kind] = {"patterns": str, "ranker": str, "baseline_from": list}
KEEP = "keep_tracks"


def read_settings(given: Any) -> dict[str, Any]:
    """Return the settings of a cell or a table; raise ManifestError if they cannot be read."""
    if isinstance(given, Mapping):
        return {str(k): v for k, v in given.items()}
    lines = "\n".join(part.strip() for part in str(given).split(";"))
    try:
        return tomllib.loads(lines)
    except (ValueError, RecursionError) as error:
        raise ManifestError(
            f"settings: expected as in picture.fast = true; sound.remote = true, got {given!r} ({error})"
        ) from None


def check_settings(settings: Mapping[str, Any]) -> None:
    """Raise ManifestError for the first setting that nothing takes, or whose value is of the wrong kind."""
    for room, given in settings.items():
        if room == KEEP:
            _kind(KEEP, given, bool)
        elif room not in ("picture", "sound", "cues", "moments"):
            raise ManifestError(f"settings: expected picture, sound, cues, moments or {KEEP}; got {room}")
        elif not isinstance(given, Mapping):
            raise ManifestError(f"settings: expected {room}.NAME = VALUE, got {room} = {given!r}")
        elif room == "cues":
            for cue, own in given.items():
                _check_cue(cue, own)
        else:
            known = _picture() if room == "picture" else {"sound": _SOUND, "moments": _MOMENTS}[room]
            for name, value in given.items():
                if name not in known:
                    raise ManifestError(f"settings: {room} has no {name}; it has {', '.join(known)}")
                _kind(f"{room}.{name}", value, known[name])
    _check_moments(settings.get("moments", {}))


def merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with others on top, key by key."""
    both = dict(under)
    for key, value in over.items():
        below = both.get(key)
        both[key] = merged(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return both


def _picture() -> dict[str, Kind]:
    from cuetrack.people.watch import WatchSettings

    usual = asdict(WatchSettings())
    kinds: dict[str, Kind] = {k: str if isinstance(v, str) else (int, float) for k, v in usual.items()}
    return {**kinds, "fast": bool, "mirrored": bool}


def _check_cue(cue: str, own: Any) -> None:
    from cuetrack.cues import registry

    known = registry.all_cues()
    if cue not in known:
        raise ManifestError(f"settings: there is no cue {cue}; there are {', '.join(sorted(known))}")
    if not isinstance(own, Mapping):
        raise ManifestError(f"settings: expected cues.{cue}.NAME = VALUE, got {own!r}")
    for name, value in own.items():
        usual = known[cue].settings
        if name not in usual:
            raise ManifestError(f"settings: cue {cue} has no {name}; it has {', '.join(usual) or 'none'}")
        if isinstance(usual[name], bool | int | float | str):
            number = isinstance(usual[name], int | float) and not isinstance(usual[name], bool)
            _kind(f"cues.{cue}.{name}", value, (int, float) if number else type(usual[name]))


def _check_moments(given: Any) -> None:
    """Read the files that moments are to be ranked with, so that a wrong one is a fault of its row."""
    from cuetrack.moments.patterns import load_patterns
    from cuetrack.moments.ranker import load_ranker

    try:
        if given.get("patterns"):
            load_patterns(given["patterns"])
        if given.get("ranker"):
            load_ranker(given["ranker"])
    except (CuetrackError, OSError) as error:
        raise ManifestError(f"settings: {error}") from None


def _kind(name: str, value: Any, kind: Kind) -> None:
    is_bool = isinstance(value, bool)
    if not isinstance(value, kind) or (is_bool and kind is not bool):
        words = {bool: "true or false", str: "a text in quotes", dict: "a table", list: "a list"}
        wanted = "a number" if isinstance(kind, tuple) else words[kind]
        raise ManifestError(f"settings: {name}: expected {wanted}, got {value!r}")
