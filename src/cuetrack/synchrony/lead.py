"""Who moved first, said only where it is steady and more than chance."""

from __future__ import annotations

import numpy as np

from cuetrack.synchrony.surrogates import Synchrony
from cuetrack.synchrony.windowed import Floats


def steady_lead_s(
    found: Synchrony,
    *,
    around_s: float = 60.0,
    beats: float = 0.95,
    least_share: float = 0.6,
    most_iqr_s: float = 1.0,
) -> Floats:
    """Return by how many seconds the first series leads in each window, NaN where that cannot be said.

    Around each window (± `around_s`) at least `least_share` of the windows must have a peak above `beats` of the
    surrogates, and their peak lags an interquartile range below `most_iqr_s`; then it is their median. A clock error
    between two recordings moves it by as much. Shape (windows,).
    """
    lead = np.full(len(found.time_s), np.nan)
    strong = found.peak_beats > beats
    for k, at in enumerate(found.time_s):
        near = (np.abs(found.time_s - at) <= around_s) & np.isfinite(found.peak_lag_s)
        lags = found.peak_lag_s[near & strong]
        if not strong[k] or len(lags) < max(3.0, least_share * near.sum()):
            continue
        low, middle, high = np.quantile(lags, (0.25, 0.5, 0.75))
        if high - low < most_iqr_s:
            lead[k] = middle
    return lead
