"""MediaPipe behind one door: load it or say which system library is missing, and open its engines on our crops."""

from __future__ import annotations

import os
import sys
import zipfile
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from cuetrack.errors import ModelError
from cuetrack.people import pruned, weights

Pixels = npt.NDArray[np.uint8]
"""Picture, (height, width, 3) RGB or (height, width) luma."""

_MASK, _HEATMAPS = 2, 3  # outputs of the pose models
_DEBIAN_PACKAGE = {"libEGL": "libegl1", "libGLESv2": "libgles2", "libGL.": "libgl1", "libglib": "libglib2.0-0"}


@cache
def mediapipe() -> Any:
    """Return the mediapipe module; raise ModelError with the one install line if a system library is missing."""
    try:
        import mediapipe

        return mediapipe
    except (ImportError, OSError) as error:
        raise ModelError(missing_library(error)) from error


def missing_library(error: BaseException) -> str:
    """Say in words which system library an import or engine asked for, with the one line that installs it."""
    text = str(error)
    named = [package for library, package in _DEBIAN_PACKAGE.items() if library in text]
    if not named:
        return f"mediapipe could not be loaded: {text}. Reinstall it with `pip install --force-reinstall mediapipe`."
    if not sys.platform.startswith("linux"):
        return f"mediapipe could not be loaded because a system library is missing: {text}."
    return (
        f"mediapipe could not be loaded because a system library is missing: {text}. "
        "Install it with: sudo apt-get install -y libegl1 libgles2 libgl1 libglib2.0-0"
    )


@cache
def hush() -> None:
    """Send what mediapipe's native code prints to nowhere; Python's own stderr stays where it was.

    No setting of mediapipe does this. For the command line, once, before the first engine: it holds for the process.
    Where a program has put a stream of its own in stderr's place, nothing is done.
    """
    stream = sys.__stderr__
    if stream is None or sys.stderr is not stream:
        return
    kept = os.fdopen(os.dup(2), "w", buffering=1, encoding=stream.encoding, errors=stream.errors)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    sys.stderr = kept


def face_landmarker(*, faces: int, video: bool) -> Any:
    """Open a FaceLandmarker with blendshapes; head pose is fitted to the mesh on the whole picture (see headpose)."""
    vision = mediapipe().tasks.vision
    return _open(
        vision.FaceLandmarker,
        vision.FaceLandmarkerOptions(
            base_options=_base(model_asset_path=str(weights.find("face_landmarker.task"))),
            running_mode=vision.RunningMode.VIDEO if video else vision.RunningMode.IMAGE,
            num_faces=faces,
            output_face_blendshapes=True,
        ),
    )


def face_detector(*, least_score: float) -> Any:
    """Open the face detector that lies inside the face bundle: 1-2 ms a picture, with scores, in IMAGE mode."""
    vision = mediapipe().tasks.vision
    with zipfile.ZipFile(weights.find("face_landmarker.task")) as bundle:
        model = bundle.read("face_detector.tflite")
    options = vision.FaceDetectorOptions(
        base_options=_base(model_asset_buffer=model), min_detection_confidence=least_score
    )
    return _open(vision.FaceDetector, options)


def pose_landmarker(model: str, *, video: bool) -> Any:
    """Open a PoseLandmarker for one person without its mask; `model` is "lite" or "full"."""
    vision = mediapipe().tasks.vision
    return _open(
        vision.PoseLandmarker,
        vision.PoseLandmarkerOptions(
            base_options=_base(model_asset_buffer=_pose_bundle(model)),
            running_mode=vision.RunningMode.VIDEO if video else vision.RunningMode.IMAGE,
            num_poses=1,
        ),
    )


@cache
def _pose_bundle(model: str) -> bytes:
    """Return a pose bundle without its mask, which nobody asks for: the same landmarks in three fifths of the time."""
    bundle = weights.find(f"pose_landmarker_{model}.task").read_bytes()
    return pruned.bundle_without_output(bundle, "pose_landmarks_detector.tflite", _MASK, _HEATMAPS)


def image(rgb: Pixels) -> Any:
    """Wrap an RGB array for mediapipe."""
    mp = mediapipe()
    return mp.Image(image_format=mp.ImageFormat.SRGB, data=np.ascontiguousarray(rgb))


def _base(**given: Any) -> Any:
    return mediapipe().tasks.BaseOptions(**given)


def _open(engine: Any, options: Any) -> Any:
    try:
        return engine.create_from_options(options)
    except (RuntimeError, OSError) as error:
        if any(library in str(error) for library in _DEBIAN_PACKAGE):
            raise ModelError(missing_library(error)) from error
        raise ModelError(f"{engine.__name__} could not be opened: {error}") from error
