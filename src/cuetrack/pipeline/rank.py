"""The moments stage: ranked candidates from the cue tables."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cuetrack import moments
from cuetrack.cues import registry
from cuetrack.pipeline.run import Run
from cuetrack.session import Session
from cuetrack.store.provenance import Provenance

NOBODY = "nobody"
"""Stands for the other person where a recording holds one."""


def rank(run: Run) -> None:
    """Rank the moments of a session from its cue tables, if they are stale."""
    made_by = moments_provenance(run)
    with run.stage("moments"):
        if len(run.recording.people) < 2:
            run.warn("only one person is there: response times and all that passes between two people are missing")
        if run.folder.is_fresh("moments", "default", made_by):
            return
        session = Session(run.folder)
        first, second = (*session.people, NOBODY)[:2]
        found = moments.find_moments(
            session.samples, session.all_spans(), (first, second), duration_s=session.duration_s, **_settings(run)
        )
        parts = {
            "": found.moments if second != NOBODY else _of_one(found.moments, first),
            "evidence": found.evidence,
            "arc": found.arcs,
            "recovery": found.recovery,
            "robustness": found.robustness,
            "shifts": found.session_shifts,
        }
        run.folder.keep(
            "moments", "default", parts, made_by, {"window": dict(found.window), "notes": list(found.notes)}
        )


def _of_one(found: pd.DataFrame, person: str) -> pd.DataFrame:
    """Return moments that speak of the one person recorded."""
    there = found["person"] == person
    changed = {"person": person, "toward": "", "moved_first": person, "before": "nobody else was recorded"}
    return found.assign(**changed)[there | found["control"]].reset_index(drop=True)


def moments_provenance(run: Run) -> Provenance:
    """Return what the moments are made from now."""
    inputs = {name: run.inputs[f"cue {name}"] for name in registry.all_cues()}
    return Provenance("moments", moments.VERSION, _settings(run), inputs)


def _settings(run: Run) -> dict[str, Any]:
    return dict(run.settings.get("moments", {}))
