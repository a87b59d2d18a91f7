"""What light and camera do to the picture of one person: light from one side, zoom, a knock, a wrong framing."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from cuetrack.simulate.portrait import HEIGHT, WIDTH

Bytes = npt.NDArray[np.uint8]

_DARK_SIDE = 0.85  # share of the light that the far side loses under light from one side alone
_EDGE_PX = 22.0
_TILT_PX = {"face": -310, "body": 190}
"""How far the picture moves where a face, or a body, is to be out of it: the head above it, the shoulders below."""


def lit(picture: Bytes, luma: float, side: float) -> Bytes:
    """Return the picture (480, 640, 3) under light `luma` times as strong, from the own left (`side` 1) or right."""
    import cv2

    if side == 0.0:
        return picture if luma == 1.0 else np.asarray(cv2.convertScaleAbs(picture, alpha=luma), dtype=np.uint8)
    gain = (luma * (1 - _DARK_SIDE * abs(side) * _far(side < 0)))[:, None]
    return np.asarray(np.clip(picture * gain, 0, 255), dtype=np.uint8)


def framed(picture: Bytes, *, zoom: float, aside_px: float, missing: Collection[str]) -> Bytes:
    """Return the picture as the camera frames it: zoomed about its middle, knocked aside, face or body out of it."""
    import cv2

    down = float(sum(_TILT_PX[part] for part in ("face", "body") if part in missing))
    if zoom == 1.0 and aside_px == 0.0 and down == 0.0:
        return picture
    place = np.array(
        [[zoom, 0, (1 - zoom) * WIDTH / 2 + aside_px], [0, zoom, (1 - zoom) * HEIGHT / 2 + down]], dtype=np.float32
    )
    moved = cv2.warpAffine(picture, place, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, dtype=np.uint8)


@lru_cache(maxsize=2)
def _far(right: bool) -> npt.NDArray[np.float32]:
    """Return 1 on the picture's right (else left) half and 0 on the other, (640,); the own left is on the right."""
    from_edge = (np.arange(WIDTH, dtype=np.float32) - WIDTH / 2) / _EDGE_PX
    share = 1 / (1 + np.exp(-from_edge if right else from_edge))
    return np.asarray(share, dtype=np.float32)
