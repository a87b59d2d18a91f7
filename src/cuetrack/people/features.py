"""Brow, lip and mouth measures from mesh points and blendshapes; used by the cue face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cuetrack.people import filters, rotation
from cuetrack.people.tracks import FaceTrack

Floats = npt.NDArray[np.float64]

_CORNERS = (33, 133, 362, 263)
_BROWS = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)
_MOUTH = (61, 291, 13, 14)


@dataclass(frozen=True, slots=True)
class Features:
    """Sizes over the distance between the outer eye corners, in a face turned back by its head pose. All (n,)."""

    brow_gap: Floats
    lip_gap: Floats
    mouth_width: Floats
    corner_lift: Floats


def measure(face: FaceTrack) -> Features:
    """Return brow height over the eye line, lip opening, mouth width, and how high the mouth corners are."""
    p = rotation.unrotated(face, (*_CORNERS, *_BROWS, *_MOUTH))
    corners, brows, mouth = p[:, :4, :2], p[:, 4:14, :2], p[:, 14:, :]
    across = corners[:, 3] - corners[:, 0]
    size = np.maximum(np.linalg.norm(across, axis=1), 1e-6)
    along = across / size[:, None]
    up = np.stack([-along[:, 1], along[:, 0]], axis=1)
    eye_line = corners.mean(axis=1)
    brow_gap = np.einsum("nkj,nj->n", brows - eye_line[:, None], up) / brows.shape[1] / size
    lip_gap = np.linalg.norm(mouth[:, 2] - mouth[:, 3], axis=1) / size
    mouth_width = np.linalg.norm(mouth[:, 0] - mouth[:, 1], axis=1) / size
    lip = mouth[:, 2, :2]
    corner_lift = np.einsum("nj,nj->n", mouth[:, :2, :2].mean(axis=1) - lip, up) / size
    return Features(brow_gap, lip_gap, mouth_width, corner_lift)


def above_usual(time_s: npt.ArrayLike, x: npt.ArrayLike, *, seconds: float = 120.0) -> Floats:
    """Return x less its own median within so many seconds, (n,)."""
    values = np.asarray(x, dtype=np.float64)
    return values - filters.level(time_s, values, seconds)
