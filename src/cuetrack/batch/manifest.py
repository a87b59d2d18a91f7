"""What a study holds: a manifest (CSV or TOML) or a folder of recordings, checked whole before anything starts.

CSV columns: `session, media, people` and, if wanted, `media_2, offset_s, dyad, therapist, date`. `people` is written
client=left;therapist=right for one file of two people, client;therapist where each has a file (`media`, `media_2`).
TOML: a list of `[[session]]` tables with the same keys.
"""

from __future__ import annotations

import csv
import io
import os
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cuetrack.errors import CuetrackError, ManifestError
from cuetrack.media.guarded import tried
from cuetrack.recording import check_names, check_places
from cuetrack.store.files import read_text
from cuetrack.store.folder import SUFFIX

COLUMNS = ("session", "media", "media_2", "people", "offset_s", "dyad", "therapist", "date")
MEDIA_SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".wav", ".m4a", ".mp3", ".flac", ".ogg")
_REQUIRED = ("session", "media")


@dataclass(frozen=True)
class Entry:
    """One session of a study: its name, its files by person ("" if several people are in one), places and dyad."""

    session: str
    media: Mapping[str, Path]
    people: Mapping[str, str] | None
    offset_s: float | None = None
    dyad: str = ""
    therapist: str = ""
    date: str = ""


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
                if None in row:
                    raise ManifestError(f"{path} line {reader.line_num}: more cells than columns")
                rows.append((f"line {reader.line_num}", {str(k).strip(): (v or "").strip() for k, v in row.items()}))
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
        read = list(pool.map(lambda row: _entry_or_fault(row[1], base), rows))
    for (where, _), entry in zip(rows, read, strict=True):
        if isinstance(entry, CuetrackError):
            faults.append(f"{where}: {entry}")
            continue
        if entry.session in names:
            faults.append(f"{where}: session {entry.session!r} is also at {names[entry.session]}")
        names[entry.session] = where
        entries.append(entry)
    if faults or not entries:
        listed = "\n  ".join(faults or ["it lists no session"])
        raise ManifestError(f"the manifest has {len(faults) or 1} fault(s), nothing was started:\n  {listed}")
    return entries


def _entry_or_fault(row: Mapping[str, Any], base: Path) -> Entry | CuetrackError:
    try:
        return _entry(row, base)
    except CuetrackError as error:
        return error


def _entry(row: Mapping[str, Any], base: Path) -> Entry:
    unknown = [key for key in row if key not in COLUMNS]
    if unknown:
        raise ManifestError(f"unknown key {', '.join(unknown)}; expected {', '.join(COLUMNS)}")
    for key in _REQUIRED:
        if not row.get(key):
            raise ManifestError(f"{key} is empty")
    name = str(row["session"])
    if Path(name).name != name or name.endswith(SUFFIX) or name in (".", ".."):
        raise ManifestError(f"session {name!r} cannot be a folder's name; leave out slashes and {SUFFIX}")
    places = _places(row.get("people", ""))
    files = [base / str(row["media"])] + ([base / str(row["media_2"])] if row.get("media_2") else [])
    if len(files) == 2 and len(places) != 2:
        raise ManifestError("two files need two people, as client;therapist")
    for file in files:
        tried(file, decode=False)
    media = dict(zip(places, files, strict=True)) if len(files) == 2 else {"": files[0]}
    offset = row.get("offset_s", "")
    try:
        offset_s = None if offset == "" else float(offset)
    except (TypeError, ValueError):
        raise ManifestError(f"offset_s: expected a number of seconds, got {offset!r}") from None
    people = (places or None) if len(files) == 1 else None
    rest = {key: str(row.get(key, "")) for key in ("dyad", "therapist", "date")}
    return Entry(name, media, people, offset_s, **rest)


def _places(people: Any) -> dict[str, str]:
    if isinstance(people, Mapping):
        places = {str(k): str(v) for k, v in people.items()}
    else:
        parts: Iterable[str] = (p for p in str(people).split(";") if p.strip())
        places = {name.strip(): place.strip() for name, _, place in (p.partition("=") for p in parts)}
    if places:
        check_names(list(places))
        check_places(places)
    return places
