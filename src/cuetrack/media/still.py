"""One picture of a recording as a JPEG, for a page that asks who is who."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cuetrack.errors import MediaUnreadable


def jpeg(rgb: npt.NDArray[np.uint8], *, width_px: int = 960, quality: int = 85) -> bytes:
    """Return an RGB picture (height, width, 3) as a JPEG at most `width_px` wide."""
    import cv2

    scale = min(1.0, width_px / rgb.shape[1])
    size = (round(rgb.shape[1] * scale), round(rgb.shape[0] * scale))
    small: Any = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA) if scale < 1 else rgb
    done, data = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise MediaUnreadable("a picture of the recording could not be made")
    return bytes(data)
