"""Pictures with real faces in them: the public-domain portrait (NASA) that scikit-image carries."""

from functools import cache
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import skimage

Picture = npt.NDArray[np.uint8]


@cache
def portrait(size_px: int) -> Picture:
    """Return head and shoulders of the portrait as a square (size, size, 3); the face is about a third as wide."""
    with av.open(str(Path(skimage.__file__).parent / "data" / "astronaut.png")) as file:
        frame = next(file.decode(video=0))
        head = np.ascontiguousarray(frame.to_ndarray(format="rgb24")[10:266, 100:356])
        return av.VideoFrame.from_ndarray(head, format="rgb24").reformat(size_px, size_px).to_ndarray()


def side_by_side(n: int, size_px: int = 400, light: float = 1.0) -> Picture:
    """Return a picture of n people in a row, each in a square of `size_px`; for n = 0 an empty room."""
    squares = [portrait(size_px)] * n or [np.full((size_px, 2 * size_px, 3), 120, np.uint8)]
    row = np.concatenate([square if i % 2 == 0 else square[:, ::-1] for i, square in enumerate(squares)], axis=1)
    return np.clip(row * light, 0, 255).astype(np.uint8)
