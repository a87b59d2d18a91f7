"""Tracks with known movements, for tests of cues: a rigid face, a body, a torso, speech, all in plain numpy.

A face is MediaPipe-like: points of a schematic head in cm, turned by known angles and put into a 640x480 picture;
blendshapes and lids are set directly. Nothing here knows how a cue measures.
"""

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from cuetrack import tables
from cuetrack.people.tracks import (
    BLENDSHAPES,
    FACE_POINTS,
    LIPS,
    BodyTrack,
    FaceTrack,
    SceneTrack,
    SoundTrack,
    SpeechTrack,
    TorsoTrack,
)

PX_PER_CM = 12.0
SIZE = (640, 480)
_EYE_X, _EYE_Y, _HALF_EYE, _LID = 3.1, 3.0, 1.5, 0.55


def times(seconds, fps=25.0, start=0.0):
    """Frame times in s."""
    return start + np.arange(round(seconds * fps)) / fps


def smooth_noise(rng, time_s, seconds, sd=1.0):
    """A random series that changes over about so many seconds."""
    n = len(time_s)
    hz = 1 / np.median(np.diff(time_s))
    k = max(1, int(seconds * hz))
    x = np.convolve(rng.standard_normal(n + 4 * k), np.hanning(2 * k + 3)[1:-1], mode="same")[2 * k : 2 * k + n]
    return sd * (x - x.mean()) / x.std()


def pulses(time_s, at_s, width_s=0.28):
    """Raised-cosine pulses of height 1 centred at these times."""
    out = np.zeros(len(time_s))
    for at in at_s:
        near = np.abs(time_s - at) < width_s / 2
        out[near] = np.maximum(out[near], 0.5 + 0.5 * np.cos(2 * np.pi * (time_s[near] - at) / width_s))
    return out


def turns(yaw_deg, pitch_deg, roll_deg):
    """Rotations about the upright, then the sideways, then the outward axis; x right, y up, z toward the camera."""
    out = []
    for yaw, pitch, roll in zip(*np.radians(np.broadcast_arrays(yaw_deg, pitch_deg, roll_deg)), strict=True):
        cy, sy, cp, sp, cr, sr = (f(a) for a in (yaw, pitch, roll) for f in (math.cos, math.sin))
        about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
        about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
        about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
        out.append(about_y @ about_x @ about_z)
    return np.array(out)


