"""How much each person speaks: speaking or not, share of the talk, share of silence, length of turns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from cuetrack import tables
from cuetrack.cues.registry import cue
from cuetrack.people.tracks import SpeechTrack
from cuetrack.terms import Signal

Floats = npt.NDArray[np.floating]
_STEP_S = 0.1


@cue(
    signals=(
        Signal("speaking", "", 0, 1, "the person speaks"),
        Signal("talk_share", "", 0, 1, "a larger share of both people's speech within a minute", noise=0.03),
        Signal("pause_share", "", 0, 1, "more of the minute in which nobody speaks", noise=0.03),
        Signal("turn_s", "s", 0, 3600, "longer turns", noise=0.3),
    ),
    version="1",
)
def speaking(
    speech: SpeechTrack,
    turns_spans: pd.DataFrame | None = None,
    partner_speech: SpeechTrack | None = None,
    *,
    window_s: float = 60.0,
    least_heard_s: float = 20.0,
    least_speech_s: float = 2.0,
) -> pd.DataFrame:
    """Measure how much a person speaks, ten times a second.

    `speaking` is missing outside what was heard. Shares and the median length of own turns are over `window_s` centred
    on the row, missing where less than `least_heard_s` of it was heard; the share of talk needs `least_speech_s`.
    """
    if not speech.heard:
        return tables.samples(
            [], speech.person, {n: [] for n in ("speaking", "talk_share", "pause_share", "turn_s")}, []
        )
    first = int(np.ceil(round(min(a for a, _ in speech.heard) / _STEP_S, 6)))
    last = int(np.ceil(round(max(b for _, b in speech.heard) / _STEP_S, 6)))
    time = np.arange(first, last) * _STEP_S
    heard = _inside(time, speech.heard)
    own = _inside(time, _speech(speech)) & heard
    both = heard & _inside(time, partner_speech.heard) if partner_speech else np.zeros_like(heard)
    theirs = both & _inside(time, _speech(partner_speech)) if partner_speech else np.zeros_like(heard)
    half = round(window_s / 2 / _STEP_S)
    mine_s, theirs_s, both_s = (_sum_around(m, half) * _STEP_S for m in (own & both, theirs, both))
    silent_s = _sum_around(both & ~own & ~theirs, half) * _STEP_S
    enough = both_s >= min(least_heard_s, window_s)
    talk_s = mine_s + theirs_s
    signals = {
        "speaking": np.where(heard, own, np.nan),
        "talk_share": np.where(enough & (talk_s >= least_speech_s), mine_s / np.maximum(talk_s, 1e-9), np.nan),
        "pause_share": np.where(enough, silent_s / np.maximum(both_s, 1e-9), np.nan),
        "turn_s": np.where(heard, _turn_length(time, turns_spans, window_s), np.nan),
    }
    for name in ("talk_share", "pause_share"):
        signals[name] = np.where(heard, np.clip(signals[name], 0, 1), np.nan)
    sure = min(speech.confidence, partner_speech.confidence) if partner_speech else speech.confidence
    return tables.samples(time, speech.person, signals, sure)


def _speech(track: SpeechTrack) -> list[tuple[float, float]]:
    spoken = track.spans[track.spans["label"] == "speech"]
    return list(zip(spoken["start_s"].tolist(), spoken["end_s"].tolist(), strict=True))


def _inside(time_s: Floats, spans: Sequence[tuple[float, float]]) -> npt.NDArray[np.bool_]:
    """Return which rows have their middle in a span."""
    inside = np.zeros(len(time_s), bool)
    middle = time_s + _STEP_S / 2
    for start, end in spans:
        inside[np.searchsorted(middle, start) : np.searchsorted(middle, end)] = True
    return inside


def _sum_around(mask: npt.NDArray[np.bool_], half: int) -> Floats:
    total = np.concatenate([[0], np.cumsum(mask)])
    at = np.arange(len(mask))
    return np.asarray(total[np.minimum(at + half, len(mask))] - total[np.maximum(at - half, 0)], np.float64)


def _turn_length(time_s: Floats, spans: pd.DataFrame | None, window_s: float) -> Floats:
    """Return the median length of the turns that touch the window around each row."""
    out = np.full(len(time_s), np.nan)
    if spans is None:
        return out
    turns = spans[spans["label"] == "turn"]
    start, end = turns["start_s"].to_numpy(), turns["end_s"].to_numpy()
    length = end - start
    # Turns may overlap little and are few: evaluate once a second, hold between.
    every = round(1 / _STEP_S)
    for i in range(0, len(time_s), every):
        near = (end > time_s[i] - window_s / 2) & (start < time_s[i] + window_s / 2)
        if near.any():
            out[i : i + every] = np.median(length[near])
    return out
