"""Syllable nuclei from the loudness of a voice, after de Jong & Wempe (2009)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Rows = npt.NDArray[np.intp]


def nuclei(loud_db: Floats, voiced: npt.NDArray[np.bool_], *, dip_db: float = 1.0, floor_db: float = 25.0) -> Rows:
    """Return the rows (k,) of syllable nuclei in a band-limited loudness contour at 100 rows per second.

    A nucleus is a voiced peak at most `floor_db` under the loud level of the speech around it (10 s), with a dip of at
    least `dip_db` before and after it.
    """
    from scipy.ndimage import gaussian_filter1d, percentile_filter
    from scipy.signal import find_peaks

    if len(loud_db) < 5 or not voiced.any():
        return np.zeros(0, np.intp)
    contour = gaussian_filter1d(np.maximum(loud_db, -120.0).astype(np.float64), 1.5)
    coarse = np.array([np.percentile(part, 95) for part in np.array_split(contour, -(-len(contour) // 50))])
    loud = percentile_filter(coarse, 90, size=21)
    around = np.interp(np.arange(len(contour)), (np.arange(len(loud)) + 0.5) * len(contour) / len(loud), loud)
    peaks, _ = find_peaks(np.pad(contour, 1, constant_values=contour.min() - 2 * dip_db), prominence=dip_db, distance=8)
    peaks = peaks - 1
    near = np.convolve(voiced, np.ones(3), "same") > 0
    return np.asarray(peaks[near[peaks] & (contour[peaks] > around[peaks] - floor_db)], np.intp)
