"""Where the head points, how fast it moves, and nods and shakes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cuetrack import tables
from cuetrack.cues.registry import cue
from cuetrack.people import eyes, features, filters, rotation, swings
from cuetrack.people.tracks import FaceTrack, SpeechTrack
from cuetrack.terms import Signal

# Rendered heads turned by known angles came back .84-.94 times as far in yaw and 1.2-1.3 times in pitch.
_PER_YAW, _PER_PITCH = 1.1, 0.85


@cue(
    version="1",
    signals=(
        Signal("yaw_deg", "deg", -180, 180, "the face turned toward the person's own left", noise=0.8),
        Signal("pitch_deg", "deg", -90, 90, "the chin lowered", noise=0.8),
        Signal("roll_deg", "deg", -180, 180, "the head tipped toward the person's own right shoulder", noise=0.6),
        Signal("head_speed_deg_per_s", "deg/s", 0, 2000, "faster head movement", noise=1.5),
        Signal("nod_rate_per_min", "1/min", 0, 240, "more nods", noise=1.0),
        Signal("shake_rate_per_min", "1/min", 0, 240, "more head shakes", noise=1.0),
    ),
    spans=("nod", "shake"),
)
def head(
    face: FaceTrack,
    speech: SpeechTrack | None = None,
    *,
    window_s: float = 30.0,
    nod_deg: float = 2.1,
    shake_deg: float = 3.0,
    speaking_factor: float = 1.3,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure head direction, head speed, nods and shakes.

    Angles are those of the 4x4 face matrix (see `cuetrack.people.rotation` for signs), less what the expression does
    to pitch, times the gains by which rendered heads came back too small or too large.
    A nod (shake) is to-and-fro movement of pitch (yaw) at 1-4 Hz, `nod_deg` (`shake_deg`) peak to peak or more, with
    at least two reversals; `speaking_factor` times that while the person speaks, after the part that follows the jaw
    has been taken out: a jaw that opens at syllable rate looks like small nods. Rates are events per seen minute in
    `window_s`; each span's score is its largest swing in degrees. Confidence is the face's.
    """
    time = np.asarray(face.time_s, dtype=np.float64)
    level, usual_pitch, usual_roll = rotation.upright(face.matrix)
    yaw, pitch, roll = rotation.angles(level)
    yaw, pitch, roll = _PER_YAW * yaw, _PER_PITCH * (pitch - _pull(face)) + usual_pitch, roll + usual_roll
    moving = np.stack([filters.smooth(time, a, 0.12) for a in (yaw, pitch, roll)], axis=1)
    head_speed = np.sqrt(np.sum(filters.speed(time, moving) ** 2, axis=1))
    talking = np.nan_to_num(filters.speaking(time, speech), nan=0.0)
    raised = 1.0 + (speaking_factor - 1.0) * talking
    jaw = face.shape("jawOpen")
    nods = swings.find(time, pitch, least=nod_deg * raised, follows=jaw, beside=yaw)
    shakes = swings.find(time, yaw, least=shake_deg * raised, follows=jaw, beside=pitch)
    seen = np.isfinite(yaw)
    samples = tables.samples(
        time,
        face.person,
        {
            "yaw_deg": yaw,
            "pitch_deg": pitch,
            "roll_deg": roll,
            "head_speed_deg_per_s": np.clip(head_speed, 0, 2000),
            "nod_rate_per_min": np.where(seen, _rate(time, nods, seen, window_s), np.nan),
            "shake_rate_per_min": np.where(seen, _rate(time, shakes, seen, window_s), np.nan),
        },
        np.where(seen, face.confidence, 0.0),
    )
    rows = [
        {
            "start_s": s.start_s,
            "end_s": s.end_s,
            "person": face.person,
            "label": label,
            "score": s.size,
            "source": "face",
        }
        for label, found in (("nod", nods), ("shake", shakes))
        for s in found
    ]
    return samples, tables.spans(rows)


def _pull(face: FaceTrack) -> filters.Floats:
    """Return by how many degrees the face's expression moves the measured pitch although the head stays still.

    Measured on rendered faces, one movement at a time: brows fully lowered +2.6 to +5, blink +2.0 to +2.5, jaw fully
    open -2.2 to -2.4. What lowers the brows also lowers their height over the eyes by .048 eye distances.
    """
    sizes = features.measure(face)
    lids = eyes.measure(face).closure
    lower = np.maximum(-features.above_usual(face.time_s, sizes.brow_gap), 0.0)
    apart = features.above_rest(sizes.lip_gap, sizes.lip_gap)
    return np.clip(np.nan_to_num(80.0 * lower + 2.0 * lids - 10.0 * apart), -4.0, 6.0)


def _rate(time: filters.Floats, found: list[swings.Swing], seen: filters.Flags, window_s: float) -> filters.Floats:
    middles = [(s.start_s + s.end_s) / 2 for s in found]
    return np.clip(filters.events_per_min(time, middles, seen, window_s), 0, 240)
