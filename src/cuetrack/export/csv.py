"""Tidy tables: one row per mark, as CSV that Excel opens (UTF-8 with a byte order mark) or parquet.

The block of `cuetrack.export.block` lies beside a CSV file as `NAME.csv.json`, and in a parquet file's own metadata.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from cuetrack.errors import FormatError
from cuetrack.export.block import NAME, block_in, text_of
from cuetrack.export.tiers import Annotations, Mark, Tier, order
from cuetrack.store.files import replacing, write_text

COLUMNS = ("tier", "person", "rater", "start_s", "end_s", "label", "note")
_TEXTS = ("tier", "person", "rater", "label", "note")
_LARGEST_BYTES = 50_000_000
_MOST_ROWS = 1_000_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
"""A cell that begins so is run as a formula by spreadsheets; it is written with a ' before it."""


def write_csv(path: Path, annotations: Annotations) -> list[str]:
    """Write one row per mark, and the block beside it; return in words what a table could not carry (nothing)."""
    table = _table(annotations)
    for column in _TEXTS:
        table[column] = [f"'{t}" if t.startswith(_FORMULA) else t for t in table[column]]
    with replacing(path) as temporary:
        table.to_csv(temporary, index=False, encoding="utf-8-sig", lineterminator="\r\n", float_format="%.3f")
    write_text(beside(path), text_of(annotations) + "\n")
    return []


def beside(path: Path) -> Path:
    """Return where the block of a CSV file lies."""
    return path.with_name(path.name + ".json")


def write_parquet(path: Path, annotations: Annotations) -> list[str]:
    """Write one row per mark and return in words what a table could not carry (nothing)."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(_table(annotations), preserve_index=False)
    about = {**(table.schema.metadata or {}), NAME.encode(): text_of(annotations).encode()}
    with replacing(path) as temporary:
        pq.write_table(table.replace_schema_metadata(about), temporary, compression="zstd")
    return []


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
    try:
        block = block_in(beside(path).read_text(encoding="utf-8")) if beside(path).is_file() else {}
    except (OSError, UnicodeDecodeError):
        block = {}
    return _annotations(table, path, block)


def read_parquet(path: Path) -> Annotations:
    """Read a parquet table of marks; raise FormatError if it is not one."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise FormatError(f"{path}: expected a table below {_LARGEST_BYTES // 1_000_000} MB")
        stored = pq.ParquetFile(path)
        unpacked = sum(stored.metadata.row_group(i).total_byte_size for i in range(stored.metadata.num_row_groups))
        if unpacked > 10 * _LARGEST_BYTES or stored.metadata.num_rows > _MOST_ROWS:
            raise FormatError(f"{path}: expected a table of at most {_MOST_ROWS} rows")
        about = (stored.schema_arrow.metadata or {}).get(NAME.encode(), b"").decode("utf-8", "replace")
        return _annotations(stored.read().to_pandas(), path, block_in(about))
    except (OSError, ValueError, pa.ArrowException) as error:
        raise FormatError(f"{path}: expected a parquet table ({error})") from error


def _table(annotations: Annotations) -> pd.DataFrame:
    rows = [
        (t.name, t.person, t.rater, m.start_ms / 1000, m.end_ms / 1000, m.label, m.note)
        for t in annotations.tiers
        for m in t.marks
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _annotations(table: pd.DataFrame, path: Path, block: Mapping[str, Any]) -> Annotations:
    needed = ("start_s", "end_s", "label")
    if not set(needed) <= set(table.columns):
        raise FormatError(f"{path}: expected columns {', '.join(needed)}; got {', '.join(map(str, table.columns))}")
    told = {(t["name"], t["person"], t["rater"]): tuple(t["labels"]) for t in block.get("tiers", ())}
    found: dict[tuple[str, str, str], list[Mark]] = {whose: [] for whose in told}
    for number, row in enumerate(table.to_dict("records"), 2):
        try:
            start, end = (round(float(row[k]) * 1000) for k in ("start_s", "end_s"))
        except (TypeError, ValueError, OverflowError):
            raise FormatError(f"{path} row {number}: start_s and end_s must be numbers of seconds") from None
        if start < 0 or end < start:
            raise FormatError(
                f"{path} row {number}: expected 0 <= start_s <= end_s, got {start / 1000} and {end / 1000}"
            )
        name, person, rater, label, note = (_cell(row.get(k)) for k in _TEXTS)
        found.setdefault((name or "marks", person, rater), []).append(Mark(start, max(end, start + 1), label, note))
    tiers = tuple(
        Tier(name, tuple(sorted(marks, key=order)), person, rater, told.get((name, person, rater), ()))
        for (name, person, rater), marks in found.items()
    )
    last = max([block.get("duration_ms", 0), *(m.end_ms for t in tiers for m in t.marks)])
    media = tuple(Path(str(m)) for m in block.get("media", ()))
    lost = tuple(f"column {c}" for c in table.columns if c not in COLUMNS)
    return Annotations(tiers, last, media, lost, dict(block.get("provenance", {})))


def _cell(value: Any) -> str:
    return "" if value is None or value != value else str(value)
