"""Chest and shoulder motion and motion energy, read from brightness: pose landmarks do not carry breathing.

Measured on rendered breathing of 0.5-4 px: pose landmarks r = -.4, phase correlation on shoulder regions r = .99
(SIMULATE.md of the project's notes). Regions keep still in the picture while the person does; each is compared with a
reference picture of itself, not with the frame before, so that errors do not add up from frame to frame.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from cuetrack.people.boxes import Box
from cuetrack.people.engines import Pixels

Floats = npt.NDArray[np.float32]

_LONGEST_SIDE_PX = 160  # larger regions are shrunk to this before they are compared
_LEAST_SIDE_PX = 24
_REFERENCE_S = 30.0  # a reference is renewed after so long, well below the slowest breath worth measuring
_FAR = 0.12  # … or when a region has moved by this share of its height
_LEAST_TEXTURE = 1.5  # mean absolute vertical gradient, grey levels per px, below which there is nothing to follow


@dataclass(slots=True)
class Patch:
    """One region that is followed: its place, its reference picture and where the reference stood."""

    box: Box
    scale: float
    reference: Floats
    window: Floats
    standing_px: tuple[float, float]
    since_s: float
    texture: float

    @classmethod
    def at(cls, luma: Pixels, box: Box, standing_px: tuple[float, float], time_s: float) -> Patch | None:
        """Start a patch at a place, None where it is too small, outside the picture or without texture."""
        import cv2

        height, width = luma.shape
        box = box.clipped((width, height))
        if min(box.width, box.height) < _LEAST_SIDE_PX:
            return None
        scale = min(1.0, _LONGEST_SIDE_PX / max(box.width, box.height))
        reference = _shrunk(box.cut(luma), scale)
        texture = float(np.abs(np.diff(reference, axis=0)).mean())
        if texture < _LEAST_TEXTURE:
            return None
        window = cv2.createHanningWindow(reference.shape[::-1], cv2.CV_32F)
        return cls(box, scale, reference, np.asarray(window, np.float32), standing_px, time_s, texture)

    def moved(self, luma: Pixels) -> tuple[float, float, float]:
        """Return (x, y, surety): where the patch stands now in px, down is positive, and how sure, 0..1.

        Phase correlation (Kuglin & Hines 1975) finds the whole shift, a Lucas-Kanade step against the reference (least
        squares over the region, brightness gain removed) the rest of a pixel.
        """
        import cv2

        now = _shrunk(self.box.cut(luma), self.scale)
        (dx, dy), response = cv2.phaseCorrelate(self.reference, now, self.window)
        limit = 0.3 * min(now.shape)
        if max(abs(dx), abs(dy)) > limit:
            return (*self.standing_px, 0.0)
        for _ in range(2):
            step = _rest(self.reference, now, self.window, dx, dy)
            if step is None or max(abs(step[0]), abs(step[1])) > 2:
                break
            dx, dy = dx + step[0], dy + step[1]
        x, y = self.standing_px
        return x + dx / self.scale, y + dy / self.scale, float(np.clip(response / 0.5, 0.0, 1.0))


def _shrunk(picture: Pixels, scale: float) -> Floats:
    import cv2

    if scale < 1:
        size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(picture, dtype=np.float32)


def _rest(reference: Floats, now: Floats, window: Floats, dx: float, dy: float) -> tuple[float, float] | None:
    """Return the (x, y) shift still missing after (dx, dy), by least squares on the gradients."""
    import cv2

    height, width = now.shape
    move = np.array([[1, 0, dx], [0, 1, dy]], dtype=np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    back = cv2.warpAffine(now, move, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    gx, gy = cv2.Sobel(back, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(back, cv2.CV_32F, 0, 1, scale=0.125)
    mean_now, mean_reference = (window * back).sum(), (window * reference).sum()
    difference = reference * (mean_now / max(float(mean_reference), 1.0)) - back
    xx, yy, xy = (window * gx * gx).sum(), (window * gy * gy).sum(), (window * gx * gy).sum()
    xt, yt = (window * gx * difference).sum(), (window * gy * difference).sum()
    size = float(xx * yy - xy * xy)
    if size <= 1e-6 * float(xx + yy) ** 2:
        return None
    return float(yy * xt - xy * yt) / size, float(xx * yt - xy * xt) / size


@dataclass(slots=True)
class Patches:
    """Follows a handful of patches together; what they agree on is the motion, summed up over renewed references."""

    patches: list[Patch] = field(default_factory=list)
    at_px: tuple[float, float] = (0.0, 0.0)

    def place(self, luma: Pixels, places: list[Box], time_s: float) -> None:
        """Start following at these places, standing where the motion has come to so far."""
        started = (Patch.at(luma, box, self.at_px, time_s) for box in places)
        self.patches = [p for p in started if p is not None]

    def follow(self, luma: Pixels) -> tuple[float, float, float]:
        """Return (x, y, surety) of the summed motion in px; surety 0 where nothing can be followed."""
        if not self.patches:
            return (*self.at_px, 0.0)
        seen = np.array([p.moved(luma) for p in self.patches])
        weight = seen[:, 2] * np.minimum([p.texture for p in self.patches], 10.0)
        if weight.sum() <= 0:
            return (*self.at_px, 0.0)
        x, y = (float(v) for v in weight @ seen[:, :2] / weight.sum())
        self.at_px = (x, y)
        return x, y, float(weight @ seen[:, 2] / weight.sum())

    def is_stale(self, time_s: float) -> bool:
        """Tell whether references should be renewed: none, old, or the region has moved far within them."""
        if not self.patches:
            return True
        first = self.patches[0]
        far = max(abs(a - b) for a, b in zip(self.at_px, first.standing_px, strict=True))
        return time_s - first.since_s > _REFERENCE_S or far > _FAR * min(p.box.height for p in self.patches)


@dataclass(slots=True)
class Chest:
    """Follows chest and shoulders of one person."""

    _patches: Patches = field(default_factory=Patches)
    _anchor_px: Floats | None = None

    def read(self, luma: Pixels, shoulders_px: Floats, time_s: float, *, restart: bool = False) -> tuple[float, float]:
        """Return (y, quality): summed vertical motion in px, down positive, and 0..1; `shoulders_px` is (2, 2).

        After `restart` (a cut, someone else) motion goes on from where it stood, with quality 0 for that sample.
        """
        wide = shoulder_width(shoulders_px)
        middle = shoulders_px.mean(axis=0)
        wandered = self._anchor_px is None or float(np.abs(middle - self._anchor_px).max()) > 0.2 * wide
        if not restart:
            _, y, surety = self._patches.follow(luma)
        else:
            y, surety = self._patches.at_px[1], 0.0
        if restart or wandered or self._patches.is_stale(time_s):
            self._patches.place(luma, chest_regions(shoulders_px), time_s)
            self._anchor_px = middle
        return y, surety


def shoulder_width(shoulders_px: Floats) -> float:
    """Return the distance between the shoulders in px."""
    return float(np.hypot(*(shoulders_px[0] - shoulders_px[1])))


def chest_regions(shoulders_px: Floats) -> list[Box]:
    """Return the boxes that are followed: around each shoulder and the upper chest between and below them."""
    wide = shoulder_width(shoulders_px)
    (lx, ly), (rx, ry) = ((float(a), float(b)) for a, b in shoulders_px)
    places = [(lx, ly, 0.3, 0.25), (rx, ry, 0.3, 0.25), ((lx + rx) / 2, (ly + ry) / 2 + 0.25 * wide, 0.35, 0.25)]
    return [Box(x - w * wide, y - h * wide, x + w * wide, y + h * wide) for x, y, w, h in places]


def shoulders_below(face: Box) -> Floats:
    """Guess left and right shoulder from the face alone, (2, 2) in px, for when no pose is found."""
    x, _ = face.centre
    y = face.bottom + 0.35 * face.height
    return np.array([[x + 1.05 * face.width, y], [x - 1.05 * face.width, y]], dtype=np.float32)


def motion_energy(now: Pixels, before: Pixels, *, least_change: float = 8.0) -> float:
    """Return the share 0..1 of pixels that changed by `least_change` grey levels (Ramseyer & Tschacher 2011).

    `now` and `before` are luma of the same region. A change of light or exposure is fitted as gain and offset from
    quartiles and taken out first, so that it does not count as motion. NaN where the region is empty.
    """
    if now.size == 0 or now.shape != before.shape:
        return float("nan")
    a, b = before.astype(np.float32), now.astype(np.float32)
    low_a, mid_a, high_a = np.percentile(a, (20, 50, 80))
    low_b, mid_b, high_b = np.percentile(b, (20, 50, 80))
    spread = float(high_a - low_a)
    gain = float(high_b - low_b) / spread if spread > 8 else 1.0
    gain = gain if 0.25 < gain < 4 else 1.0
    if abs(gain - 1) < 0.05 and abs(mid_b - mid_a) < 2:
        return float((np.abs(b - a) >= least_change).mean())
    return float((np.abs(b - (mid_b + gain * (a - mid_a))) >= least_change).mean())
