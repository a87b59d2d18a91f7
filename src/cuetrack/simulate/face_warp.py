"""Expressions: a patch of the portrait's face redrawn by explicit maps back to the portrait, without mesh or triangles.

Lips and lids are pairs of curves over the columns of the picture; between two curves pixels are stretched, and what an
opening shows (mouth, eyeball) is painted. Everything is in canvas px, y down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from cuetrack.simulate.portrait import Portrait

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
_Knot = tuple[Any, Any]

X0, Y0, COLUMNS, ROWS = 240, 95, 190, 200
JAW_PX = 20.0
GAZE_X_SHARE, GAZE_Y_PX = 0.60, 4.5
"""How far the iris moves at a full command: share of half the eye's width, and px."""

_OUTER_UPPER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
_INNER_UPPER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
_INNER_LOWER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
_OUTER_LOWER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
_EYES = (
    ((33, 246, 161, 160, 159, 158, 157, 173, 133), (33, 7, 163, 144, 145, 153, 154, 155, 133), 468),
    ((362, 398, 384, 385, 386, 387, 388, 466, 263), (362, 382, 381, 380, 374, 373, 390, 249, 263), 473),
)
_BROWS = (((46, 53, 52, 65, 55), (70, 63, 105, 66, 107)), ((285, 295, 282, 283, 276), (336, 296, 334, 293, 300)))
_DARK = np.array([48, 22, 35], dtype=np.float32)
_BROW_COLOUR = np.array([40, 58, 82], dtype=np.float32)
_SCLERA = np.array([206, 212, 218], dtype=np.float32)
_IRIS = np.array([62, 84, 104], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Eye:
    """One eye's columns (a slice of the patch), its lid curves over them and its iris."""

    columns: slice
    rows: slice
    x: Floats
    y: Floats
    upper: Floats
    lower: Floats
    corner: Floats
    iris: tuple[float, float, float]
    half_width: float


class FaceWarp:
    """The face of one portrait; `patch` gives its pixels for an expression."""

    def __init__(self, person: Portrait) -> None:
        self._x = np.arange(X0, X0 + COLUMNS, dtype=np.float32)[None, :]
        self._y = np.arange(Y0, Y0 + ROWS, dtype=np.float32)[:, None]
        self._points = person.points
        self._gaze_side = -1.0 if person.mirrored else 1.0
        self._source = _with_brows(person)
        self._tone = _tone(person)
        self._prepare_mouth()
        self._prepare_brows()
        self._eyes = tuple(self._eye(*eye) for eye in _EYES)

    def patch(self, command: Mapping[str, float]) -> Bytes:
        """Return the face patch (200, 190, 4) premultiplied BGRA for an expression.

        `command` may hold `smile smile_eyes brow_raise brow_lower lip_press jaw blink` (0..1) and `gaze_x gaze_y`
        (-1..1, to the person's own left and down); what is absent is 0.
        """
        import cv2

        get = {k: float(v) for k, v in command.items()}.get
        from_x = np.repeat(self._x, ROWS, axis=0)
        from_y = np.repeat(self._y, COLUMNS, axis=1)
        mouth = self._mouth(from_x, from_y, get("smile", 0.0), get("jaw", 0.0), get("lip_press", 0.0))
        self._brows(from_x, from_y, get("brow_raise", 0.0), get("brow_lower", 0.0), get("smile_eyes", 0.0))
        openings = [
            self._lids(eye, from_y, get("blink", 0.0), get("gaze_y", 0.0), get("smile_eyes", 0.0)) for eye in self._eyes
        ]
        out = cv2.remap(self._source, from_x, from_y, cv2.INTER_LINEAR)
        rows, inside = mouth
        band = out[rows, :, :3]
        band[:] = (band + inside[..., None] * (_DARK - band)).astype(np.uint8)
        side = self._gaze_side * get("gaze_x", 0.0)
        for eye, (seen, lash) in zip(self._eyes, openings, strict=True):
            self._paint_eye(out, eye, seen, lash, side, get("gaze_y", 0.0))
        return np.asarray(out, dtype=np.uint8)

    # The mouth

    def _prepare_mouth(self) -> None:
        p = self._points
        left, right = p[61, 0], p[291, 0]
        self._mouth_x = float(left + right) / 2
        self._mouth_half = float(right - left) / 2
        self._mouth_y = float(p[13, 1] + p[14, 1]) / 2
        self._nose_y = float(p[2, 1]) + 2
        self._chin_y = float(p[152, 1])
        self._rest_y = self._chin_y + 44.0
        self._mouth_rows = slice(int(self._nose_y) - Y0, min(int(self._rest_y) + 1 - Y0, ROWS))

    def _curve(self, indices: tuple[int, ...], x: Floats) -> Floats:
        """Return y over x of the curve through mesh points, level beyond its ends."""
        points = self._points[list(indices), :2]
        order = np.argsort(points[:, 0], kind="stable")
        return np.asarray(np.interp(x, points[order, 0], points[order, 1]), dtype=np.float32)

    def _mouth(self, from_x: Floats, from_y: Floats, smile: float, jaw: float, press: float) -> tuple[slice, Floats]:
        """Write the maps of lips, cheeks and chin in place; return rows of the mouth and how open each pixel is."""
        x, y = self._x[0], self._y[self._mouth_rows]
        drop = JAW_PX * jaw
        half = self._mouth_half * (0.74 + 0.26 * smile - 0.06 * jaw)
        reach = self._mouth_half + 34.0
        d = x - np.float32(self._mouth_x)
        knots = np.array([-reach, -half, half, reach])
        came_from = np.array([-reach, -self._mouth_half, self._mouth_half, reach])
        s = np.interp(d, knots, came_from).astype(np.float32) + np.float32(self._mouth_x)
        s = np.where(np.abs(d) < reach, s, x)
        upper_out, upper_in, lower_in, lower_out = (
            self._curve(c, s) for c in (_OUTER_UPPER, _INNER_UPPER, _INNER_LOWER, _OUTER_LOWER)
        )
        inside = np.clip(1 - np.abs(d) / np.float32(half), 0, 1)
        profile = np.sqrt(1 - (1 - inside) ** 2).astype(np.float32)
        line = np.float32(self._mouth_y + 4.0 + (1 - smile) * 1.0) - np.float32(1.5) * profile
        thick = (1.25 - 0.25 * smile) * (1 - 0.62 * press)
        to_upper_in = line + smile * (upper_in - line) - np.float32(0.12 * drop) * profile
        to_lower_in = line + smile * (lower_in - line) + np.float32(0.80 * drop) * profile
        to_lower_in = np.maximum(to_lower_in, to_upper_in)
        to_upper_out = to_upper_in - (upper_in - upper_out) * np.float32(thick)
        to_lower_out = to_lower_in + (lower_out - lower_in) * np.float32(thick)
        # Chin and throat follow the jaw and come to rest on the neck.
        chin_to, rest = self._chin_y + 0.8 * drop, self._rest_y
        above = np.float32(self._nose_y)
        columns: list[_Knot] = [
            (above, above), (to_upper_out, upper_out), (to_upper_in, upper_in), (to_lower_in, lower_in),
            (to_lower_out, lower_out), (np.float32(chin_to), np.float32(self._chin_y)),
            (np.float32(rest), np.float32(rest)),
        ]  # fmt: skip
        mapped = _piecewise(y, columns)
        gap = (y > to_upper_in) & (y < to_lower_in)
        teeth = upper_in + (y - to_upper_in)
        mapped = np.where(gap, np.minimum(teeth, lower_in), mapped)
        soft = np.clip((y - to_upper_in) * 0.8, 0, 1) * np.clip((to_lower_in - y) * 0.8, 0, 1)
        dark = soft * np.clip((teeth - lower_in) * 0.5 + 0.6, 0, 1) * (np.abs(d) < half)
        below_nose = np.clip((y - above) / 10.0, 0, 1) * np.clip((rest - y) / 10.0, 0, 1)
        beside = np.clip((reach + 8.0 - np.abs(d)) / 8.0, 0, 1)
        weight = (below_nose * beside).astype(np.float32)
        from_x[self._mouth_rows] += weight * (s - x)
        from_y[self._mouth_rows] += weight * (mapped - y)
        return self._mouth_rows, dark.astype(np.float32)

    # The brows

    def _prepare_brows(self) -> None:
        p = self._points
        centres = [p[[i for part in brow for i in part], :2].mean(axis=0) for brow in _BROWS]
        self._brow_field = np.zeros((ROWS, COLUMNS), dtype=np.float32)
        self._inner_field = np.zeros((ROWS, COLUMNS), dtype=np.float32)
        self._inner_side = np.zeros((ROWS, COLUMNS), dtype=np.float32)
        self._cheek_field = np.zeros((ROWS, COLUMNS), dtype=np.float32)
        middle = (centres[0][0] + centres[1][0]) / 2
        for (cx, cy), (_, lower, iris) in zip(centres, _EYES, strict=True):
            self._brow_field += np.exp(-(((self._x - cx) / 24) ** 2) - ((self._y - cy) / 12) ** 2)
            inner_x = cx + 0.55 * (middle - cx)
            bump = np.exp(-(((self._x - inner_x) / 12) ** 2) - ((self._y - cy - 2) / 11) ** 2)
            self._inner_field += bump
            self._inner_side += bump * np.sign(middle - cx)
            under = float(p[list(lower), 1].max()) + 12
            self._cheek_field += np.exp(-(((self._x - p[iris, 0]) / 20) ** 2) - ((self._y - under) / 10) ** 2)
        self._brow_field = np.minimum(self._brow_field, 1)

    def _brows(self, from_x: Floats, from_y: Floats, up: float, down: float, squint: float) -> None:
        from_y += np.float32(7 * up - 6.5 * down) * self._brow_field - np.float32(4 * down) * self._inner_field
        from_x -= np.float32(5 * down) * self._inner_side
        from_y += np.float32(2.5 * squint) * self._cheek_field

    # The eyes

    def _eye(self, upper: tuple[int, ...], lower: tuple[int, ...], iris: int) -> _Eye:
        p = self._points
        ends = sorted((float(p[upper[0], 0]), float(p[upper[-1], 0])))
        columns = slice(int(ends[0]) - 2 - X0, int(np.ceil(ends[1])) + 3 - X0)
        cx, cy = float(p[iris, 0]), float(p[iris, 1])
        rows = slice(int(cy) - 16 - Y0, int(cy) + 20 - Y0)
        x = self._x[0, columns]
        edge = p[[upper[0], upper[-1]], :2]
        edge = edge[np.argsort(edge[:, 0])]
        corner = np.interp(x, edge[:, 0], edge[:, 1]).astype(np.float32)
        radius = float(np.mean(np.hypot(*(p[iris + 1 : iris + 5, :2] - p[iris, :2]).T)))
        top, bottom = self._curve(upper, x), self._curve(lower, x)
        # The portrait smiles with narrowed eyes: its own lids are taken a little apart.
        wide = np.clip((bottom - top) / np.float32((bottom - top).max()), 0, 1)
        return _Eye(columns, rows, x, self._y[rows], top - 0.8 * wide, bottom + 0.8 * wide, corner,
                    (cx, cy, radius), (ends[1] - ends[0]) / 2)  # fmt: skip

    def _lids(self, eye: _Eye, from_y: Floats, blink: float, down: float, squint: float) -> tuple[Floats, Floats]:
        """Write the map of both lids in place; return how much eyeball and lash line each pixel shows."""
        y = eye.y
        opening = eye.lower - eye.upper
        shut = np.float32(min(1.0, blink * 0.98 + (1 - blink) * 0.30 * max(down, 0.0)))
        wider = np.float32(0.10 * max(-down, 0.0) * (1 - blink))
        lower = eye.lower - np.float32(0.34 * squint) * opening
        upper = eye.upper + (shut - wider) * (lower - eye.upper)
        top, bottom = np.float32(eye.iris[1] - 12), np.float32(eye.iris[1] + 18)
        mapped = _piecewise(y, [(top, top), (upper, eye.upper - 0.8), (lower, eye.lower + 0.8), (bottom, bottom)])
        block = from_y[eye.rows, eye.columns]
        inside = (y > top) & (y < bottom)
        block += np.where(inside, mapped - y, 0)
        seen = np.clip((y - upper) + 0.5, 0, 1) * np.clip((lower - y) + 0.5, 0, 1)
        lash = np.exp(-(((y - upper + 0.2) / 1.1) ** 2)) * np.clip(opening / 3, 0, 1)
        return seen.astype(np.float32), lash.astype(np.float32)

    def _paint_eye(self, out: Bytes, eye: _Eye, seen: Floats, lash: Floats, side: float, down: float) -> None:
        cx, cy, radius = eye.iris
        ix = cx + GAZE_X_SHARE * eye.half_width * side
        iy = cy + GAZE_Y_PX * down
        distance = np.hypot(eye.x - np.float32(ix), eye.y - np.float32(iy))
        iris = np.clip(radius + 0.5 - distance, 0, 1)[..., None]
        pupil = np.clip(0.42 * radius + 0.5 - distance, 0, 1)[..., None]
        rim = np.clip(1.0 - np.abs(distance - radius) / 1.4, 0, 1)[..., None]
        spot = np.clip(1.6 - np.hypot(eye.x - np.float32(ix - 1.6), eye.y - np.float32(iy - 1.8)), 0, 1)[..., None]
        shade = 1 - 0.28 * np.exp(-np.clip(eye.y - eye.upper, 0, None) / 2.2)[..., None]
        ball = (_SCLERA * self._tone) * shade
        ball = ball + iris * (_IRIS * (1 - 0.45 * rim) - ball)
        ball = ball + pupil * (np.float32(16) - ball)
        ball = ball + spot * (np.float32(235) - ball)
        block = out[eye.rows, eye.columns, :3].astype(np.float32)
        block += seen[..., None] * (ball - block)
        block += (0.75 * lash)[..., None] * (np.array([28, 34, 44], dtype=np.float32) - block)
        out[eye.rows, eye.columns, :3] = np.clip(block, 0, 255).astype(np.uint8)


def _piecewise(y: Floats, knots: list[_Knot]) -> Floats:
    """Return where each pixel came from, given per column pairs (to, from) in rising order; identity outside."""
    out = np.broadcast_to(y, np.broadcast_shapes(y.shape, np.shape(knots[1][0]))).astype(np.float32)
    for (to_a, from_a), (to_b, from_b) in pairwise(knots):
        share = (y - to_a) / np.maximum(to_b - to_a, np.float32(0.05))
        within = (share >= 0) & (share < 1)
        out = np.where(within, from_a + share * (from_b - from_a), out)
    return np.asarray(out, dtype=np.float32)


def _with_brows(person: Portrait) -> Bytes:
    """Return the canvas with painted brows, which the portrait hardly has, and MediaPipe needs to see them lowered."""
    import cv2

    bgra, points = person.bgra, person.points
    colour = _BROW_COLOUR * (1 - 0.6 * person.appearance.skin)
    mask = np.zeros(bgra.shape[:2], np.uint8)
    for brow in _BROWS:
        middle = points[[list(part) for part in brow], :2].mean(axis=0)
        middle = middle[np.argsort(middle[:, 0])]
        cv2.polylines(mask, [np.round(middle * 8).astype(np.int32)], False, 255, 4, cv2.LINE_AA, 3)
    share = (cv2.GaussianBlur(mask, (0, 0), 0.8).astype(np.float32) / 255 * 0.55)[..., None]
    out = bgra.copy()
    out[..., :3] = np.round(bgra[..., :3] * (1 - share) + colour * share).astype(np.uint8)
    return out


def _tone(person: Portrait) -> float:
    return 0.9 if person.mirrored else 1.0
