"""The cue stage: every cue that is stale, in the order of their needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from cuetrack import tables
from cuetrack.cues import registry
from cuetrack.pipeline.run import Run
from cuetrack.session import Session
from cuetrack.store.folder import SessionFolder
from cuetrack.store.kept import Kept
from cuetrack.store.provenance import Provenance


def measure(run: Run) -> None:
    """Run every cue that is stale; who could not be measured is noted with the reason."""
    stored: dict[str, Callable[[], registry.CueTables]] = {}
    done = Kept(stored)  # not held: the cues of an hour are 80 MB
    tracks: Mapping[str, Mapping[str, Any]] | None = None
    cues = registry.all_cues()
    with run.stage("cues") as progress:
        for index, (name, cue) in enumerate(cues.items()):
            made_by = cue_provenance(run, cue)
            if not run.folder.is_fresh("cues", name, made_by):
                tracks = tracks if tracks is not None else Session(run.folder).tracks()
                _make(run, cue, made_by, tracks, done)
            stored[name] = partial(_stored, run.folder, name)
            if missing := run.folder.notes("cues", name).get("missing"):
                run.missing[name] = dict(missing)
            progress((index + 1) / len(cues))


def _make(
    run: Run,
    cue: registry.Cue,
    made_by: Provenance,
    tracks: Mapping[str, Mapping[str, Any]],
    done: Mapping[str, registry.CueTables],
) -> None:
    made = registry.run(cue, tracks, done, run.recording.people, _settings(run, cue.name))
    parts = {"spans": made.spans, **({"": made.samples} if made.samples is not None else {})}
    run.folder.keep("cues", cue.name, parts, made_by, {"missing": dict(made.missing)})


def cue_provenance(run: Run, cue: registry.Cue) -> Provenance:
    """Return what a cue is made from now, and keep its digest for the cues that need it."""
    cues = registry.all_cues()
    inputs = {need: run.inputs.get(_origin(need, cues), "") for need in cue.needs}
    people = {"people": list(run.recording.people)}
    made_by = Provenance(cue.name, cue.version, {**cue.settings, **_settings(run, cue.name), **people}, inputs)
    run.inputs[f"cue {cue.name}"] = made_by.digest()
    return made_by


def _settings(run: Run, name: str) -> dict[str, Any]:
    return dict(run.settings.get("cues", {}).get(name, {}))


def _stored(folder: SessionFolder, name: str) -> registry.CueTables:
    spans = folder.table("cues", name, "spans")
    missing = folder.notes("cues", name).get("missing", {})
    return registry.CueTables(folder.table("cues", name), spans if spans is not None else tables.spans(), missing)


def _origin(need: str, cues: Mapping[str, registry.Cue]) -> str:
    """Return the name under which a need's digest is kept: a cue's, or a track's."""
    name = registry.cue_needed(need, cues)
    return f"cue {name}" if name else need.removeprefix("partner_")
