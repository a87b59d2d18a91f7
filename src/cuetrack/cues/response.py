"""How one answers the other: after how long, how briefly, with how much."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from cuetrack import tables
from cuetrack.cues.registry import cue
from cuetrack.people.tracks import SoundTrack
from cuetrack.terms import Signal

Floats = npt.NDArray[np.floating]

# One SD of measurement noise of each part of the intensity: log seconds, dB, st, shoulder widths/s, units/s.
_NOISE = {"duration": 0.1, "level": 0.5, "span": 0.5, "movement": 0.02, "expressivity": 0.02}


@cue(
    signals=(
        Signal(
            "transfer_offset_s", "s", -20, 60, "a later start after the partner stopped; below 0 before", noise=0.05
        ),
        Signal("latency_s", "s", 0, 60, "a longer silence before the answer", noise=0.05),
        Signal("minimal", "", 0, 1, "only a very short answer to a longer turn"),
        Signal("reply_s", "s", 0, 3600, "a longer answer", noise=0.1),
        Signal("intensity_sd", "SD", -10, 10, "a longer, louder, livelier answer than this person's usual", noise=0.2),
    ),
    version="3",
    pair=True,
)
def response(
    turns_spans: pd.DataFrame,
    voice: pd.DataFrame | None = None,
    gesture: pd.DataFrame | None = None,
    face_cue: pd.DataFrame | None = None,
    sound: Mapping[str, SoundTrack] | None = None,
    *,
    medium_delay_s: float = 0.0,
    window_s: float = 5.0,
    minimal_s: float = 1.2,
    minimal_syllables: int = 3,
    minimal_after_s: float = 2.0,
    longest_s: float = 30.0,
    least_answers: int = 5,
) -> pd.DataFrame:
    """Measure each change of floor: one row for the one who answers, at the moment they start.

    `transfer_offset_s` is own start minus the partner's end, less `medium_delay_s` (a call adds about 0.35 s to what
    one hears in a room; leave 0 to read each recording against its own usual); `latency_s` its positive part.
    `minimal`: a turn of at most `minimal_s` and `minimal_syllables` after one of `minimal_after_s`, and the partner
    speaks next. `intensity_sd` is the mean of z of log duration, level, pitch range, body movement and facial
    expressivity in the `window_s` after the partner stops, each against the person's own median and MAD
    over at least `least_answers` answers. Starts more than `longest_s` after the partner's end are no answers.
    """
    turns = turns_spans[turns_spans["label"] == "turn"].sort_values("start_s", kind="stable")
    rows = []
    listed = [_Turn(r["person"], r["start_s"], r["end_s"], r["score"]) for r in turns.to_dict("records")]
    for before, now, after in zip(listed[:-1], listed[1:], [*listed[2:], None], strict=False):
        offset = now.start_s - before.end_s - medium_delay_s
        if now.person == before.person or not -20 <= offset <= min(longest_s, 60):
            continue
        length = now.end_s - now.start_s
        brief = length <= minimal_s and _syllables(sound, now) <= minimal_syllables
        asked = before.end_s - before.start_s >= minimal_after_s
        rows.append({
            "person": now.person,
            "time_s": now.start_s,
            "from_s": before.end_s,
            "transfer_offset_s": offset,
            "latency_s": max(offset, 0.0),
            "minimal": float(brief and asked and after is not None and after.person != now.person),
            "reply_s": length,
            "confidence": float(np.nan_to_num(min(now.score, before.score))),
        })  # fmt: skip
    found = pd.DataFrame(rows, columns=["person", "time_s", "from_s", *_SIGNALS[:4], "confidence"])
    parts = []
    for person, own in found.groupby("person", sort=True):
        sure = own["confidence"].to_numpy()
        lively = _intensity(
            str(person), own, {"voice": voice, "gesture": gesture, "face": face_cue}, window_s, least_answers
        )
        signals = {name: own[name].to_numpy() for name in _SIGNALS[:4]}
        parts.append(tables.samples(own["time_s"].to_numpy(), str(person), {**signals, "intensity_sd": lively}, sure))
    return tables.join(parts or [tables.samples([], "", {name: [] for name in _SIGNALS}, [])])


_SIGNALS = ("transfer_offset_s", "latency_s", "minimal", "reply_s", "intensity_sd")


class _Turn(NamedTuple):
    person: str
    start_s: float
    end_s: float
    score: float


def _syllables(sound: Mapping[str, SoundTrack] | None, turn: _Turn) -> int:
    """Count syllable nuclei within a turn, 0 where nothing was heard of them."""
    track = (sound or {}).get(turn.person)
    if track is None:
        return 0
    low, high = np.searchsorted(track.syllable_s, [turn.start_s, turn.end_s])
    return int(high - low)


def _intensity(
    person: str, own: pd.DataFrame, given: Mapping[str, pd.DataFrame | None], window_s: float, least: int
) -> Floats:
    """Return each answer's mean z over the parts that could be measured; at least two parts are needed."""
    windows = [(t, t + window_s) for t in own["from_s"]]
    parts = {"duration": np.log(np.maximum(own["reply_s"].to_numpy(), 0.05))}
    for name, cue_name, column, statistic in (
        ("level", "voice", "level_db", np.mean),
        ("span", "voice", "pitch_st", _range),
        ("movement", "gesture", "motion_sw_per_s", np.mean),
        ("expressivity", "face", "expressivity_per_s", np.mean),
    ):
        table = given[cue_name]
        if table is not None and column in table:
            rows = table[table["person"] == person]
            time, values = rows["time_s"].to_numpy(), rows[column].to_numpy().astype(np.float64)
            parts[name] = np.array([_within(time, values, window, statistic) for window in windows])
    z = np.array([_z(values, _NOISE[name], least) for name, values in parts.items()])
    known = np.isfinite(z).sum(axis=0)
    mean = np.nansum(z, axis=0) / np.maximum(known, 1)
    return np.where(known >= min(2, len(parts)), np.clip(mean, -10, 10), np.nan)


def _within(time: Floats, values: Floats, window: tuple[float, float], statistic: object) -> float:
    low, high = np.searchsorted(time, window)
    kept = values[low:high]
    kept = kept[np.isfinite(kept)]
    return float(statistic(kept)) if len(kept) >= 3 and callable(statistic) else float("nan")


def _range(values: Floats) -> float:
    low, high = np.percentile(values, [10, 90])
    return float(high - low)


def _z(values: Floats, noise: float, least: int) -> Floats:
    known = values[np.isfinite(values)]
    if len(known) < least:
        return np.full(len(values), np.nan)
    middle = np.median(known)
    spread = max(1.4826 * float(np.median(np.abs(known - middle))), noise)
    return np.asarray((values - middle) / spread)
