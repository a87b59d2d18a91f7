"""The two table shapes, samples and spans, and the checks at their doors.

Samples: `time_s, person, <signals…>, confidence`, one row per native sample and person, sorted by person then time.
Spans: `start_s, end_s, person, toward, label, score, source`, half-open, sorted by start.
Missing is NaN with confidence 0: never 0, never filled, never dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from cuetrack.errors import TableError
from cuetrack.terms import Signal

SPAN_COLUMNS = ("start_s", "end_s", "person", "toward", "label", "score", "source")


def samples(
    time_s: npt.ArrayLike,
    person: str,
    signals: Mapping[str, npt.ArrayLike],
    confidence: npt.ArrayLike,
) -> pd.DataFrame:
    """Build a samples table for one person; where every signal is NaN, confidence becomes 0.

    `time_s` is shape (n,), seconds since session start; each signal and `confidence` (0..1) is shape (n,) or a scalar.
    """
    time = np.asarray(time_s, dtype=np.float64)
    columns = {name: np.broadcast_to(np.asarray(v, dtype=np.float32), time.shape) for name, v in signals.items()}
    sure = np.broadcast_to(np.asarray(confidence, dtype=np.float32), time.shape)
    seen = np.zeros(time.shape, dtype=bool)
    for values in columns.values():
        seen |= np.isfinite(values)
    sure = np.where(seen & np.isfinite(sure), np.clip(sure, 0.0, 1.0), np.float32(0.0))
    return pd.DataFrame({"time_s": time, "person": person, **columns, "confidence": sure.astype(np.float32)})


def spans(rows: Iterable[Mapping[str, object]] = ()) -> pd.DataFrame:
    """Build a spans table from rows; missing `toward`, `score` and `source` become "", NaN and ""."""
    table = pd.DataFrame(list(rows), columns=list(SPAN_COLUMNS))
    for column in ("person", "toward", "label", "source"):
        table[column] = table[column].astype("object").where(table[column].notna(), "").astype("str")
    for column in ("start_s", "end_s", "score"):
        table[column] = table[column].astype(np.float64)
    return table.sort_values(["start_s", "end_s", "person"], kind="stable", ignore_index=True)


def join(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Stack tables of one shape into one, in canonical order."""
    kept = [t for t in tables if len(t)] or list(tables[:1])
    if not kept:
        raise TableError("expected at least one table to join, got none")
    stacked = pd.concat(kept, ignore_index=True)
    order = ["person", "time_s"] if "time_s" in stacked else ["start_s", "end_s", "person"]
    return stacked.sort_values(order, kind="stable", ignore_index=True)


def check_samples(table: pd.DataFrame, signals: Sequence[Signal], *, name: str = "samples") -> pd.DataFrame:
    """Return the table if it is a samples table of these signals; raise TableError naming the first fault."""
    expected = ["time_s", "person", *(s.name for s in signals), "confidence"]
    if list(table.columns) != expected:
        raise TableError(f"{name}: expected columns {expected}, got {list(table.columns)}")
    time = table["time_s"].to_numpy()
    if not np.isfinite(time).all():
        raise TableError(f"{name}: every row needs a finite time_s")
    for person, rows in table.groupby("person", sort=False):
        if not (np.diff(rows["time_s"].to_numpy()) >= 0).all():
            raise TableError(f"{name}: times of {person} do not rise; sort by person and time_s")
    sure = table["confidence"].to_numpy()
    if not ((sure >= 0) & (sure <= 1)).all():
        raise TableError(f"{name}: confidence must lie in 0..1")
    missing = np.ones(len(table), dtype=bool)
    for signal in signals:
        values = table[signal.name].to_numpy()
        finite = np.isfinite(values)
        missing &= ~finite
        outside = finite & ((values < signal.low) | (values > signal.high))
        if outside.any():
            worst = values[outside][0]
            raise TableError(
                f"{name}.{signal.name}: {worst:g} is outside {signal.low:g}..{signal.high:g} {signal.unit}"
            )
    if signals and (sure[missing] != 0).any():
        raise TableError(f"{name}: a row with every signal missing must have confidence 0")
    return table


def check_spans(table: pd.DataFrame, *, name: str = "spans") -> pd.DataFrame:
    """Return the table if it is a spans table; raise TableError naming the first fault."""
    if list(table.columns) != list(SPAN_COLUMNS):
        raise TableError(f"{name}: expected columns {list(SPAN_COLUMNS)}, got {list(table.columns)}")
    start, end = table["start_s"].to_numpy(), table["end_s"].to_numpy()
    if not (np.isfinite(start) & np.isfinite(end) & (end >= start)).all():
        raise TableError(f"{name}: every span needs finite times with end_s >= start_s")
    if (np.diff(start) < 0).any():
        raise TableError(f"{name}: spans must be sorted by start_s")
    return table
