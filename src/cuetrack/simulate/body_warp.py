"""Head rotation in depth, lean, slump and breathing as one map from the rendered picture back to the portrait.

The head is a relief: depth from a thin-plate spline through the face mesh, a ring of hair behind it and the neck. It is
rotated about the neck joint under weak perspective, fading to nothing down the neck. The forward field is inverted by
damped fixed-point steps on a coarse grid, because everything here is smooth.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cuetrack.simulate.portrait import CANVAS_HEIGHT, HEIGHT, OFFSET, SCALE, WIDTH

Floats = npt.NDArray[np.float32]

STEP = 4
"""Pixels between grid points."""
FOCAL = 900.0 * SCALE
JOINT = np.array([227 * SCALE + OFFSET[0], 150 * SCALE + OFFSET[1], 55 * SCALE])
"""Where the head turns: canvas x, y, and depth behind the face, in px."""
LEAN_CENTRE = (320.0, 240.0)
_HEAD = (184, 0, 504, 332)
"""Canvas x0, y0, x1, y1 of all that head rotation can reach."""
_STEPS, _DAMPING = 6, 0.7


def rotation(yaw_deg: float, pitch_deg: float, roll_deg: float) -> npt.NDArray[np.float64]:
    """Return the turn (3, 3) in picture axes (x right, y down, z away).

    Yaw is to picture right, pitch down, roll counter-clockwise.
    """
    yaw, pitch, roll = np.radians([yaw_deg, pitch_deg, roll_deg])
    about_y = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    about_z = np.array([[np.cos(roll), np.sin(roll), 0], [-np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    return np.asarray(about_y @ about_x @ about_z)


class BodyWarp:
    """The fields of one portrait, made once; `maps` then gives where every picture pixel comes from."""

    def __init__(self, points: Floats, *, mirrored: bool) -> None:
        self._mirrored = mirrored
        x0, y0, x1, y1 = _HEAD
        self._grid = np.mgrid[y0:y1:STEP, x0:x1:STEP][::-1].astype(np.float32)
        self._depth = _depth(points, self._grid)
        self._weight = _head_weight(self._grid)
        y, x = np.mgrid[0:HEIGHT:STEP, 0:WIDTH:STEP].astype(np.float32) + np.float32((STEP - 1) / 2)
        self._target = np.stack([x, y])
        rows = np.arange(-120, CANVAS_HEIGHT + 120, dtype=np.float32)
        knots = [-120, 260, 318, 400, 540, 660]
        self._rows = rows
        self._breath = np.interp(rows, knots, [0.45, 0.45, 1, 0.9, 0.1, 0.1]).astype(np.float32)
        self._slump = np.interp(rows, knots, [1, 1, 1, 0.9, 0.15, 0.1]).astype(np.float32)

    def maps(
        self,
        *,
        yaw_deg: float = 0.0,
        pitch_deg: float = 0.0,
        roll_deg: float = 0.0,
        lean: float = 0.0,
        slump_px: float = 0.0,
        breath_px: float = 0.0,
    ) -> tuple[Floats, Floats]:
        """Return canvas x and y (480, 640) to read for every picture pixel.

        `lean` is the share by which the person grows; `slump_px` and `breath_px` move shoulders down and up.
        """
        import cv2

        turn = -1.0 if self._mirrored else 1.0
        x, y = self._target
        x = (x - LEAN_CENTRE[0]) / (1 + lean) + LEAN_CENTRE[0]
        y = (y - LEAN_CENTRE[1]) / (1 + lean) + LEAN_CENTRE[1]
        down = slump_px * self._slump - breath_px * self._breath
        y = np.interp(y, self._rows + down, self._rows).astype(np.float32)
        if yaw_deg or pitch_deg or roll_deg:
            shift = self._head_shift(rotation(turn * yaw_deg, pitch_deg, turn * roll_deg))
            at_x = (x - _HEAD[0]) / STEP
            at_y = (y - _HEAD[1]) / STEP
            moved = cv2.remap(shift, at_x.astype(np.float32), at_y.astype(np.float32), cv2.INTER_LINEAR)
            x, y = x + moved[..., 0], y + moved[..., 1]
        if self._mirrored:
            x, y = x[:, ::-1], y[:, ::-1]
        return _enlarged(x), _enlarged(y)

    def position(self, x: float, y: float, *, lean: float, slump_px: float, breath_px: float) -> tuple[float, float]:
        """Return where in the picture a canvas point of an unturned person lies."""
        row = float(np.clip(y - self._rows[0], 0, len(self._rows) - 1))
        y = y + slump_px * float(self._slump[int(row)]) - breath_px * float(self._breath[int(row)])
        x = (x - LEAN_CENTRE[0]) * (1 + lean) + LEAN_CENTRE[0]
        return (WIDTH - 1 - x if self._mirrored else x), (y - LEAN_CENTRE[1]) * (1 + lean) + LEAN_CENTRE[1]

    def _head_shift(self, turn: npt.NDArray[np.float64]) -> Floats:
        """Return how far back each point of the head grid came from, (rows, columns, 2) in px."""
        import cv2

        grid_x, grid_y = self._grid
        shift_x, shift_y = _forward(grid_x, grid_y, self._depth, self._weight, turn)
        # Fixed point of p = q - shift(p), where the forward shift at p is looked up on the grid.
        forward = np.dstack([shift_x, shift_y]).astype(np.float32)
        back = -forward
        column, row = (grid_x - _HEAD[0]) / STEP, (grid_y - _HEAD[1]) / STEP
        for _ in range(_STEPS):
            there = cv2.remap(
                forward,
                column + back[..., 0] / np.float32(STEP),
                row + back[..., 1] / np.float32(STEP),
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            )
            back += np.float32(_DAMPING) * (-there - back)
        return back


def _forward(
    x: Floats, y: Floats, depth: Floats, weight: Floats, turn: npt.NDArray[np.float64]
) -> tuple[Floats, Floats]:
    """Return the picture shift of points at a depth when the head is turned about its joint."""
    px, py, pz = x - float(JOINT[0]), y - float(JOINT[1]), depth - float(JOINT[2])
    r = turn.astype(np.float32)
    qx, qy, qz = (r[i, 0] * px + r[i, 1] * py + r[i, 2] * pz for i in range(3))
    before = np.float32(FOCAL) / (np.float32(FOCAL) + pz)
    after = np.float32(FOCAL) / (np.float32(FOCAL) + qz)
    return weight * (qx * after / before - px), weight * (qy * after / before - py)


def _depth(points: Floats, grid: Floats) -> Floats:
    """Return depth in px on the grid, 0 at the face plane and larger behind it."""
    from scipy.interpolate import RBFInterpolator

    face = points[:468]
    hair = _ring(67 * SCALE, 80 * SCALE, 227 * SCALE + OFFSET[0], 88 * SCALE + OFFSET[1])
    neck_x, neck_y = np.meshgrid(
        np.arange(190, 271, 16) * SCALE + OFFSET[0], np.array([195, 210, 225]) * SCALE + OFFSET[1]
    )
    where = np.concatenate([face[:, :2], hair, np.column_stack([neck_x.ravel(), neck_y.ravel()])])
    z = np.concatenate([face[:, 2], np.full(len(hair), 62 * SCALE), np.full(neck_x.size, 55 * SCALE)])
    spline = RBFInterpolator(where, z, kernel="thin_plate_spline", smoothing=5.0)
    out = spline(grid.reshape(2, -1).T).reshape(grid.shape[1:])
    return np.clip(out, -45 * SCALE, 80 * SCALE).astype(np.float32)


def _ring(rx: float, ry: float, cx: float, cy: float) -> npt.NDArray[np.float64]:
    """Return points on the upper outline of the hair."""
    angle = np.radians(np.arange(-210, 31, 15))
    return np.column_stack([cx + rx * np.cos(angle), cy + ry * np.sin(angle)])


def _head_weight(grid: Floats) -> Floats:
    """Return 1 on the head, falling to 0 down the neck and at the edges of the grid."""
    x, y = grid
    x0, _, x1, _ = _HEAD
    down = np.clip((325.0 - y) / 65.0, 0, 1)
    edge = np.clip(np.minimum(x - x0, x1 - STEP - x) / 24.0, 0, 1)
    weight = down * down * (3 - 2 * down) * edge
    return np.asarray(weight, dtype=np.float32)


def _enlarged(field: Floats) -> Floats:
    """Return a field at every pixel; its points are the centres of blocks of STEP pixels, as `resize` takes them."""
    import cv2

    out = cv2.resize(np.ascontiguousarray(field, dtype=np.float32), (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    return np.asarray(out, dtype=np.float32)
