"""Follow one person from frame to frame: face, body, chest and motion, each on that person's own window."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cuetrack.media.frames import Frame
from cuetrack.people import appearance, boxes, headpose, likeness, torso
from cuetrack.people.bareness import bareness
from cuetrack.people.body import BodyEngine, SeenBody
from cuetrack.people.boxes import Box
from cuetrack.people.clarity import clarity
from cuetrack.people.cores import on_core
from cuetrack.people.engines import Pixels
from cuetrack.people.face import FaceEngine, SeenFace
from cuetrack.people.tracks import FACE_POINTS

Floats = npt.NDArray[np.float32]

_KEPT = list(FACE_POINTS)
_LOST_S = 1.0  # neither face nor body for so long: lost
_SEEN_LATELY_S = 0.4
_LOOK_EVERY_S = 0.5
_READABLE_EVERY_S = 0.2
_JUMP = 1.2  # face sizes between two samples: not the same person


@dataclass(frozen=True, slots=True)
class Sample:
    """One sampled picture with what all followers share of it; `number` counts samples of a part.

    `small` is there where the torso is wanted, `small_before` is that of the last such sample.
    """

    number: int
    time_s: float
    frame: Frame
    wants_body: bool
    small: Pixels | None
    small_before: Pixels | None
    cut: bool
    mirrored: bool

    @property
    def wants_torso(self) -> bool:
        """Whether chest and motion are read from it."""
        return self.small is not None

    @property
    def rgb(self) -> Pixels:
        """The picture, turned about if the recording is a mirror image."""
        return np.ascontiguousarray(self.frame.rgb[:, ::-1]) if self.mirrored else self.frame.rgb

    @property
    def luma(self) -> Pixels:
        """Its brightness, turned about if the recording is a mirror image."""
        return np.ascontiguousarray(self.frame.luma[:, ::-1]) if self.mirrored else self.frame.luma


@dataclass(slots=True)
class Row:
    """What one sample gave; None where nothing was seen. `tracklet` is -1 while nobody is followed.

    `readable` is 0..1: how far what is read from the face can be believed, by clarity and bareness.
    """

    number: int
    tracklet: int
    head: Box | None = None
    face: Box | None = None
    points_px: Floats | None = None
    blendshapes: Floats | None = None
    pose_px: Floats | None = None
    patch: npt.NDArray[np.uint8] | None = None
    readable: float = 0.0
    look: Floats | None = None
    body: SeenBody | None = None
    chest_y_px: float = math.nan
    shoulder_px: float = math.nan
    energy: float = math.nan
    chest_quality: float = 0.0


class PersonFollower:
    """Follows whoever it was started on until they are lost; rows pile up in `rows`. `core`: see `cores`."""

    def __init__(self, frame_size_px: tuple[int, int], body_model: str, core: int | None = None) -> None:
        self.size_px = frame_size_px
        self.head: Box | None = None
        self.rows: list[Row] = []
        self.tracklet = -1
        self.others: list[Box] = []
        self.last_face_s = self.last_seen_s = -math.inf
        self._body_model = body_model
        self._core = core
        with on_core(core):
            self._face_engine = FaceEngine()
            self._body_engine = BodyEngine(body_model)
        self._body_is_new = True
        self._reset()

    def _reset(self) -> None:
        self._face_window: Box | None = None
        self._body_window: Box | None = None
        self._body: SeenBody | None = None
        self._chest = torso.Chest()
        self._restart = True
        self._look_s = self._read_s = -math.inf
        self._readable = 0.0

    @property
    def active(self) -> bool:
        """Whether someone is being followed."""
        return self.head is not None

    def start(self, head: Box, tracklet: int, time_s: float) -> None:
        """Begin to follow whoever has this face."""
        if not self._body_is_new:  # a tracker of poses carries its past along
            self._body_engine.close()
            with on_core(self._core):
                self._body_engine = BodyEngine(self._body_model)
            self._body_is_new = True
        self._reset()
        self.head, self.tracklet = head, tracklet
        self.last_face_s = time_s
        self.last_seen_s = time_s - _SEEN_LATELY_S

    def stop(self) -> None:
        """Give up following."""
        self.head, self.tracklet = None, -1

    def read(self, samples: list[Sample]) -> None:
        """Read samples in order and add a row for each."""
        with on_core(self._core):
            for sample in samples:
                self.rows.append(self._row(sample) if self.active else Row(sample.number, -1))

    def close(self) -> None:
        """Free the engines."""
        self._face_engine.close()
        self._body_engine.close()

    def _row(self, sample: Sample) -> Row:
        assert self.head is not None
        if sample.cut:
            self._restart = True
        row = Row(sample.number, self.tracklet)
        rgb = sample.rgb
        face = self._read_face(rgb, sample)
        if sample.wants_body:
            row.body = self._read_body(rgb, sample)
        if face is not None:
            self.head = row.face = face.box
            self.last_face_s = self.last_seen_s = sample.time_s
            row.points_px, row.blendshapes = face.mesh_px[_KEPT], face.blendshapes
            row.pose_px = headpose.fitted_points(face.mesh_px)
            row.patch = likeness.patch(rgb, face.mesh_px)
            if sample.time_s - self._read_s >= _READABLE_EVERY_S:
                luma = sample.luma
                self._readable = clarity(luma, face.box) * bareness(rgb, luma, face.mesh_px)
                self._read_s = sample.time_s
            row.readable = self._readable
            if sample.time_s - self._look_s >= _LOOK_EVERY_S:
                row.look, self._look_s = appearance.describe(rgb, face.box), sample.time_s
        elif row.body is not None:
            self.head = self.head.moved_to(row.body.head.centre)
            self.last_seen_s = sample.time_s
        row.head = self.head
        seen_lately = sample.time_s - self.last_seen_s < _SEEN_LATELY_S
        if sample.wants_torso and seen_lately:
            self._read_torso(row, sample)
        if sample.time_s - self.last_seen_s > _LOST_S:
            self.stop()
        return row

    def _read_face(self, rgb: Pixels, sample: Sample) -> SeenFace | None:
        assert self.head is not None
        if self._face_window is None or not boxes.still_fits(self._face_window, self.head):
            self._face_window = boxes.face_window(self.head)
        window = self._face_window.clipped(self.size_px)
        if min(window.width, window.height) < 16:
            return None
        head, reach = self.head, _JUMP * max(self.head.width, self.head.height)
        faces = self._face_engine.read(rgb, window, round(sample.time_s * 1000))
        near = [(math.dist(f.box.centre, head.centre), i) for i, f in enumerate(faces)]
        near = [n for n in near if n[0] < reach and 0.4 < faces[n[1]].box.width / head.width < 2.5]
        return faces[min(near)[1]] if near else None

    def _read_body(self, rgb: Pixels, sample: Sample) -> SeenBody | None:
        assert self.head is not None
        wanted = boxes.body_window(self.head, self.others)
        if self._body_window is None or _moved(self._body_window, wanted) > 0.7 * self.head.width:
            self._body_window = wanted
        window = self._body_window.clipped(self.size_px)
        if min(window.width, window.height) < 32:
            return None
        self._body_is_new = False
        body = self._body_engine.read(rgb, window, round(sample.time_s * 1000))
        seen = body is not None and body.confidence > 0.5 and body.belongs_to(self.head)
        self._body = body if seen else None
        return self._body

    def _read_torso(self, row: Row, sample: Sample) -> None:
        assert self.head is not None
        shoulders = self._body.shoulders_px if self._body is not None else None
        guessed = shoulders is None
        if shoulders is None:
            shoulders = torso.shoulders_below(self.head)
        row.chest_y_px, quality = self._chest.read(sample.luma, shoulders, sample.time_s, restart=self._restart)
        row.chest_quality = quality * (0.6 if guessed else 1.0)
        row.shoulder_px = torso.shoulder_width(shoulders)
        self._restart = False
        if sample.small is not None and sample.small_before is not None and not sample.cut:
            scale = sample.small.shape[1] / self.size_px[0]
            wide = boxes.body_window(self.head, self.others)
            small = Box(wide.left * scale, wide.top * scale, wide.right * scale, wide.bottom * scale)
            small = small.clipped((sample.small.shape[1], sample.small.shape[0]))
            row.energy = torso.motion_energy(small.cut(sample.small), small.cut(sample.small_before))


def _moved(a: Box, b: Box) -> float:
    return max(abs(a.left - b.left), abs(a.right - b.right), abs(a.top - b.top), abs(a.bottom - b.bottom))
