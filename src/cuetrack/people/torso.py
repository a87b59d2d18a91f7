"""Chest and shoulder motion and motion energy, read from brightness: pose landmarks do not carry breathing.

Regions keep still in the picture while the person does; each is compared with a reference picture of itself, not with
the frame before, so that errors do not add up. Real frames of four people warped by a known sine of 0.3-4 px, with
noise of 1.6 grey levels: r >= .991, gain .65-.9 (phase correlation alone fell to r = -.19 on one of them, unnoticed).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from cuetrack.people.boxes import Box
from cuetrack.people.engines import Pixels

Floats = npt.NDArray[np.float32]

_LONGEST_SIDE_PX = 160  # larger regions are shrunk to this before they are compared
_LEAST_SIDE_PX = 24
_REFERENCE_S = 30.0  # a reference is renewed after so long, well below the slowest breath worth measuring
_FAR = 0.12  # … or when a region has moved by this share of its height
_ITERATIONS = 4
_UNEXPLAINED = 0.15  # share of a region's variance that a good shift may leave over; above, another start is tried
_LARGEST_ERROR_PX = 0.5
_HALF_ERROR_PX = (
    0.15  # standard error at which quality is one half; a quiet breath moves the chest by .3-1 px at 360 lines
)
_LEAST_TEXTURE = 0.4  # mean absolute vertical gradient, grey levels per px, below which there is nothing to follow


@dataclass(slots=True)
class Patch:
    """One region that is followed: its place, its reference picture with gradients, and where it stood and stands.

    Worked out once, for as long as the reference holds: `normal` is xx, yy, xy of its windowed gradients and their
    determinant, `usual` its mean and SD, `target` the reference less its mean, windowed, `weights` the sums of the
    window and of its square. `texture` is how much there is to follow up and down: the root of the summed squared
    vertical gradient.
    """

    box: Box
    scale: float
    reference: Floats
    gradients: Floats
    window: Floats
    standing_px: tuple[float, float]
    since_s: float
    last_px: tuple[float, float]
    normal: tuple[float, float, float, float]
    usual: tuple[float, float]
    target: Floats
    weights: tuple[float, float]
    texture: float
    weight: float = 1.0

    @classmethod
    def at(cls, luma: Pixels, box: Box, standing_px: tuple[float, float], time_s: float) -> Patch | None:
        """Start a patch at a place, None where it is too small, outside the picture or flat."""
        import cv2

        height, width = luma.shape
        box = box.clipped((width, height))
        if min(box.width, box.height) < _LEAST_SIDE_PX:
            return None
        scale = min(1.0, _LONGEST_SIDE_PX / max(box.width, box.height))
        reference = _shrunk(box.cut(luma), scale)
        both = [cv2.Sobel(reference, cv2.CV_32F, 1, 0), cv2.Sobel(reference, cv2.CV_32F, 0, 1)]
        gradients = np.asarray(both, dtype=np.float32) / np.float32(8)
        if float(np.abs(gradients[1]).mean()) < _LEAST_TEXTURE:
            return None
        window = np.asarray(cv2.createHanningWindow(reference.shape[::-1], cv2.CV_32F), np.float32)
        gx, gy = gradients
        xx, yy, xy = (float((window * p).sum()) for p in (gx * gx, gy * gy, gx * gy))
        normal = (xx, yy, xy, max(xx * yy - xy * xy, 1e-6 * (xx + yy) ** 2))
        usual = _mean_sd(reference, window)
        return cls(
            box, scale, reference, gradients, window, standing_px, time_s, standing_px, normal=normal, usual=usual,
            target=window * (reference - usual[0]), weights=(float(window.sum()), _inner(window, window)),
            texture=float(np.sqrt((window * gy**2).sum())),
        )  # fmt: skip

    def moved(self, luma: Pixels) -> tuple[float, float, float]:
        """Return (x, y, error): where the patch stands now in px, down is positive, and the error (SE) of y.

        Lucas & Kanade (1981) against the reference, gradients taken once (Baker & Matthews 2004), starting where the
        patch was last; where that leaves much unexplained, phase correlation (Kuglin & Hines 1975) gives another start.
        """
        import cv2

        now = _shrunk(self.box.cut(luma), self.scale)
        start = [(p - s) * self.scale for p, s in zip(self.last_px, self.standing_px, strict=True)]
        best = self._aligned(now, start[0], start[1])
        if best[3] > _UNEXPLAINED:
            # OpenCV 5 lays the window over both pictures in place where their size suits its transform.
            (dx, dy), _ = cv2.phaseCorrelate(self.reference.copy(), now.copy(), self.window)
            best = min(best, self._aligned(now, dx, dy), key=lambda b: b[3])
        dx, dy, error, unexplained = best
        if unexplained > 2 * _UNEXPLAINED or max(abs(dx), abs(dy)) > 0.3 * min(now.shape):
            error = np.inf
        x, y = self.standing_px
        return x + dx / self.scale, y + dy / self.scale, error / self.scale

    def _aligned(self, now: Floats, dx: float, dy: float) -> tuple[float, float, float, float]:
        """Return x and y shift, the standard error of y, and the share 0..1 that it leaves unexplained."""
        import cv2

        height, width = now.shape
        gx, gy = self.gradients
        xx, yy, xy, size = self.normal
        middle, spread = self.usual
        weights, squared_weights = self.weights
        left = self.target
        for _ in range(_ITERATIONS):
            move = np.array([[1, 0, dx], [0, 1, dy]], dtype=np.float32)
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            back = cv2.warpAffine(now, move, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
            back -= middle  # so that the sums below stay small enough for float32
            weighted = self.window * back
            mean = _inner(self.window, back) / weights
            sd = float(np.sqrt(max(_inner(weighted, back) / weights - mean**2, 0.0))) + 1e-3
            weighted -= mean * self.window
            weighted *= spread / sd
            left = self.target - weighted
            xt, yt = _inner(gx, left), _inner(gy, left)
            step = (yy * xt - xy * yt) / size, (xx * yt - xy * xt) / size
            longest = max(abs(step[0]), abs(step[1]))
            cut = min(1.0, 2.0 / max(longest, 1e-9))
            dx, dy = dx + cut * step[0], dy + cut * step[1]
            if longest < 0.01:
                break
        variance = _inner(left, left) / squared_weights
        error = float(np.sqrt(variance * xx / size))
        return dx, dy, error, min(1.0, variance / spread**2)


def _inner(a: Floats, b: Floats) -> float:
    """Return the sum of products; not by BLAS, whose rounding depends on the number of cores."""
    return float(np.einsum("ij,ij->", a, b))


def _mean_sd(picture: Floats, window: Floats) -> tuple[float, float]:
    mean = float((window * picture).sum()) / float(window.sum())
    return mean, float(np.sqrt((window * (picture - mean) ** 2).sum() / window.sum())) + 1e-3


def _shrunk(picture: Pixels, scale: float) -> Floats:
    """Return the picture at a scale, a little blurred: less noise, and a wider reach of its gradients."""
    import cv2

    if scale < 1:
        size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 1.0), dtype=np.float32)


@dataclass(slots=True)
class Patches:
    """Follows a handful of patches together; what they agree on is the motion, summed up over renewed references."""

    patches: list[Patch] = field(default_factory=list)
    at_px: tuple[float, float] = (0.0, 0.0)

    def place(self, luma: Pixels, places: list[tuple[Box, float]], time_s: float) -> None:
        """Start following at these places, each with its weight, standing where the motion has come to so far."""
        started = ((Patch.at(luma, box, self.at_px, time_s), weight) for box, weight in places)
        self.patches = [replace(patch, weight=weight) for patch, weight in started if patch is not None]

    def follow(self, luma: Pixels) -> tuple[float, float, float]:
        """Return (x, y, surety) of the summed motion in px; surety 0 where nothing can be followed."""
        if not self.patches:
            return (*self.at_px, 0.0)
        seen = np.array([p.moved(luma) for p in self.patches])
        sure = seen[:, 2] < _LARGEST_ERROR_PX
        share = np.array([p.weight * p.texture for p in self.patches]) * sure
        if not sure.any():
            return (*self.at_px, 0.0)
        # Steps are averaged, not places: a region that drops out must not pull the rest to where it stood.
        before = np.array([p.last_px for p in self.patches])
        step = share @ (seen[:, :2] - before) / share.sum()
        for patch, place, good in zip(self.patches, seen[:, :2], sure, strict=True):
            patch.last_px = tuple(place) if good else (patch.last_px[0] + step[0], patch.last_px[1] + step[1])
        self.at_px = (self.at_px[0] + float(step[0]), self.at_px[1] + float(step[1]))
        error = float(share @ np.where(sure, seen[:, 2], 0) / share.sum())
        return (*self.at_px, float(1 / (1 + (error / _HALF_ERROR_PX) ** 2)))

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


def chest_regions(shoulders_px: Floats) -> list[tuple[Box, float]]:
    """Return the boxes that are followed with their weights: the outer side of each shoulder, and the upper chest.

    The neck is left out, because it turns with the head: on rendered people who nod, turn and speak while breathing by
    1 px, r in the breathing band rose from .954 and .970 to .994 and 1.000.
    """
    wide = shoulder_width(shoulders_px)
    (lx, ly), (rx, ry) = ((float(a), float(b)) for a, b in shoulders_px)
    outer = 0.1 if lx > rx else -0.1
    places = [
        (lx + outer * wide, ly + 0.08 * wide, 0.22, 0.22, 0.5),
        (rx - outer * wide, ry + 0.08 * wide, 0.22, 0.22, 0.5),
        ((lx + rx) / 2, (ly + ry) / 2 + 0.35 * wide, 0.42, 0.25, 1.0),
    ]
    return [(Box(x - w * wide, y - h * wide, x + w * wide, y + h * wide), weight) for x, y, w, h, weight in places]


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
    low_a, mid_a, high_a = _light_levels(before)
    low_b, mid_b, high_b = _light_levels(now)
    spread = float(high_a - low_a)
    gain = float(high_b - low_b) / spread if spread > 8 else 1.0
    gain = gain if 0.25 < gain < 4 else 1.0
    if abs(gain - 1) < 0.05 and abs(mid_b - mid_a) < 2:
        return float((np.abs(b - a) >= least_change).mean())
    return float((np.abs(b - (mid_b + gain * (a - mid_a))) >= least_change).mean())


def _light_levels(picture: Pixels) -> Floats:
    """Return the grey levels below which a fifth, half and four fifths of a picture lie, by counting."""
    counts = np.bincount(picture[::3, ::3].ravel(), minlength=256).cumsum()
    return np.asarray(np.searchsorted(counts, np.array((0.2, 0.5, 0.8)) * counts[-1]), dtype=np.float32)
