"""Tidy tables: one row per mark, as CSV that Excel opens (UTF-8 with a byte order mark) or parquet."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cuetrack.errors import FormatError
from cuetrack.export.tiers import Annotations, Mark, Tier
from cuetrack.store.files import replacing, write_table

COLUMNS = ("tier", "person", "rater", "start_s", "end_s", "label", "note")
_TEXTS = ("tier", "person", "rater", "label", "note")
_LARGEST_BYTES = 50_000_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
"""A cell that begins so is run as a formula by spreadsheets; it is written with a ' before it."""


def write_csv(path: Path, annotations: Annotations) -> list[str]:
    """Write one row per mark and return in words what a table could not carry."""
    table = _table(annotations)
    for column in _TEXTS:
        table[column] = [f"'{t}" if t.startswith(_FORMULA) else t for t in table[column]]
    with replacing(path) as temporary:
        table.to_csv(temporary, index=False, encoding="utf-8-sig", lineterminator="\r\n", float_format="%.3f")
    return _lost(annotations)


def write_parquet(path: Path, annotations: Annotations) -> list[str]:
    """Write one row per mark and return in words what a table could not carry."""
    write_table(path, _table(annotations))
    return _lost(annotations)


def read_csv(path: Path) -> Annotations:
    """Read a table of marks; needs start_s, end_s and label, the other columns are optional; raise FormatError."""
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise FormatError(f"{path}: expected a table below {_LARGEST_BYTES // 1_000_000} MB")
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise FormatError(f"{path}: expected a CSV table in UTF-8 ({error})") from error
    for column in table.columns.intersection(list(_TEXTS)):
        table[column] = [t[1:] if t[:1] == "'" and t[1:].startswith(_FORMULA) else t for t in table[column]]
    return _annotations(table, path)


def read_parquet(path: Path) -> Annotations:
    """Read a parquet table of marks; raise FormatError if it is not one."""
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise FormatError(f"{path}: expected a table below {_LARGEST_BYTES // 1_000_000} MB")
        return _annotations(pd.read_parquet(path), path)
    except (OSError, ValueError) as error:
        raise FormatError(f"{path}: expected a parquet table ({error})") from error


def _table(annotations: Annotations) -> pd.DataFrame:
    rows = [
        (t.name, t.person, t.rater, m.start_ms / 1000, m.end_ms / 1000, m.label, m.note)
        for t in annotations.tiers
        for m in t.marks
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _annotations(table: pd.DataFrame, path: Path) -> Annotations:
    needed = ("start_s", "end_s", "label")
    if not set(needed) <= set(table.columns):
        raise FormatError(f"{path}: expected columns {', '.join(needed)}; got {', '.join(map(str, table.columns))}")
    found: dict[tuple[str, str, str], list[Mark]] = {}
    for number, row in enumerate(table.to_dict("records"), 2):
        try:
            start, end = (round(float(row[k]) * 1000) for k in ("start_s", "end_s"))
        except (TypeError, ValueError, OverflowError):
            raise FormatError(f"{path} row {number}: start_s and end_s must be numbers of seconds") from None
        if start < 0 or end < start:
            raise FormatError(
                f"{path} row {number}: expected 0 <= start_s <= end_s, got {start / 1000} and {end / 1000}"
            )
        whose = (str(row.get("tier", "") or "marks"), str(row.get("person", "")), str(row.get("rater", "")))
        found.setdefault(whose, []).append(
            Mark(start, max(end, start + 1), str(row["label"]), str(row.get("note", "")))
        )
    tiers = tuple(
        Tier(name, tuple(sorted(marks, key=lambda m: (m.start_ms, m.end_ms, m.label))), person, rater)
        for (name, person, rater), marks in found.items()
    )
    return Annotations(tiers, max((m.end_ms for t in tiers for m in t.marks), default=0))


def _lost(annotations: Annotations) -> list[str]:
    lost = [f"tier {t.name}: that it is there but empty" for t in annotations.tiers if not t.marks]
    return [*lost, "names of the media files and the session's length"] if annotations.media else lost
