"""What is usual for a person in this recording: median and spread of every signal, by who is speaking."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from cuetrack.errors import TableError
from cuetrack.timeline.baseline_scale import from_scale, kind, noise_on_scale, to_scale
from cuetrack.timeline.state import STATES

POOLED = "all"
"""State name of the row over all states."""
MIN_SECONDS = 60.0
"""Less than this measured in a state, and the state borrows the pooled median and spread."""
_MAD_TO_SD = 1.4826


def baseline(
    aligned: pd.DataFrame,
    state: Mapping[str, npt.NDArray[np.str_]],
    *,
    skip_s: float = 120.0,
    noise: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Return what is usual: `person, state, signal, median, spread, seconds, low, high`.

    `aligned` is from `align`; `state` holds one array per person from `speaking_state`, as long as that person's rows
    (a person without one, like `pair`, is pooled). `median` is in natural units; `spread` is 1.4826 MAD on the
    signal's scale (`baseline_scale`), not below the measurement `noise` (one SD, natural units, by signal);
    `low` and `high` are median -+ spread in natural units; `seconds` is what was measured in that state. Within a
    state with less than 60 s, median and spread are the pooled ones. The first and last `skip_s` are left
    out, scaled down to 4 % of recordings shorter than 50 minutes (`kept_span`).
    Raises TableError if rows and states differ in number.
    """
    noise = noise or {}
    skipped = ("time_s", "person")
    signals = [c for c in aligned.columns if c not in skipped and not c.endswith("_confidence")]
    parts: list[pd.DataFrame] = []
    for person, rows in aligned.groupby("person", sort=False, observed=True):
        time = rows["time_s"].to_numpy(np.float64)
        step = float(np.median(np.diff(time))) if len(time) > 1 else 1.0
        start, end = kept_span(time, skip_s)
        kept = (time >= start) & (time < end)
        own = state.get(str(person), np.full(len(time), "unknown"))
        if len(own) != len(time):
            raise TableError(f"baseline: {person} has {len(time)} rows but {len(own)} speaking states; use one clock")
        values = np.stack([to_scale(s, rows[s].to_numpy()) for s in signals]) if signals else np.empty((0, len(time)))
        shares = np.array([kind(s) == "share" for s in signals], dtype=bool)
        pooled = _usual(values[:, kept], shares)
        for name in (*STATES, POOLED):
            inside = kept if name == POOLED else kept & (own == name)
            if not inside.any():
                continue
            middle, spread = pooled if name == POOLED else _usual(values[:, inside], shares)
            seconds = np.isfinite(values[:, inside]).sum(axis=1) * step
            few = seconds < MIN_SECONDS
            middle, spread = np.where(few, pooled[0], middle), np.where(few, pooled[1], spread)
            parts.append(_rows(str(person), name, signals, middle, spread, seconds, noise))
    columns = ["person", "state", "signal", "median", "spread", "seconds", "low", "high"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def kept_span(time_s: npt.NDArray[np.float64], skip_s: float = 120.0) -> tuple[float, float]:
    """Return the stretch that counts for a baseline: without the first and last `skip_s`, or 4 % if that is less."""
    if not len(time_s):
        return 0.0, 0.0
    step = float(np.median(np.diff(time_s))) if len(time_s) > 1 else 1.0
    first, last = float(time_s[0]), float(time_s[-1]) + step
    skip = min(skip_s, 0.04 * (last - first))
    return first + skip, last - skip


def row_median(values: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return the median of the finite values of each row, (rows, n) -> (rows,); NaN for a row without any."""
    if not values.shape[1]:
        return np.full(len(values), np.nan)
    ordered = np.sort(np.where(np.isfinite(values), values, np.nan), axis=1).astype(np.float64)
    count = np.isfinite(ordered).sum(axis=1)
    row = np.arange(len(values))
    low, high = ordered[row, np.maximum(count - 1, 0) // 2], ordered[row, count // 2 % values.shape[1]]
    return np.where(count > 0, (low + high) / 2 if values.shape[1] > 1 else low, np.nan)


def _usual(
    values: npt.NDArray[np.float64], shares: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return location and spread of each row on its scale."""
    middle = row_median(values)
    spread = _MAD_TO_SD * row_median(np.abs(values - middle[:, None]))
    if shares.any():
        seen = np.isfinite(values[shares])
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(seen, values[shares], 0.0).sum(axis=1) / seen.sum(axis=1)
        middle[shares], spread[shares] = mean, np.sqrt(mean * (1 - mean))
    return middle, spread


def _rows(
    person: str,
    state: str,
    signals: list[str],
    middle: npt.NDArray[np.float64],
    spread: npt.NDArray[np.float64],
    seconds: npt.NDArray[np.float64],
    noise: Mapping[str, float],
) -> pd.DataFrame:
    rows = []
    for signal, m, s, sec in zip(signals, middle, spread, seconds, strict=True):
        median = float(from_scale(signal, np.array(m)))
        floor = float(noise_on_scale(signal, noise.get(signal, 0.0), np.array(median)))
        wide = float(np.fmax(s, floor)) if np.isfinite(m) else np.nan
        low, high = (float(from_scale(signal, np.array(v))) for v in (m - wide, m + wide))
        rows.append((person, state, signal, median, wide, sec, low, high))
    return pd.DataFrame(rows, columns=["person", "state", "signal", "median", "spread", "seconds", "low", "high"])
