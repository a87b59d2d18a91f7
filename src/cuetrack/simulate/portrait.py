"""The person that is rendered: a portrait cut out, placed on a canvas, and dressed as one of two people.

Canvas coordinates are pixels of a 640 wide picture; the canvas goes on below the picture's 480 rows, so that a person
who leans back does not end above the desk.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from cuetrack.simulate import portrait_source
from cuetrack.simulate.appearance import Appearance, made_up

WIDTH, HEIGHT, CANVAS_HEIGHT = 640, 480, 540
SCALE = 1.3
OFFSET = (32 * SCALE, 30.0)
DESK_Y = 456
LOOKS = ("first", "second")
AS_IT_IS = Appearance()

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Portrait:
    """One person to render: `bgra` (540, 640, 4) premultiplied, `points` (478, 3) canvas px, `wall` (480, 640, 3).

    `mirrored` says that this person is drawn mirrored; `bgra` and `points` are not, the renderer flips its maps.
    """

    bgra: Bytes
    points: Floats
    wall: Bytes
    mirrored: bool
    appearance: Appearance


@cache
def portrait(look: str = "first", appearance: Appearance = AS_IT_IS) -> Portrait:
    """Return the person with this look, "first" or "second" (mirrored, blue suit, darker hair and skin)."""
    if look not in LOOKS:
        raise ValueError(f"expected a look of {LOOKS}, got {look!r}")
    import cv2

    bgr = portrait_source.picture()
    alpha: Any = cv2.imread(str(portrait_source.OUTLINE), cv2.IMREAD_GRAYSCALE)
    points = np.load(portrait_source.MESH).astype(np.float32) / 10
    oval, around = _skin(bgr, points)
    if look == "second":
        bgr = _dressed(bgr, oval, around)
    if appearance != AS_IT_IS:
        bgr = made_up(bgr, points, np.maximum(around, _to_the_hair(bgr, points)), appearance)
    place = np.array([[SCALE, 0, OFFSET[0]], [0, SCALE, OFFSET[1]]], dtype=np.float32)
    size = (WIDTH, CANVAS_HEIGHT)
    canvas = cv2.warpAffine(bgr, place, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    opacity = cv2.warpAffine(alpha, place, size, flags=cv2.INTER_LINEAR)
    shown = np.round(canvas * (opacity[..., None] / 255.0)).astype(np.uint8)
    placed = points * np.float32(SCALE) + np.array([*OFFSET, 0], dtype=np.float32)
    return Portrait(np.dstack([shown, opacity]), placed.astype(np.float32), _wall(look), look == "second", appearance)


def _skin(bgr: Bytes, points: Floats) -> tuple[Floats, Floats]:
    """Return how much of each pixel is face, and how much is face or neck, 0..1."""
    import cv2

    hsv = cv2.cvtColor(bgr, cv2.COLOR_BGR2HSV).astype(np.float32)
    rows, columns = np.mgrid[: bgr.shape[0], : bgr.shape[1]]
    oval = np.zeros(bgr.shape[:2], np.uint8)
    cv2.fillConvexPoly(oval, cv2.convexHull(points[:, :2].astype(np.int32)), 255)
    face = cv2.GaussianBlur(oval, (0, 0), 2).astype(np.float32) / 255
    head = (rows < 142) & (columns > 145) & (columns < 312)
    neck = ((rows > 100) & (rows < 190) & (hsv[..., 1] > 40) & (hsv[..., 0] < 25)).astype(np.float32)
    return face, np.maximum(face, cv2.GaussianBlur(neck * head, (0, 0), 2)).astype(np.float32)


def _to_the_hair(bgr: Bytes, points: Floats) -> Floats:
    """Return what of the forehead above the mesh and of the neck below it is skin, 0..1, by its colour."""
    import cv2

    hsv = cv2.cvtColor(bgr, cv2.COLOR_BGR2HSV)
    like = (hsv[..., 0] < 22) & (hsv[..., 1] > 35) & (hsv[..., 1] < 170) & (hsv[..., 2] > 110)
    near = np.zeros(bgr.shape[:2], np.uint8)
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    cv2.rectangle(near, (int(low[0]) - 4, int(low[1]) - 14), (int(high[0]) + 4, int(high[1]) + 45), 255, -1)
    found = cv2.morphologyEx((like & (near > 0)).astype(np.uint8) * 255, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    return np.asarray(cv2.GaussianBlur(found, (0, 0), 1.5).astype(np.float32) / 255)


def _dressed(bgr: Bytes, face: Floats, skin: Floats) -> Bytes:
    """Return the portrait with a blue suit, darker hair and slightly darker skin."""
    import cv2

    hsv = cv2.cvtColor(bgr, cv2.COLOR_BGR2HSV).astype(np.float32)
    rows, columns = np.mgrid[: bgr.shape[0], : bgr.shape[1]]
    orange = (rows > 170) & ((hsv[..., 0] < 14) | (hsv[..., 0] > 172)) & (hsv[..., 1] > 110)
    suit = cv2.GaussianBlur(orange.astype(np.float32), (0, 0), 1)
    head = (rows < 142) & (columns > 145) & (columns < 312)
    yellowish = (hsv[..., 0] > 8) & (hsv[..., 0] < 32) & (hsv[..., 2] < 215)
    hair = cv2.GaussianBlur((head & yellowish).astype(np.float32), (0, 0), 1.2) * (1 - face)
    blue = hsv.copy()
    blue[..., 0] = (hsv[..., 0] + 103) % 180
    blue[..., 2] *= 0.75
    recoloured = cv2.cvtColor(blue.astype(np.uint8), cv2.COLOR_HSV2BGR).astype(np.float32)
    out = bgr * (1 - suit[..., None]) + recoloured * suit[..., None]
    out *= 1 - hair[..., None] * np.array([0.62, 0.6, 0.55], dtype=np.float32)
    out *= 1 - skin[..., None] * np.array([0.26, 0.19, 0.12], dtype=np.float32)
    return np.asarray(np.clip(out, 0, 255), dtype=np.uint8)


def _wall(look: str) -> Bytes:
    """Return a plain wall with soft light from one side and a picture frame, for the background."""
    import cv2

    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    side = x if look == "first" else WIDTH - x
    light = 1 - 0.22 * side / WIDTH - 0.12 * y / HEIGHT
    colour = (176, 190, 196) if look == "first" else (188, 184, 168)
    wall = light[..., None] * np.array(colour, dtype=np.float32)
    left = 24 if look == "first" else WIDTH - 124
    cv2.rectangle(wall, (left, 40), (left + 100, 170), (70, 84, 96), 5)
    cv2.rectangle(wall, (left + 12, 52), (left + 88, 158), (150, 140, 110), -1)
    cv2.circle(wall, (left + 50, 110), 24, (110, 150, 170), -1)
    return np.asarray(cv2.GaussianBlur(wall, (0, 0), 1.2), dtype=np.uint8)
