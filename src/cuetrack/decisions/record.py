"""The record of a session's review: events that are only ever added, each reviewer's in a hash chain of its own.

One SQLite file in the session folder (WAL, synchronous FULL): what was acknowledged survives kill -9 and power loss.
The chain shows accidents and edits from outside; it is not a signature.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cuetrack.decisions import projection
from cuetrack.decisions.bundle import bundle_of, events_in
from cuetrack.decisions.event import COLUMNS, KINDS, Event, body_text, chain_faults, event_of, hash_of, hashed_values
from cuetrack.decisions.journal import BUSY_S, make_safe
from cuetrack.decisions.place import on_network
from cuetrack.decisions.schema import migrate, schema_number
from cuetrack.decisions.state import Review, review_of
from cuetrack.errors import CuetrackError, StoreError

__all__ = ["Draft", "Event", "Record", "StaleBase"]

KEPT_BACKUPS = 10
LONGEST_NAME = 80
_TEXT_LIMIT = 20_000
_INSERT = f"insert into event ({', '.join(COLUMNS)}, hash) values ({', '.join('?' * (len(COLUMNS) + 1))})"


class StaleBase(CuetrackError):
    """The reviewer's record has moved on since the page that sent this event last read it."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that is still to be added; the same `uid` is added once, however often it is sent."""

    uid: str
    kind: str
    target: str = ""
    body: Mapping[str, Any] | None = None


class Record:
    """The open record of one session. `notes` say in words what is special about where it lies.

    Opened with `read_only`, it changes nothing on disk and works in folders that cannot be written to.
    """

    def __init__(self, path: Path, *, read_only: bool = False, network: Callable[[Path], bool] = on_network) -> None:
        self.path = path
        self.notes: list[str] = []
        if read_only and not path.is_file():
            raise StoreError(f"there is no review record at {path}; nobody has reviewed this session")
        try:
            self._database = self._opened(read_only)
            if not read_only:
                self.notes = make_safe(self._database, path, network=network(path))
                migrate(self._database, path, before=self.backup)
            self._keeps_decisions = schema_number(self._database) > 1
        except sqlite3.Error as error:
            raise StoreError(self._told("opened", error)) from error

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> Record:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

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
        oversized body. On return the event is on disk. A `submit` also leaves a backup.
        """
        return self.add_all(reviewer=reviewer, drafts=[Draft(uid, kind, target, body)], base=base)[0]

    def add_all(self, *, reviewer: str, drafts: Sequence[Draft], base: int) -> list[Event]:
        """Add several events of one reviewer, all of them or none; raises as `add` does."""
        texts = [_checked(reviewer, draft) for draft in drafts]
        added: list[Event] = []
        with self._writing() as cursor:
            last = _last(cursor, reviewer)
            behind = last[0] > base
            for draft, text in zip(drafts, texts, strict=True):
                known = cursor.execute("select * from event where uid = ?", (draft.uid,)).fetchone()
                if known:
                    added.append(event_of(known))
                    continue
                if behind:
                    raise StaleBase(f"this page shows an older state of {reviewer}'s review; reload it")
                now = datetime.now(UTC).isoformat(timespec="milliseconds")
                values = (draft.uid, now, reviewer, draft.kind, draft.target, base, text, version("cuetrack"), last[1])
                last = (base, hash_of(values))
                added.append(_insert(cursor, values, last[1]))
        if any(draft.kind == "submit" for draft in drafts):
            with suppress(StoreError, OSError):  # the submission itself is on disk already
                self.backup()
        return added

    def events(self, reviewer: str | None = None) -> list[Event]:
        """Return all events in order, or one reviewer's."""
        where, values = ("where reviewer = ?", (reviewer,)) if reviewer is not None else ("", ())
        with self._reading() as cursor:
            return [event_of(row) for row in cursor.execute(f"select * from event {where} order by seq", values)]

    def last(self, reviewer: str) -> int:
        """Return the number of the reviewer's last event, 0 if there is none."""
        with self._reading() as cursor:
            return _last(cursor, reviewer)[0]

    def reviewers(self) -> list[str]:
        """Return who has events here, in order of their first."""
        with self._reading() as cursor:
            rows = cursor.execute("select reviewer from event group by reviewer order by min(seq)")
            return [str(r[0]) for r in rows]

    def review(self, reviewer: str) -> Review:
        """Return what this reviewer decided so far."""
        if not self._keeps_decisions:  # written by an older cuetrack and opened read-only
            return review_of(reviewer, self.events(reviewer))
        with self._reading() as cursor:
            return projection.kept_review(cursor, reviewer)

    def reviews(self) -> list[Review]:
        """Return what every reviewer decided so far, in order of their first event."""
        return [self.review(name) for name in self.reviewers()]

    def faults(self, call: Callable[[str], str] = str) -> list[str]:
        """Return in words where the record was damaged or changed from outside; [] if it is whole.

        `call` says what a reviewer is called in these words.
        """
        with self._reading() as cursor:
            found = [str(r[0]) for r in cursor.execute("pragma integrity_check") if r[0] != "ok"]
            astray = projection.differences(cursor) if self._keeps_decisions else []
            found += [f"the kept decisions of {call(r)} are not what their events add up to" for r in astray]
        return found + chain_faults(self.events(), call)

    def rebuild(self) -> None:
        """Make the kept decisions again from the events."""
        with self._writing() as cursor:
            projection.rebuild(cursor)

    def bundle(self, reviewer: str, media: Sequence[str] = ()) -> dict[str, Any]:
        """Return one reviewer's events as plain data, to be taken to another machine (see `bundle.bundle_of`)."""
        return bundle_of(self.events(reviewer), media)

    def merge(self, bundle: Mapping[str, Any], media: Sequence[str] = ()) -> int:
        """Add the events of a bundle that are not here yet and return how many; a record only ever grows.

        Raises StoreError, and adds nothing, if the bundle is damaged, does not continue what is here, or belongs to
        other recordings than `media`.
        """
        added = 0
        incoming = events_in(bundle, media)
        with self._writing() as cursor:
            for event in incoming:
                known = cursor.execute("select hash from event where uid = ?", (event.uid,)).fetchone()
                if known and known[0] == event.hash:
                    continue
                if known or _last(cursor, event.reviewer)[1] != event.previous:
                    raise StoreError(f"{event.reviewer} reviewed on two machines apart; only one of them can be merged")
                _insert(cursor, hashed_values(event), event.hash)
                added += 1
        return added

    @property
    def schema(self) -> int:
        """How far the file has been brought by migrations."""
        return schema_number(self._database)

    @property
    def journal(self) -> str:
        """How changes reach the disk: `wal` on this computer's own drives, `delete` on network drives."""
        return str(self._database.execute("pragma journal_mode").fetchone()[0])

    def backups(self) -> list[Path]:
        """Return the copies beside the record, oldest first."""
        return sorted(self.path.parent.glob(f"{self.path.stem}.*.backup"))

    def backup(self) -> Path:
        """Copy the record beside itself, keep the last ten copies, and return the new one."""
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        target = self.path.with_name(f"{self.path.stem}.{stamp}.backup")
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o600))
        copy = sqlite3.connect(target)
        try:
            self._database.backup(copy)
        except sqlite3.Error as error:
            target.unlink(missing_ok=True)
            raise StoreError(f"the review record {self.path} could not be copied: {error}") from error
        finally:
            copy.close()
        for old in self.backups()[:-KEPT_BACKUPS]:
            old.unlink(missing_ok=True)
        return target

    def _opened(self, read_only: bool) -> sqlite3.Connection:
        if not read_only:
            if not self.path.exists():
                with suppress(OSError):  # SQLite says more clearly why it cannot
                    os.close(os.open(self.path, os.O_CREAT | os.O_WRONLY, 0o600))
            return sqlite3.connect(self.path, isolation_level=None, timeout=BUSY_S, check_same_thread=False)
        address = f"{self.path.resolve().as_uri()}?mode=ro"
        pending = self.path.with_name(self.path.name + "-wal")
        if not os.access(self.path.parent, os.W_OK) and not pending.exists():
            address += "&immutable=1"  # SQLite would need to write its index of the log beside the file
        return sqlite3.connect(address, uri=True, isolation_level=None, timeout=BUSY_S, check_same_thread=False)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Cursor]:
        cursor = self._database.cursor()
        try:
            yield cursor
        except sqlite3.Error as error:
            raise StoreError(self._told("read", error)) from error
        finally:
            cursor.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Cursor]:
        cursor = self._database.cursor()
        try:
            cursor.execute("begin immediate")
            yield cursor
            cursor.execute("commit")
        except sqlite3.Error as error:
            self._roll_back(cursor)
            raise StoreError(self._told("written", error)) from error
        except BaseException:
            self._roll_back(cursor)
            raise
        finally:
            cursor.close()

    def _roll_back(self, cursor: sqlite3.Cursor) -> None:
        if self._database.in_transaction:
            cursor.execute("rollback")

    def _told(self, what: str, error: sqlite3.Error) -> str:
        said = f"the review record {self.path} could not be {what}: {error}."
        if isinstance(error, sqlite3.OperationalError):
            return f"{said} Is the folder writable, the disk full, or another program holding the file?"
        copies = self.backups()
        newest = f"; the newest copy is {copies[-1].name}, put it in its place" if copies else ""
        return f"{said} Move the file away{newest}."


