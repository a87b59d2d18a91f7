"""Who opened, exported, shared or deleted a session, and when: lines of JSON that are only ever added to.

The log lies in the session folder as `audit.jsonl`; where that cannot be written, and for what outlives the folder, in
the user's own data folder. A line holds a time, an act, an account and a computer: nothing of the session's content.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import getpass
import hashlib
import json
import os
import socket
from pathlib import Path
from typing import Any

from cuetrack.store.files import make_folder

NAME = "audit.jsonl"
_opened: set[Path] = set()


def note(folder: Path, act: str, **about: str | int) -> None:
    """Add a line on a session folder; without a place to write it nothing is noted and nothing fails."""
    line = _line(act, about)
    try:
        _append(folder / NAME, line)
    except OSError:
        note_outside(folder, act, **about)


def note_open(folder: Path) -> None:
    """Add a line the first time this process opens a session."""
    place = folder.resolve()
    if place not in _opened:
        _opened.add(place)
        note(folder, "open")


def note_outside(folder: Path, act: str, **about: str | int) -> None:
    """Add a line to the user's own log, which knows the session by the hash of its place."""
    with contextlib.suppress(OSError):
        make_folder(user_log().parent)
        _append(user_log(), _line(act, {"place": place_hash(folder), **about}))


def entries(log: Path) -> list[dict[str, Any]]:
    """Return the lines of a log in order, [] if there is none; a line that a power cut left half is passed over."""
    found = []
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if log.is_file() else ():
        with contextlib.suppress(ValueError):
            entry = json.loads(line)
            found += [entry] if isinstance(entry, dict) else []
    return found


def user_log() -> Path:
    """Return where the user's own log lies; it need not exist."""
    import platformdirs

    return Path(platformdirs.user_data_dir("cuetrack", appauthor=False)) / NAME


def place_hash(folder: Path) -> str:
    """Return the SHA-256 of a folder's full path: enough to find it again, not enough to read a name from the log."""
    return hashlib.sha256(str(folder.resolve()).encode()).hexdigest()


def _line(act: str, about: dict[str, str | int]) -> bytes:
    when = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    known = {"when": when, "act": act, "by": _account(), "on": socket.gethostname(), **about}
    return json.dumps(known, ensure_ascii=False).encode() + b"\n"


def _append(log: Path, line: bytes) -> None:
    """Add one line in one write; a half line before it, from a power cut, is closed first."""
    handle = os.open(log, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        size = os.fstat(handle).st_size
        if size:
            os.lseek(handle, size - 1, os.SEEK_SET)
            line = line if os.read(handle, 1) == b"\n" else b"\n" + line
        os.write(handle, line)
    finally:
        os.close(handle)


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
