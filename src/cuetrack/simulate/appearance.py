"""Other skin, a beard and glasses for the drawn person, to see for whom measuring works less well.

They change one portrait: the shape of the face stays, and so does everything that comes with real people and real
cameras. What is lost here is lost for real people too; what is not lost here may still be.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

_DARK_SKIN = np.array([0.30, 0.34, 0.42], dtype=np.float32)  # what is left of BGR at skin 1: about Monk tone 9
_BEARD = np.array([30, 36, 46], dtype=np.float32)
_JAW = (132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361,
        425, 410, 287, 391, 326, 2, 97, 165, 57, 186, 205)  # fmt: skip
_LIPS = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
_BROW_TO_CHEEK = ((33, 133, 159, 145), (362, 263, 386, 374))  # corners, upper and lower lid of each eye
_FRAME = (38, 34, 32)


@dataclass(frozen=True, slots=True)
class Appearance:
    """`skin` 0..1 from as photographed to dark brown; `glasses`, `beard` on or off."""

    skin: float = 0.0
    glasses: bool = False
    beard: bool = False


def skin_tone(skin: float) -> Floats:
    """Return what is left of blue, green and red of light skin, (3,)."""
    return np.asarray(1 - skin * (1 - _DARK_SKIN), dtype=np.float32)


def made_up(bgr: Bytes, points: Floats, where: Floats, look: Appearance) -> Bytes:
    """Return a portrait (rows, columns, 3) with this skin and beard; `where` 0..1 is skin, `points` its face mesh."""
    out = bgr.astype(np.float32)
    if look.skin > 0:
        out *= 1 - where[..., None] * (1 - skin_tone(look.skin))
    if look.beard:
        share = _beard(points, bgr.shape[:2])[..., None]
        out = out * (1 - share) + _BEARD * share
    return np.asarray(np.clip(out, 0, 255), dtype=np.uint8)


def _beard(points: Floats, shape: tuple[int, int]) -> Floats:
    """Return how much beard covers each pixel: jaw, chin and upper lip, not the lips, in short hairs."""
    import cv2

    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.round(points[list(_JAW), :2]).astype(np.int32)], 255)
    cv2.fillPoly(mask, [np.round(points[list(_LIPS), :2]).astype(np.int32)], 0)
    soft = cv2.GaussianBlur(mask, (0, 0), 1.2).astype(np.float32) / 255
    hairs = cv2.GaussianBlur(np.random.default_rng(5).normal(0, 1, shape).astype(np.float32), (0, 0), 0.6)
    return np.asarray(np.clip(soft * (0.78 + 0.25 * hairs), 0, 0.95), dtype=np.float32)


def glasses(points: Floats, shape: tuple[int, int]) -> Bytes:
    """Return dark-rimmed glasses with a reflection, premultiplied BGRA (rows, columns, 4) in the mesh's pixels."""
    import cv2

    rims, lenses, glare = (np.zeros(shape, np.uint8) for _ in range(3))
    outer, inner = [], []
    for corner, other, upper, lower in _BROW_TO_CHEEK:
        ends = points[[corner, other], :2]
        middle = (ends.mean(axis=0) + points[[upper, lower], :2].mean(axis=0)) / 2 + np.array([0, 3], np.float32)
        across = float(np.linalg.norm(ends[0] - ends[1]))
        half = (round(0.86 * across), round(0.60 * across))
        at = (round(float(middle[0])), round(float(middle[1])))
        cv2.ellipse(lenses, at, half, 0, 0, 360, 255, -1, cv2.LINE_AA)
        cv2.ellipse(rims, at, half, 0, 0, 360, 255, 3, cv2.LINE_AA)
        cv2.line(
            glare, (at[0] - half[0] // 2, at[1] - 2), (at[0] - half[0] // 8, at[1] - half[1] + 4), 255, 5, cv2.LINE_AA
        )
        side = 1 if middle[0] > points[168, 0] else -1
        inner.append((at[0] - side * half[0], at[1] - 3))
        outer.append((at[0] + side * half[0], at[1] - 3))
    cv2.line(rims, inner[0], inner[1], 255, 3, cv2.LINE_AA)
    for (x, y), ear in zip(outer, (234, 454), strict=True):
        cv2.line(rims, (x, y), (round(float(points[ear, 0])), y - 2), 255, 3, cv2.LINE_AA)
    glare = cv2.bitwise_and(glare, lenses)
    rim, lens, shine = (
        m.astype(np.float32)[..., None] / 255 for m in (rims, lenses, cv2.GaussianBlur(glare, (0, 0), 1))
    )
    white = np.float32(255)
    tint, spot = 0.10 * lens, 0.55 * shine
    colour = tint * 40 * (1 - spot) + spot * white
    alpha = tint * (1 - spot) + spot
    colour = colour * (1 - rim) + rim * np.array(_FRAME, np.float32)
    alpha = alpha * (1 - rim) + rim
    return np.dstack([np.clip(colour, 0, 255), np.clip(alpha * 255, 0, 255)]).astype(np.uint8)
