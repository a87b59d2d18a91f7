"""What the face engine saw, as arrays.

MediaPipe makes an object of each of 478 points: a tenth of a call's time, and under Python's lock. Its C structures
hold the same numbers side by side. Where its version has them otherwise than known here, its objects are read.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from cuetrack.people import engines

Floats = npt.NDArray[np.float32]


def faces(engine: Any, picture: Any, time_ms: int) -> list[tuple[Floats, Floats]]:
    """Return points (n, 3), in shares of the picture, and blendshape scores (m,) of each face that an engine sees."""
    structure = _structure()
    if structure is None or not hasattr(engine, "_handle") or not hasattr(picture, "_image_ptr"):
        return from_objects(engine.detect_for_video(picture, time_ms))
    answer = structure()
    engine._lib.MpFaceLandmarkerDetectForVideo(engine._handle, picture._image_ptr, None, time_ms, ctypes.byref(answer))
    try:
        found = zip(
            answer.face_landmarks[: answer.face_landmarks_count],
            answer.face_blendshapes[: answer.face_blendshapes_count],
            strict=True,
        )
        return [
            (
                _columns(points.landmarks, points.landmarks_count, "x", 3),
                _columns(shapes.categories, shapes.categories_count, "score", 1)[:, 0],
            )
            for points, shapes in found
        ]
    finally:
        engine._lib.MpFaceLandmarkerCloseResult(ctypes.byref(answer))


def from_objects(result: Any) -> list[tuple[Floats, Floats]]:
    """Return the same from MediaPipe's own result."""
    return [
        (
            np.array([(p.x, p.y, p.z) for p in points], dtype=np.float32),
            np.array([s.score for s in shapes], dtype=np.float32),
        )
        for points, shapes in zip(result.face_landmarks, result.face_blendshapes, strict=True)
    ]


def _columns(pointer: Any, count: int, first: str, width: int) -> Floats:
    """Copy `width` floats, from the field `first` on, of each of `count` structures."""
    item = pointer._type_
    if not count:
        return np.zeros((0, width), dtype=np.float32)
    size, at = ctypes.sizeof(item), getattr(item, first).offset
    memory = ctypes.cast(pointer, ctypes.POINTER(ctypes.c_uint8))
    raw = np.ctypeslib.as_array(memory, (count, size))[:, at : at + 4 * width]
    return np.ascontiguousarray(raw).view(np.float32)


@cache
def _structure() -> Any:
    """Return the C structure of an answer, None where this version of MediaPipe has another one."""
    engines.mediapipe()
    try:
        from mediapipe.tasks.python.vision.face_landmarker import MpFaceLandmarkerResultC

        fields = dict(MpFaceLandmarkerResultC._fields_)
        point = dict(dict(fields["face_landmarks"]._type_._fields_)["landmarks"]._type_._fields_)
        shape = dict(dict(fields["face_blendshapes"]._type_._fields_)["categories"]._type_._fields_)
    except (ImportError, AttributeError, KeyError):
        return None
    floats = [*list(point.items())[:3], ("score", shape.get("score"))]
    known = floats == [(name, ctypes.c_float) for name in ("x", "y", "z", "score")]
    return MpFaceLandmarkerResultC if known else None
