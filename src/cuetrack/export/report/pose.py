"""A drawing of where a person's body and face points lay at one time, read from the tracks without any picture."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cuetrack.errors import CuetrackError
from cuetrack.export.report.svg import Drawing, Floats
from cuetrack.people import tracks
from cuetrack.people.shelf import read_part, unpack_px

_LIMBS = ((11, 12), (11, 13), (13, 15), (12, 14), (14, 16), (11, 23), (12, 24), (23, 24), (15, 19), (16, 20))
_JOINTS = (11, 12, 13, 14, 15, 16, 23, 24)
_RINGS = (
    tracks.OVAL, tracks.RIGHT_EYE, tracks.LEFT_EYE, tracks.RIGHT_BROW, tracks.LEFT_BROW, tracks.LIPS[:20],
    tracks.LIPS[20:],
)  # fmt: skip
_COLUMN = {index: column for column, index in enumerate(tracks.FACE_POINTS)}
_SURE, _NEAR_S, _SIZE = 0.5, 1.0, 190.0
_PART_S = 300.0


@dataclass(frozen=True, slots=True)
class Posture:
    """One person's points at one time: `body_px` (33, 2) and `usual_px` (33, 2) the median of minutes around, NaN where
    unsure; `face_px` (points, 2), NaN without a face; `view` which picture they are from."""

    body_px: Floats
    usual_px: Floats
    face_px: Floats
    view: int


class Shelf:
    """The stored picture tracks of a session, opened a part at a time; a damaged or absent part gives nothing."""

    def __init__(self, folder: Path) -> None:
        self._paths = sorted(folder.glob("view*-*.npz"))
        self._open: tuple[Path, Mapping[str, npt.NDArray[Any]], Mapping[str, Any]] | None = None

    def posture(self, person: str, time_s: float) -> Posture | None:
        """Return where a person's points lay at a time, None where they were not seen within a second."""
        for path in self._near(time_s):
            arrays, about = self._part(path)
            if person not in about.get("people", ()):
                continue
            found = _posture(
                arrays, about, about["people"].index(person), time_s, int(path.name[4 : path.name.index("-")])
            )
            if found is not None:
                return found
        return None

    def _near(self, time_s: float) -> list[Path]:
        wanted = {f"{int(max(0.0, time_s + d) // _PART_S):04d}" for d in (-_NEAR_S, 0.0, _NEAR_S)}
        return [p for p in self._paths if p.stem.rsplit("-", 1)[-1] in wanted]

    def _part(self, path: Path) -> tuple[Mapping[str, npt.NDArray[Any]], Mapping[str, Any]]:
        if self._open is None or self._open[0] != path:
            try:
                self._open = (path, *read_part(path))
            except CuetrackError:
                self._open = (path, {}, {})
        return self._open[1], self._open[2]


def _posture(
    arrays: Mapping[str, npt.NDArray[Any]], about: Mapping[str, Any], number: int, time_s: float, view: int
) -> Posture | None:
    size = (int(about["frame_size_px"][0]), int(about["frame_size_px"][1]))
    body = _nearest(arrays.get(f"p{number}/body/time_s"), time_s)
    face = _nearest(arrays.get(f"p{number}/face/time_s"), time_s)
    if body is None and face is None:
        return None
    now = usual = np.full((33, 2), np.nan)
    if body is not None:
        points = unpack_px(arrays[f"p{number}/body/points_px"], size)[:, :, :2].astype(np.float64)
        points[arrays[f"p{number}/body/visibility"] < _SURE] = np.nan
        now = points[body]
        often = np.isfinite(points[:, :, 0]).mean(axis=0) > 0.5
        usual = np.where(often[:, None], np.nanmedian(np.where(often[None, :, None], points, 0.0), axis=0), np.nan)
    skin = np.full((len(tracks.FACE_POINTS), 2), np.nan)
    if face is not None and arrays[f"p{number}/face/confidence"][face] > 0:
        skin = unpack_px(arrays[f"p{number}/face/points_px"][face], size)[:, :2].astype(np.float64)
    if not (np.isfinite(now).any() or np.isfinite(skin).any()):
        return None
    return Posture(now, usual, skin, view)


def _nearest(time: npt.NDArray[Any] | None, at_s: float) -> int | None:
    if time is None or not len(time):
        return None
    index = int(np.abs(time - at_s).argmin())
    return index if abs(float(time[index]) - at_s) <= _NEAR_S else None


def draw_posture(posture: Posture, person: str, who: int, said: str) -> str:
    """Draw a posture over the person's usual one: lines between joints, and the outlines of the face."""
    upper = np.concatenate([posture.body_px[[*_JOINTS[:6]]], posture.usual_px[[11, 12]], posture.face_px])
    seen = upper[np.isfinite(upper).all(axis=1)]
    low, high = seen.min(axis=0), seen.max(axis=0)
    span = float(max(high - low)) * 1.16 or 1.0
    middle = (low + high) / 2
    drawing = Drawing(_SIZE, _SIZE, f"{person}: body and face points {said}, over the usual posture", "pose")

    def place(points: Floats) -> Floats:
        return np.asarray((points - middle) / span * _SIZE + _SIZE / 2)

    for points, css in ((posture.usual_px, "ghost"), (posture.body_px, f"line{who} thick")):
        at = place(points)
        for a, b in _LIMBS:
            if np.isfinite(at[[a, b]]).all():
                drawing.line(at[a, 0], at[a, 1], at[b, 0], at[b, 1], css)
    joints = place(posture.body_px)[list(_JOINTS)]
    drawing.dots(joints[:, 0], joints[:, 1], 3.2, f"fill{who}")
    face = place(posture.face_px)
    for ring in _RINGS:
        at = face[[_COLUMN[i] for i in ring]]
        if np.isfinite(at).all():
            drawing.curve(at[:, 0], at[:, 1], f"line{who} thin", closed=True)
    return str(drawing)


def face_box(posture: Posture, frame: Sequence[int]) -> tuple[int, int, int, int] | None:
    """Return left, top, right and bottom px of a square around the face, None where no face was seen."""
    seen = posture.face_px[np.isfinite(posture.face_px).all(axis=1)]
    if not len(seen):
        return None
    low, high = seen.min(axis=0), seen.max(axis=0)
    half = 0.75 * float(max(high - low))
    x, y = (low + high) / 2
    height, width = int(frame[0]), int(frame[1])
    box = (max(0, int(x - half)), max(0, int(y - half)), min(width, int(x + half)), min(height, int(y + half)))
    return box if box[2] - box[0] >= 8 and box[3] - box[1] >= 8 else None


def thumbnail(picture: npt.NDArray[np.uint8], box: tuple[int, int, int, int], *, side: int = 128) -> str:
    """Return a crop of an RGB picture, at most `side` px, as the address of an inline PNG."""
    left, top, right, bottom = box
    crop = picture[top:bottom, left:right]
    step = max(1, -(-max(crop.shape[:2]) // side))
    height, width = crop.shape[0] // step, crop.shape[1] // step
    small = crop[: height * step, : width * step].reshape(height, step, width, step, 3).mean(axis=(1, 3))
    return "data:image/png;base64," + base64.b64encode(_png(small.astype(np.uint8))).decode()


def _png(rgb: npt.NDArray[np.uint8]) -> bytes:
    """Return an RGB picture as PNG: signature, header, one compressed block of unfiltered rows, end."""
    height, width, _ = rgb.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), rgb.reshape(height, -1)], axis=1)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows.tobytes(), 9))
        + chunk(b"IEND", b"")
    )
