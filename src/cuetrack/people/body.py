"""One person's body: 33 pose landmarks from MediaPipe, on that person's window of the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cuetrack.people import boxes, engines
from cuetrack.people.boxes import Box

Floats = npt.NDArray[np.float32]

HEAD = slice(0, 11)
LEFT_SHOULDER, RIGHT_SHOULDER = 11, 12
_LEAST_VISIBLE = 0.5


@dataclass(frozen=True, slots=True)
class SeenBody:
    """A body in one picture: `points_px` (33, 3), `world_m` (33, 3), `visibility` (33,) 0..1."""

    points_px: Floats
    world_m: Floats
    visibility: Floats

    @property
    def head(self) -> Box:
        """Box around nose, eyes, ears and mouth."""
        return boxes.around(self.points_px[HEAD])

    @property
    def confidence(self) -> float:
        """Mean visibility of nose and shoulders, 0..1: they are what a seated person always shows."""
        return float(self.visibility[[0, LEFT_SHOULDER, RIGHT_SHOULDER]].mean())

    @property
    def shoulders_px(self) -> Floats | None:
        """Left and right shoulder, (2, 2), or None where one cannot be seen."""
        if self.visibility[[LEFT_SHOULDER, RIGHT_SHOULDER]].min() < _LEAST_VISIBLE:
            return None
        return self.points_px[[LEFT_SHOULDER, RIGHT_SHOULDER], :2]

    def belongs_to(self, face: Box) -> bool:
        """Tell whether this body's head is that face."""
        (hx, hy), (fx, fy) = self.head.centre, face.centre
        return max(abs(hx - fx), abs(hy - fy)) < 0.8 * max(face.width, face.height)


class BodyEngine:
    """A PoseLandmarker that follows one body, `model` "lite" or "full"; for two people use two, each on its own window.

    Asked for two poses on the full frame, MediaPipe loses the second person in VIDEO mode.
    """

    def __init__(self, model: str = "lite") -> None:
        self._engine = engines.pose_landmarker(model, video=True)

    def read(self, rgb: engines.Pixels, window: Box, time_ms: int) -> SeenBody | None:
        """Return the body inside a window of the full frame, None if there is none; `time_ms` must rise."""
        return read_body(self._engine, rgb, window, time_ms)

    def close(self) -> None:
        """Free the engine."""
        self._engine.close()


def read_body(engine: Any, rgb: engines.Pixels, window: Box, time_ms: int | None) -> SeenBody | None:
    """Return the body inside a window of the full frame, None if there is none; without a time in IMAGE mode."""
    picture = engines.image(window.cut(rgb))
    result = engine.detect(picture) if time_ms is None else engine.detect_for_video(picture, time_ms)
    if not result.pose_landmarks:
        return None
    marks, world = result.pose_landmarks[0], result.pose_world_landmarks[0]
    points = np.array([(p.x, p.y, p.z) for p in marks], dtype=np.float32)
    points *= (window.width, window.height, window.width)
    points[:, :2] += (window.left, window.top)
    metres = np.array([(p.x, p.y, p.z) for p in world], dtype=np.float32)
    return SeenBody(points, metres, np.array([p.visibility for p in marks], dtype=np.float32))
