"""Boxes in the picture: where a face is, and the windows cut around it for the engines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_FACE_WINDOW = (
    2.6  # sides of the face window in face widths: the detector's own region is 1.5, the rest is room to move
)
_BODY_ABOVE, _BODY_BELOW, _BODY_SIDE = 1.0, 5.0, 3.0  # body window around the face centre, in face heights / widths


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the full, upright frame; right and bottom lie outside it."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Width in px."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Height in px."""
        return self.bottom - self.top

    @property
    def centre(self) -> tuple[float, float]:
        """Middle, (x, y) in px."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def overlap(self, other: Box) -> float:
        """Return intersection over union, 0..1."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.bottom, other.bottom) - max(self.top, other.top)
        if wide <= 0 or high <= 0:
            return 0.0
        shared = wide * high
        return shared / (self.width * self.height + other.width * other.height - shared)

    def clipped(self, frame_size_px: tuple[int, int]) -> Box:
        """Return the part inside a frame of (width, height), on whole pixels."""
        width, height = frame_size_px
        left, right = (min(max(round(v), 0), width) for v in (self.left, self.right))
        top, bottom = (min(max(round(v), 0), height) for v in (self.top, self.bottom))
        return Box(left, top, right, bottom)

    def moved_to(self, centre: tuple[float, float]) -> Box:
        """Return the same size around another middle."""
        x, y = centre
        return Box(x - self.width / 2, y - self.height / 2, x + self.width / 2, y + self.height / 2)

    def cut(self, picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Return this part of a picture as a view; the box must lie inside it on whole pixels."""
        return picture[int(self.top) : int(self.bottom), int(self.left) : int(self.right)]


def around(points_px: npt.NDArray[np.floating]) -> Box:
    """Return the smallest box around points, shape (n, 2 or more)."""
    low, high = points_px[:, :2].min(axis=0), points_px[:, :2].max(axis=0)
    return Box(float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def face_window(face: Box) -> Box:
    """Return the square window in which one person's face is looked for; it may reach out of the frame."""
    half = max(face.width, face.height) * _FACE_WINDOW / 2
    x, y = face.centre
    return Box(x - half, y - half, x + half, y + half)


def body_window(face: Box, others: list[Box]) -> Box:
    """Return the window in which one person's body is looked for, ending halfway to whoever sits beside them."""
    x, y = face.centre
    side, high = _BODY_SIDE * face.width, max(face.height, face.width)
    left, right = x - side, x + side
    for other in others:
        gap = other.centre[0] - x
        if abs(gap) < max(face.width, other.width):
            continue  # one before the other: no line can part them
        middle = x + gap * face.width / (face.width + other.width)
        left, right = (left, min(right, middle)) if gap > 0 else (max(left, middle), right)
    return Box(left, y - _BODY_ABOVE * high, right, y + _BODY_BELOW * high)


def still_fits(window: Box, face: Box) -> bool:
    """Tell whether a face sits centrally enough in its window, and at the right size, for the window to stay put."""
    (wx, wy), (fx, fy) = window.centre, face.centre
    size = max(face.width, face.height)
    ratio = window.width / (_FACE_WINDOW * size)
    return max(abs(wx - fx), abs(wy - fy)) < 0.4 * size and 0.75 < ratio < 1.33
