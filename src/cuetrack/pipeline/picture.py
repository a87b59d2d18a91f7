"""The picture stage: follow everyone in the video and keep their tracks."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, replace
from typing import Any

from cuetrack.errors import PeopleError
from cuetrack.pipeline.run import Run
from cuetrack.recording import DEFAULT_PEOPLE, Recording, Source
from cuetrack.store.provenance import Provenance, package_versions

KINDS = ("face", "body", "torso", "scene")
FAST = {"face_hz": 5.0, "body_hz": 2.5}
"""What `fast` changes: twice the speed; no blinks and no hand motion, quick nods are missed. See docs/rates.md."""
_PACKAGES = ("av", "mediapipe", "opencv-python")


@dataclass(frozen=True)
class Chosen:
    """The picture settings of a run: what the watcher takes, and whether the picture is mirrored."""

    watch: dict[str, Any]
    mirrored: bool


def watch_people(run: Run) -> None:
    """Make the picture's tracks if they are stale; where nobody can be seen but there is sound, say so and go on."""
    if not run.recording.has_video:
        run.warn("there is no picture: everything seen is missing")
        return
    made_by = picture_provenance(run)
    with run.stage("picture") as progress:
        if not run.folder.is_fresh("tracks", "picture", made_by):
            seen = {**_watch(run, progress), "cores": _cores()}
            made_by.write(run.folder.provenance_path("tracks", "picture"), seen)
        notes = run.folder.notes("tracks", "picture")
    run.warn(*notes["warnings"])
    run.tracked, run.gaps = notes["tracked"], notes["gaps"]
    if notes["people"]:
        run.recording = replace(run.recording, places=dict(notes["people"]))


def picture_provenance(run: Run) -> Provenance:
    """Return what the picture's tracks are made from now, and keep its digest for what needs them."""
    chosen = _chosen(run)
    settings = {**asdict(_watch_settings(chosen)), "mirrored": chosen.mirrored, "people": dict(run.recording.places)}
    from cuetrack.people import watch

    made_by = Provenance("picture", watch.VERSION, settings, run.recording.digests(), package_versions(_PACKAGES))
    run.inputs.update(dict.fromkeys(KINDS, made_by.digest()))
    return made_by


def _watch(run: Run, progress: Any) -> dict[str, Any]:
    """Run the watcher and return what it saw."""
    from cuetrack.people.apart import watch_apart
    from cuetrack.people.watch import View

    chosen = _chosen(run)
    views = [
        View(s.path, _people_of(s, run.recording), s.offset_s, s.drift_ppm, chosen.mirrored)
        for s in run.recording.sources
        if s.info.video
    ]
    try:
        report = watch_apart(
            views,
            run.folder.tracks,
            settings=_watch_settings(chosen),
            progress=lambda done, total: progress(done / max(total, 1e-9)),
        )
    except PeopleError as error:
        if not run.recording.has_sound:
            raise
        people = dict(run.recording.places) or dict.fromkeys(DEFAULT_PEOPLE, "")
        return {"warnings": [f"{error}; only the sound is measured"], "tracked": {}, "gaps": [], "people": people}
    warnings = list(report.warnings)
    if chosen.mirrored:
        warnings.append("the picture was taken as mirrored: everyone's left and right were swapped")
    known = run.recording.places
    return {
        "warnings": warnings,
        "tracked": {person: dict(report.tracked[person]) for person in report.people if person in report.tracked},
        "gaps": [list(gap) for gap in report.gaps],
        "people": {p: report.people.get(p, place) for p, place in known.items()} if known else dict(report.people),
    }


def _cores() -> int:
    """Return how many cores this process may use: the engines round otherwise on another number of them."""
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1


def _chosen(run: Run) -> Chosen:
    given = dict(run.settings.get("picture", {}))
    mirrored, fast = bool(given.pop("mirrored", False)), bool(given.pop("fast", False))
    return Chosen({**(FAST if fast else {}), **given}, mirrored)


def _watch_settings(chosen: Chosen) -> Any:
    from cuetrack.people.watch import WatchSettings

    return WatchSettings(**chosen.watch)


def _people_of(source: Source, recording: Recording) -> dict[str, str]:
    """Return who is in a file and where; nobody if they are to be found."""
    return {source.person: ""} if source.person else dict(recording.places)
