"""One person's face: mesh, blendshapes and head pose from MediaPipe, on that person's window of the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cuetrack.people import answers, boxes, engines
from cuetrack.people.boxes import Box
from cuetrack.people.tracks import BLENDSHAPES

Floats = npt.NDArray[np.float32]
_MESH_POINTS = 478
_LEAST_PX, _FULL_PX = 16.0, 64.0


@dataclass(frozen=True, slots=True)
class SeenFace:
    """A face in one picture: `mesh_px` (478, 3) in full-frame px, `blendshapes` (52,), its box."""

    mesh_px: Floats
    blendshapes: Floats
    box: Box


class FaceEngine:
    """A FaceLandmarker that follows one face.

    It is asked for two faces although one is wanted, because with one MediaPipe smooths over time: on a 25 fps clip
    that moved points by 1.3 px on average and stretched blinks from 19 to 24 closed frames of 200. With two, the
    result equals the unsmoothed IMAGE mode exactly, costs 1 ms more, and a second face in the window can be told from
    the right one.
    """

    def __init__(self) -> None:
        self._engine = engines.face_landmarker(faces=2, video=True)

    def read(self, rgb: engines.Pixels, window: Box, time_ms: int) -> list[SeenFace]:
        """Return the faces inside a window of the full frame; `time_ms` must rise from call to call."""
        faces = []
        for points, scores in answers.faces(self._engine, engines.image(window.cut(rgb)), time_ms):
            mesh = points[:_MESH_POINTS]
            mesh *= (window.width, window.height, window.width)
            mesh[:, :2] += (window.left, window.top)
            faces.append(SeenFace(mesh, scores[: len(BLENDSHAPES)], boxes.around(mesh)))
        return faces

    def close(self) -> None:
        """Free the engine."""
        self._engine.close()


def size_confidence(width_px: float) -> float:
    """Return 0..1 for how far a face of this width can be trusted: 0 at 16 px, 1 from 64 px on."""
    return float(np.clip((width_px - _LEAST_PX) / (_FULL_PX - _LEAST_PX), 0.0, 1.0))
