"""How much a person moves, and hands at the face or the other arm."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cuetrack import tables
from cuetrack.cues.registry import cue
from cuetrack.people import arms, features, filters
from cuetrack.people.tracks import BodyTrack, FaceTrack, SceneTrack, TorsoTrack
from cuetrack.terms import Signal

_BODY = (0, 11, 12)
_ARMS = (13, 14, 15, 16)


@cue(
    version="3",
    signals=(
        Signal("motion_sw_per_s", "sw/s", 0, 50, "more movement of head, shoulders and arms", noise=0.03),
        Signal("hand_motion_sw_per_s", "sw/s", 0, 50, "faster hands", noise=0.05),
        Signal("motion_energy", "", 0, 1, "more of the person's picture changing", noise=0.005),
        Signal("self_touch", "", 0, 1, "a hand likely at the face or the other arm", noise=0.05),
        Signal("hand_over_face", "", 0, 1, "something likely in front of the lower face", noise=0.05),
    ),
    spans=("self_touch", "hand_over_face"),
)
def gesture(
    body: BodyTrack,
    torso: TorsoTrack | None = None,
    face: FaceTrack | None = None,
    scene: SceneTrack | None = None,
    *,
    smooth_s: float = 0.1,
    near_faces: float = 0.25,
    least_s: float = 0.5,
    likeness_drop: float = 0.65,
    light_step: float = 0.05,
    light_change: float = 0.12,
    hand_hz: float = 3.0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure body, hand and pixel motion, self-touch, and a hand over the face.

    Motion is the mean speed of nose, shoulders and believed arm landmarks in shoulder widths per second, each less its
    own jitter floor; hand motion only of believed wrists and from `hand_hz` bodies a second on, else NaN: hands go
    there and back two or three times a second (at 2.5 bodies a second r with the truth was .67, at 3.75 .89, see
    docs/rates-hands.md). Motion energy is the share of the person's pixels
    that changed, NaN for the moment in which the light steps by `light_step` or more. Self-touch is a believed hand
    within `near_faces` face heights of the face, or at the other forearm, for `least_s`. Hand over face is a shut mouth
    whose surroundings look unlike the person's own by `likeness_drop` below usual for `least_s`, NaN while the light
    is more than `light_change` off its usual, when everything looks unlike. Confidence is the body's. Method: motion
    energy analysis (Ramseyer & Tschacher 2011).
    """
    time = np.asarray(body.time_s, dtype=np.float64)
    unit = max(arms.shoulder_px(body), 1e-6)
    speeds = {i: _speed(time, body.points_px[:, i, :2].astype(np.float64) / unit, smooth_s) for i in (*_BODY, *_ARMS)}
    believed = {i: arms.seen(body, i) for i in _ARMS}
    moving = [speeds[i] for i in _BODY] + [np.where(believed[i], speeds[i], np.nan) for i in _ARMS]
    often = filters.rate_hz(time) >= hand_hz
    wrists = [np.where(believed[i] & often, speeds[i], np.nan) for i in (arms.LEFT_WRIST, arms.RIGHT_WRIST)]
    touch = _touch(time, body, face, near_faces, least_s)
    cover = _covered(time, face, scene, likeness_drop, light_change, least_s)
    samples = tables.samples(
        time,
        body.person,
        {
            "motion_sw_per_s": np.clip(_mean(moving), 0, 50),
            "hand_motion_sw_per_s": np.clip(_mean(wrists), 0, 50),
            "motion_energy": _energy(time, torso, scene, light_step),
            "self_touch": np.fmax(touch, cover),
            "hand_over_face": cover,
        },
        body.confidence,
    )
    rows = [
        {"start_s": a, "end_s": b, "person": body.person, "label": label, "source": "body"}
        for label, flag in (("self_touch", np.fmax(touch, cover)), ("hand_over_face", cover))
        for a, b in filters.spans_where(time, flag == 1, min_s=least_s, join_s=0.5)
    ]
    return samples, tables.spans(rows)


def _speed(time: filters.Floats, path: filters.Floats, smooth_s: float) -> filters.Floats:
    """Return the speed of a path (n, 2) less its jitter floor, the lower quarter of its speeds.

    The mean of the step before and the step after, not the step across both: that one is 0 for a hand that goes
    there and back meanwhile, as hands do twice a second and the body is looked at six times.
    """
    steady = np.stack([filters.smooth(time, column, smooth_s) for column in path.T], axis=1)
    gone = np.hypot(*np.diff(steady, axis=0).T) / np.maximum(np.diff(time), 1e-9)
    pace = _mean([np.append(np.nan, gone)[: len(time)], np.append(gone, np.nan)[: len(time)]])
    floor = filters.middle(pace, 0.25)
    above: filters.Floats = np.maximum(pace - (floor if np.isfinite(floor) else 0.0), 0.0)
    return above


def _mean(parts: list[filters.Floats]) -> filters.Floats:
    """Return the mean over parts of what is known, NaN where none is."""
    stack = np.stack(parts)
    known = np.isfinite(stack).sum(axis=0)
    return np.where(known > 0, np.nansum(stack, axis=0) / np.maximum(known, 1), np.nan)


