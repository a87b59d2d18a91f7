"""One session of a study, and every fault of the row that asks for it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cuetrack.batch.fetch import is_url, size_at
from cuetrack.batch.settings import check_settings, read_settings
from cuetrack.errors import CuetrackError, ManifestError
from cuetrack.media.guarded import tried
from cuetrack.recording import check_names, check_places
from cuetrack.store.folder import SUFFIX

COLUMNS = ("session", "media", "media_2", "people", "offset_s", "settings", "dyad", "therapist", "date")
_REQUIRED = ("session", "media")


@dataclass(frozen=True)
class Entry:
    """One session of a study: its name, its files by person ("" if several people are in one), places and dyad.

    A file is a path or an fsspec address. `duration_s` is the longest file's length, 0 where only a worker can know.
    """

    session: str
    media: Mapping[str, str]
    people: Mapping[str, str] | None
    offset_s: float | None = None
    dyad: str = ""
    therapist: str = ""
    date: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    duration_s: float = 0.0


def read_entry(row: Mapping[str, Any], base: Path) -> tuple[Entry | None, list[str]]:
    """Return a row's entry, or None and everything that is wrong with the row; `base` is where its paths begin."""
    unknown = [key for key in row if key not in COLUMNS]
    faults = [f"unknown key {', '.join(unknown)}; expected {', '.join(COLUMNS)}"] if unknown else []
    faults += [f"{key} is empty" for key in _REQUIRED if not row.get(key)]
    name = str(row.get("session", ""))
    if name and (Path(name).name != name or name.endswith(SUFFIX) or name in (".", "..") or "\\" in name):
        faults.append(f"session {name!r} cannot be a folder's name; leave out slashes and {SUFFIX}")
    places: dict[str, str] = _found(faults, _places, row.get("people", "")) or {}
    offset_s = _found(faults, _offset, row.get("offset_s", ""))
    settings = _found(faults, _settings, row.get("settings", "")) or {}
    date = _found(faults, _date, row.get("date", "")) or ""
    files = [_place(str(row[key]), base) for key in ("media", "media_2") if row.get(key)]
    lengths = [_found(faults, _length, file) or 0.0 for file in files]
    if len(files) == 2 and len(places) != 2:
        faults.append("two files need two people, as client;therapist")
    if len(files) == 1 and offset_s is not None:
        faults.append("offset_s needs a second file (media_2) that it can be the offset of")
    if len(set(files)) < len(files):
        faults.append("media and media_2 are the same file")
    if faults:
        return None, faults
    media = dict(zip(places, files, strict=True)) if len(files) == 2 else {"": files[0]}
    people = (places or None) if len(files) == 1 else None
    dyad, therapist = (str(row.get(key, "")) for key in ("dyad", "therapist"))
    return Entry(name, media, people, offset_s, dyad, therapist, date, settings, max(lengths)), []


def _found(faults: list[str], read: Any, given: Any) -> Any:
    try:
        return read(given)
    except CuetrackError as error:
        faults.append(str(error))
        return None


def _place(text: str, base: Path) -> str:
    return text if is_url(text) else str((base / Path(text).expanduser()).absolute())


def _length(file: str) -> float:
    """Look at a file: at a recording's length, or at least that an address is answered."""
    if is_url(file):
        size_at(file)
        return 0.0
    return tried(file, decode=False).duration_s


def _offset(given: Any) -> float | None:
    try:
        return None if given == "" else float(given)
    except (TypeError, ValueError):
        raise ManifestError(f"offset_s: expected a number of seconds, got {given!r}") from None


def _settings(given: Any) -> dict[str, Any]:
    settings = read_settings(given)
    check_settings(settings)
    return settings


def _date(given: Any) -> str:
    if given == "":
        return ""
    try:
        return datetime.date.fromisoformat(str(given)).isoformat()
    except ValueError:
        raise ManifestError(f"date: expected a day as 2026-03-31, got {given!r}") from None


def _places(people: Any) -> dict[str, str]:
    if isinstance(people, Mapping):
        places = {str(k): str(v) for k, v in people.items()}
    else:
        parts: Iterable[str] = (p for p in str(people).split(";") if p.strip())
        named = [(name.strip(), place.strip()) for name, _, place in (p.partition("=") for p in parts)]
        places = dict(named)
        if len(places) < len(named):
            raise ManifestError(f"people: the same name twice in {people!r}")
    if places:
        check_names(list(places))
        check_places(places)
    return places
