"""A plain little session with shifts at known times: slow noise, turns, and nothing learnt from the detector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cuetrack import tables

PEOPLE = ("client", "therapist")
USUAL = {
    "gaze": {"toward_partner": (0.65, 0.2), "off_home_deg": (8.0, 3.0), "blink_rate_per_min": (20.0, 4.0)},
    "face": {"expressivity_per_s": (0.3, 0.1), "smile": (0.2, 0.1), "brow_lower": (0.1, 0.1)},
    "posture": {"lean_cm": (0.0, 2.0), "slump_cm": (0.0, 1.5)},
    "gesture": {"motion_sw_per_s": (0.3, 0.1), "hand_motion_sw_per_s": (0.4, 0.15)},
    "breathing": {"breath_rate_per_min": (14.0, 1.5), "breath_depth": (1.0, 0.2)},
    "voice": {"level_db": (0.0, 3.0), "pitch_st": (0.0, 1.5), "articulation_syl_per_s": (4.5, 0.6)},
}
QUIETER: Mapping[tuple[str, str], float] = {
    ("gaze", "toward_partner"): -2.0,
    ("gaze", "off_home_deg"): 2.0,
    ("face", "expressivity_per_s"): -2.0,
    ("posture", "lean_cm"): -2.0,
    ("voice", "level_db"): -2.0,
    ("voice", "articulation_syl_per_s"): -2.0,
    ("gesture", "motion_sw_per_s"): -2.0,
}
FORCEFUL: Mapping[tuple[str, str], float] = {
    ("gaze", "toward_partner"): 1.5,
    ("face", "brow_lower"): 2.5,
    ("posture", "lean_cm"): 2.0,
    ("voice", "level_db"): 2.5,
    ("voice", "pitch_st"): 2.0,
    ("gesture", "motion_sw_per_s"): 2.0,
}
Shift = tuple[float, float, str, Mapping[tuple[str, str], float]]


def session(
    shifts: Sequence[Shift] = (), *, duration_s: float = 1500.0, seed: int = 0, without: Sequence[str] = ()
) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """Return cue tables at 2/s and turns; each shift moves signals by so many spreads in start..end of a person."""
    rng = np.random.default_rng(seed)
    time = np.arange(0, duration_s, 0.5)
    cues: dict[str, pd.DataFrame] = {}
    for cue, signals in USUAL.items():
        parts = []
        for person in PEOPLE:
            columns = {}
            for name, (middle, spread) in signals.items():
                noise = slow(rng, len(time), 10.0)
                for start, end, who, moves in shifts:
                    if who == person and (cue, name) in moves:
                        noise = noise + moves[cue, name] * ((time >= start) & (time < end))
                columns[name] = np.maximum(middle + spread * noise, 0.0) if middle > 0 else middle + spread * noise
            parts.append(tables.samples(time, person, columns, 1.0))
        if cue not in without:
            cues[cue] = tables.join(parts)
    spans, response = turns(rng, duration_s)
    if "response" not in without:
        cues["response"] = response
    return cues, {} if "turns" in without else {"turns": spans}


def slow(rng: np.random.Generator, count: int, samples: float) -> np.ndarray:
    """Return unit AR(1) noise with a memory of so many samples."""
    from scipy.signal import lfilter

    keep = np.exp(-1 / samples)
    start = rng.normal()
    shaken = rng.normal(size=count) * np.sqrt(1 - keep**2)
    return np.asarray(lfilter([1], [1, -keep], shaken, zi=[keep * start])[0])


def turns(rng: np.random.Generator, duration_s: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows, replies, at, who = [], {p: [] for p in PEOPLE}, 1.0, 0
    while at < duration_s - 20:
        length, wait = float(rng.uniform(2, 15)), float(rng.lognormal(-0.7, 0.5))
        person, other = PEOPLE[who], PEOPLE[1 - who]
        for label in ("speech", "turn"):
            rows.append({"start_s": at, "end_s": at + length, "person": person, "label": label})
        replies[person].append((at, wait, length))
        rows.append(
            {"start_s": at + length, "end_s": at + length + wait, "person": person, "toward": other, "label": "pause"}
        )
        at, who = at + length + wait, 1 - who
    parts = [
        tables.samples([r[0] for r in got], p, {"latency_s": [r[1] for r in got], "reply_s": [r[2] for r in got]}, 1.0)
        for p, got in replies.items()
    ]
    return tables.spans(rows), tables.join(parts)
