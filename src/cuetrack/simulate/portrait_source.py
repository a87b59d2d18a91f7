"""How the two small data files of the portrait were made: its outline and its face mesh.

Run once (`python -m cuetrack.simulate.portrait_source face_landmarker.task`); the results lie beside this file, so that
rendering needs neither segmentation nor MediaPipe and gives the same pixels everywhere.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

HERE = Path(__file__).parent
OUTLINE = HERE / "portrait_outline.png"
MESH = HERE / "portrait_mesh.npy"

# Hand-drawn, in pixels of the 512x512 portrait: outside `_AROUND` is certainly wall, inside `_WITHIN` certainly person.
_AROUND = [(235, 12), (270, 15), (300, 45), (308, 85), (300, 115), (283, 135), (272, 140), (266, 165), (285, 180),
           (306, 215), (312, 248), (335, 262), (352, 300), (362, 345), (372, 411), (15, 411), (14, 345), (36, 280),
           (62, 232), (108, 212), (112, 190), (125, 165), (150, 146), (180, 143), (178, 134), (160, 120), (148, 90),
           (152, 55), (175, 30), (205, 15)]  # fmt: skip
_WITHIN = [(235, 22), (265, 25), (288, 50), (294, 85), (280, 118), (262, 132), (258, 168), (280, 190), (298, 225),
           (300, 255), (325, 275), (340, 310), (345, 340), (280, 345), (270, 405), (30, 405), (40, 310), (75, 245),
           (118, 222), (126, 190), (150, 160), (182, 155), (186, 130), (168, 112), (162, 85), (168, 58), (190, 35),
           (212, 22)]  # fmt: skip
_HELMET = [(282, 411), (282, 370), (300, 352), (340, 346), (420, 346), (420, 411)]


def picture() -> npt.NDArray[np.uint8]:
    """Return the portrait, NASA's public-domain photograph of Eileen Collins, (512, 512, 3) BGR, from scikit-image."""
    import cv2
    import skimage

    path = Path(skimage.__file__).parent / "data" / "astronaut.png"
    image: Any = cv2.imread(str(path))
    if image is None:
        raise FileNotFoundError(f"expected scikit-image's portrait at {path}; install scikit-image again")
    return np.asarray(image, dtype=np.uint8)


def outline() -> npt.NDArray[np.uint8]:
    """Cut the person out by GrabCut and return their opacity, (512, 512), 0..255."""
    import cv2

    image = picture()
    cv2.setRNGSeed(1)
    mask = np.full(image.shape[:2], cv2.GC_BGD, np.uint8)
    cv2.fillPoly(mask, [np.array(_AROUND, np.int32)], cv2.GC_PR_FGD)
    cv2.fillPoly(mask, [np.array(_WITHIN, np.int32)], cv2.GC_FGD)
    cv2.fillPoly(mask, [np.array(_HELMET, np.int32)], cv2.GC_BGD)
    cv2.grabCut(image, mask, None, np.zeros((1, 65)), np.zeros((1, 65)), 6, cv2.GC_INIT_WITH_MASK)
    person = np.where((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD), 255, 0).astype(np.uint8)
    for operation, size in ((cv2.MORPH_OPEN, 3), (cv2.MORPH_CLOSE, 5), (cv2.MORPH_ERODE, 4)):
        person = cv2.morphologyEx(person, operation, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    _, label, stats, _ = cv2.connectedComponentsWithStats(person)
    person = np.where(label == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax()), 255, 0).astype(np.uint8)
    return np.asarray(cv2.GaussianBlur(person, (0, 0), 1), dtype=np.uint8)


def mesh(model: Path) -> npt.NDArray[np.int16]:
    """Find the face mesh with MediaPipe and return it, (478, 3), in tenths of a pixel (z: the same scale)."""
    import cv2
    import mediapipe
    from mediapipe.tasks import python as tasks

    options = tasks.vision.FaceLandmarkerOptions(base_options=tasks.BaseOptions(model_asset_path=str(model)))
    image = picture()
    rgb = np.ascontiguousarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
    with tasks.vision.FaceLandmarker.create_from_options(options) as landmarker:
        found = landmarker.detect(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=rgb))
    points = np.array([[p.x, p.y, p.z] for p in found.face_landmarks[0]])
    return np.asarray(np.round(points * image.shape[1] * 10), dtype=np.int16)


def _main() -> None:
    import cv2

    cv2.imwrite(str(OUTLINE), outline())
    np.save(MESH, mesh(Path(sys.argv[1])))


if __name__ == "__main__":
    _main()
