"""Movement of the face: smile, brows, lips, mouth opening, and how much it moves at all."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cuetrack import tables
from cuetrack.cues.registry import cue
from cuetrack.people import eyes, features, filters
from cuetrack.people.tracks import FaceTrack, SpeechTrack
from cuetrack.terms import Signal

_UPPER = ("browInnerUp", "browDown", "browOuterUp", "cheekSquint", "eyeSquint")
_LOWER = ("mouthSmile", "mouthFrown", "mouthPress", "mouthShrugLower")


@cue(
    version="1",
    signals=(
        Signal("expressivity_per_s", "1/s", 0, 50, "more face movement besides speech", noise=0.02),
        Signal("smile", "", 0, 1, "mouth corners drawn further out and up", noise=0.05),
        Signal("smile_eyes", "", 0, 1, "more cheek and lid tightening while smiling", noise=0.05),
        Signal("brow_lower", "", 0, 1, "brows lower than usual", noise=0.05),
        Signal("brow_raise", "", 0, 1, "brows higher than usual", noise=0.05),
        Signal("lip_press", "", 0, 1, "lips pressed or rolled in more", noise=0.05),
        Signal("mouth_open", "", 0, 1, "lips further apart", noise=0.03),
    ),
    spans=("smile",),
)
def face(
    face: FaceTrack,
    speech: SpeechTrack | None = None,
    *,
    smile_on: float = 0.4,
    smile_off: float = 0.25,
    least_s: float = 0.5,
    usual_s: float = 120.0,
    likeness_drop: float = 0.3,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure movements of the face by blendshapes and by distances between mesh points.

    All are 0..1, 0 as this person's face is at rest and 1 about as far as a face can go: `smile` from mouthSmile and
    the place of the mouth's corners, `smile_eyes` from eyeSquint without blinks, `mouth_open` from the lips and
    jawOpen, `lip_press` from mouthPress and mouthRoll; brows against the person's own neutral within `usual_s`, from
    browInnerUp, browOuterUp, browDown and the brows' height over the eye line in a face turned back by its head
    pose. Expressivity is the mean speed of nine blendshapes, of the five upper ones while the person speaks. Smile
    spans rise above `smile_on` until `smile_off`. Confidence is the face's, and falls where the lower face looks
    unlike the person's own (`likeness` more than `likeness_drop` under usual). Blendshapes are not action units:
    the best published map explains about a quarter of the variance (py-feat).
    """
    time = np.asarray(face.time_s, dtype=np.float64)
    sizes = features.measure(face)
    smile = _smile(face, sizes)
    lowered = np.asarray(face.shape("browDown"), dtype=np.float64)
    raised = np.asarray(0.5 * (face.shape("browInnerUp") + face.shape("browOuterUp")), dtype=np.float64)
    neutral = (lowered <= filters.middle(lowered, 0.6)) & (raised <= filters.middle(raised, 0.5))
    above_neutral = sizes.brow_gap - filters.level(time, np.where(neutral, sizes.brow_gap, np.nan), usual_s)
    gap = features.above_usual(time, sizes.brow_gap, seconds=usual_s)
    up = raised - filters.level(time, raised, usual_s, 0.3)
    down = features.above_usual(time, lowered, seconds=usual_s)
    known = np.isfinite(face.shape("jawOpen"))
    seen = known & np.isfinite(sizes.brow_gap)
    values = {
        "expressivity_per_s": np.clip(_expressivity(face, speech), 0, 50),
        "smile": smile,
        "smile_eyes": _squint(face),
        "brow_lower": np.clip(2.0 * down - 8.0 * gap, 0, 1),
        "brow_raise": np.clip(1.2 * up + 6.0 * above_neutral, 0, 1),
        "lip_press": np.clip(
            face.shape("mouthPress") + 0.5 * (face.shape("mouthRollLower") + face.shape("mouthRollUpper")), 0, 1
        ),
        "mouth_open": _opening(face, sizes),
    }
    samples = tables.samples(
        time,
        face.person,
        {name: np.where(seen, value, np.nan) for name, value in values.items()},
        np.where(seen, face.confidence * _covered(time, face, likeness_drop), 0.0),
    )
    rows = [
        {"start_s": a, "end_s": b, "person": face.person, "label": "smile", "source": "face",
         "score": float(np.nanmax(smile[(time >= a) & (time < b)]))}
        for a, b in filters.spans_where(time, filters.hysteresis(smile, smile_on, smile_off), min_s=least_s, join_s=0.3)
    ]  # fmt: skip
    return samples, tables.spans(rows)


def _smile(face: FaceTrack, sizes: features.Features) -> filters.Floats:
    """Return the smile 0..1 from mouthSmile, mouth width and height of its corners against the mouth at rest.

    mouthSmile alone saturates and follows the jaw; weights fitted on rendered faces.
    """
    shown = np.asarray(face.shape("mouthSmile"), dtype=np.float64)
    wider, higher = (features.above_rest(x, shown) for x in (sizes.mouth_width, sizes.corner_height))
    out: filters.Floats = np.clip(0.25 * shown + 2.0 * wider + 3.0 * higher, 0, 1)
    return out


def _squint(face: FaceTrack) -> filters.Floats:
    """Return cheek and lid tightening 0..1 without blinks, and without what looking down does to eyeSquint.

    cheekSquint stays at 0 in MediaPipe, so this is eyeSquint above its rest.
    """
    raw = np.asarray(face.shape("eyeSquint") + 0.25 * (face.shape("eyeLookDown") - face.shape("eyeLookUp")), np.float64)
    steady = filters.level(face.time_s, np.where(eyes.measure(face).closure < 0.6, raw, np.nan), 0.4)
    out: filters.Floats = np.clip(1.5 * (steady - filters.middle(steady, 0.1)), 0, 1)
    return out


def _opening(face: FaceTrack, sizes: features.Features) -> filters.Floats:
    """Return mouth opening 0..1 from the lips' and the chin's distance, mouth width and jawOpen, against a shut mouth.

    jawOpen has a dead zone below .2, and the lips also part in a smile, which widens them; weights fitted on rendered
    faces.
    """
    apart, lower, wider = (
        features.above_rest(x, sizes.lip_gap) for x in (sizes.lip_gap, sizes.chin, sizes.mouth_width)
    )
    jaw = np.asarray(face.shape("jawOpen"), dtype=np.float64)
    out: filters.Floats = np.clip(2.0 * apart + 2.2 * lower - wider + 0.5 * jaw, 0, 1)
    return out


def _expressivity(face: FaceTrack, speech: SpeechTrack | None) -> filters.Floats:
    """Return mean absolute blendshape speed per second, upper face only while speaking."""
    time = np.asarray(face.time_s, dtype=np.float64)
    speeds = {n: np.abs(filters.speed(time, filters.smooth(time, face.shape(n), 0.2))) for n in (*_UPPER, *_LOWER)}
    upper = np.mean([speeds[n] for n in _UPPER], axis=0)
    whole = np.mean([speeds[n] for n in (*_UPPER, *_LOWER)], axis=0)
    out: filters.Floats = np.choose(filters.speaking(time, speech) == 1, [whole, upper])
    return out


def _covered(time: filters.Floats, face: FaceTrack, drop: float) -> filters.Floats:
    """Return a factor 0.2..1: how far the lower face can be believed."""
    likeness = np.asarray(face.likeness, dtype=np.float64)
    usual = filters.middle(likeness, 0.7)
    below = np.nan_to_num(np.clip((usual - filters.level(time, likeness, 0.3)) / drop, 0.0, 1.0), nan=0.0)
    out: filters.Floats = 1.0 - 0.8 * below**2
    return out
