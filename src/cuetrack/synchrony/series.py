"""Making two people's samples comparable: one even clock, and shared drivers taken out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cuetrack.synchrony.windowed import Floats, mean_of


def evenly(
    time_s: npt.ArrayLike,
    values: npt.ArrayLike,
    *,
    start_s: float,
    samples: int,
    rate_hz: float,
    max_gap_s: float = 0.5,
) -> Floats:
    """Return a series at `start_s + k / rate_hz`: means of what lies in each step, linear over gaps up to `max_gap_s`.

    `time_s` and `values` are shape (n,), times rising; the result is (samples,), NaN in longer gaps and at the ends.
    """
    time, x = np.asarray(time_s, dtype=np.float64), np.asarray(values, dtype=np.float64)
    result = np.full(samples, np.nan)
    there = np.isfinite(x)
    cell = np.floor((time - start_s) * rate_hz + 0.5 + 1e-6).astype(np.intp)
    there &= (cell >= 0) & (cell < samples)
    if not there.any():
        return result
    count = np.bincount(cell[there], minlength=samples)
    total = np.bincount(cell[there], weights=x[there], minlength=samples)
    filled = np.flatnonzero(count)
    result[filled] = total[filled] / count[filled]
    empty = np.flatnonzero(count == 0)
    after = np.clip(np.searchsorted(filled, empty), 1, max(1, len(filled) - 1))
    if len(filled) > 1:
        inside = (empty > filled[0]) & (empty < filled[-1])
        short = inside & ((filled[after] - filled[after - 1]) / rate_hz <= max_gap_s + 1e-9)
        result[empty[short]] = np.interp(empty[short], filled, result[filled])
    return result


def without_states(series: npt.ArrayLike, states: npt.ArrayLike) -> Floats:
    """Return a series minus its own mean in each state, so that what the states explain is not counted as synchrony.

    Both are shape (n,). Source: conditioning on who speaks, since turn-taking drives both people's movement.
    """
    x, state = np.asarray(series, dtype=np.float64), np.asarray(states)
    result = x.copy()
    for value in np.unique(state):
        result[state == value] -= float(mean_of(x[state == value]))
    return result
