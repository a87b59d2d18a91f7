"""The scale on which each signal is compared with a person's usual: durations and rates by ratio, shares by odds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

LOG: dict[str, float] = {
    "latency_s": 0.3,
    "reply_s": 0.3,
    "turn_s": 0.5,
    "expressivity_per_s": 0.02,
    "motion_sw_per_s": 0.02,
    "hand_motion_sw_per_s": 0.02,
    "head_speed_deg_per_s": 1.0,
    "blink_rate_per_min": 4.0,
    "nod_rate_per_min": 3.0,
    "shake_rate_per_min": 3.0,
    "breath_depth": 0.1,
    "pitch_span_st": 0.5,
    "jitter": 0.002,
    "shimmer": 0.01,
}
"""Signals compared by ratio, `log(x + offset)`; the offset is about the smallest amount that matters."""
LOGIT = ("talk_share", "pause_share")
"""Shares compared by odds, kept .03 away from 0 and 1."""
SHARE = ("toward_partner", "self_touch", "hand_over_face", "minimal", "mutual_gaze", "speaking")
"""Yes-or-no signals: usual is the mean, spread that of a coin with this mean."""
_EDGE = 0.03


def kind(signal: str) -> str:
    """Return the scale of a signal: "log", "logit", "share", or "plain" (degrees, cm, semitones and dB among them)."""
    return "log" if signal in LOG else "logit" if signal in LOGIT else "share" if signal in SHARE else "plain"


def to_scale(signal: str, values: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return natural values on the signal's scale, same shape; NaN stays NaN."""
    x = np.asarray(values, dtype=np.float64)
    if signal in LOG:
        return np.log(np.maximum(x, 0.0) + LOG[signal])
    if signal in LOGIT:
        share = np.clip(x, _EDGE, 1 - _EDGE)
        return np.log(share / (1 - share))
    return x


def from_scale(signal: str, values: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return values on the signal's scale in natural units again."""
    y = np.asarray(values, dtype=np.float64)
    if signal in LOG:
        return np.maximum(np.exp(y) - LOG[signal], 0.0)
    if signal in LOGIT:
        return 1 / (1 + np.exp(-y))
    return y


def noise_on_scale(signal: str, noise: float, median: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return measurement noise given in natural units as a spread on the signal's scale about `median` (natural)."""
    middle = np.asarray(median, dtype=np.float64)
    if signal in LOG:
        return noise / (np.maximum(middle, 0.0) + LOG[signal])
    if signal in LOGIT:
        share = np.clip(middle, _EDGE, 1 - _EDGE)
        return noise / (share * (1 - share))
    return np.full(middle.shape, noise)
