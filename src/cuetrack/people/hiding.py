"""Where heads are in a recording, covering them, and looking whether a face can still be found.

heads = seen_heads(path, tracks)            # detector and stored tracks together
covered = heads.cover(frame.rgb, time_s)    # boxes of everyone near that time, made coarse
left, frames = faces_left(copy, heads)      # {} when nothing finds a face any more
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from cuetrack.people import boxes, engines
from cuetrack.people.boxes import Box
from cuetrack.people.find import Finder
from cuetrack.people.tracks import BodyTrack, FaceTrack

Pixels = engines.Pixels
Progress = Callable[[float], None]

LOOK_HZ = 8.0
"""How often the whole picture is searched before covering; the check afterwards looks at every frame."""
_NEAR_S = 0.35  # a head seen at one time is covered so long before and after
_LEAST_SCORE = 0.5
_MESH_EVERY, _TILES_EVERY = 5, 25  # frames between two looks through the slow eyes of the check
_GROWN = (1.7, 2.1)  # covered width and height in face boxes: hair, ears, chin
_CELLS = 4
_SAME_HEAD = 0.1  # overlap from which boxes of neighbouring times are one head
_HEAD_POINTS = range(11)  # MediaPipe pose: nose, eyes, ears, mouth


class Heads:
    """Boxes of heads by time, in px of the upright picture, and how strongly each is covered.

    What `add` puts in is covered larger and by one flat colour: it is for what a look at the covered copy still found.
    """

    def __init__(self, seen: Iterable[tuple[float, Box]] = ()) -> None:
        self._seen = [(time_s, _grown(box, *_GROWN), False) for time_s, box in seen]
        self._sort()

    def add(self, left: Mapping[float, list[Box]], *, growth: float) -> None:
        """Take in faces that were still found, by time."""
        for time_s, found in left.items():
            self._seen += [(time_s, _grown(box, growth * _GROWN[0], growth * _GROWN[1]), True) for box in found]
        self._sort()

    def near(self, time_s: float) -> list[tuple[Box, bool]]:
        """Return what is covered at a time: the box, and whether by one flat colour."""
        low, high = np.searchsorted(self._times, (time_s - _NEAR_S, time_s + _NEAR_S))
        return [(box, flat) for _, box, flat in self._seen[low:high]]

    def cover(self, rgb: Pixels, time_s: float) -> Pixels:
        """Return a copy of a picture, (height, width, 3), with every head near that time covered."""
        import cv2

        out = rgb.copy()
        size = (rgb.shape[1], rgb.shape[0])
        for whole, flat in _merged(self.near(time_s)):
            box = whole.clipped(size)
            part = box.cut(out)
            if not part.size:
                continue
            cells = 1 if flat else _CELLS
            coarse = cv2.resize(part, (cells, cells), interpolation=cv2.INTER_AREA)
            part[:] = cv2.resize(coarse, (part.shape[1], part.shape[0]), interpolation=cv2.INTER_NEAREST)
        return out

    def _sort(self) -> None:
        self._seen.sort(key=lambda s: s[0])
        self._times = np.array([s[0] for s in self._seen])


def seen_heads(
    path: Path,
    tracks: Mapping[str, Mapping[str, Any]],
    to_file_s: Callable[[Any], Any],
    *,
    progress: Progress = lambda done: None,
    duration_s: float = 0.0,
) -> Heads:
    """Return every head in a recording: found in the picture, and where the stored tracks have faces and bodies.

    `tracks` may be empty; `to_file_s` turns their session times into the file's own.
    """
    from cuetrack.media.frames import FrameReader

    found: list[tuple[float, Box]] = []
    for track in tracks.get("face", {}).values():
        found += _of_face(track, to_file_s)
    for track in tracks.get("body", {}).values():
        found += _of_body(track, to_file_s)
    finder = Finder()
    try:
        for frame in FrameReader(path, {"look": LOOK_HZ}):
            found += [(frame.time_s, p.face_box_px) for p in finder.faces(frame.rgb) if p.face_box_px]
            progress(min(1.0, frame.time_s / max(duration_s, 1e-3)))
    finally:
        finder.close()
    return Heads(found)


def faces_left(
    path: Path, heads: Heads, *, progress: Progress = lambda done: None, duration_s: float = 0.0
) -> tuple[dict[float, list[Box]], int]:
    """Return the faces that can still be found in a recording by time, and how many frames were looked at.

    Every frame: the face detector on the whole picture and on tiles of its height. Every fifth: the mesh model on the
    surroundings of each covered head. Every 25th: small tiles all over.
    """
    from cuetrack.media.frames import FrameReader

    left: dict[float, list[Box]] = {}
    frames = 0
    finder, mesh = Finder(), engines.face_landmarker(faces=1, video=False)
    try:
        for number, frame in enumerate(FrameReader(path, {"all": None})):
            expected = 2 if number % _TILES_EVERY == 0 else 0
            found = [p.face_box_px for p in finder.faces(frame.rgb, expected=expected) if p.face_box_px]
            if number % _MESH_EVERY == 0:
                found += _meshed(mesh, frame.rgb, [box for box, _ in heads.near(frame.time_s)])
            if found:
                left[frame.time_s] = found
            frames = number + 1
            progress(min(1.0, frame.time_s / max(duration_s, 1e-3)))
    finally:
        finder.close()
        mesh.close()
    return left, frames


def _meshed(mesh: Any, rgb: Pixels, covered: list[Box]) -> list[Box]:
    """Return faces that the mesh model finds around covered places."""
    size, found = (rgb.shape[1], rgb.shape[0]), []
    for box, _ in _merged([(b, False) for b in covered]):
        window = _grown(box, 1.5, 1.5).clipped(size)
        if window.width < 8 or window.height < 8:
            continue
        for points in mesh.detect(engines.image(window.cut(rgb))).face_landmarks:
            xy = np.array([(p.x * window.width + window.left, p.y * window.height + window.top) for p in points])
            found.append(boxes.around(xy))
    return found


def _of_face(track: FaceTrack, to_file_s: Callable[[Any], Any]) -> list[tuple[float, Box]]:
    seen = (track.confidence > 0) & np.isfinite(track.points_px[:, :, :2]).all(axis=(1, 2))
    times = to_file_s(track.time_s[seen])
    return [(float(t), boxes.around(points)) for t, points in zip(times, track.points_px[seen], strict=True)]


def _of_body(track: BodyTrack, to_file_s: Callable[[Any], Any]) -> list[tuple[float, Box]]:
    """Return heads by the body's points, for times when a face is turned away."""
    points = track.points_px[:, list(_HEAD_POINTS), :2]
    seen = (track.confidence > 0) & np.isfinite(points).all(axis=(1, 2))
    shoulders = np.abs(track.points_px[:, 11, 0] - track.points_px[:, 12, 0])
    found = []
    for t, head, wide in zip(to_file_s(track.time_s[seen]), points[seen], shoulders[seen], strict=True):
        box = boxes.around(head)
        side = max(box.width, 0.35 * wide if math.isfinite(wide) else 0.0, 1.0)
        x, y = box.centre
        found.append((float(t), Box(x - side / 2, y - side / 2, x + side / 2, y + side / 2)))
    return found


def _grown(box: Box, wide: float, high: float) -> Box:
    x, y = box.centre
    return Box(x - box.width * wide / 2, y - box.height * high / 2, x + box.width * wide / 2, y + box.height * high / 2)


def _merged(covered: list[tuple[Box, bool]]) -> list[tuple[Box, bool]]:
    """Join boxes of the same head into one around them, so that neighbouring times do not show through each other."""
    joined: list[tuple[Box, bool]] = []
    for box, flat in covered:
        same = [k for k in joined if box.overlap(k[0]) > _SAME_HEAD]
        all_of_it = [box, *(b for b, _ in same)]
        around = Box(
            min(b.left for b in all_of_it),
            min(b.top for b in all_of_it),
            max(b.right for b in all_of_it),
            max(b.bottom for b in all_of_it),
        )
        joined = [*(k for k in joined if k not in same), (around, flat or any(f for _, f in same))]
    return joined
