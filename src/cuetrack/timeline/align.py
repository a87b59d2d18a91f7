"""Bring cue tables of different rates onto one clock."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from cuetrack.errors import TableError
from cuetrack.timeline.gaps import reach_s

Floats = npt.NDArray[np.float32]


def align(
    tables: Mapping[str, pd.DataFrame],
    *,
    rate_hz: float = 10.0,
    start_s: float = 0.0,
    end_s: float | None = None,
    max_gap_s: float | Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Return all cues of everyone on one regular clock: `time_s, person, <signals…>, <cue>_confidence…`.

    Row `time_s` stands for `time_s <= t < time_s + 1/rate_hz`. Samples faster than that are averaged; slower ones hold
    until the next, but never longer than their reach (`max_gap_s`, one number or one per cue; by default
    `gaps.reach_s`). Beyond it, before the first sample and for people a cue did not measure, values are NaN
    with confidence 0. Raises TableError if two cues share a signal name or the rate or times make no sense.
    """
    if not (np.isfinite(rate_hz) and rate_hz > 0):
        raise TableError(f"align: expected a rate above 0 Hz, got {rate_hz}")
    if end_s is None:
        ends = [float(t["time_s"].max()) for t in tables.values() if len(t)]
        end_s = max(ends) + 1 / rate_hz if ends else start_s
    if end_s < start_s:
        raise TableError(f"align: end_s {end_s} is before start_s {start_s}")
    count = int(np.ceil((end_s - start_s) * rate_hz - 1e-9))
    everyone = sorted({str(p) for t in tables.values() for p in t["person"].unique()})
    signals: dict[str, Floats] = {}
    confidences: dict[str, Floats] = {}
    owner: dict[str, str] = {}
    for cue, table in tables.items():
        names = [c for c in table.columns if c not in ("time_s", "person", "confidence")]
        for name in names:
            if name in owner:
                raise TableError(f"align: both {owner[name]} and {cue} have a signal {name}; rename one")
            owner[name] = cue
        block = np.full((len(everyone), count, len(names)), np.nan, dtype=np.float32)
        sure = np.zeros((len(everyone), count), dtype=np.float32)
        for person, rows in table.groupby("person", sort=False, observed=True):
            time = rows["time_s"].to_numpy(np.float64)
            gap = max_gap_s.get(cue) if isinstance(max_gap_s, Mapping) else max_gap_s
            reach = reach_s(cue, time) if gap is None else float(gap)
            i = everyone.index(str(person))
            values = rows[names].to_numpy(np.float32)
            block[i], sure[i] = to_grid(
                time, values, rows["confidence"].to_numpy(np.float32), start_s, rate_hz, count, reach
            )
        for column, name in enumerate(names):
            signals[name] = block[:, :, column].reshape(-1)
        confidences[f"{cue}_confidence"] = sure.reshape(-1)
    clock = start_s + np.arange(count) / rate_hz
    frame = {"time_s": np.tile(clock, len(everyone)), "person": np.repeat(np.array(everyone, dtype=object), count)}
    return pd.DataFrame({**frame, **signals, **confidences}).astype({"person": "str"})


def to_grid(
    time_s: npt.NDArray[np.float64],
    values: Floats,
    confidence: Floats,
    start_s: float,
    rate_hz: float,
    count: int,
    reach_s: float,
) -> tuple[Floats, Floats]:
    """Return one person's samples (n, signals) as bin means (count, signals) with mean confidence (count,).

    `time_s` (n,) must rise. An empty bin takes the last filled one if its newest sample is at most `reach_s` old.
    """
    grid = np.full((count, values.shape[1]), np.nan, dtype=np.float32)
    sure = np.zeros(count, dtype=np.float32)
    bins = np.floor((time_s - start_s) * rate_hz + 1e-6).astype(np.int64)
    lead = np.ceil(reach_s * rate_hz)
    inside = (bins >= -lead) & (bins < count)
    if not count or not inside.any():
        return grid, sure
    time_s, values, confidence, bins = time_s[inside], values[inside], confidence[inside], bins[inside]
    starts = np.flatnonzero(np.r_[True, np.diff(bins) > 0])
    finite = np.isfinite(values)
    counts = np.add.reduceat(finite.astype(np.float32), starts, axis=0)
    sums = np.add.reduceat(np.where(finite, values, np.float32(0.0)), starts, axis=0, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(counts > 0, sums / counts, np.nan).astype(np.float32)
    rows = np.diff(np.r_[starts, len(bins)])
    sureness = (np.add.reduceat(confidence.astype(np.float64), starts) / rows).astype(np.float32)
    newest = time_s[np.r_[starts[1:], len(bins)] - 1]
    filled = bins[starts]
    last = np.searchsorted(filled, np.arange(count), side="right") - 1
    clock = start_s + np.arange(count) / rate_hz
    held = (last >= 0) & ((filled[last] == np.arange(count)) | (clock - newest[last] <= reach_s))
    grid[held], sure[held] = means[last[held]], sureness[last[held]]
    sure[~np.isfinite(grid).any(axis=1)] = 0.0
    return grid, sure
