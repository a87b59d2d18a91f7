"""How much a person's lips move, and what that says on whether they speak."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cuetrack.people.tracks import FaceTrack

Floats = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]

_UPPER, _LOWER, _TOP, _CHIN = 13, 14, 10, 152
_LEFT, _RIGHT = 308, 78
_STEADIEST_PX = 0.25
"""Landmarks tremble by about this many px however still a face is."""


def lip_motion(face: FaceTrack, time_s: Floats, *, window_s: float = 0.5) -> Floats:
    """Return how much the lips open and close around each time, in face heights per second, NaN where unseen.

    Mean absolute speed of the gap between the inner lips over the width of the mouth and of the width itself, in a
    window centred on each time, with what trembling of the landmarks explains taken off.
    """
    gap = np.linalg.norm(face.at(_UPPER)[:, :2] - face.at(_LOWER)[:, :2], axis=1).astype(np.float64)
    width = np.linalg.norm(face.at(_LEFT)[:, :2] - face.at(_RIGHT)[:, :2], axis=1).astype(np.float64)
    height = np.linalg.norm(face.at(_TOP)[:, :2] - face.at(_CHIN)[:, :2], axis=1).astype(np.float64)
    seen = np.isfinite(gap) & np.isfinite(height) & (face.confidence > 0.2) & (height > 1)
    if seen.sum() < 3:
        return np.full(len(time_s), np.nan)
    at = face.time_s[seen]
    size = np.median(height[seen])
    step = np.diff(at)
    speed = (np.abs(np.diff(gap[seen])) + 0.5 * np.abs(np.diff(width[seen]))) / size / np.maximum(step, 1e-3)
    tremble = _STEADIEST_PX / size / max(float(np.median(step)), 1e-3)
    speed = np.maximum(speed - tremble, 0.0)
    speed[step > 0.3] = np.nan
    return _mean_around(at[1:], speed, time_s, window_s)


def _mean_around(at: Floats, values: Floats, time_s: Floats, window_s: float) -> Floats:
    good = np.isfinite(values)
    at, values = at[good], values[good]
    total = np.concatenate([[0.0], np.cumsum(values)])
    low = np.searchsorted(at, time_s - window_s / 2)
    high = np.searchsorted(at, time_s + window_s / 2)
    return np.where(high - low >= 2, (total[high] - total[low]) / np.maximum(high - low, 1), np.nan)
