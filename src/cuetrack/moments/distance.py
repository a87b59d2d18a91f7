"""Distance of every signal from the person's own usual, before smoothing: frame cues, counted spans, reply events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from cuetrack.moments.rates import RATES, Rate, rate
from cuetrack.terms import PAIR
from cuetrack.timeline.baseline import POOLED, kept_span
from cuetrack.timeline.baseline_scale import from_scale, kind, noise_on_scale, to_scale
from cuetrack.timeline.state import STATES, States, covered_s

Floats = npt.NDArray[np.float32]
Times = npt.NDArray[np.float64]

EVENT_CUES = ("response",)
"""Cues with one row per event: compared event by event, then gathered over `EVENT_S` seconds."""
EVENT_S = 30.0
_CAP = 3.0
_MAD_TO_SD = 1.4826
_MASKS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("turns", "cough", ("voice", "face", "head", "posture", "gesture", "breathing")),
    ("turns", "laugh", ("voice", "face", "head", "posture", "gesture", "breathing")),
    ("gesture", "hand_over_face", ("face", "gaze", "head")),
)
_MASK_PAD_S = 1.0


class Distance(NamedTuple):
    """One signal of one person once a second: natural value, its usual, distance in spreads (NaN missing), sureness.

    `window_s` is the time over which it still has to be averaged, `floor` the least spread of that average.
    """

    cue: str
    signal: str
    person: str
    value: Floats
    usual: Floats
    raw: Floats
    sure: Floats
    window_s: float
    floor: float


def of_frames(
    grid: pd.DataFrame,
    cue_of: Mapping[str, str],
    usual: pd.DataFrame,
    state: Mapping[str, States],
    masks: Mapping[tuple[str, str], Floats],
    people: Sequence[str],
    smooth_s: float,
) -> list[Distance]:
    """Return the distances of all frame cues: `grid` from `align`, `usual` from `baseline`, `cue_of` by signal."""
    found: list[Distance] = []
    lookup = {key: (m, s) for *key_, m, s in usual_rows(usual) for key in [tuple(key_)]}
    for person, rows in grid.groupby("person", sort=False, observed=True):
        who = str(person)
        if who not in (*people, PAIR):
            continue
        states = state.get(who, np.full(len(rows), POOLED))
        codes = np.searchsorted(_CODES, states)
        for signal, cue in cue_of.items():
            sure = rows[f"{cue}_confidence"].to_numpy(np.float32) * masks.get((who, cue), np.float32(1.0))
            value = rows[signal].to_numpy(np.float32)
            if not np.isfinite(value).any():
                continue
            pairs = [lookup.get((who, name, signal), lookup.get((who, POOLED, signal))) for name in _CODES]
            middle, spread = (np.array([p[i] if p else np.nan for p in pairs])[codes] for i in (0, 1))
            raw = _capped(to_scale(signal, value), to_scale(signal, middle), spread)
            raw = np.where(sure > 0, raw, np.float32(np.nan))
            found.append(Distance(cue, signal, who, value, middle.astype(np.float32), raw, sure, smooth_s, 0.5))
    return found


_CODES = np.sort(np.array([*STATES, POOLED]))


def usual_rows(usual: pd.DataFrame) -> list[tuple[str, str, str, float, float]]:
    """Return (person, state, signal, median, spread) of every row of a `baseline` table."""
    columns = [usual[c].tolist() for c in ("person", "state", "signal", "median", "spread")]
    return list(zip(*columns, strict=True))


def of_spans(
    spans: Mapping[str, pd.DataFrame], known: Mapping[tuple[str, str], Floats], people: Sequence[str], times: Times
) -> list[Distance]:
    """Return the distances of signals counted from spans; `known` (T,) by person and cue says where counting works."""
    found: list[Distance] = []
    start, end = kept_span(times)
    kept = (times >= start) & (times < end)
    for signal, spec in RATES.items():
        if spec.cue not in spans:
            continue
        for person in people:
            sure = known.get((person, spec.cue))
            if sure is None:
                continue
            value = rate(signal, spans[spec.cue], person, times, 1.0)
            seen = value[kept & (sure > 0)].astype(np.float64)
            mean = float(seen.mean()) if len(seen) else 0.0
            raw = np.where(sure > 0, surprise(spec, value.astype(np.float64), mean), np.float32(np.nan))
            usual = np.full(len(value), mean, dtype=np.float32)
            found.append(Distance(spec.cue, signal, person, value, usual, raw, sure, 5.0, 0.8))
    return found


def surprise(spec: Rate, value: Times, mean: float) -> Floats:
    """Return how many spreads a count or share lies from its mean, spread as of rare, independent events (Poisson)."""
    unit = 60.0 / spec.window_s if spec.how != "share" else 4.0 * spec.noise
    counted, expected = value / unit, mean / unit
    far: Times = (counted - expected) / np.sqrt(expected + 0.75)
    return np.clip(far, -_CAP, _CAP).astype(np.float32)


def of_events(
    cue: str,
    table: pd.DataFrame,
    people: Sequence[str],
    times: Times,
    noise: Mapping[str, float],
    earlier: Mapping[tuple[str, str], tuple[float, float]],
) -> list[Distance]:
    """Return the distances of an event cue, averaged over the events within `EVENT_S` seconds of each time.

    Usual is the median over the person's events; `earlier` (median, spread) by person and signal replaces it.
    One event alone counts half.
    """
    found: list[Distance] = []
    start, end = kept_span(times)
    for person in people:
        rows = table[table["person"] == person]
        at, sure = rows["time_s"].to_numpy(np.float64), rows["confidence"].to_numpy(np.float64)
        first = np.searchsorted(at, times + 0.5 - EVENT_S / 2)
        last = np.searchsorted(at, times + 0.5 + EVENT_S / 2)
        kept = (at >= start) & (at < end)
        for signal in [c for c in table.columns if c not in ("time_s", "person", "confidence")]:
            natural = rows[signal].to_numpy(np.float64)
            scaled = to_scale(signal, natural)
            usable = np.isfinite(scaled) & (sure > 0)
            if usable.sum() < 3:
                continue
            middle, spread = earlier.get((person, signal)) or _event_usual(signal, scaled[usable & kept], noise)
            raw = _capped(scaled, np.full(len(scaled), middle), np.full(len(scaled), spread))
            weight = np.where(usable, sure, 0.0)
            weights, count = _within(first, last, weight), _within(first, last, usable.astype(np.float64))
            some = count > 0
            divisor = np.where(weights > 0, weights, np.nan)
            mean = _within(first, last, np.where(usable, raw * weight, 0.0)) / divisor
            value = from_scale(signal, _within(first, last, np.where(usable, scaled * weight, 0.0)) / divisor)
            certain = np.where(some, weights / np.maximum(count, 1) * np.minimum(1.0, 0.5 + 0.25 * (count - 1)), 0.0)
            usual = np.full(len(times), from_scale(signal, np.array(middle)))
            series = [a.astype(np.float32) for a in (value, usual, mean, certain)]
            found.append(
                Distance(
                    cue,
                    signal,
                    person,
                    series[0],
                    series[1],
                    series[2],
                    series[3],
                    0.0,
                    0.8 if kind(signal) == "share" else 0.5,
                )
            )
    return found


def _within(first: npt.NDArray[np.intp], last: npt.NDArray[np.intp], x: Times) -> Times:
    total = np.r_[0.0, np.cumsum(x)]
    difference: Times = total[last] - total[first]
    return difference


def _event_usual(signal: str, scaled: Times, noise: Mapping[str, float]) -> tuple[float, float]:
    if not len(scaled):
        return np.nan, np.nan
    if kind(signal) == "share":
        mean = float(scaled.mean())
        return mean, max(0.2, float(np.sqrt(mean * (1 - mean))))
    middle = float(np.median(scaled))
    floor = float(noise_on_scale(signal, noise.get(signal, 0.0), from_scale(signal, np.array(middle))))
    return middle, max(_MAD_TO_SD * float(np.median(np.abs(scaled - middle))), floor, 0.1)


def _capped(scaled: Times, middle: Times, spread: Times) -> Floats:
    """Return distances in spreads, capped so that one wild second cannot make a moment."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.clip((scaled - middle) / np.where(spread > 0, spread, np.nan), -_CAP, _CAP).astype(np.float32)


def masks_of(spans: Mapping[str, pd.DataFrame], people: Sequence[str], times: Times) -> dict[tuple[str, str], Floats]:
    """Return what is left (0..1, shape (T,)) of each person's cue where a cough, laugh or hand makes it meaningless."""
    masks: dict[tuple[str, str], Floats] = {}
    for source, label, cues in _MASKS:
        table = spans.get(source)
        if table is None:
            continue
        for person in people:
            rows = table[(table["person"] == person) & (table["label"] == label)]
            if not len(rows):
                continue
            start, end = rows["start_s"].to_numpy() - _MASK_PAD_S, rows["end_s"].to_numpy() + _MASK_PAD_S
            free = (covered_s(start, end, times, 1.0) < 0.3).astype(np.float32)
            for cue in cues:
                masks[person, cue] = masks.get((person, cue), np.float32(1.0)) * free
    return masks
