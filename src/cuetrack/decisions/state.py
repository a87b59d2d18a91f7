"""What a reviewer's events add up to: each moment's verdict, label, edges, note and reflections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from cuetrack.decisions.event import Event

VERDICTS = ("yes", "no", "unsure")
OF_THE_SESSION = ("undo", "submit", "unblind", "export", "import")
"""Kinds of events that are about no single moment."""
COLUMNS = (
    "reviewer", "moment", "start_s", "end_s", "person", "verdict", "label", "note", "own", "blind", "source", "when",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decision:
    """What one reviewer says of one moment now; times in whole milliseconds of session time.

    `source` is "" for what was done on the review page, or the format of the file it was imported from; whether an
    imported mark was made blind is only known where whoever imported it said so.
    """

    moment: str
    start_ms: int
    end_ms: int
    person: str = ""
    verdict: str = ""
    label: str = ""
    note: str = ""
    own: bool = False
    blind: bool = True
    source: str = ""
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
    flags = {"submit": False, "unblind": False}
    for event in listed:
        if event.uid in undone:
            continue
        if event.kind in flags:
            flags[event.kind] = True
        elif event.kind not in OF_THE_SESSION:
            after = decided(decisions.pop(event.target, None) if event.kind == "retract" else
                            decisions.get(event.target), event, unblinded=flags["unblind"])  # fmt: skip
            if after is not None:
                decisions[event.target] = after
    return Review(reviewer, decisions, flags["submit"], flags["unblind"])


def decided(known: Decision | None, event: Event, *, unblinded: bool) -> Decision | None:
    """Return what an event makes of a decision, None where it takes it away; `unblinded` if others' were seen before.

    The first event on a moment says where it is; an event on a moment nobody opened stands at time 0.
    """
    body = event.body
    if event.kind == "retract":
        return None
    if known is None:
        own = event.kind == "create"
        known = Decision(
            event.target, _ms(body.get("start_ms")), _ms(body.get("end_ms")), _text(body, "person"), own=own
        )
        if own:
            blind = bool(body.get("blind", True)) and not unblinded
            known = replace(
                known, label=_text(body, "label"), note=_text(body, "note"), source=_text(body, "source"), blind=blind
            )
    if event.kind == "judge":
        known = replace(known, verdict=_text(body, "verdict"), blind=not unblinded)
    elif event.kind == "label":
        known = replace(known, label=_text(body, "label"))
    elif event.kind == "person":
        known = replace(known, person=_text(body, "person"))
    elif event.kind == "note":
        known = replace(known, note=_text(body, "text"))
    elif event.kind == "edges":
        known = replace(known, start_ms=_ms(body.get("start_ms")), end_ms=_ms(body.get("end_ms")))
    elif event.kind == "reflect":
        known = replace(known, reflections={**known.reflections, _text(body, "prompt"): _text(body, "text")})
    return replace(known, when=event.at_utc)


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
            r.reviewer, d.moment, d.start_ms / 1000, d.end_ms / 1000, d.person, d.verdict, d.label, d.note, d.own,
            d.blind, d.source, d.when,
        )
        for r in reviews
        for d in r.decisions.values()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _ms(value: Any) -> int:
    return int(value) if isinstance(value, int | float) else 0


def _text(body: Mapping[str, Any], key: str) -> str:
    return str(body.get(key) or "")
