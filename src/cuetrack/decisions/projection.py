"""The reviewers' current decisions, kept beside the events so that they need not be added up each time.

The events are the truth. What is kept here follows from them one by one, in the same transaction, and can be thrown
away and made again; `cuetrack doctor` does so and compares.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict

from cuetrack.decisions.event import Event, event_of
from cuetrack.decisions.state import OF_THE_SESSION, Decision, Review, decided, review_of


def follow(cursor: sqlite3.Cursor, event: Event) -> None:
    """Bring the kept decisions up to an event that was just added."""
    if event.kind == "undo":  # it may take back anything, so this reviewer is added up again
        _write(cursor, review_of(event.reviewer, _events(cursor, event.reviewer)))
        return
    before = _flags(cursor, event.reviewer, {})
    submitted, unblinded = before.submitted or event.kind == "submit", before.unblinded or event.kind == "unblind"
    _write_flags(cursor, Review(event.reviewer, {}, submitted, unblinded))
    if event.kind in OF_THE_SESSION:
        return
    which = (event.reviewer, event.target)
    known = cursor.execute("select state from decision where reviewer = ? and moment = ?", which).fetchone()
    after = decided(_decision(known[0]) if known else None, event, unblinded=before.unblinded)
    if after is None:
        cursor.execute("delete from decision where reviewer = ? and moment = ?", which)
        return
    cursor.execute(
        "insert into decision (reviewer, moment, place, state) values (?, ?, (select coalesce(max(place), 0) + 1 "
        "from decision where reviewer = ?), ?) on conflict (reviewer, moment) do update set state = excluded.state",
        (*which, event.reviewer, _text(after)),
    )


def kept_review(cursor: sqlite3.Cursor, reviewer: str) -> Review:
    """Return one reviewer's state as it is kept."""
    rows = cursor.execute("select moment, state from decision where reviewer = ? order by place", (reviewer,))
    return _flags(cursor, reviewer, {str(moment): _decision(state) for moment, state in rows.fetchall()})


def rebuild(cursor: sqlite3.Cursor) -> None:
    """Throw away what is kept and make it again from the events."""
    cursor.execute("delete from decision")
    cursor.execute("delete from reviewer")
    for (reviewer,) in cursor.execute("select distinct reviewer from event").fetchall():
        _write(cursor, review_of(reviewer, _events(cursor, reviewer)))


def differences(cursor: sqlite3.Cursor) -> list[str]:
    """Return the reviewers whose kept state is not what their events add up to; [] if all are."""
    names = {r[0] for r in cursor.execute("select reviewer from event union select name from reviewer").fetchall()}
    return [
        name for name in sorted(names) if kept_review(cursor, name) != review_of(name, _events(cursor, name))
    ]  # fmt: skip


def _write(cursor: sqlite3.Cursor, review: Review) -> None:
    cursor.execute("delete from decision where reviewer = ?", (review.reviewer,))
    cursor.executemany(
        "insert into decision (reviewer, moment, place, state) values (?, ?, ?, ?)",
        [(review.reviewer, m, place, _text(d)) for place, (m, d) in enumerate(review.decisions.items(), 1)],
    )
    _write_flags(cursor, review)


def _write_flags(cursor: sqlite3.Cursor, review: Review) -> None:
    cursor.execute(
        "insert into reviewer (name, submitted, unblinded) values (?, ?, ?) on conflict (name) do update set "
        "submitted = excluded.submitted, unblinded = excluded.unblinded",
        (review.reviewer, int(review.submitted), int(review.unblinded)),
    )


def _flags(cursor: sqlite3.Cursor, reviewer: str, decisions: dict[str, Decision]) -> Review:
    row = cursor.execute("select submitted, unblinded from reviewer where name = ?", (reviewer,)).fetchone()
    return Review(reviewer, decisions, bool(row and row[0]), bool(row and row[1]))


def _events(cursor: sqlite3.Cursor, reviewer: str) -> list[Event]:
    rows = cursor.execute("select * from event where reviewer = ? order by seq", (reviewer,)).fetchall()
    return [event_of(row) for row in rows]


def _text(decision: Decision) -> str:
    return json.dumps(asdict(decision), ensure_ascii=False)


def _decision(text: str) -> Decision:
    return Decision(**json.loads(text))
