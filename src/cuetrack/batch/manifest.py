"""What a study holds: a manifest (CSV or TOML) or a folder of recordings, checked whole before anything starts.

CSV columns: `session, media` and, if wanted, `media_2, people, offset_s, settings, dyad, therapist, date`. `people` is
written client=left;therapist=right for one file of two people, client;therapist where each has a file (`media`,
`media_2`). TOML: a list of `[[session]]` tables with the same keys; `people` and `settings` may be tables there.
"""

from __future__ import annotations

import csv
import io
import os
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from cuetrack.batch.entry import COLUMNS, Entry, read_entry
from cuetrack.errors import ManifestError
from cuetrack.store.files import read_text

__all__ = ["COLUMNS", "MEDIA_SUFFIXES", "Entry", "read_study"]

MEDIA_SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".wav", ".m4a", ".mp3", ".flac", ".ogg")
_REQUIRED = ("session", "media")
_FAULT = "fault"
"""Key of a row that could not be taken apart; no column has this name."""


def read_study(source: Path) -> list[Entry]:
    """Read a manifest, or every recording of a folder; raise ManifestError listing every fault with its row."""
    if source.is_dir():
        files = sorted(p for p in source.iterdir() if p.suffix.lower() in MEDIA_SUFFIXES)
        if not files:
            raise ManifestError(f"{source}: expected recordings ({', '.join(MEDIA_SUFFIXES)}), found none")
        rows: list[tuple[str, dict[str, Any]]] = [(p.name, {"session": p.stem, "media": p.name}) for p in files]
        return _entries(rows, source)
    if not source.is_file():
        raise ManifestError(
            f"{source}: expected a manifest (.csv or .toml) or a folder of recordings; there is nothing"
        )
    if source.suffix.lower() == ".toml":
        return _entries(_toml_rows(source), source.parent)
    if source.suffix.lower() == ".csv":
        return _entries(_csv_rows(source), source.parent)
    raise ManifestError(f"{source}: expected a manifest ending in .csv or .toml, or a folder")


def _csv_rows(path: Path) -> list[tuple[str, dict[str, Any]]]:
    try:
        lines = io.StringIO(read_text(path), newline="")
    except (OSError, ValueError) as error:
        raise ManifestError(f"{path}: expected a CSV file in UTF-8 ({error})") from error
    with lines as file:
        try:
            reader = csv.DictReader(file, strict=True)
            head = [name.strip() for name in reader.fieldnames or ()]
            unknown = [name for name in head if name not in COLUMNS]
            if unknown or not set(_REQUIRED) <= set(head):
                raise ManifestError(f"{path}: expected columns {', '.join(COLUMNS)}; got {', '.join(head) or 'none'}")
            rows = []
            for row in reader:
                cells = {str(k).strip(): (v or "").strip() for k, v in row.items() if k is not None}
                if None in row:
                    cells[_FAULT] = "more cells than columns; a cell with a comma in it needs quotes"
                rows.append((f"line {reader.line_num}", cells))
        except csv.Error as error:
            raise ManifestError(f"{path}: expected a CSV file in UTF-8 ({error})") from error
    return rows


def _toml_rows(path: Path) -> list[tuple[str, dict[str, Any]]]:
    try:
        content = tomllib.loads(read_text(path))
    except (OSError, ValueError, RecursionError) as error:
        raise ManifestError(f"{path}: expected TOML ({error})") from error
    sessions = content.get("session")
    if not isinstance(sessions, list) or set(content) != {"session"} or not all(isinstance(s, dict) for s in sessions):
        raise ManifestError(f"{path}: expected a list of [[session]] tables and nothing else")
    return [(f"session {i}", dict(row)) for i, row in enumerate(sessions, 1)]


def _entries(rows: Sequence[tuple[str, dict[str, Any]]], base: Path) -> list[Entry]:
    entries: list[Entry] = []
    faults: list[str] = []
    names: dict[str, str] = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # each looks at its files in a process of its own
        read = list(pool.map(lambda row: _read(row[1], base), rows))
    for (where, row), (entry, wrong) in zip(rows, read, strict=True):
        faults += [f"{where}: {fault}" for fault in wrong]
        name = str(row.get("session", ""))
        if name and (first := names.setdefault(name.casefold(), where)) != where:
            faults.append(f"{where}: session {name!r} is also at {first}")
        if entry:
            entries.append(entry)
    if faults or not rows:
        listed = "\n  ".join(faults or ["it lists no session"])
        many = max(1, len(faults))
        raise ManifestError(f"the manifest has {many} fault{'s' * (many > 1)}, nothing was started:\n  {listed}")
    return entries


def _read(row: dict[str, Any], base: Path) -> tuple[Entry | None, list[str]]:
    fault = row.pop(_FAULT, None)
    entry, faults = read_entry(row, base)
    return (None, [fault, *faults]) if fault else (entry, faults)
