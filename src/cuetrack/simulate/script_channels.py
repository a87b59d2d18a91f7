"""What a script can steer, and how a change of it is written.

A channel is one command with a unit, a default, a possible range and natural variation. A change is a TOML value:

    0.7             go to 0.7
    "+2", "-3"      this much more, less than the person's own default
    "x0.5"          times the person's own default
    "+0.8..2.5"     drawn evenly between the two, per event
    "x0.7|1.35"     one of the two, per event
    "±6"            more or less, per event
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Channel:
    """One command: `sd` and `memory_s` describe the natural wandering about its default; 0 means it keeps still."""

    name: str
    unit: str
    default: float
    low: float
    high: float
    meaning: str
    sd: float = 0.0
    memory_s: float = 3.0


_ALL = (
    # head, eyes, face
    Channel("yaw_deg", "deg", 0, -25, 25, "head turned to the person's own left", 2.0, 3.0),
    Channel("pitch_deg", "deg", 0, -14, 14, "head down", 1.2, 3.0),
    Channel("roll_deg", "deg", 0, -15, 15, "head tilted to the person's own left", 1.5, 5.0),
    Channel("gaze_x", "share", 0, -1, 1, "eyes turned to the person's own left; 1 is the corner", 0.1, 1.0),
    Channel("gaze_y", "share", 0, -1, 1, "eyes down", 0.08, 1.0),
    Channel("blink_rate_per_min", "1/min", 15, 0, 60, "more blinks"),
    Channel("smile", "share", 0.25, 0, 1, "lip corners up", 0.05, 5.0),
    Channel("smile_eyes", "share", 0.05, 0, 1, "lower lids raised, as smiles with the eyes do", 0.02, 5.0),
    Channel("brow_raise", "share", 0, 0, 1, "brows up", 0.03, 2.0),
    Channel("brow_lower", "share", 0, 0, 1.5, "brows down and together", 0.02, 4.0),
    Channel("lip_press", "share", 0, 0, 1, "lips pressed", 0.02, 4.0),
    Channel("jaw", "share", 0, 0, 1, "mouth open beyond what speech does"),
    Channel("eyes_closed", "share", 0, 0, 1, "lids shut and kept so"),
    # body and picture
    Channel("lean", "share", 0, -0.15, 0.15, "nearer to the camera; share of size", 0.01, 8.0),
    Channel("slump_px", "px", 0, 0, 20, "shoulders lower", 0.6, 8.0),
    Channel("breath_px", "px", 2, 0, 6, "deeper breaths, peak above rest"),
    Channel("breath_rate_per_min", "1/min", 14, 5, 40, "faster breathing"),
    Channel("breath_hold", "share", 0, 0, 1, "breath held"),
    Channel("hand_over_face", "share", 0, 0, 1, "a hand in front of the mouth"),
    Channel("luma", "share", 1, 0.3, 1.6, "brighter picture of this person"),
    Channel("light_side", "share", 0, -1, 1, "light from the person's own left alone, so that the right side is dark"),
    Channel("grain", "share", 1, 0, 12, "noisier picture, as cameras make in little light; 1 is SD 1.6 of 255"),
    Channel("zoom", "share", 1, 0.9, 1.1, "camera closer, or zoomed"),
    Channel("camera_px", "px", 0, -40, 40, "camera knocked sideways"),
    Channel("nod_rate_per_min", "1/min", 2, 0, 40, "more nods (bouts)"),
    Channel("shake_rate_per_min", "1/min", 0, 0, 40, "more head shakes (bouts)"),
    Channel("mirroring", "share", 0, 0, 1, "own smile and lean follow the partner's by 0.8 s"),
    # voice
    Channel("f0_st", "st", 0, -12, 12, "higher voice, about the person's own pitch"),
    Channel("f0_sd_st", "st", 2.5, 0, 8, "livelier melody"),
    Channel("level_db", "dB", -24, -60, -6, "louder, dB re full scale"),
    Channel("rate_syl_per_s", "syl/s", 4.3, 2, 7, "faster speech"),
    Channel("sound", "share", 1, 0, 1, "recorded sound; 0 is digital silence"),
    Channel("crosstalk_db", "dB", -90, -90, 0, "the other's voice comes louder into this person's own channel"),
    # turns
    Channel("latency_s", "s", 0.6, -1, 8, "later answers; negative overlaps"),
    Channel("turn_s", "s", 5, 0.3, 90, "longer turns (median)"),
    Channel("talk_share", "share", 0.5, 0, 1, "more of the talk; 1 holds the floor, 0 keeps silent"),
    Channel("minimal_share", "share", 0.08, 0, 1, "more answers of at most 1.2 s"),
    Channel("unanswered_share", "share", 0.04, 0, 1, "more often no answer, so that the partner goes on after a pause"),
    Channel("interruptions_per_min", "1/min", 0.3, 0, 12, "breaks into the partner's turns more"),
    Channel("backchannels_per_min", "1/min", 4, 0, 20, "more short sounds while the partner talks"),
)
CHANNELS: Mapping[str, Channel] = {c.name: c for c in _ALL}
"""Every channel a script can steer, by name."""

_NUMBER = r"(\d+\.?\d*|\.\d+)"
_CHANGE = re.compile(rf"^([+\-x±]){_NUMBER}(?:(\.\.|\|){_NUMBER})?$")


@dataclass(frozen=True, slots=True)
class Change:
    """A change as written: `how` is "to", "by" or "times"; `values` holds one value, two ends, or two choices."""

    how: str
    values: tuple[float, ...]
    choose: bool = False

    def draw(self, *seed: int | str) -> float:
        """Return the value for one event, settled by the seed."""
        if len(self.values) == 1:
            return self.values[0]
        rng = np.random.default_rng([s if isinstance(s, int) else zlib.crc32(s.encode()) for s in seed])
        return float(rng.choice(self.values)) if self.choose else float(rng.uniform(min(self.values), max(self.values)))

    def delta(self, value: float, default: float, strength: float) -> float:
        """Return how far a drawn value moves a channel from its default at this strength."""
        if self.how == "to":
            return (value - default) * strength
        return value * strength if self.how == "by" else default * (value**strength - 1.0)


def read_change(written: object) -> Change:
    """Return a change from its TOML value; ValueError says what can be written."""
    if isinstance(written, (int, float)) and not isinstance(written, bool) and np.isfinite(written):
        return Change("to", (float(written),))
    match = _CHANGE.match(written.replace(" ", "")) if isinstance(written, str) else None
    if match is None:
        raise ValueError(f'expected a number, "+2", "-3", "x0.5", "+1..2" or "x0.7|1.3", got {written!r}')
    op, first, between, second = match.groups()
    if op == "±":
        return Change("by", (float(first), -float(first)), choose=True)
    sign = -1.0 if op == "-" else 1.0
    values = tuple(sign * float(v) for v in (first, second) if v is not None)
    return Change("times" if op == "x" else "by", values, between == "|")
