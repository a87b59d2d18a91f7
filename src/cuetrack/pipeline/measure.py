"""The cue stage: every cue that is stale, in the order of their needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cuetrack import tables
from cuetrack.cues import registry
from cuetrack.pipeline.run import Run
from cuetrack.session import Session
from cuetrack.store.folder import SessionFolder
from cuetrack.store.provenance import Provenance


def measure(run: Run) -> None:
    """Run every cue that is stale, in the order of their needs."""
    chosen = run.settings.get("cues", {})
    done: dict[str, registry.CueTables] = {}
    tracks: dict[str, dict[str, Any]] | None = None
    cues = registry.all_cues()
    with run.stage("cues") as progress:
        for index, (name, cue) in enumerate(cues.items()):
            settings = {**cue.settings, **chosen.get(name, {})}
            inputs = {need: run.inputs.get(_origin(need, cues), "") for need in cue.needs}
            made_by = Provenance(name, cue.version, settings, inputs)
            if not run.folder.is_fresh("cues", name, made_by):
                tracks = tracks if tracks is not None else Session(run.folder).tracks()
                tables = registry.run(cue, tracks, done, run.recording.people, chosen.get(name))
                parts = {"spans": tables.spans, **({"": tables.samples} if tables.samples is not None else {})}
                run.folder.keep("cues", name, parts, made_by, missing=tables.missing)
            done[name] = _stored(run.folder, name)
            run.inputs[name] = made_by.digest()
            if done[name].missing:
                run.missing[name] = dict(done[name].missing)
            progress((index + 1) / len(cues))


def _stored(folder: SessionFolder, name: str) -> registry.CueTables:
    spans = folder.table("cues", name, "spans")
    return registry.CueTables(
        folder.table("cues", name), spans if spans is not None else tables.spans(), folder.missing("cues", name)
    )


def _origin(need: str, cues: Mapping[str, registry.Cue]) -> str:
    """Return the name under which a need's digest is kept: a cue's name, or a track's."""
    return registry.cue_needed(need, cues) or need.removeprefix("partner_")