def _energy(
    time: filters.Floats, torso: TorsoTrack | None, scene: SceneTrack | None, light_step: float
) -> filters.Floats:
    """Return the share of changed pixels at the body's times, without the sample of a light step."""
    if torso is None or len(torso.time_s) < 2:
        return np.full(time.shape, np.nan)
    energy = np.asarray(torso.energy, dtype=np.float64)
    # Light steps last one sample; no limb starts and stops within one.
    steady = filters.level(torso.time_s, energy, 2.0 / max(filters.rate_hz(torso.time_s), 1e-9))
    energy = np.where((energy > 0.5) & (energy > 4 * steady), np.nan, energy)
    if scene is not None and len(scene.time_s) > 1:
        luma = np.asarray(scene.luma, dtype=np.float64)
        step = np.abs(np.diff(luma, prepend=luma[:1])) / np.maximum(luma, 1.0)
        lit = np.interp(torso.time_s, scene.time_s, np.nan_to_num(step))
        energy = np.where(filters.level(torso.time_s, lit, 0.5, 1.0) >= light_step, np.nan, energy)
    return np.clip(np.interp(time, torso.time_s, energy), 0, 1)


def _touch(
    time: filters.Floats, body: BodyTrack, face: FaceTrack | None, near: float, least_s: float
) -> filters.Floats:
    """Return 1 where a believed hand is at the face or the other forearm, 0 where hands are elsewhere, else NaN."""
    p = body.points_px[:, :, :2].astype(np.float64)
    if face is not None and len(face.time_s) > 1:
        place = [
            np.stack([np.interp(time, face.time_s, face.at(i)[:, axis]) for axis in (0, 1)], axis=1)
            for i in (10, 152, 234, 454)
        ]
    else:
        # Without a mesh the face is taken from pose: ears apart, and as high as it is wide by a third more.
        ear = np.hypot(*(p[:, 7] - p[:, 8]).T)[:, None] * np.array([0.0, 0.65])
        place = [p[:, 0] - ear, p[:, 0] + ear, p[:, 8], p[:, 7]]
    top, bottom, one, other = place
    height = np.hypot(*(top - bottom).T)
    middle = (top + bottom) / 2
    half = np.stack([np.hypot(*(one - other).T) / 2, height / 2], axis=1)
    touch, known = np.zeros(time.shape, dtype=bool), np.zeros(time.shape, dtype=bool)
    for (hand, seen), elbow, wrist in zip(arms.hands(body), (14, 13), (16, 15), strict=True):
        outside = np.maximum(np.abs(hand - middle) - half, 0.0)
        at_face = np.hypot(*outside.T) < near * height
        at_arm = (_from_segment(hand, p[:, elbow], p[:, wrist]) < 0.5 * near * height) & arms.seen(body, wrist)
        touch |= seen & (at_face | at_arm)
        known |= seen & np.isfinite(height)
    held = filters.inside(time, filters.spans_where(time, touch, min_s=least_s, join_s=0.2))
    return np.where(held, 1.0, np.where(known, 0.0, np.nan))


def _from_segment(point: filters.Floats, a: filters.Floats, b: filters.Floats) -> filters.Floats:
    """Return the distance of points (n, 2) from segments a-b."""
    along = b - a
    share = np.clip(np.sum((point - a) * along, axis=1) / np.maximum(np.sum(along**2, axis=1), 1e-9), 0, 1)
    out: filters.Floats = np.hypot(*(point - a - share[:, None] * along).T)
    return out


def _covered(
    time: filters.Floats,
    face: FaceTrack | None,
    scene: SceneTrack | None,
    drop: float,
    light_change: float,
    least_s: float,
) -> filters.Floats:
    """Return 1 where the lower face looks unlike the person's own for long enough, NaN where that cannot be told."""
    if face is None or len(face.time_s) < 2:
        return np.full(time.shape, np.nan)
    likeness = np.asarray(face.likeness, dtype=np.float64)
    usual = filters.middle(likeness, 0.7)
    below = usual - filters.level(face.time_s, likeness, 0.2)
    # A mouth that opens wide for the first time also looks unlike; behind a hand the mesh keeps it shut.
    lips = features.above_usual(face.time_s, features.measure(face).lip_gap)
    flag = filters.hysteresis(np.where(lips > 0.08, -np.inf, below), drop, 0.6 * drop)
    held = filters.inside(face.time_s, filters.spans_where(face.time_s, flag, min_s=least_s, join_s=0.3))
    at = np.clip(np.searchsorted(face.time_s, time), 0, len(face.time_s) - 1)
    known = np.isfinite(likeness[at])
    if scene is not None and len(scene.time_s) > 1:
        luma = np.interp(time, scene.time_s, np.nan_to_num(scene.luma))
        known &= np.abs(luma / max(filters.middle(scene.luma), 1.0) - 1) <= light_change
    return np.where(known, held[at].astype(np.float64), np.nan)
