"""The record of a session's review: events that are only ever added, each reviewer's in a hash chain of its own.

One SQLite file in the session folder (WAL, synchronous FULL): what was acknowledged survives kill -9 and power loss.
The chain shows accidents and edits from outside; it is not a signature.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cuetrack.errors import CuetrackError, StoreError

KINDS = (
    "viewed", "judge", "label", "edges", "note", "reflect", "create", "retract", "undo", "submit", "unblind", "export",
)  # fmt: skip
KEPT_BACKUPS = 10
_TEXT_LIMIT = 20_000
_MIGRATIONS: tuple[str, ...] = (
    """
    create table event (
        seq integer primary key, uid text not null unique, at_utc text not null, reviewer text not null,
        kind text not null, target text not null, base integer not null, body text not null,
        app_version text not null, previous text not null, hash text not null
    ) strict;
    create index event_of_reviewer on event (reviewer, seq);
    create trigger event_is_final before update on event begin select raise(abort, 'events are never changed'); end;
    create trigger event_stays before delete on event begin select raise(abort, 'events are never deleted'); end;
    """,
)


class StaleBase(CuetrackError):
    """The reviewer's record has moved on since the page that sent this event last read it."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing a reviewer did: `target` is the moment's id, `base` the last number of their record they had seen."""

    seq: int
    uid: str
    at_utc: str
    reviewer: str
    kind: str
    target: str
    base: int
    body: Mapping[str, Any]
    app_version: str
    previous: str
    hash: str


class Record:
    """The open record of one session."""

    def __init__(self, path: Path) -> None:
        self.path = path
        new = not path.exists()
        try:
            self._database = sqlite3.connect(path, isolation_level=None, timeout=5.0, check_same_thread=False)
            if new:
                os.chmod(path, 0o600)
            self._database.execute("pragma journal_mode = wal")
            self._database.execute("pragma synchronous = full")
            self._migrate()
        except sqlite3.Error as error:
            raise StoreError(f"cannot open the review record {path}: {error}") from error

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def add(
        self,
        *,
        reviewer: str,
        uid: str,
        kind: str,
        target: str = "",
        base: int = 0,
        body: Mapping[str, Any] | None = None,
    ) -> Event:
        """Add an event and return it; the same `uid` again returns the event that is there already.

        Raises StaleBase if the reviewer's record holds events after `base`, StoreError for an unknown kind or an
        oversized body. On return the event is on disk.
        """
        text = json.dumps(dict(body or {}), sort_keys=True, ensure_ascii=False, allow_nan=False)
        if kind not in KINDS or not reviewer or not uid or len(text) > _TEXT_LIMIT:
            raise StoreError(f"expected an event of kind {', '.join(KINDS)}, a reviewer and a short body; got {kind!r}")
        with self._writing() as cursor:
            known = cursor.execute("select * from event where uid = ?", (uid,)).fetchone()
            if known:
                return _event(known)
            last = cursor.execute(
                "select seq, hash from event where reviewer = ? order by seq desc limit 1", (reviewer,)
            ).fetchone()
            if last and last[0] > base:
                raise StaleBase(f"this page shows an older state of {reviewer}'s review; reload it")
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            values = (uid, now, reviewer, kind, target, base, text, version("cuetrack"), last[1] if last else "")
            cursor.execute(
                "insert into event (uid, at_utc, reviewer, kind, target, base, body, app_version, previous, hash) "
                "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*values, _hash(values)),
            )
            row = cursor.execute("select * from event where uid = ?", (uid,)).fetchone()
        return _event(row)

    def events(self, reviewer: str | None = None) -> list[Event]:
        """Return all events in order, or one reviewer's."""
        where, values = ("where reviewer = ?", (reviewer,)) if reviewer is not None else ("", ())
        rows = self._database.execute(f"select * from event {where} order by seq", values).fetchall()
        return [_event(row) for row in rows]

    def last(self, reviewer: str) -> int:
        """Return the number of the reviewer's last event, 0 if there is none."""
        row = self._database.execute("select max(seq) from event where reviewer = ?", (reviewer,)).fetchone()
        return int(row[0] or 0)

    def reviewers(self) -> list[str]:
        """Return who has events here, in order of their first."""
        rows = self._database.execute("select reviewer from event group by reviewer order by min(seq)")
        return [str(r[0]) for r in rows]

    def faults(self) -> list[str]:
        """Return in words where the record was damaged or changed from outside; [] if it is whole."""
        found = [str(r[0]) for r in self._database.execute("pragma integrity_check") if r[0] != "ok"]
        previous: dict[str, str] = {}
        for event in self.events():
            if event.previous != previous.get(event.reviewer, "") or event.hash != _hash(_hashed(event)):
                found.append(f"event {event.seq} of {event.reviewer} does not follow from the one before")
            previous[event.reviewer] = event.hash
        return found

    def bundle(self, reviewer: str) -> dict[str, Any]:
        """Return one reviewer's events as plain data, to be taken to another machine."""
        return {"format": "cuetrack review 1", "events": [asdict(e) for e in self.events(reviewer)]}

    def merge(self, bundle: Mapping[str, Any]) -> int:
        """Add the events of a bundle that are not here yet and return how many; a record only ever grows.

        Raises StoreError, and adds nothing, if the bundle is damaged or does not continue what is here.
        """
        try:
            if bundle["format"] != "cuetrack review 1":
                raise StoreError(f"expected a review bundle of format 1, got {bundle['format']!r}")
            incoming = [Event(**e) for e in bundle["events"]]
        except (KeyError, TypeError) as error:
            raise StoreError(f"expected a review bundle ({error})") from error
        added = 0
        with self._writing() as cursor:
            for event in incoming:
                if event.hash != _hash(_hashed(event)):
                    raise StoreError(f"the bundle is damaged at event {event.uid}; export it again")
                if cursor.execute("select 1 from event where uid = ?", (event.uid,)).fetchone():
                    continue
                last = cursor.execute(
                    "select hash from event where reviewer = ? order by seq desc limit 1", (event.reviewer,)
                ).fetchone()
                if (last[0] if last else "") != event.previous:
                    raise StoreError(f"{event.reviewer} reviewed on two machines apart; only one of them can be merged")
                cursor.execute(
                    "insert into event (uid, at_utc, reviewer, kind, target, base, body, app_version, previous, hash) "
                    "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (*_hashed(event), event.hash),
                )
                added += 1
        return added

    def backup(self) -> Path:
        """Copy the record beside itself, keep the last ten copies, and return the new one."""
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        target = self.path.with_name(f"{self.path.stem}.{stamp}.backup")
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o600))
        with sqlite3.connect(target) as copy:
            self._database.backup(copy)
        copy.close()
        for old in sorted(self.path.parent.glob(f"{self.path.stem}.*.backup"))[:-KEPT_BACKUPS]:
            old.unlink()
        return target

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Cursor]:
        cursor = self._database.cursor()
        try:
            cursor.execute("begin immediate")
            yield cursor
            cursor.execute("commit")
        except sqlite3.Error as error:
            self._roll_back(cursor)
            raise StoreError(f"the review record {self.path} could not be written: {error}") from error
        except BaseException:
            self._roll_back(cursor)
            raise
        finally:
            cursor.close()

    def _roll_back(self, cursor: sqlite3.Cursor) -> None:
        if self._database.in_transaction:
            cursor.execute("rollback")

    def _migrate(self) -> None:
        have = int(self._database.execute("pragma user_version").fetchone()[0])
        if have > len(_MIGRATIONS):
            raise StoreError(f"{self.path} was written by a newer cuetrack; update cuetrack to open it")
        for number, script in enumerate(_MIGRATIONS[have:], have + 1):
            self._database.executescript(f"begin; {script}; pragma user_version = {number}; commit;")


def _event(row: Sequence[Any]) -> Event:
    values = list(row)
    values[7] = json.loads(values[7])
    return Event(*values)


def _hashed(event: Event) -> tuple[Any, ...]:
    body = json.dumps(dict(event.body), sort_keys=True, ensure_ascii=False, allow_nan=False)
    told = (event.uid, event.at_utc, event.reviewer, event.kind, event.target, event.base)
    return (*told, body, event.app_version, event.previous)


def _hash(values: Sequence[Any]) -> str:
    return hashlib.sha256(json.dumps(list(values), ensure_ascii=False).encode()).hexdigest()
