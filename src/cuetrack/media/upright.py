"""Showing a picture as a player should: turned upright, and with square pixels."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Turn:
    """How a stored picture becomes upright: swap rows and columns first, then flip."""

    swap: bool = False
    flip_x: bool = False
    flip_y: bool = False

    @property
    def clockwise_deg(self) -> int:
        """Clockwise turn 0, 90, 180 or 270; a mirror image beside it is not counted."""
        if self.swap:
            return 90 if self.flip_x else 270
        return 180 if self.flip_y else 0

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Return width and height after the turn."""
        return (height, width) if self.swap else (width, height)

    def apply(self, picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Return the picture upright, shape (H, W) or (H, W, 3); a view where it was upright already."""
        if not (self.swap or self.flip_x or self.flip_y):
            return picture
        turned = picture.swapaxes(0, 1) if self.swap else picture
        if self.flip_x:
            turned = turned[:, ::-1]
        if self.flip_y:
            turned = turned[::-1]
        return np.ascontiguousarray(turned)


def square_size(picture: Any, pixel_shape: Fraction | None) -> tuple[int, int]:
    """Return (width, height) of a decoded picture, not yet turned, once its pixels are made square.

    `pixel_shape` is width over height of one stored pixel, as the recording states it (old cameras: not 1).
    """
    return (round(picture.width * pixel_shape) if pixel_shape else picture.width), picture.height


def turn_of(frame: Any) -> Turn:
    """Return the turn that a decoded frame's display matrix asks for; angles between are rounded to quarters.

    The matrix (nine 32-bit integers, ISO 14496-12 6.2.2) maps stored x, y to x' = a x + c y, y' = b x + d y.
    """
    data = next((d for d in frame.side_data if d.type.name == "DISPLAYMATRIX"), None)
    if data is None or len(bytes(data)) < 36:
        return Turn()
    matrix = np.frombuffer(bytes(data), dtype=np.int32)
    a, b, c, d = (int(matrix[i]) for i in (0, 1, 3, 4))
    if abs(b) > abs(a):
        return Turn(swap=True, flip_x=c < 0, flip_y=b < 0)
    return Turn(flip_x=a < 0, flip_y=d < 0)
