"""What the picture did that is nobody's cue: light, cuts and movement of the camera."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from cuetrack.people.boxes import Box
from cuetrack.people.engines import Pixels
from cuetrack.people.torso import Patches

Floats = npt.NDArray[np.float32]

_SMALL_WIDTH_PX = 320
_THUMB = (48, 27)
_SAME_SHOT = 0.6  # correlation of two thumbnails below which it is another shot
_TILE_SHARE = 0.14  # side of a background tile as a share of the picture's width
_LARGEST_TILE_PX = 96
_TILES = 8
_STILL_PX = 0.03
_LEAST_SURETY = 0.3


@dataclass(slots=True)
class Light:
    """Reads brightness and cuts from samples in rising time."""

    _before: deque[tuple[float, float]] = field(default_factory=deque)
    _thumb: Floats | None = None

    def read(self, luma: Pixels, time_s: float) -> tuple[float, float, bool]:
        """Return mean brightness 0..255, its change against 1 s before (a share), and whether a new shot begins."""
        thin = np.ascontiguousarray(luma[::4, ::4])
        mean = float(thin.mean())
        while len(self._before) > 1 and self._before[1][0] <= time_s - 1.0:
            self._before.popleft()
        step = mean / max(self._before[0][1], 1.0) - 1 if self._before else 0.0
        self._before.append((time_s, mean))
        return mean, step, self._is_cut(thin)

    def _is_cut(self, thin: Pixels) -> bool:
        import cv2

        thumb = cv2.resize(thin, _THUMB, interpolation=cv2.INTER_AREA).astype(np.float32)
        before, self._thumb = self._thumb, thumb
        if before is None:
            return False
        a, b = before - before.mean(), thumb - thumb.mean()
        size = float(np.sqrt((a**2).sum() * (b**2).sum()))
        if size < thumb.size:  # a blank picture, before or now: a cut only if the other one was not blank
            return bool(abs((a**2).sum() - (b**2).sum()) > 100 * thumb.size)
        return float((a * b).sum()) / size < _SAME_SHOT


@dataclass(slots=True)
class Camera:
    """Reads the movement of the camera from the background, the people left out."""

    _background: Patches = field(default_factory=Patches)
    _summed_px: tuple[float, float] = (0.0, 0.0)

    def read(self, luma: Pixels, time_s: float, people: list[Box], *, cut: bool) -> tuple[float, float]:
        """Return (shift, y) in px: how far it moved since the sample before, and the summed way down."""
        old = self._background.at_px
        x, y, surety = (*old, 0.0) if cut else self._background.follow(luma)
        dx, dy = x - old[0], y - old[1]
        if surety < _LEAST_SURETY or max(abs(dx), abs(dy)) < _STILL_PX:
            dx = dy = 0.0
            self._background.at_px = old
        self._summed_px = (self._summed_px[0] + dx, self._summed_px[1] + dy)
        if cut or self._background.is_stale(time_s):
            self._background.place(luma, [(tile, 1.0) for tile in background_tiles(luma, people)], time_s)
        return float(np.hypot(dx, dy)), self._summed_px[1]


def small(luma: Pixels) -> Pixels:
    """Return the picture shrunk to 320 px width, on which motion energy is read."""
    import cv2

    height, width = luma.shape
    if width <= _SMALL_WIDTH_PX:
        return luma
    size = (_SMALL_WIDTH_PX, max(1, round(height * _SMALL_WIDTH_PX / width)))
    return np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def background_tiles(luma: Pixels, people: list[Box]) -> list[Box]:
    """Return up to eight square tiles with texture that no person's box touches."""
    height, width = luma.shape
    side = int(min(_TILE_SHARE * width, height / 3, _LARGEST_TILE_PX))
    tiles = []
    for y in range(0, height - side + 1, side):
        for x in range(0, width - side + 1, side):
            tile = Box(x, y, x + side, y + side)
            if all(tile.overlap(p) == 0 for p in people):
                part = tile.cut(luma)[::2, ::2].astype(np.float32)
                texture = float(np.abs(np.diff(part, axis=0)).mean() + np.abs(np.diff(part, axis=1)).mean())
                tiles.append((texture, tile))
    tiles.sort(key=lambda t: -t[0])
    return [tile for _, tile in tiles[:_TILES]]
