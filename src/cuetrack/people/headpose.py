"""Head pose from the face mesh: the turn of the head against the line of sight, wherever the face is in the picture.

MediaPipe's own 4x4 matrix takes the crop for the whole camera image: on one clip, moving nothing but the crop by 300 px
changed its yaw from -2.5 to 6.8 degrees; here it stays within 1.8 to 2.3. The canonical face that lies in the model
bundle is fitted to the mesh by a weighted similarity (Umeyama 1991) with MediaPipe's weights, less jaw and nose
wings, which speech and smiles move: on two rendered people an open jaw changes pitch by 1.2 and 0.3 degrees
(MediaPipe 1.8, 0.9), a full smile by 2.2 and 1.2 (2.5, 1.2), a lowered brow by 3; yaw and pitch come back with gain
0.9 to 1.06. 0 means the face points at the lens. Distance assumes MediaPipe's 63 degrees of upright view.
"""

from __future__ import annotations

import math
import struct
import zipfile
from collections.abc import Iterator
from functools import cache

import numpy as np
import numpy.typing as npt

from cuetrack.people import weights

_MOVED_BY_THE_MOUTH = frozenset({136, 365, 132, 361, 147, 376, 129, 358})
_UPRIGHT_VIEW_DEG = 63.0
_METADATA = "geometry_pipeline_metadata_landmarks.binarypb"

Floats = npt.NDArray[np.float64]


def fit(points_px: npt.NDArray[np.floating], frame_size_px: tuple[int, int]) -> Floats:
    """Return the (n, 4, 4) matrices from canonical face to camera in cm (x right, y up, z towards the camera).

    `points_px` holds the `fitted_points` of n meshes, (n, k, 3): x and y in px of the full frame, z in the same unit,
    away from the camera.
    """
    _, weight, canonical = canonical_face()
    seen = points_px.astype(np.float64) * (1.0, -1.0, -1.0)
    middle_seen, middle_canonical = np.einsum("k,nkj->nj", weight, seen), weight @ canonical
    a, b = canonical - middle_canonical, seen - middle_seen[:, None]
    u, size, vt = np.linalg.svd(np.einsum("nki,kj->nij", b * weight[:, None], a))
    sign = np.ones((len(seen), 3))
    sign[:, 2] = np.sign(np.linalg.det(u @ vt))
    turn = (u * sign[:, None]) @ vt
    px_per_cm = (size * sign).sum(axis=1) / (weight @ (a**2).sum(axis=1))
    origin_px = middle_seen - px_per_cm[:, None] * (turn @ middle_canonical)
    width, height = frame_size_px
    focal_px = height / (2 * math.tan(math.radians(_UPRIGHT_VIEW_DEG / 2)))
    matrix = np.tile(np.eye(4), (len(seen), 1, 1))
    matrix[:, :3, :3] = turn
    matrix[:, 0, 3] = (origin_px[:, 0] - width / 2) / px_per_cm
    matrix[:, 1, 3] = (origin_px[:, 1] + height / 2) / px_per_cm
    matrix[:, 2, 3] = -focal_px / px_per_cm
    return matrix


def fitted_points(mesh_px: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Return the points of a mesh (478, 3) that the head pose is fitted to, (k, 3)."""
    return mesh_px[canonical_face()[0]]


@cache
def canonical_face() -> tuple[npt.NDArray[np.int64], Floats, Floats]:
    """Return mesh indices (k,), weights that add up to 1 (k,) and canonical points in cm (k, 3), from the bundle."""
    with zipfile.ZipFile(weights.find("face_landmarker.task")) as bundle:
        top = list(_fields(bundle.read(_METADATA)))
    vertices = b"".join(
        value for number, value in _fields(_bytes(top[0][1])) if number == 3 and isinstance(value, bytes)
    )
    points = np.frombuffer(vertices, dtype="<f4").reshape(-1, 5)[:, :3].astype(np.float64)
    basis = [dict(_fields(_bytes(value))) for number, value in top if number == 2]
    chosen = {int(b[1]): struct.unpack("<f", _bytes(b[2]))[0] for b in basis if int(b[1]) not in _MOVED_BY_THE_MOUTH}
    index = np.array(list(chosen), dtype=np.int64)
    weight = np.array(list(chosen.values()))
    return index, weight / weight.sum(), points[index]


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ValueError(f"{_METADATA}: expected a message, got a number")
    return value


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield (field number, value) of a protobuf message: varints as int, all else as bytes."""
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
            continue
        size = {1: 8, 5: 4}.get(key & 7) or varint()
        yield key >> 3, message[at : at + size]
        at += size
