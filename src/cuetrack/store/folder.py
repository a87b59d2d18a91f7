"""The session folder: what lives where, who is working on it, and its description `session.toml`."""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import socket
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import tomli_w
from filelock import FileLock, Timeout

from cuetrack.errors import SessionLocked, SessionNotFound, SessionTooNew, StoreError
from cuetrack.store.files import (
    make_folder,
    read_json,
    read_table,
    read_text,
    remove,
    sweep,
    write_json,
    write_table,
    write_text,
)
from cuetrack.store.provenance import Provenance

FORMAT = 1
"""Version of the folder's layout; a folder with a larger number is refused."""
SUFFIX = ".cue"


class SessionFolder:
    """A session on disk; all paths and all writing go through here."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def open(cls, path: Path | str) -> SessionFolder:
        """Open an existing session folder; raise SessionNotFound or SessionTooNew."""
        folder = cls(Path(path))
        description = folder.description()
        written = description.get("format")
        if not isinstance(written, int):
            raise StoreError(f"{folder.toml}: expected a number `format`, got {written!r}")
        if written > FORMAT:
            raise SessionTooNew(
                f"{folder.path} was written by a newer cuetrack (folder format {written}, this one reads up to "
                f"{FORMAT}). Update cuetrack to open it."
            )
        return folder

    @property
    def toml(self) -> Path:
        """Path of the session's description."""
        return self.path / "session.toml"

    @property
    def tracks(self) -> Path:
        """Folder of the tracks; it may be deleted and made again."""
        return self.path / "tracks"

    @property
    def report(self) -> Path:
        """Path of the report page."""
        return self.path / "report.html"

    @property
    def locked_file(self) -> Path:
        """Path of the one encrypted file that takes the folder's place while it is locked with a passphrase."""
        return self.path.with_name(f"{self.path.name}.locked")

    @property
    def review(self) -> Path:
        """Path of the reviewers' decisions."""
        return self.path / "review.sqlite"

    def description(self) -> dict[str, Any]:
        """Read `session.toml`; raise SessionNotFound or StoreError."""
        if not self.toml.is_file():
            if self.locked_file.is_file():
                raise SessionNotFound(f"{self.path} is locked with a passphrase: cuetrack unlock {self.path}")
            raise SessionNotFound(
                f"no session at {self.path}: expected a folder with a session.toml. "
                "`cuetrack analyze RECORDING` makes one."
            )
        try:
            description = tomllib.loads(read_text(self.toml))
        except (OSError, ValueError, RecursionError) as error:
            raise StoreError(f"cannot read {self.toml}: {error}") from error
        self._check(description)
        return description

    def _check(self, description: Mapping[str, Any]) -> None:
        """Raise StoreError where a part of the description is of another kind than every reader takes it for."""
        length = description.get("duration_s", 0.0)
        if isinstance(length, bool) or not isinstance(length, int | float) or not 0 <= length < math.inf:
            raise StoreError(f"{self.toml}: expected duration_s in seconds, got {length!r:.80}")
        for part, kind, words in (
            ("name", str, "a text"),
            ("people", dict, "a table"),
            ("settings", dict, "a table"),
            ("media", list, "a list of tables"),
        ):
            value = description.get(part, kind())
            rows = value if part == "media" and isinstance(value, list) else []
            if not isinstance(value, kind) or not all(isinstance(row, dict) for row in rows):
                raise StoreError(f"{self.toml}: expected {words} under {part}, got {value!r:.80}")

    def describe(self, description: Mapping[str, Any]) -> None:
        """Write `session.toml` whole or not at all."""
        make_folder(self.path)
        write_text(self.toml, tomli_w.dumps({**description, "format": FORMAT}))

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the session for this process; raise SessionLocked naming the owner if another holds it.

        The operating system frees the lock when its owner dies, so a stale lock file never blocks anyone.
        """
        make_folder(self.path)
        lock_path, owner = self.path / ".lock", self.path / ".lock.owner"
        lock = FileLock(lock_path, timeout=0, mode=0o600)
        try:
            lock.acquire()
        except Timeout:
            who = owner.read_text(encoding="utf-8").strip() if owner.is_file() else "another process"
            raise SessionLocked(
                f"{self.path} is being worked on by {who}. Wait for it or stop it, then try again."
            ) from None
        except OSError as error:
            raise StoreError(f"cannot write into {self.path}: {error.strerror}. Choose another --out.") from error
        try:
            write_text(owner, f"process {os.getpid()} on {socket.gethostname()}\n")
            sweep(self.path)
            yield
        finally:
            with contextlib.suppress(OSError):
                owner.unlink(missing_ok=True)
            lock.release()

    def drop_if_nothing_is_finished(self) -> None:
        """Remove the folder if it holds no finished result: what a run that failed at once would leave behind."""
        finished = (p for room in ("tracks", "cues", "moments") for p in (self.path / room).glob("*"))
        if not any(not p.name.startswith(".") for p in finished) and not self.review.exists():
            shutil.rmtree(self.path, ignore_errors=True)

    def table_path(self, room: str, name: str, part: str = "") -> Path:
        """Path of a table, e.g. `cues/gaze.parquet` or, for part "spans", `cues/gaze.spans.parquet`."""
        return self.path / room / (f"{name}.{part}.parquet" if part else f"{name}.parquet")

    def provenance_path(self, room: str, name: str) -> Path:
        """Path of a result's provenance, e.g. `cues/gaze.json`."""
        return self.path / room / f"{name}.json"

    def is_fresh(self, room: str, name: str, provenance: Provenance) -> bool:
        """Say whether the stored result was made by exactly this."""
        return provenance.is_at(self.provenance_path(room, name))

    def keep(
        self,
        room: str,
        name: str,
        parts: Mapping[str, pd.DataFrame],
        provenance: Provenance,
        notes: Mapping[str, Any] | None = None,
    ) -> None:
        """Store a result's tables by part ("" is the main one), then its provenance with notes (who is missing)."""
        remove(self.provenance_path(room, name))
        for part, table in parts.items():
            write_table(self.table_path(room, name, part), table)
        provenance.write(self.provenance_path(room, name), notes or {})

    def names(self, room: str) -> list[str]:
        """Names of the finished results in a room, sorted."""
        return sorted(p.stem for p in (self.path / room).glob("*.json"))

    def notes(self, room: str, name: str) -> dict[str, Any]:
        """Return the notes kept with a result, {} if there is none."""
        path = self.provenance_path(room, name)
        return dict(read_json(path).get("notes", {})) if path.is_file() else {}

    def table(self, room: str, name: str, part: str = "") -> pd.DataFrame | None:
        """Read a stored table, None if there is none."""
        path = self.table_path(room, name, part)
        return read_table(path) if path.is_file() else None

    def note_run(self, content: Mapping[str, Any]) -> None:
        """Store what the last run saw (seconds per stage, warnings): the one file that differs from run to run."""
        write_json(self.path / "run.json", content)

    def last_run(self) -> dict[str, Any]:
        """Read what the last run saw, {} if none finished."""
        path = self.path / "run.json"
        return read_json(path) if path.is_file() else {}