def _checked(reviewer: str, draft: Draft) -> str:
    try:
        text = body_text(draft.body or {})
        for told in (text, draft.uid, draft.target, reviewer):
            told.encode()  # half a character, as \\ud800 in JSON, cannot be stored
    except (TypeError, ValueError, RecursionError) as error:
        raise StoreError(f"expected an event's body that JSON can hold ({error})") from error
    if draft.kind not in KINDS or not draft.uid or len(text) > _TEXT_LIMIT:
        raise StoreError(
            f"expected an event of kind {', '.join(KINDS)}, with an id and a short body; got {draft.kind!r}"
        )
    if not reviewer.strip() or len(reviewer) > LONGEST_NAME or not reviewer.isprintable():
        raise StoreError(f"expected a reviewer's name of 1 to {LONGEST_NAME} printable characters, got {reviewer!r}")
    return text


def _last(cursor: sqlite3.Cursor, reviewer: str) -> tuple[int, str]:
    """Return number and hash of the reviewer's last event, 0 and "" if there is none."""
    row = cursor.execute(
        "select seq, hash from event where reviewer = ? order by seq desc limit 1", (reviewer,)
    ).fetchone()
    return (int(row[0]), str(row[1])) if row else (0, "")


def _insert(cursor: sqlite3.Cursor, values: Sequence[Any], digest: str) -> Event:
    cursor.execute(_INSERT, (*values, digest))
    event = event_of(cursor.execute("select * from event where seq = last_insert_rowid()").fetchone())
    projection.follow(cursor, event)
    return event
