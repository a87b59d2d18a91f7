"""Is the face bare? A beard or glasses make the face model read wrongly, and it gives no doubt of its own.

On drawn faces that moved alike a full beard made the error of smiles three times as large and of the face as a whole
1.35 times; dark-rimmed glasses that of sideways gaze three times and 1.4 times as a whole.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cuetrack.people.engines import Pixels

Floats = npt.NDArray[np.float32]

UNDER_COVER = 0.7
"""What is left of confidence under a beard, and under glasses; both take it twice."""
_CHIN = [199, 200, 208, 428, 175, 171, 396, 211, 431, 170, 395, 169, 394, 214, 434, 192, 416]
_BROW_AND_CHEEK = [9, 8, 151, 6, 197, 108, 337, 69, 299, 50, 280, 101, 330, 117, 346]
_BRIDGE = [8, 168, 6, 197]
# Borders lie between what drawn and filmed faces gave: chroma of the chin over that of forehead and cheeks was .37-.7
# in beards, .73-.75 in stubble and from .86 in bare chins; the dip on the bridge of the nose .22-1.3 with rims and up
# to .09 without.
_HAIR, _SKIN = 0.45, 0.7
_NO_RIM, _RIM = 0.1, 0.3
_LEAST_CHROMA = 6.0  # Lab units: with less colour in the skin nothing is known
_LEAST_GREY = 8.0
_STEPS = 12  # places looked at between two points of the bridge


def bareness(rgb: Pixels, luma: Pixels, mesh_px: Floats) -> float:
    """Return 0.49..1: how far a face can be believed for what covers it, 1 bare."""
    return _part(beardless(rgb, mesh_px)) * _part(without_rims(luma, mesh_px))


def beardless(rgb: Pixels, mesh_px: Floats) -> float:
    """Return 0..1: how far chin and jaw have the colour of the forehead and cheeks of the same face.

    Skin of every tone is coloured, hair is nearly grey, black or white. Lightness is not asked: it changes with the
    side that light comes from. In a picture without colour, or for a face beyond its border, 1.
    """
    import cv2

    height, width = rgb.shape[:2]
    chroma = []
    for place in (_CHIN, _BROW_AND_CHEEK):
        x, y = np.round(mesh_px[place, :2]).astype(int).T
        inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
        if not inside.any():
            return 1.0
        lab = cv2.cvtColor(np.ascontiguousarray(rgb[y[inside], x[inside]][None]), cv2.COLOR_RGB2LAB)[0]
        chroma.append(float(np.hypot(*(np.median(lab[:, 1:].astype(float), axis=0) - 128))))
    chin, skin = chroma
    return _between(chin / skin, _HAIR, _SKIN) if skin >= _LEAST_CHROMA else 1.0


def without_rims(luma: Pixels, mesh_px: Floats) -> float:
    """Return 0..1: 1 where no dark bar crosses the bridge of the nose, where every pair of glasses rests."""
    import cv2

    points = np.ascontiguousarray(mesh_px[_BRIDGE, :2], dtype=np.float32)
    at = np.arange((len(_BRIDGE) - 1) * _STEPS + 1) / _STEPS
    x, y = (np.interp(at, np.arange(len(_BRIDGE)), points[:, axis]).astype(np.float32)[None] for axis in (0, 1))
    left, top = (max(0, int(np.floor(v.min())) - 4) for v in (x, y))
    part = luma[top : int(np.ceil(y.max())) + 5, left : int(np.ceil(x.max())) + 5]
    if min(part.shape) < 4:
        return 1.0
    soft = cv2.GaussianBlur(part, (0, 0), 0.7)
    line = cv2.remap(soft, x - left, y - top, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0].astype(float)
    banks = np.minimum(np.maximum.accumulate(line), np.maximum.accumulate(line[::-1])[::-1])
    dip = float((banks - line).max()) / max(float(np.median(line)), _LEAST_GREY)
    return 1.0 - _between(dip, _NO_RIM, _RIM)


def _part(bare: float) -> float:
    return UNDER_COVER + (1 - UNDER_COVER) * bare


def _between(value: float, low: float, high: float) -> float:
    return float(np.clip((value - low) / (high - low), 0.0, 1.0))
