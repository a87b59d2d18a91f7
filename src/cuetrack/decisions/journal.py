"""How changes to a record reach the disk: a write-ahead log here, a rollback journal on network drives."""

from __future__ import annotations

import random
import sqlite3
import time
from pathlib import Path

from cuetrack.decisions.place import synced_by

BUSY_S = 30.0  # several reviewers on a slow disk wait for each other rather than fail


def make_safe(database: sqlite3.Connection, path: Path, *, network: bool) -> list[str]:
    """Choose how changes to an open record reach the disk; return in words what is special about where it lies.

    A write-ahead log needs memory that all readers share, so it works on one machine only. Raises sqlite3.Error.
    """
    mode = _switched(database, "delete" if network else "wal")
    database.execute("pragma synchronous = full")
    if network or mode != "wal":
        return [
            "This session lies on a network drive: only one person should review it there at a time. Two reviewers "
            "keep a copy each and join them with `cuetrack bundle`."
        ]
    if name := synced_by(path):
        return [
            f"This session lies in a folder that is synchronised ({name}): pause that while reviewing, and use "
            "`cuetrack bundle` to join two reviewers' work."
        ]
    return []


def _switched(database: sqlite3.Connection, mode: str) -> str:
    """Switch and return the mode; SQLite does not wait here while others hold the file, so it is tried again."""
    deadline = time.monotonic() + BUSY_S
    while True:
        try:
            return str(database.execute(f"pragma journal_mode = {mode}").fetchone()[0])
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(random.uniform(0.005, 0.05))  # two that wait for each other come back at different times
