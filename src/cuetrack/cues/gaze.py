"""Where a person looks relative to their own usual direction, and blinks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cuetrack import tables
from cuetrack.cues.registry import cue
from cuetrack.people import eyes, filters, home, rotation
from cuetrack.people.tracks import FaceTrack, SpeechTrack
from cuetrack.terms import Signal


@cue(
    version="3",
    signals=(
        Signal("gaze_yaw_deg", "deg", -180, 180, "head and eyes turned toward the person's own left", noise=2.0),
        Signal("gaze_pitch_deg", "deg", -90, 90, "head and eyes lowered", noise=3.0),
        Signal("eye_yaw_deg", "deg", -90, 90, "eyes turned in the head toward the person's own left", noise=2.0),
        Signal("eye_pitch_deg", "deg", -90, 90, "eyes lowered in the head", noise=3.0),
        Signal("off_home_deg", "deg", 0, 180, "gaze further from its own home direction", noise=2.5),
        Signal("toward_partner", "", 0, 1, "gaze likely toward the partner", noise=0.05),
        Signal("eyelid_closure", "", 0, 1, "lids further closed than usual", noise=0.05),
        Signal("blink_rate_per_min", "1/min", 0, 240, "more blinks", noise=2.0),
    ),
    spans=("blink", "eyes_closed", "toward", "away_down", "away_side", "away_up"),
)
def gaze(
    face: FaceTrack,
    partner_speech: SpeechTrack | None = None,
    *,
    cone_deg: float = 10.0,
    most_cone_deg: float = 12.0,
    down_deg: float = 12.0,
    side_deg: float = 15.0,
    least_s: float = 0.3,
    blink_on: float = 0.6,
    blink_off: float = 0.3,
    closed_on: float = 0.8,
    window_s: float = 60.0,
    blink_hz: float = 11.5,
    apart_deg: float = 3.7,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure gaze direction, gaze toward the partner (likely), away spans, lid closure and blinks.

    Gaze is head rotation times eye-in-head direction, NaN while the lids are closed. Home is the person's own mode of
    gaze direction while the partner speaks (else of all), read in a slow window so that drift and re-seating move it
    (`cuetrack.people.home`). Toward is within max(`cone_deg`, 2 noise SD) of home, read over 0.3 s; it is a likelihood,
    never "eye contact". Away is down beyond `down_deg` or sideways beyond `side_deg`, else up. Blinks are closures by
    hysteresis relative to own open and closed; above `closed_on` for longer than 1 s they are `eyes_closed`. Blink rate
    needs `blink_hz` frames per second and is less sure below 20. Confidence is the face's, less with closed lids, few
    frames, and eyes that are read apart by more than `apart_deg` of their usual, as behind glasses. `cone_deg` is twice
    the error of a direction on rendered faces. Usual blink rates: Bentivoglio et al. 1997.
    """
    time = np.asarray(face.time_s, dtype=np.float64)
    fps = filters.rate_hz(time)
    look = eyes.measure(face)
    shut = filters.hysteresis(look.closure, blink_on, blink_off)
    blurred = filters.level(time, shut.astype(np.float64), 0.12, 1.0) > 0 if time.size else shut
    eye_yaw = np.where(blurred, np.nan, filters.level(time, np.where(blurred, np.nan, look.yaw_deg), 0.12))
    eye_pitch = np.where(blurred, np.nan, filters.level(time, np.where(blurred, np.nan, look.pitch_deg), 0.3))
    turned, usual_pitch, _ = rotation.upright(face.matrix)
    vector = np.einsum("nij,nj->ni", turned, rotation.direction(eye_yaw, eye_pitch))
    yaw, pitch = rotation.look_angles(vector)
    pitch = np.clip(pitch + usual_pitch, -90, 90)
    listening = filters.speaking(time, partner_speech) == 1
    home_yaw, home_pitch = home.direction(time, yaw, pitch, listening)
    off = rotation.between(rotation.direction(yaw, pitch), rotation.direction(home_yaw, home_pitch))
    noise = filters.robust_sd(np.diff(np.stack([yaw, pitch]), axis=1)) / np.sqrt(2)
    cone = min(max(cone_deg, 2 * noise), most_cone_deg)
    steady = filters.level(time, off, 0.3)
    toward = np.where(np.isfinite(off), (steady <= cone).astype(np.float64), np.nan)
    blinks = filters.spans_where(time, shut, min_s=0.04, max_s=1.0)
    closed = filters.spans_where(time, filters.hysteresis(look.closure, closed_on, blink_on), min_s=1.0 + 1e-3)
    seen = np.isfinite(look.closure)
    rate = filters.events_per_min(time, [(a + b) / 2 for a, b in blinks], seen, window_s)
    samples = tables.samples(
        time,
        face.person,
        {
            "gaze_yaw_deg": yaw,
            "gaze_pitch_deg": pitch,
            "eye_yaw_deg": eye_yaw,
            "eye_pitch_deg": eye_pitch,
            "off_home_deg": off,
            "toward_partner": toward,
            "eyelid_closure": look.closure,
            "blink_rate_per_min": np.where(seen & (fps >= blink_hz), np.clip(rate, 0, 240), np.nan),
        },
        np.where(seen, face.confidence, 0.0)
        * (1 - 0.7 * blurred)
        * np.clip(fps / 20.0, 0.5, 1.0)
        * _together(look, blurred, apart_deg),
    )
    away = _directions(yaw - home_yaw, pitch - home_pitch, toward == 0, down_deg, side_deg)
    held = {"toward": toward == 1, **away}
    rows = [
        {"start_s": a, "end_s": b, "person": face.person, "label": label, "source": "face"}
        for label, flag in held.items()
        for a, b in filters.spans_where(time, flag, join_s=0.25, min_s=least_s)
    ]
    rows += [{"start_s": a, "end_s": b, "person": face.person, "label": "blink", "source": "face"} for a, b in blinks]
    rows += [
        {"start_s": a, "end_s": b, "person": face.person, "label": "eyes_closed", "source": "face"} for a, b in closed
    ]
    return samples, tables.spans(rows)


def _together(look: eyes.Eyes, blurred: filters.Flags, apart_deg: float) -> float:
    """Return a factor .3..1: both eyes look the same way, so where they are read apart, both are read badly."""
    apart = filters.robust_sd(np.where(blurred, np.nan, look.apart_deg))
    return float(np.clip(apart_deg / max(apart, 1e-6), 0.3, 1.0)) if np.isfinite(apart) else 1.0


def _directions(
    across: filters.Floats, down: filters.Floats, away: filters.Flags, down_deg: float, side_deg: float
) -> dict[str, filters.Flags]:
    """Return for each direction where gaze was away that way; the one furthest beyond its own border wins."""
    beyond = {
        "away_down": down / down_deg,
        "away_side": np.abs(across) / side_deg,
        "away_up": -down / down_deg,
    }
    most = np.fmax.reduce(list(beyond.values())) if len(across) else across
    return {label: away & (value >= most) for label, value in beyond.items()}
