"""What tells two people apart within one recording: colours of hair, skin and clothes, and proportions of the face.

Not a face recogniser: it compares people who are in the same recording, and is not meant to recognise anyone elsewhere.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cuetrack.people.boxes import Box
from cuetrack.people.engines import Pixels

Floats = npt.NDArray[np.float32]

_BINS = 8
_REGIONS = {  # left, top, right, bottom in face widths / heights from the face's middle
    "hair": (-0.6, -0.95, 0.6, -0.5),
    "face": (-0.3, -0.2, 0.3, 0.4),
    "clothes": (-1.0, 0.85, 1.0, 1.7),
}
_SIZE = len(_REGIONS) * 3 * _BINS


def describe(rgb: Pixels, face: Box) -> Floats:
    """Return a person's colours, (72,): for hair, face and clothes a histogram each of a, b and relative lightness.

    NaN for a region that lies outside the picture. Lightness is against that of the face,
    so that light matters less.
    """
    import cv2

    (x, y), (w, h) = face.centre, (face.width, face.height)
    height, width = rgb.shape[:2]
    parts = []
    face_light = max(float(cv2.cvtColor(_core(rgb, face), cv2.COLOR_RGB2LAB)[:, :, 0].mean()), 8.0)
    for left, top, right, bottom in _REGIONS.values():
        wanted = Box(x + left * w, y + top * h, x + right * w, y + bottom * h)
        box = wanted.clipped((width, height))
        if box.width < 0.5 * wanted.width or box.height < 0.3 * wanted.height or min(box.width, box.height) < 4:
            parts.append(np.full(3 * _BINS, np.nan, np.float32))
            continue
        sample = cv2.resize(box.cut(rgb), (24, 24), interpolation=cv2.INTER_AREA)
        lab = cv2.cvtColor(sample, cv2.COLOR_RGB2LAB).reshape(-1, 3).astype(np.float32)
        parts += [
            _histogram(lab[:, 0] / face_light, 0, 2),
            _histogram(lab[:, 1], 104, 168),
            _histogram(lab[:, 2], 96, 176),
        ]
    return np.concatenate([p.ravel() for p in parts]).astype(np.float32)


def distance(a: Floats, b: Floats) -> float:
    """Return how differently two people look, 0 (same) to 1 (Hellinger); NaN where no region is seen in both."""
    seen = np.isfinite(a) & np.isfinite(b)
    if not seen.any():
        return float("nan")
    pairs = np.sqrt(np.clip(a[seen], 0, None) * np.clip(b[seen], 0, None)).reshape(-1, _BINS).sum(axis=1)
    return float(np.sqrt(np.clip(1 - pairs, 0, 1)).mean())


def usual(described: list[Floats]) -> Floats:
    """Return the typical look from many descriptions, NaN where a region was never seen."""
    stack = np.array(described, dtype=np.float32).reshape(-1, _SIZE)
    seen = np.isfinite(stack).any(axis=0)
    look = np.full(_SIZE, np.nan, np.float32)
    if seen.any():
        look[seen] = np.nanmedian(stack[:, seen], axis=0)
    parts = look.reshape(-1, _BINS)
    sums = parts.sum(axis=1, keepdims=True)
    return np.asarray(np.where(sums > 0, parts / np.where(sums > 0, sums, 1), parts).ravel(), dtype=np.float32)


def _core(rgb: Pixels, face: Box) -> Pixels:
    """Return the inner half of a face; the whole picture where the face lies outside of it."""
    x, y = face.centre
    quarter_w, quarter_h = face.width / 4, face.height / 4
    core = Box(x - quarter_w, y - quarter_h, x + quarter_w, y + quarter_h).clipped((rgb.shape[1], rgb.shape[0]))
    return core.cut(rgb) if core.width and core.height else rgb


def _histogram(values: Floats, low: float, high: float) -> Floats:
    """Return a soft histogram (each value shared between the two nearest bins) that adds up to 1."""
    at = np.clip((values - low) / (high - low) * _BINS - 0.5, 0, _BINS - 1 - 1e-4)
    lower = at.astype(np.int64)
    share = at - lower
    counts = np.bincount(lower, 1 - share, _BINS) + np.bincount(lower + 1, share, _BINS)
    smooth = np.convolve(counts[:_BINS], (0.25, 0.5, 0.25), "same")
    return np.asarray(smooth / smooth.sum(), dtype=np.float32)
