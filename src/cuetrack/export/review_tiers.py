"""Reviewers' decisions as tiers: what each judged, and the moments each holds to be there."""

from __future__ import annotations

from collections.abc import Sequence

from cuetrack.decisions.state import VERDICTS, Decision, Review
from cuetrack.export.tiers import Mark, Tier, order

JUDGED = "judged"
"""Last word of the name of a tier of verdicts, which are no marks of anybody's own."""
_MOMENT = "moment"


def review_tiers(review: Review, labels: Sequence[str] = ()) -> tuple[tuple[Tier, ...], list[str]]:
    """Return a reviewer's tiers, and in words what of their work is not in them.

    `NAME judged` holds every judged candidate under its verdict. `NAME PERSON` holds the moments judged yes and the
    reviewer's own ones, under their label ("moment" without one). `labels` are those to choose from.
    """
    decisions = list(review.decisions.values())
    judged = [_mark(d, d.verdict, "" if _held(d) else d.note) for d in decisions if d.verdict and not d.own]
    tiers = [Tier(f"{review.reviewer} {JUDGED}", _sorted(judged), "", review.reviewer, VERDICTS)] if judged else []
    held = [d for d in decisions if _held(d)]
    chosen = tuple(dict.fromkeys([*labels, *(d.label or _MOMENT for d in held)])) if labels else ()
    for person in dict.fromkeys(d.person for d in held):
        marks = [_mark(d, d.label or _MOMENT, d.note) for d in held if d.person == person]
        name = f"{review.reviewer} {person}".strip()
        tiers.append(Tier(name, _sorted(marks), person, review.reviewer, chosen))
    reflections = sum(bool(text) for d in decisions for text in d.reflections.values())
    lost = [f"{review.reviewer}'s {reflections} answers to reflect on: they stay in the session"] if reflections else []
    kept_apart = sum(bool(d.label or d.note) and not d.verdict and not d.own for d in decisions)
    return tuple(tiers), lost + (
        [f"{review.reviewer}'s labels or notes on {kept_apart} moments not judged"] if kept_apart else []
    )


def _held(decision: Decision) -> bool:
    return decision.verdict == "yes" or (decision.own and decision.verdict != "no")


def _mark(decision: Decision, label: str, note: str) -> Mark:
    return Mark(decision.start_ms, max(decision.end_ms, decision.start_ms + 1), label, note)


def _sorted(marks: list[Mark]) -> tuple[Mark, ...]:
    return tuple(sorted(marks, key=order))
