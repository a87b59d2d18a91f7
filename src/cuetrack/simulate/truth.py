"""What a script makes true, as the project's own tables with the signals of each cue.

Signs and units are those of the cues. Where a command is a distance in the picture, the rendered face's own size gives
its scale: 117 px are taken as a face 14.5 cm wide; an eye is taken as 30 mm wide, with its pupil 12 mm from the centre.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from cuetrack import tables
from cuetrack.simulate.body_warp import rotation
from cuetrack.simulate.face_warp import GAZE_X_SHARE, GAZE_Y_PX

if TYPE_CHECKING:
    from cuetrack.simulate.script import Script
    from cuetrack.simulate.voice import Sound

Floats = npt.NDArray[np.float64]

PX_PER_CM = 117 / 14.5
_EYE_MM, _PUPIL_MM, _EYE_PX = 30.0, 12.0, 30.0
_DISTANCE_CM = 80.0
VOICE_HZ = 10


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of a simulated session: per cue a samples table and a spans table, and the script's events.

    `samples` has only the signals that a script settles, at the picture's rate (`voice` and `speaking` at 10/s);
    `spans` has `blink nod shake hold hand_over_face sigh` and the turns; `events` has the label of each event, its
    strength as score and its family as source.
    """

    samples: Mapping[str, pd.DataFrame]
    spans: Mapping[str, pd.DataFrame]
    events: pd.DataFrame


def eye_angles(gaze_x: npt.ArrayLike, gaze_y: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return eye-in-head yaw (to the own left) and pitch (down) in degrees of gaze commands, each (n,)."""
    across = GAZE_X_SHARE * _EYE_MM / 2 * np.asarray(gaze_x, dtype=np.float64)
    down = GAZE_Y_PX * _EYE_MM / _EYE_PX * np.asarray(gaze_y, dtype=np.float64)
    return np.degrees(np.arcsin(across / _PUPIL_MM)), np.degrees(np.arcsin(down / _PUPIL_MM))


def truth(script: Script, sounds: Mapping[str, Sound], *, rate_hz: float = 25.0) -> Truth:
    """Return the truth of a script; `sounds` are its voices by person, as `sound.voices` made them."""
    curves = script.curves(rate_hz)
    parts: dict[str, list[pd.DataFrame]] = {}
    for person, channels in curves.items():
        time = np.arange(len(channels["yaw_deg"])) / rate_hz
        for cue, signals in _seen(channels).items():
            parts.setdefault(cue, []).append(tables.samples(time, person, signals, 1.0))
        if person in sounds:
            heard = _heard(sounds[person], script.curves(VOICE_HZ)[person])
            coarse = np.arange(len(heard["level_db"])) / VOICE_HZ
            parts.setdefault("voice", []).append(tables.samples(coarse, person, heard, 1.0))
        speech = script.curves(VOICE_HZ)[person]["speech"]
        speaking = tables.samples(np.arange(len(speech)) / VOICE_HZ, person, {"speaking": speech}, 1.0)
        parts.setdefault("speaking", []).append(speaking)
    acts, turns = script.acts(), script.turns()
    return Truth(
        {cue: tables.join(found) for cue, found in parts.items()},
        {
            "gaze": _only(acts, "blink"),
            "head": _only(acts, "nod", "shake"),
            "gesture": _only(acts, "hand_over_face"),
            "breathing": tables.join([_only(acts, "hold"), _only(turns, "sigh")]),
            "turns": turns,
        },
        script.truth_spans(),
    )


def _seen(c: Mapping[str, Floats]) -> dict[str, dict[str, Floats]]:
    """Return the signals by cue that the picture's commands settle."""
    eye_yaw, eye_pitch = eye_angles(c["gaze_x"], c["gaze_y"])
    gaze_yaw, gaze_pitch = _gaze(c["yaw_deg"], c["pitch_deg"], eye_yaw, eye_pitch)
    off = np.cos(np.radians(gaze_pitch)) * np.cos(np.radians(gaze_yaw))
    return {
        "head": {name: c[name] for name in ("yaw_deg", "pitch_deg", "roll_deg")},
        "gaze": {
            "gaze_yaw_deg": gaze_yaw, "gaze_pitch_deg": gaze_pitch, "eye_yaw_deg": eye_yaw, "eye_pitch_deg": eye_pitch,
            "off_home_deg": np.degrees(np.arccos(np.clip(off, -1, 1))), "eyelid_closure": c["blink"],
        },
        "face": {
            "smile": c["smile"], "smile_eyes": c["smile_eyes"], "brow_lower": np.minimum(c["brow_lower"], 1.0),
            "brow_raise": c["brow_raise"], "lip_press": c["lip_press"], "mouth_open": c["jaw"],
        },
        "posture": {
            "lean_cm": _DISTANCE_CM * (1 - 1 / (1 + c["lean"])), "slump_cm": c["slump_px"] / PX_PER_CM,
        },
        "gesture": {"hand_over_face": (c["hand_over_face"] >= 0.5).astype(np.float64)},
        "breathing": {
            "chest_mm": c["breath_y_px"] / PX_PER_CM * 10,
            "breath_rate_per_min": np.where(c["breath_hold"] > 0.5, np.nan, c["breath_rate_per_min"]),
        },
    }  # fmt: skip


def _gaze(yaw: Floats, pitch: Floats, eye_yaw: Floats, eye_pitch: Floats) -> tuple[Floats, Floats]:
    """Return gaze yaw and pitch in degrees of the eyes' direction turned with the head."""
    a, b = np.radians(eye_yaw), np.radians(eye_pitch)
    look = np.stack([np.cos(b) * np.sin(a), np.sin(b), -np.cos(b) * np.cos(a)], axis=-1)
    turned = np.stack([rotation(y, p, 0.0) @ v for y, p, v in zip(yaw, pitch, look, strict=True)])
    x, y, z = turned.T
    return np.degrees(np.arctan2(x, -z)), np.degrees(np.arctan2(y, np.hypot(x, z)))


def _heard(sound: Sound, coarse: Mapping[str, Floats]) -> dict[str, Floats]:
    """Return the voice's signals at VOICE_HZ, against the person's own median, NaN where they do not speak."""
    count = len(coarse["speech"])
    per = len(sound.f0_hz) // count
    with np.errstate(invalid="ignore"):
        semitones = (
            12 * np.log2(sound.f0_hz / np.nanmedian(sound.f0_hz)) if np.isfinite(sound.f0_hz).any() else sound.f0_hz
        )
    level = sound.level_db - (np.nanmedian(sound.level_db) if np.isfinite(sound.level_db).any() else 0.0)
    return {
        "pitch_st": _mean(semitones, per, count),
        "level_db": _mean(level, per, count),
        "articulation_syl_per_s": _mean(sound.rate_syl_per_s, per, count),
    }


def _mean(values: Floats, per: int, count: int) -> Floats:
    """Return the mean of each run of `per` values that are finite, NaN where none is."""
    block = values[: per * count].reshape(count, per)
    finite = np.isfinite(block)
    total = np.where(finite, block, 0.0).sum(axis=1)
    return np.where(finite.any(axis=1), total / np.maximum(finite.sum(axis=1), 1), np.nan)


def _only(spans: pd.DataFrame, *labels: str) -> pd.DataFrame:
    return spans[spans["label"].isin(labels)].reset_index(drop=True)
