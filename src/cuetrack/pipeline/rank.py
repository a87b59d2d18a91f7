"""The moments stage: ranked candidates from the cue tables."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cuetrack import moments
from cuetrack.cues import registry
from cuetrack.errors import PeopleError
from cuetrack.moments.patterns import load_patterns
from cuetrack.moments.ranker import load_ranker
from cuetrack.pipeline.run import Run
from cuetrack.session import Session, open_session, short_hash
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
            session.samples,
            session.all_spans(),
            (first, second),
            duration_s=session.duration_s,
            baseline_from=earlier_usual(run),
            **{k: v for k, v in _settings(run).items() if k != "baseline_from"},
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
    """Return what the moments are made from now; files named in the settings count by what is in them."""
    settings = _settings(run)
    inputs = {name: run.inputs[f"cue {name}"] for name in registry.all_cues()}
    if settings.get("ranker"):
        inputs["ranker"] = load_ranker(settings["ranker"]).digest()
    if settings.get("patterns"):
        inputs["patterns"] = short_hash(repr(load_patterns(settings["patterns"])))
    for path in settings.get("baseline_from", ()):
        inputs[f"baseline {open_session(path).name}"] = short_hash(open_session(path).baseline().to_csv())
    return Provenance("moments", moments.VERSION, settings, inputs)


def earlier_usual(run: Run) -> pd.DataFrame | None:
    """Return what was usual over the earlier sessions named in the settings, None without any.

    Medians and spreads are means over sessions, each counting for the seconds measured in it.
    """
    paths = _settings(run).get("baseline_from", ())
    if not paths:
        return None
    tables = pd.concat([open_session(path).baseline() for path in paths])
    strangers = sorted(set(run.recording.people) - set(tables["person"]))
    if strangers:
        known = ", ".join(sorted(set(tables["person"])))
        raise PeopleError(f"--baseline-from: expected earlier sessions of {strangers[0]}; they are of {known}")
    weight = tables["seconds"].clip(lower=1e-6)
    values = ["median", "spread", "low", "high"]
    keys = ["person", "state", "signal"]
    summed = tables[values].mul(weight, axis=0).assign(**tables[keys], seconds=weight).groupby(keys, sort=False).sum()
    return summed[values].div(summed["seconds"], axis=0).assign(seconds=summed["seconds"]).reset_index()


def _settings(run: Run) -> dict[str, Any]:
    return dict(run.settings.get("moments", {}))
