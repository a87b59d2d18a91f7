"""Find everyone in one full picture, tile by tile, because the detector shrinks what it sees to 128 px."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cuetrack.people import boxes, engines
from cuetrack.people.body import SeenBody, read_body
from cuetrack.people.boxes import Box

_LEAST_SCORE = 0.5
_SURE_SCORE = 0.85  # below this a face must also be found by the mesh model: letters and door knobs are not
_SAME_FACE = 0.3
_CUT_OFF = 0.02  # a box that touches the inner edge of its tile is part of a face; share of the tile


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """Someone in the picture: boxes in px of the full frame (None where not seen) and a detection score 0..1."""

    face_box_px: Box | None
    body_box_px: Box | None
    score: float

    @property
    def centre_px(self) -> tuple[float, float]:
        """Middle of the face, or of the body where no face is seen."""
        box = self.face_box_px or self.body_box_px
        return box.centre if box else (float("nan"), float("nan"))


class Finder:
    """Finds faces on full pictures in 1-2 ms a tile; the same picture gives the same answer, whatever came before."""

    def __init__(self) -> None:
        self._detector = engines.face_detector(least_score=_LEAST_SCORE)
        self._mesh = engines.face_landmarker(faces=1, video=False)

    def faces(self, rgb: engines.Pixels, *, expected: int = 2) -> list[FoundPerson]:
        """Return the faces in a picture, surest first; small tiles are searched while fewer than expected are found."""
        height, width = rgb.shape[:2]
        found: list[FoundPerson] = self._in(rgb, Box(0, 0, width, height))
        for share in (1.0, 0.5, 0.3):
            if share < 1 and len(found) >= expected:
                break
            for tile in _tiles(width, height, share * min(width, height)):
                found += self._in(rgb, tile)
            found = [p for p in _without_doubles(found) if self._is_face(rgb, p)]
        return found

    def _is_face(self, rgb: engines.Pixels, person: FoundPerson) -> bool:
        if person.score >= _SURE_SCORE or person.face_box_px is None:
            return True
        window = boxes.face_window(person.face_box_px).clipped((rgb.shape[1], rgb.shape[0]))
        return bool(self._mesh.detect(engines.image(window.cut(rgb))).face_landmarks)

    def _in(self, rgb: engines.Pixels, tile: Box) -> list[FoundPerson]:
        height, width = rgb.shape[:2]
        result = self._detector.detect(engines.image(tile.cut(rgb)))
        found = []
        for detection in result.detections:
            b = detection.bounding_box
            box = Box(b.origin_x, b.origin_y, b.origin_x + b.width, b.origin_y + b.height)
            edge = _CUT_OFF * tile.width
            inner = (
                (box.left < edge and tile.left > 0)
                or (box.top < edge and tile.top > 0)
                or (box.right > tile.width - edge and tile.right < width)
                or (box.bottom > tile.height - edge and tile.bottom < height)
            )
            if not inner:
                moved = Box(box.left + tile.left, box.top + tile.top, box.right + tile.left, box.bottom + tile.top)
                found.append(FoundPerson(moved, None, float(detection.categories[0].score)))
        return found

    def close(self) -> None:
        """Free the engine."""
        self._detector.close()
        self._mesh.close()


def find_people(rgb: engines.Pixels, *, bodies: bool = True) -> list[FoundPerson]:
    """Return everyone seen in one full, upright RGB picture, (height, width, 3) uint8, from left to right.

    With `bodies`, the body of each face is looked for too, and, where no face is seen at all, a body in either half
    and in the whole picture. Raises ModelError where the model files or a system library are missing.
    """
    finder = Finder()
    try:
        found = finder.faces(rgb)
    finally:
        finder.close()
    if bodies:
        found = _with_bodies(rgb, found)
    return sorted(found, key=lambda p: p.centre_px[0])


def _with_bodies(rgb: engines.Pixels, found: list[FoundPerson]) -> list[FoundPerson]:
    height, width = rgb.shape[:2]
    pose = engines.pose_landmarker("lite", video=False)
    try:
        faces = [p.face_box_px for p in found if p.face_box_px]
        with_body = []
        for person in found:
            face = person.face_box_px
            if face is None:
                continue
            window = boxes.body_window(face, [f for f in faces if f is not face]).clipped((width, height))
            body = read_body(pose, rgb, window, None)
            own = body is not None and body.belongs_to(face)
            with_body.append(replace(person, body_box_px=_outline(body) if body and own else None))
        if with_body:
            return with_body
        views = [Box(0, 0, width / 2, height), Box(width / 2, 0, width, height), Box(0, 0, width, height)]
        for window in (t.clipped((width, height)) for t in views):
            body = read_body(pose, rgb, window, None)
            if body is not None and body.confidence > 0.5:
                outline = _outline(body)
                if all(outline.overlap(p.body_box_px) < _SAME_FACE for p in with_body if p.body_box_px):
                    with_body.append(FoundPerson(None, outline, body.confidence))
        return with_body
    finally:
        pose.close()


def _outline(body: SeenBody) -> Box:
    seen = body.visibility > 0.5
    return boxes.around(body.points_px[seen] if seen.any() else body.points_px)


def _tiles(width: int, height: int, side: float) -> list[Box]:
    """Return square tiles of about this side that cover the picture, each overlapping its neighbour by half or more."""
    side = int(side)
    return [Box(x, y, x + side, y + side) for y in _starts(height, side) for x in _starts(width, side)]


def _starts(length: int, side: int) -> list[int]:
    steps = max(0, int(np.ceil((length - side) / (side / 2))))
    return [round(i * (length - side) / steps) for i in range(steps + 1)] if steps else [0]


def _without_doubles(found: list[FoundPerson]) -> list[FoundPerson]:
    """Keep the surest of boxes that show the same face."""
    kept: list[FoundPerson] = []
    for person in sorted(found, key=lambda p: -p.score):
        if all(not _same(person.face_box_px, k.face_box_px) for k in kept):
            kept.append(person)
    return kept


def _same(a: Box | None, b: Box | None) -> bool:
    if a is None or b is None:
        return False
    (ax, ay), (bx, by) = a.centre, b.centre
    near = max(abs(ax - bx), abs(ay - by)) < 0.5 * max(a.width, b.width)
    return near or a.overlap(b) > _SAME_FACE
