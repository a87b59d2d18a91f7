"""A picture of bodies as lines, for a recording that shows nothing else of its people."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cuetrack.people.tracks import BodyTrack

Pixels = npt.NDArray[np.uint8]

_BONES = ((11, 12), (11, 13), (13, 15), (12, 14), (14, 16), (11, 23), (12, 24), (23, 24), (15, 19), (16, 20))
_COLOURS = ((111, 183, 233), (240, 179, 90))
_NEAR_S, _SURE = 0.5, 0.3


def draw(bodies: Sequence[BodyTrack], time_s: float, size_px: tuple[int, int]) -> Pixels:
    """Return a picture (height, width, 3) of everyone's body at a session time; who was not seen is not drawn.

    A head is a ring about the nose with a line to where it points, without any feature of a face.
    """
    import cv2

    width, height = size_px
    out = np.full((height, width, 3), 24, np.uint8)
    thick = max(2, width // 320)
    for body, colour in zip(bodies, _COLOURS, strict=False):
        at = _nearest(body, time_s)
        if at is None:
            continue
        points = body.points_px[at, :, :2]
        sure = (body.visibility[at] > _SURE) & np.isfinite(points).all(axis=1)
        for a, b in _BONES:
            if sure[a] and sure[b]:
                cv2.line(out, _px(points[a]), _px(points[b]), colour, thick, cv2.LINE_AA)
        if sure[[0, 7, 8, 11, 12]].all():
            middle = points[[7, 8]].mean(axis=0)
            radius = max(2.0, 0.22 * float(np.linalg.norm(points[11] - points[12])))
            cv2.circle(out, _px(middle), round(radius), colour, thick, cv2.LINE_AA)
            cv2.line(out, _px(middle), _px(middle + 2.0 * (points[0] - middle)), colour, thick, cv2.LINE_AA)
    return out


def _nearest(body: BodyTrack, time_s: float) -> int | None:
    if not len(body.time_s):
        return None
    after = int(np.clip(np.searchsorted(body.time_s, time_s), 0, len(body.time_s) - 1))
    at = min((max(0, after - 1), after), key=lambda i: abs(float(body.time_s[i]) - time_s))
    return at if abs(float(body.time_s[at]) - time_s) < _NEAR_S and body.confidence[at] > 0 else None


def _px(point: npt.NDArray[np.floating]) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))
