"""What every cue signal of a simulated person usually does: judgement, consistent with published anchors.

Base rates and spreads: gaze on the partner 75 % listening and 45 % speaking in bouts of 2-4 s, 26 blinks a minute in
talk, pitch SD 2.5 st, level SD 5 dB, 4.8 syllables/s, 14 breaths a minute, lean SD 2 cm, 9-23 face touches an hour.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spec:
    """One signal: rests at `base`, wanders by `sd` with `memory_s`, shifts by `speaking` while the person talks.

    `log` signals wander and shift by factors (sd and speaking are in log units), others by their own units.
    `noise` is what measuring adds to every row; `person_sd` how far people differ in their base; `activity` the sign
    with which the signal follows the person's general liveliness.
    """

    name: str
    base: float
    sd: float
    memory_s: float
    low: float
    high: float
    noise: float = 0.0
    speaking: float = 0.0
    person_sd: float = 0.0
    log: bool = False
    activity: int = 0


FACE = (
    Spec("expressivity_per_s", 0.5, 0.5, 3, 0, 50, 0.05, 0.2, 0.35, True, 1),
    Spec("smile", 0.12, 0.7, 4, 0, 1, 0.03, 0.0, 0.4, True, 1),
    Spec("smile_eyes", 0.05, 0.6, 4, 0, 1, 0.03, 0.0, 0.3, True, 1),
    Spec("brow_lower", 0.10, 0.06, 5, 0, 1, 0.03, 0.02, 0.04, False, 0),
    Spec("brow_raise", 0.10, 0.07, 3, 0, 1, 0.03, 0.03, 0.04, False, 1),
    Spec("lip_press", 0.12, 0.07, 4, 0, 1, 0.04, -0.03, 0.04, False, 0),
    Spec("mouth_open", 0.04, 0.5, 3, 0, 1, 0.02, 1.2, 0.2, True, 1),
)
HEAD = (
    Spec("yaw_deg", 0.0, 4.0, 5, -180, 180, 0.8, 0.0, 5.0, False, 0),
    Spec("pitch_deg", 0.0, 3.0, 5, -90, 90, 0.8, -0.5, 4.0, False, 0),
    Spec("roll_deg", 0.0, 3.0, 8, -180, 180, 0.6, 0.0, 2.0, False, 0),
    Spec("head_speed_deg_per_s", 6.0, 0.5, 3, 0, 2000, 1.5, 0.35, 0.3, True, 1),
)
POSTURE = (
    Spec("lean_cm", 0.0, 2.0, 20, -200, 80, 0.7, 0.4, 0.0, False, 1),
    Spec("slump_cm", 0.0, 0.8, 20, -100, 100, 0.4, -0.1, 0.0, False, -1),
    Spec("turn_deg", 0.0, 3.0, 20, -180, 180, 2.0, 0.0, 6.0, False, 0),
    Spec("openness", 0.55, 0.10, 20, 0, 1, 0.04, 0.05, 0.15, False, 1),
)
GESTURE = (
    Spec("motion_sw_per_s", 0.12, 0.6, 4, 0, 50, 0.02, 0.5, 0.35, True, 1),
    Spec("hand_motion_sw_per_s", 0.15, 0.8, 4, 0, 50, 0.04, 0.8, 0.4, True, 1),
    Spec("motion_energy", 0.03, 0.6, 3, 0, 1, 0.004, 0.45, 0.3, True, 1),
)
BREATHING = (
    Spec("breath_rate_per_min", 14.0, 1.3, 15, 6, 30, 0.5, 2.0, 2.0, False, 1),
    Spec("breath_depth", 1.0, 0.22, 10, 0, 20, 0.05, 0.1, 0.0, True, 0),
)
VOICE = (
    Spec("pitch_st", 0.0, 1.5, 4, -36, 36, 1.9, 0.0, 0.0, False, 1),
    Spec("pitch_span_st", 6.5, 0.25, 8, 0, 48, 0.5, 0.0, 0.25, True, 1),
    Spec("level_db", 0.0, 2.8, 6, -80, 80, 4.0, 0.0, 0.0, False, 1),
    Spec("jitter", 0.012, 0.25, 6, 0, 1, 0.001, 0.0, 0.25, True, 0),
    Spec("shimmer", 0.08, 0.18, 6, 0, 2, 0.006, 0.0, 0.2, True, 0),
    Spec("hnr_db", 14.0, 1.6, 6, -40, 50, 0.8, 0.0, 2.0, False, 0),
    Spec("cpps_db", 14.0, 1.2, 6, -20, 60, 0.6, 0.0, 1.5, False, 0),
    Spec("articulation_syl_per_s", 4.8, 0.11, 6, 0, 15, 0.25, 0.0, 0.12, True, 1),
)
RATE_HZ = {
    "gaze": 5.0, "face": 5.0, "head": 5.0, "posture": 2.0, "gesture": 5.0, "breathing": 5.0, "voice": 5.0,
    "speaking": 5.0,
}  # fmt: skip
"""Rows per second and person of the simulated cues: what their windows need, not what a camera gives."""
MODALITY_OF = {
    "gaze": "face", "face": "face", "head": "face", "posture": "body", "gesture": "body", "breathing": "body",
    "voice": "sound", "turns": "sound", "speaking": "sound", "response": "sound",
}  # fmt: skip
"""Which absence takes which cue away."""