def face(
    time_s,
    person="client",
    *,
    yaw=0.0,
    pitch=0.0,
    roll=0.0,
    eye_yaw=0.0,
    eye_pitch=0.0,
    closed=0.0,
    lip_gap_cm=0.0,
    brow_cm=0.0,
    smile=0.0,
    shapes=None,
    likeness=0.9,
    noise_px=0.0,
    scale=1.0,
    seed=0,
):
    """A face whose head and eyes turn by these degrees (n,), lids closed 0..1, lips and brows moved by so many cm.

    `smile` 0..1 draws the corners of the mouth out and up and sets mouthSmile.
    """
    n = len(time_s)
    yaw, pitch, roll, eye_yaw, eye_pitch, closed, lip_gap_cm, brow_cm, smile, scale = (
        np.broadcast_to(np.asarray(a, dtype=float), (n,))
        for a in (yaw, pitch, roll, eye_yaw, eye_pitch, closed, lip_gap_cm, brow_cm, smile, scale)
    )
    points = np.zeros((n, len(FACE_POINTS), 3))
    column = {index: k for k, index in enumerate(FACE_POINTS)}

    def put(index, x, y, z):
        points[:, column[index]] = np.stack(np.broadcast_arrays(x, y, z, closed)[:3], axis=1)

    for k, index in enumerate(FACE_POINTS):
        angle = 2 * np.pi * k / len(FACE_POINTS)
        put(index, 6.5 * math.cos(angle), 8 * math.sin(angle), -2.0)
    for index, x, y in ((10, 0, 8), (152, 0, -8), (234, -7, 0), (454, 7, 0), (1, 0, -1), (4, 0, -0.8), (2, 0, -2.2)):
        put(index, x, y, 4.0 if index in (1, 2, 4) else -1.0)
    for index in LIPS:
        put(index, 0, -4.5, 2.5)
    put(61, -2.5 - 0.8 * smile, -4.5 + 0.8 * smile, 1.8), put(291, 2.5 + 0.8 * smile, -4.5 + 0.8 * smile, 1.8)
    put(13, 0, -4.3, 2.5), put(14, 0, -4.3 - lip_gap_cm, 2.5)
    for side, (outer, inner, ring, upper, lower, brow) in {
        -1: (33, 133, (468, 469, 470, 471, 472), (160, 158, 159), (144, 153, 145), (70, 63, 105, 66, 107, 52, 53)),
        1: (263, 362, (473, 474, 475, 476, 477), (387, 385, 386), (373, 380, 374), (300, 293, 334, 296, 336, 282, 283)),
    }.items():
        middle = side * _EYE_X
        put(outer, middle + side * _HALF_EYE, _EYE_Y, 1.5), put(inner, middle - side * _HALF_EYE, _EYE_Y, 1.5)
        for index in ring:
            put(
                index,
                middle + 1.2 * np.sin(np.radians(eye_yaw)) * np.cos(np.radians(eye_pitch)),
                _EYE_Y - 1.2 * np.sin(np.radians(eye_pitch)),
                1.5,
            )
        droop = 0.3 * np.sin(np.radians(np.maximum(eye_pitch, 0)))
        for k, index in enumerate(upper):
            put(index, middle + 0.5 * (k - 1), _EYE_Y + _LID * (1 - closed) - droop, 1.8)
        for k, index in enumerate(lower):
            put(index, middle + 0.5 * (k - 1), _EYE_Y - _LID * (1 - closed) * 0.8, 1.8)
        for k, index in enumerate(brow):
            put(index, middle + 0.5 * side * (2 - k), _EYE_Y + 2.0 + brow_cm, 2.0)
    rotation = turns(yaw, pitch, roll)
    placed = np.einsum("nij,nkj->nki", rotation, points) * PX_PER_CM * scale[:, None, None]
    placed = placed * np.array([1, -1, -1]) + np.array([SIZE[0] / 2, SIZE[1] * 0.4, 0])
    rng = np.random.default_rng(seed)
    placed += noise_px * rng.standard_normal(placed.shape)
    matrix = np.tile(np.eye(4), (n, 1, 1))
    matrix[:, :3, :3] = rotation
    matrix[:, :3, 3] = np.stack([np.zeros(n), np.zeros(n), -60 / scale], axis=1)
    blend = np.zeros((n, 52))
    set_to = {"eyeBlink": 0.05 + 0.45 * closed, "mouthSmile": 0.9 * smile, **(shapes or {})}
    set_to |= {
        "eyeLookOutLeft": np.maximum(eye_yaw, 0) / 30, "eyeLookInRight": np.maximum(eye_yaw, 0) / 30,
        "eyeLookInLeft": np.maximum(-eye_yaw, 0) / 30, "eyeLookOutRight": np.maximum(-eye_yaw, 0) / 30,
        "eyeLookDown": np.maximum(eye_pitch, 0) / 40, "eyeLookUp": np.maximum(-eye_pitch, 0) / 40,
    }  # fmt: skip
    for name, value in set_to.items():
        for k, full in enumerate(BLENDSHAPES):
            if full in (name, name + "Left", name + "Right"):
                blend[:, k] = np.clip(value, 0, 1)
    return FaceTrack(
        person, np.asarray(time_s, float), placed.astype(np.float32), blend.astype(np.float32), matrix,
        np.full(n, 0.9), np.broadcast_to(np.asarray(likeness, dtype=float), (n,)).copy(), SIZE,
    )  # fmt: skip


def body(time_s, person="client", *, scale=1.0, drop_px=0.0, turn_deg=0.0, hands=None, noise_px=0.0, seed=0):
    """A body 240 px wide at the shoulders; `hands` is None (hanging, out of the frame) or wrists (n, 2, 2) in px."""
    n = len(time_s)
    scale, drop, turn = (np.broadcast_to(np.asarray(a, dtype=float), (n,)) for a in (scale, drop_px, turn_deg))
    points = np.zeros((n, 33, 3))
    middle = np.array([SIZE[0] / 2, SIZE[1] * 0.4])
    points[:, :11, :2] = middle
    points[:, 7, 0], points[:, 8, 0] = middle[0] + 80, middle[0] - 80
    half = 120 * scale * np.cos(np.radians(turn))
    points[:, 11, 0], points[:, 12, 0] = middle[0] + half, middle[0] - half
    points[:, 11:13, 1] = (360 + drop)[:, None]
    points[:, 13, :2], points[:, 14, :2] = [460, 460], [180, 460]
    points[:, 15:23, :2] = [400, 700]
    points[:, 23:, :2] = [320, 800]
    visibility = np.full((n, 33), 0.95)
    visibility[:, 15:23] = 0.7
    if hands is not None:
        points[:, [15, 17, 19, 21], :2] = hands[:, :1]
        points[:, [16, 18, 20, 22], :2] = hands[:, 1:]
    rng = np.random.default_rng(seed)
    points[:, :, :2] += noise_px * rng.standard_normal((n, 33, 2))
    world = np.zeros((n, 33, 3))
    world[:, 11, 0], world[:, 12, 0] = 0.18 * np.cos(np.radians(turn)), -0.18 * np.cos(np.radians(turn))
    world[:, 11, 2], world[:, 12, 2] = 0.18 * np.sin(np.radians(turn)), -0.18 * np.sin(np.radians(turn))
    return BodyTrack(person, np.asarray(time_s, float), points, world, visibility, np.full(n, 0.8), SIZE)


