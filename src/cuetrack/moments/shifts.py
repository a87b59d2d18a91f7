"""Changes that last: a signal that is different for the whole session, or from some minute to its end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from cuetrack.moments.measure import Measured
from cuetrack.moments.words import sentence
from cuetrack.timeline.baseline import POOLED

SHIFT_COLUMNS = ("person", "signal", "start_s", "end_s", "value", "usual", "z", "text")
_LEAST_Z = 1.0
_LEAST_S = 600.0


def against_earlier(own: pd.DataFrame, earlier: pd.DataFrame, duration_s: float) -> pd.DataFrame:
    """Return signals whose median of this session lies at least 1 spread from that of earlier sessions.

    Both tables are from `timeline.baseline`.
    """
    both = _pooled(own).merge(_pooled(earlier), on=["person", "signal"], suffixes=("", "_earlier"))
    rows = []
    for r in both.to_dict("records"):
        half = (r["high_earlier"] - r["low_earlier"]) / 2
        z = (r["median"] - r["median_earlier"]) / half if half > 0 else np.nan
        if abs(z) >= _LEAST_Z:
            text = sentence(r["signal"], r["median"], r["median_earlier"], "") + " in earlier sessions"
            rows.append((r["person"], r["signal"], 0.0, duration_s, r["median"], r["median_earlier"], z, text))
    return _table(rows)


def within(measured: Measured) -> pd.DataFrame:
    """Return signals that changed once by at least 1 spread and stayed so for 10 minutes or more, to the end.

    The time of change is the split of 30-s medians with the least squares.
    """
    rows = []
    usual = {(r["person"], r["signal"]): r for r in _pooled(measured.usual_table).to_dict("records")}
    for i, (_, signal, person) in enumerate(measured.rows):
        known = usual.get((person, signal))
        half = (known["high"] - known["low"]) / 2 if known else 0.0
        found = _step(measured.value[i].astype(np.float64), measured.time_s) if half > 0 else None
        if found is None:
            continue
        at, before, after = found
        z, end = (after - before) / half, float(measured.time_s[-1] + 1)
        if abs(z) >= _LEAST_Z and end - at >= _LEAST_S:
            text = f"{sentence(signal, after, before, '')} before {int(at) // 60}:{int(at) % 60:02d}"
            rows.append((person, signal, at, end, after, before, z, text))
    return _table(rows)


def _step(values: npt.NDArray[np.float64], time: npt.NDArray[np.float64]) -> tuple[float, float, float] | None:
    size = 30
    count = len(values) // size
    if count < 2 * _LEAST_S / size:
        return None
    blocks = values[: count * size].reshape(count, size)
    enough = np.isfinite(blocks).sum(axis=1) >= size / 4
    if enough.sum() < 0.5 * count:
        return None
    medians = np.array([np.nanmedian(b) for b in blocks[enough]])
    at = time[: count * size : size][enough]
    total, n = np.cumsum(medians), len(medians)
    k = np.arange(5, n - 5)
    left, right = total[k - 1] / k, (total[-1] - total[k - 1]) / (n - k)
    best = int(np.argmax((right - left) ** 2 * k * (n - k)))
    split = int(k[best])
    before, after = medians[:split], medians[split:]
    # A step stays: most of what follows lies beyond the middle between both levels, most before on the other side.
    middle, sign = (np.median(before) + np.median(after)) / 2, np.sign(np.median(after) - np.median(before))
    if min((sign * (after - middle) > 0).mean(), (sign * (middle - before) > 0).mean()) < 0.9:
        return None
    return float(at[split]), float(np.median(before)), float(np.median(after))


def _pooled(table: pd.DataFrame) -> pd.DataFrame:
    columns = ["person", "signal", "median", "low", "high"]
    return table.loc[table["state"] == POOLED, columns].dropna()


def _table(rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=list(SHIFT_COLUMNS))
    return table.sort_values(["start_s", "person", "signal"], kind="stable", ignore_index=True)
