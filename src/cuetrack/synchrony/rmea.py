"""Preparing motion energy as rMEA does by default, so that results can be compared with its literature."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

SMOOTHING_S = 0.5


def rmea_prepare(x: npt.ArrayLike, *, rate_hz: float) -> npt.NDArray[np.float64]:
    """Smooth over 0.5 s and divide by the standard deviation, as rMEA's `MEAscale(MEAsmooth(x))` at its defaults.

    `x` is shape (n,), one sample every 1 / `rate_hz` seconds, NaN where missing; the result has the same shape. rMEA's
    ways are kept: sums are divided by 0.5 s worth of samples even at the start where fewer are summed, and the last
    values, whose window passes the end, are 0. A window with a missing sample is missing. A series that does not
    change cannot be scaled and comes back as NaN.
    Source: Kleinbub & Ramseyer 2021, rMEA 1.x (definitions re-stated, no code taken).
    """
    series = np.asarray(x, dtype=np.float64)
    if series.ndim != 1 or rate_hz <= 0:
        raise ValueError(f"expected one series and a rate above 0, got shape {series.shape} at {rate_hz} Hz")
    smoothed = _moving_sums(series, SMOOTHING_S * rate_hz)
    here = smoothed[np.isfinite(smoothed)]
    spread = np.std(here, ddof=1) if len(here) > 1 else 0.0
    return np.asarray(smoothed / spread if spread > 0 else np.full(series.shape, np.nan))


def _moving_sums(series: npt.NDArray[np.float64], width: float) -> npt.NDArray[np.float64]:
    """Return rMEA's moving average, with `width` in samples that need not be whole."""
    reach = (width - 1) / 2
    if reach <= 0:
        return series.copy()
    at = np.arange(1, len(series) + 1, dtype=np.float64)  # counted from 1, as the definition does
    first = np.maximum(at - reach, 1.0)
    count = np.floor(at + reach - first).astype(np.intp) + 1
    begin = np.floor(first).astype(np.intp) - 1
    end = np.minimum(begin + count, len(series))
    total = np.concatenate(([0.0], np.cumsum(np.nan_to_num(series))))
    gone = np.concatenate(([0], np.cumsum(~np.isfinite(series))))
    means: npt.NDArray[np.float64] = (total[end] - total[begin]) / width
    means[gone[end] > gone[begin]] = np.nan
    means[at + reach > len(series)] = 0.0
    return means
