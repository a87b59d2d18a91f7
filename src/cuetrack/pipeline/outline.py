"""What a run would make and why, without making it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cuetrack.cues import registry
from cuetrack.pipeline.keeping import are_gone
from cuetrack.pipeline.measure import cue_provenance
from cuetrack.pipeline.picture import picture_provenance
from cuetrack.pipeline.rank import moments_provenance
from cuetrack.pipeline.run import Run
from cuetrack.pipeline.sound import sound_provenance
from cuetrack.recording import Recordings, plan
from cuetrack.store.folder import SUFFIX, SessionFolder
from cuetrack.store.provenance import Provenance


@dataclass(frozen=True, slots=True)
class Step:
    """One result: `state` is fresh, stale or missing; `why` says what changed."""

    name: str
    state: str
    why: str


def outline(
    recordings: Recordings,
    *,
    people: Mapping[str, str] | None = None,
    out: Path | str | None = None,
    settings: Mapping[str, Any] | None = None,
) -> list[Step]:
    """Return for every result whether it is fresh, stale or missing; two files are taken at their stored offsets."""
    recording = plan(recordings, people)
    folder = SessionFolder(Path(out) if out else recording.sources[0].path.with_suffix(SUFFIX))
    if folder.toml.is_file():
        stored = SessionFolder.open(folder.path).description()
        clocks = [(float(m["offset_s"]), float(m["drift_ppm"])) for m in stored.get("media", [])]
        if len(clocks) == len(recording.sources):
            pairs = zip(recording.sources, clocks, strict=True)
            recording = replace(recording, sources=tuple(replace(s, offset_s=o, drift_ppm=d) for s, (o, d) in pairs))
    run = Run(folder, recording, settings or {}, lambda stage, done: None)
    steps = []
    if recording.has_video:
        steps.append(_step(folder, "tracks", "picture", picture_provenance(run)))
        found = folder.notes("tracks", "picture").get("people")
        if found:
            run.recording = replace(run.recording, places=dict(found))
    if recording.has_sound:
        steps.append(_step(folder, "tracks", "sound", sound_provenance(run)))
    cues = [_step(folder, "cues", name, cue_provenance(run, cue)) for name, cue in registry.all_cues().items()]
    if are_gone(folder) and any(step.state != "fresh" for step in (*steps, *cues)):
        steps = [Step(step.name, "stale", "was not kept, and is needed") for step in steps]
    return [*steps, *cues, _step(folder, "moments", "default", moments_provenance(run))]


def _step(folder: SessionFolder, room: str, name: str, now: Provenance) -> Step:
    if not folder.provenance_path(room, name).is_file():
        return Step(f"{room}/{name}", "missing", "not made yet")
    changed = now.changed_since(folder.provenance_path(room, name))
    return Step(f"{room}/{name}", "stale" if changed else "fresh", ", ".join(changed))
