"""Brow, lip and mouth measures from mesh points; used by the cues face and head, and by the eyes for the cue gaze."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cuetrack.people import filters, rotation
from cuetrack.people.tracks import FaceTrack

Floats = npt.NDArray[np.float64]

_CORNERS = (33, 133, 362, 263)
_BROWS = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)
_MOUTH = (61, 291, 13, 14, 2, 168, 152)


@dataclass(frozen=True, slots=True)
class Features:
    """Sizes over the distance between the outer eye corners, in a face turned back by its head pose. All (n,).

    `brow_gap` height of the brows over the eye line; `lip_gap` distance of the lips; `chin` distance of the chin from
    the bridge of the nose; `mouth_width`; `corner_height` of the mouth's corners against the base of the nose.
    """

    brow_gap: Floats
    lip_gap: Floats
    chin: Floats
    mouth_width: Floats
    corner_height: Floats


def measure(face: FaceTrack) -> Features:
    """Return the sizes that brows, lips and mouth are read from."""
    p = rotation.unrotated(face, (*_CORNERS, *_BROWS, *_MOUTH))
    corners, brows, (left, right, upper, lower, nose, bridge, chin) = (
        p[:, :4, :2],
        p[:, 4:14, :2],
        np.moveaxis(p[:, 14:], 1, 0),
    )
    across = corners[:, 3] - corners[:, 0]
    size = np.maximum(np.linalg.norm(across, axis=1), 1e-6)
    along = across / size[:, None]
    up = np.stack([-along[:, 1], along[:, 0]], axis=1)
    raised = brows.mean(axis=1) - corners.mean(axis=1)
    lifted = (left + right)[:, :2] / 2 - nose[:, :2]
    return Features(
        brow_gap=np.sum(raised * up, axis=1) / size,
        lip_gap=np.linalg.norm(upper - lower, axis=1) / size,
        chin=np.linalg.norm((chin - bridge)[:, :2], axis=1) / size,
        mouth_width=np.linalg.norm(left - right, axis=1) / size,
        corner_height=np.sum(lifted * up, axis=1) / size,
    )


def above_usual(time_s: npt.ArrayLike, x: npt.ArrayLike, *, seconds: float = 120.0) -> Floats:
    """Return x less its own median within so many seconds, (n,)."""
    values = np.asarray(x, dtype=np.float64)
    return values - filters.level(time_s, values, seconds)


def above_rest(x: npt.ArrayLike, by: npt.ArrayLike, *, share: float = 0.2) -> Floats:
    """Return x less its median where `by` is in its own lowest fifth: what x is while that movement rests."""
    values, order = np.asarray(x, dtype=np.float64), np.asarray(by, dtype=np.float64)
    low = filters.middle(order, share)
    return values - filters.middle(values[order <= low])
