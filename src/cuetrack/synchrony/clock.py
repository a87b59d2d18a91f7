"""One even clock for samples tables of two people, and the windows on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cuetrack.synchrony.series import evenly
from cuetrack.synchrony.windowed import Floats


@dataclass(frozen=True, slots=True)
class WindowClock:
    """The even clock of all series and the windows on it; `time_s` (windows,) are their middles."""

    start_s: float
    samples: int
    rate_hz: float
    window_s: float
    step_s: float
    time_s: Floats

    @classmethod
    def over(
        cls, given: Sequence[pd.DataFrame], rate_hz: float, window_s: float, step_s: float, lag_s: float
    ) -> WindowClock | None:
        """Return the clock over all tables, None without any; a session shorter than a window has no windows."""
        if not given:
            return None
        start, end = min(t["time_s"].min() for t in given), max(t["time_s"].max() for t in given)
        samples = int((end - start) * rate_hz + 1e-6) + 1
        span, step = round(window_s * rate_hz) + round(lag_s * rate_hz), max(1, round(step_s * rate_hz))
        count = max(0, -(-(samples - span + 1) // step))
        middle = start + (np.arange(count) * step + span / 2) / rate_hz
        return cls(float(start), samples, rate_hz, window_s, step_s, middle)

    def series(self, table: pd.DataFrame, person: str, signal: str) -> Floats:
        """Return one person's signal on this clock; what has no confidence is missing."""
        rows = table[table["person"] == person]
        values = np.where(rows["confidence"] > 0, rows[signal].astype(np.float64), np.nan)
        gap_s = max(0.5, 1.5 * float(rows["time_s"].diff().median())) if len(rows) > 1 else 0.5
        return evenly(
            rows["time_s"], values, start_s=self.start_s, samples=self.samples, rate_hz=self.rate_hz, max_gap_s=gap_s
        )

    def fit(self, values: Floats | None) -> Floats:
        """Return values for every window; shorter lags give more windows, none gives NaN."""
        result = np.full(len(self.time_s), np.nan)
        if values is not None:
            result[: len(values)] = values[: len(result)]
        return result

    def mean(self, series: Floats, least: float = 0.5) -> Floats:
        """Return the mean over each window, NaN where less than `least` of it is there."""
        here = np.isfinite(series)
        total = np.concatenate(([0.0], np.cumsum(np.where(here, series, 0.0))))
        count = np.concatenate(([0], np.cumsum(here)))
        half = self.window_s * self.rate_hz / 2
        middle = (self.time_s - self.start_s) * self.rate_hz
        low = np.clip(np.round(middle - half), 0, len(series)).astype(np.intp)
        high = np.clip(np.round(middle + half), 0, len(series)).astype(np.intp)
        there = count[high] - count[low]
        enough = there >= max(1.0, 2 * half * least)
        return np.asarray(np.where(enough, total[high] - total[low], np.nan) / np.maximum(there, 1))