def torso(time_s, person="client", *, chest_y_px=0.0, energy=0.01, shoulder_px=240.0):
    """A torso whose chest moves by so many px, down positive."""
    n = len(time_s)
    chest, energy, wide = (
        np.broadcast_to(np.asarray(a, dtype=float), (n,)).copy() for a in (chest_y_px, energy, shoulder_px)
    )
    return TorsoTrack(person, np.asarray(time_s, float), chest, wide, energy, np.full(n, 0.9))


def speech(person, talk=(), until_s=60.0, start_s=0.0, label="speech"):
    """Speech in these (start, end) spans, all of `start_s` to `until_s` heard."""
    rows = [{"start_s": a, "end_s": b, "person": person, "label": label, "score": 0.9} for a, b in talk]
    return SpeechTrack(person, tables.spans(rows), "truth", 0.9, ((start_s, until_s),))


def sound(time_s, person="client", *, f0_hz=120.0, level_db=-24.0, seed=0):
    """A voice every 10 ms that alternates a second of voice with a second of silence."""
    n = len(time_s)
    rng = np.random.default_rng(seed)
    voiced = (np.floor(time_s - time_s[0]) % 2 == 0) if n else np.zeros(0, bool)
    f0 = np.where(voiced, f0_hz * 2 ** (smooth_noise(rng, time_s, 0.3, 2.0) / 12), np.nan)
    level = np.where(voiced, level_db + smooth_noise(rng, time_s, 0.2, 3), -60.0)
    hnr, cpps, jitter, shimmer = (np.where(voiced, x, np.nan) for x in (15.0, 12.0, 0.01, 0.03))
    return SoundTrack(
        person, np.asarray(time_s, float), f0, voiced * 0.95, level, hnr, cpps, jitter, shimmer, voiced * 0.5,
        time_s[voiced][::25], "own_channel", 0.9,
    )  # fmt: skip


def scene(time_s):
    """A scene with steady light."""
    n = len(time_s)
    return SceneTrack(np.asarray(time_s, float), np.full(n, 120.0), np.zeros(n), np.zeros(n), np.zeros(n, bool))


def two_people(seconds=40.0, seed=0, start_s=0.0, names=("client", "therapist")):
    """All tracks of two people who move, look about, blink, breathe and take turns, as `registry.run` takes them."""
    frames, every_10_ms = times(seconds, 25, start_s), times(seconds, 100, start_s)
    tracks = {"face": {}, "body": {}, "torso": {}, "sound": {}, "speech": {}, "scene": {"scene": scene(frames)}}
    for k, person in enumerate(names):
        rng = np.random.default_rng([seed, k])
        at = start_s + np.arange(2, seconds - 1, 3 + k)
        eye = 25.0 * (np.sin(2 * np.pi * (frames - start_s) / (7 + k)) > 0.8)
        shapes = {
            "browInnerUp": np.abs(smooth_noise(rng, frames, 1, 0.2)),
        }
        hands = np.full((len(frames), 2, 2), 440.0)
        hands[:, 0, 0], hands[:, 1, 0] = 420 + smooth_noise(rng, frames, 1, 20), 220
        tracks["face"][person] = face(
            frames, person, yaw=smooth_noise(rng, frames, 1, 4), pitch=smooth_noise(rng, frames, 1, 3),
            roll=smooth_noise(rng, frames, 1, 2), eye_yaw=eye, closed=pulses(frames, at), noise_px=0.1, seed=seed + k,
            lip_gap_cm=np.abs(smooth_noise(rng, frames, 0.2, 0.4)),
            shapes=shapes, smile=np.clip(smooth_noise(rng, frames, 2, 0.3) - 0.1, 0, 1),
        )  # fmt: skip
        tracks["body"][person] = body(
            frames, person, scale=1 + smooth_noise(rng, frames, 3, 0.03), drop_px=smooth_noise(rng, frames, 3, 4),
            hands=hands, noise_px=0.3,
        )  # fmt: skip
        breath = 2 * np.sin(2 * np.pi * (0.24 + 0.04 * k) * (frames - start_s)) + 0.1 * rng.standard_normal(len(frames))
        tracks["torso"][person] = torso(
            frames, person, chest_y_px=breath, energy=np.abs(smooth_noise(rng, frames, 0.5, 0.02))
        )
        tracks["sound"][person] = sound(every_10_ms, person, f0_hz=120.0 + 60 * k, seed=seed + k)
        talk = [(start_s + s, start_s + s + 3.0) for s in np.arange(1 + 4 * k, seconds - 4, 8.0)]
        tracks["speech"][person] = speech(person, talk, start_s + seconds, start_s)
    return tracks


def shifted(track, by_s):
    """The same track, later."""
    if isinstance(track, SpeechTrack):
        spans: pd.DataFrame = track.spans.assign(start_s=track.spans.start_s + by_s, end_s=track.spans.end_s + by_s)
        return replace(track, spans=spans, heard=tuple((a + by_s, b + by_s) for a, b in track.heard))
    later = replace(track, time_s=track.time_s + by_s)
    return replace(later, syllable_s=track.syllable_s + by_s) if isinstance(track, SoundTrack) else later
