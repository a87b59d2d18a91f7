"""The tables of the record, as numbered migrations: a file is brought forward one number at a time, never back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from cuetrack.decisions.projection import rebuild
from cuetrack.errors import StoreError

Step = str | Callable[[sqlite3.Cursor], None]

MIGRATIONS: tuple[tuple[Step, ...], ...] = (
    (
        """create table event (
            seq integer primary key, uid text not null unique, at_utc text not null, reviewer text not null,
            kind text not null, target text not null, base integer not null, body text not null,
            app_version text not null, previous text not null, hash text not null
        ) strict""",
        "create index event_of_reviewer on event (reviewer, seq)",
        "create trigger event_is_final before update on event begin select raise(abort, 'events are never changed'); "
        "end",
        "create trigger event_stays before delete on event begin select raise(abort, 'events are never deleted'); end",
    ),
    (
        """create table decision (
            reviewer text not null, moment text not null, place integer not null, state text not null,
            primary key (reviewer, moment)
        ) strict, without rowid""",
        "create index decision_in_order on decision (reviewer, place)",
        """create table reviewer (
            name text primary key, submitted integer not null, unblinded integer not null
        ) strict, without rowid""",
        rebuild,
    ),
)
"""Migration n brings a file from number n - 1 to n. What stands here is never edited; new ones go behind."""


def schema_number(database: sqlite3.Connection) -> int:
    """Return how far a file has been brought."""
    return int(database.execute("pragma user_version").fetchone()[0])


def migrate(database: sqlite3.Connection, path: Path, *, before: Callable[[], object]) -> None:
    """Bring an open file to the newest number, each migration whole or not at all; raise StoreError if it is newer.

    `before` runs first if the file holds something already (a backup). Several processes may do this at once.
    """
    have = schema_number(database)
    if have > len(MIGRATIONS):
        raise StoreError(f"{path} was written by a newer cuetrack; update cuetrack to open it")
    if 0 < have < len(MIGRATIONS):
        before()
    cursor = database.cursor()
    while schema_number(database) < len(MIGRATIONS):
        cursor.execute("begin immediate")
        try:
            number = schema_number(database)  # another process may have been here while this one waited
            if number < len(MIGRATIONS):
                for step in MIGRATIONS[number]:
                    cursor.execute(step) if isinstance(step, str) else step(cursor)
                cursor.execute(f"pragma user_version = {number + 1}")
            cursor.execute("commit")
        except BaseException:
            cursor.execute("rollback")
            raise
    cursor.close()
