"""What a reviewer's events add up to: each moment's verdict, label, edges, note and reflections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from cuetrack.decisions.record import Event

VERDICTS = ("yes", "no", "unsure")
COLUMNS = ("reviewer", "moment", "start_s", "end_s", "person", "verdict", "label", "note", "own", "blind", "when")


@dataclass(frozen=True, slots=True)
class Decision:
    """What one reviewer says of one moment now; times in whole milliseconds of session time."""

    moment: str
    start_ms: int
    end_ms: int
    person: str = ""
    verdict: str = ""
    label: str = ""
    note: str = ""
    own: bool = False
    blind: bool = True
    when: str = ""
    reflections: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Review:
    """One reviewer's whole state: decisions by moment, whether they submitted, and whether they saw others' first."""

    reviewer: str
    decisions: Mapping[str, Decision]
    submitted: bool
    unblinded: bool


def review_of(reviewer: str, events: Iterable[Event]) -> Review:
    """Add up a reviewer's events; an undone event counts for nothing.

    An `undo` event's body names the uid it takes back; undoing an undo brings the event back.
    """
    listed = [e for e in events if e.reviewer == reviewer]
    undone = taken_back(listed)
    decisions: dict[str, Decision] = {}
    submitted = unblinded = False
    for event in listed:
        if event.uid in undone or event.kind in ("undo", "export"):
            continue
        if event.kind == "submit":
            submitted = True
        elif event.kind == "unblind":
            unblinded = True
        else:
            _apply(decisions, event, unblinded)
    return Review(reviewer, decisions, submitted, unblinded)


def taken_back(events: Sequence[Event]) -> set[str]:
    """Return the uids of one reviewer's events that were undone and not brought back."""
    undone: set[str] = set()
    for event in reversed(events):
        if event.kind == "undo" and event.uid not in undone:
            undone.add(str(event.body.get("uid")))
    return undone


def table_of(reviews: Iterable[Review]) -> pd.DataFrame:
    """Return every decision of every reviewer as one table, times in seconds."""
    rows = [
        (
            r.reviewer,
            d.moment,
            d.start_ms / 1000,
            d.end_ms / 1000,
            d.person,
            d.verdict,
            d.label,
            d.note,
            d.own,
            d.blind,
            d.when,
        )
        for r in reviews
        for d in r.decisions.values()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _apply(decisions: dict[str, Decision], event: Event, unblinded: bool) -> None:
    body = event.body
    known = decisions.get(event.target)
    if event.kind in ("viewed", "create") or known is None:
        start, end = _ms(body.get("start_ms")), _ms(body.get("end_ms"))
        known = known or Decision(event.target, start, end, str(body.get("person", "")), own=event.kind == "create")
    if event.kind == "retract":
        decisions.pop(event.target, None)
        return
    if event.kind == "judge":
        known = replace(known, verdict=str(body.get("verdict", "")), blind=not unblinded)
    elif event.kind == "label":
        known = replace(known, label=str(body.get("label", "")))
    elif event.kind == "note":
        known = replace(known, note=str(body.get("text", "")))
    elif event.kind == "edges":
        known = replace(known, start_ms=_ms(body.get("start_ms")), end_ms=_ms(body.get("end_ms")))
    elif event.kind == "reflect":
        answers = {**known.reflections, str(body.get("prompt", "")): str(body.get("text", ""))}
        known = replace(known, reflections=answers)
    decisions[event.target] = replace(known, when=event.at_utc)


def _ms(value: Any) -> int:
    return int(value) if isinstance(value, int | float) else 0
