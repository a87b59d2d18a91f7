"""Eye-in-head direction and lid closure from mesh points and blendshapes; used by the cue gaze."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cuetrack.people import features, filters, rotation
from cuetrack.people.tracks import FaceTrack

Floats = npt.NDArray[np.float64]

# Per eye: corner on the picture's left, corner on the picture's right, iris centre, upper lid pair, lower lid pair.
_EYES = ((33, 133, 468, (160, 158), (144, 153)), (362, 263, 473, (385, 387), (380, 373)))
_FISSURE_MM, _EYEBALL_MM = 30.0, 12.0
_YAW_PER_SHAPE = 40.0
# Degrees of eye pitch per unit of iris offset over eye width, of eyeLookDown - eyeLookUp, and of what moves these two
# although the eye stays still: head pitch in degrees, eyeSquint, brow height over eye distance. Fitted on rendered
# faces with everything moving at once; leaving any of them out lowered r on clips that were not fitted.
_PITCH_PER_OFFSET, _PITCH_PER_SHAPE, _PITCH_PER_HEAD, _PITCH_PER_SQUINT, _PITCH_PER_BROW = 265.0, 30.0, 0.8, 28.0, 56.0


@dataclass(frozen=True, slots=True)
class Eyes:
    """What both eyes did: angles in the head in degrees, how far apart the two were read, lid opening over eye width,
    closure 0..1. All (n,).
    """

    yaw_deg: Floats
    pitch_deg: Floats
    apart_deg: Floats
    opening: Floats
    closure: Floats


def measure(face: FaceTrack) -> Eyes:
    """Return eye angles (yaw positive to the person's own left, pitch positive down) and lid closure.

    Yaw is the mean of two readings: the iris' offset from the middle of the eye corners, in a face turned back by its
    head pose, over the eye's width (30 mm wide, 12 mm to the pupil), and the eyeLook blendshapes. Pitch adds the
    offset downward and eyeLookDown - eyeLookUp, both corrected for head pitch, squint and brows, against their own
    median: the lids follow the gaze, so neither is enough by itself.
    """
    each = np.array([_one_eye(face, *eye) for eye in _EYES])
    across, down, opening = each.mean(axis=0)
    time = np.asarray(face.time_s, dtype=np.float64)

    def shape(name: str) -> Floats:
        return np.asarray(face.shape(name), dtype=np.float64)

    yaw = _turned(across)
    outward, inward = (
        shape("eyeLookOutLeft") - shape("eyeLookInLeft"),
        shape("eyeLookInRight") - shape("eyeLookOutRight"),
    )
    _, head_pitch, _ = rotation.angles(rotation.rotations(face.matrix))
    pitch = (
        _PITCH_PER_OFFSET * down
        + _PITCH_PER_SHAPE * (shape("eyeLookDown") - shape("eyeLookUp"))
        + _PITCH_PER_HEAD * head_pitch
        + _PITCH_PER_SQUINT * shape("eyeSquint")
        + _PITCH_PER_BROW * features.measure(face).brow_gap
    )
    closed = closure(time, opening, shape("eyeBlink"))
    pitch = np.clip(pitch - filters.middle(np.where(closed < 0.3, pitch, np.nan)), -60, 60)
    apart = _turned(each[0, 0]) - _turned(each[1, 0])
    return Eyes(0.5 * (yaw + _YAW_PER_SHAPE * 0.5 * (outward + inward)), pitch, apart, opening, closed)


def _turned(offset: Floats) -> Floats:
    """Return the angle in degrees of an iris this share of the eye's width beside its middle."""
    return np.asarray(np.degrees(np.arcsin(np.clip(offset * _FISSURE_MM / _EYEBALL_MM, -0.95, 0.95))))


def _one_eye(
    face: FaceTrack, left: int, right: int, iris: int, upper: tuple[int, int], lower: tuple[int, int]
) -> tuple[Floats, Floats, Floats]:
    """Return iris offset across and down, and lid opening, all over the eye's width."""
    p = rotation.unrotated(face, (left, right, iris, *upper, *lower))[:, :, :2]
    axis = p[:, 1] - p[:, 0]
    size = np.maximum(np.linalg.norm(axis, axis=1), 1e-6)
    along = axis / size[:, None]
    normal = np.stack([along[:, 1], -along[:, 0]], axis=1)
    offset = p[:, 2] - (p[:, 0] + p[:, 1]) / 2
    lids = np.linalg.norm(p[:, 3:5] - p[:, 5:7], axis=2).mean(axis=1)
    return np.sum(offset * along, axis=1) / size, np.sum(offset * normal, axis=1) / size, lids / size


def closure(time_s: npt.ArrayLike, opening: Floats, blink: Floats) -> Floats:
    """Return how far the lids are closed, 0 as usual for this person and 1 shut, (n,).

    Opening is read against its own usual within 10 s, eyeBlink between its usual and its own largest rise: peaks of
    the blendshape differ between people (.37-.55 measured), so a fixed threshold misses blinks.
    """
    usual = filters.level(time_s, opening, 10.0, 0.7)
    from_points = 1.0 - opening / np.maximum(usual, 1e-6)
    rest = filters.level(time_s, blink, 10.0, 0.3)
    rise = blink - rest
    largest = float(np.clip(filters.middle(rise, 0.995), 0.25, 0.8))
    return np.clip(0.5 * (from_points / 0.8) + 0.5 * rise / largest, 0.0, 1.0)
