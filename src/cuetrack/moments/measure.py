"""Every signal of both people once a second, as a distance from the person's own usual, with how sure it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from cuetrack.moments.distance import EVENT_CUES, Distance, masks_of, of_events, of_frames, of_spans
from cuetrack.timeline.align import align
from cuetrack.timeline.baseline import POOLED, baseline, kept_span, row_median
from cuetrack.timeline.baseline_scale import to_scale
from cuetrack.timeline.state import States, speaking_state

Floats = npt.NDArray[np.float32]

SMOOTH_S = 10.0
"""Seconds over which a distance from usual is averaged before it counts; blinks and single syllables vanish in it."""
LOCAL_S = 600.0
"""Usual may drift: the median of this many seconds around is taken off, so a chair moved once is no moment."""
_CAP = 5.0
_FULL_COVERAGE = 0.4
_MAD_TO_SD = 1.4826
_HEAVY_TAIL = 0.7  # a spread is at least so much of the SD, however alike most values are


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured, rows by signal and person: `rows[r]` is (cue, signal, person).

    Shapes: `time_s` (T,) once a second; `value` (R, T) natural units, NaN missing; `usual` (R, T) the person's own
    usual in that speaking state, natural units; `z` (R, T) smoothed distance from usual in own spreads, 0 where
    missing; `whole` (R, T) the same with slow drift left in, to judge what comes back; `confidence` (R, T) 0..1;
    `state` by person; `usual_table` what was compared with and `own_table` this recording's own, both from
    `timeline.baseline`.
    """

    people: tuple[str, str]
    time_s: npt.NDArray[np.float64]
    rows: tuple[tuple[str, str, str], ...]
    value: Floats
    usual: Floats
    z: Floats
    whole: Floats
    confidence: Floats
    state: Mapping[str, States]
    usual_table: pd.DataFrame
    own_table: pd.DataFrame

    def row(self, signal: str, person: str) -> int | None:
        """Return the row of a signal of a person, None if it was not measured."""
        return next((i for i, (_, s, p) in enumerate(self.rows) if s == signal and p == person), None)


def measure(
    cues: Mapping[str, pd.DataFrame],
    spans: Mapping[str, pd.DataFrame],
    people: Sequence[str],
    *,
    duration_s: float,
    noise: Mapping[str, float] | None = None,
    baseline_from: pd.DataFrame | None = None,
) -> Measured:
    """Return every signal of every cue against the person's own usual by speaking state.

    `noise` (one SD, natural units, by signal) floors the spreads. `baseline_from` is a table of `timeline.baseline`
    from earlier sessions; for people and signals it knows it replaces this recording's own.
    """
    first, second = people
    noise = noise or {}
    times = np.arange(max(1, int(duration_s)), dtype=np.float64)
    signals = {name: [c for c in t.columns if c not in ("time_s", "person", "confidence")] for name, t in cues.items()}
    frames = {name: t for name, t in cues.items() if name not in EVENT_CUES and signals[name]}
    grid = align(frames, rate_hz=1.0, end_s=float(len(times)))
    state = _state(cues, spans, times, people)
    masks = masks_of(spans, people, times)
    own = baseline(grid, state, noise=noise)
    usual = _prefer(own, baseline_from)
    cue_of = {signal: name for name in frames for signal in signals[name]}
    found = of_frames(grid, cue_of, usual, state, masks, people, SMOOTH_S)
    found += of_spans(spans, _known(grid, frames, state, people), people, times)
    earlier = _earlier(baseline_from)
    for name in EVENT_CUES:
        if name in cues:
            found += of_events(name, cues[name], people, times, noise, earlier)
    value, expected, z, whole, confidence = _stack(found, times, local=baseline_from is None)
    rows = tuple((d.cue, d.signal, d.person) for d in found)
    return Measured((first, second), times, rows, value, expected, z, whole, confidence, state, usual, own)


def _stack(
    found: Sequence[Distance], times: npt.NDArray[np.float64], *, local: bool
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Smooth, take off slow drift, and put every row in units of its own usual variation."""
    count = len(times)
    if not found:
        return tuple(np.zeros((0, count), dtype=np.float32) for _ in range(5))  # type: ignore[return-value]
    raw = np.stack([d.raw for d in found])
    sure = np.where(np.isfinite(raw), np.stack([d.sure for d in found]), np.float32(0.0))
    z, confidence = np.zeros_like(raw), np.zeros_like(raw)
    windows = np.array([d.window_s for d in found])
    for window in np.unique(windows):
        at = windows == window
        z[at], confidence[at] = smooth(raw[at], sure[at], window)
    seen = confidence > 0.1
    if local:
        z -= np.where(seen.any(axis=1), row_median(np.where(seen, z, np.nan)), 0.0).astype(np.float32)[:, None]
    whole = z
    if local and count >= 2 * LOCAL_S:
        z = z - _slow_median(z, seen)
    start, end = kept_span(times)
    kept = seen & (times >= start) & (times < end)
    spread = row_spread(z, kept)
    floors = np.array([d.floor for d in found])
    unit = np.fmax(spread, floors).astype(np.float32)[:, None]
    z, whole = (np.where(confidence > 0, np.clip(x / unit, -_CAP, _CAP), np.float32(0.0)) for x in (z, whole))
    return np.stack([d.value for d in found]), np.stack([d.usual for d in found]), z, whole, confidence


def row_spread(away: Floats, kept: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Return the spread of each row's `kept` distances as one SD, (rows, n) -> (rows,).

    By the median distance, but never far below the SD where most are alike; 0 for a row without any.
    """
    square = np.where(kept, away.astype(np.float64) ** 2, 0.0).sum(axis=1) / np.maximum(kept.sum(axis=1), 1)
    by_median = _MAD_TO_SD * row_median(np.where(kept, np.abs(away), np.nan))
    return np.asarray(np.fmax(by_median, _HEAVY_TAIL * np.sqrt(square)))


def smooth(raw: Floats, sure: Floats, window_s: float) -> tuple[Floats, Floats]:
    """Return confidence-weighted centred means (R, T) over `window_s` and their confidence; 0 where nothing was seen.

    A window measured for 40 % of its seconds counts in full (people speak about that often), less counts less.
    """
    if window_s <= 1:
        return np.where(np.isfinite(raw), raw, np.float32(0.0)), sure
    weights = moving_sum(sure, window_s)
    total = moving_sum(np.where(np.isfinite(raw), raw, np.float32(0.0)) * sure, window_s)
    seconds = moving_sum((sure > 0).astype(np.float32), window_s)
    width = moving_sum(np.ones((1, raw.shape[1]), dtype=np.float32), window_s)
    mean = np.where(weights > 1e-3, total / np.maximum(weights, 1e-3), np.float32(0.0))
    coverage = np.minimum(1.0, seconds / width / _FULL_COVERAGE)
    return mean.astype(np.float32), (weights / np.maximum(seconds, 1.0) * coverage).astype(np.float32)


def moving_sum(x: Floats, window: float) -> Floats:
    """Return the sum over a centred window of about `window` samples along the last axis, shorter at the edges."""
    half = int(window) // 2
    n = x.shape[-1]
    total = np.zeros((*x.shape[:-1], n + 1), dtype=np.float64)
    np.cumsum(x, axis=-1, out=total[..., 1:])
    at = np.arange(n)
    return (total[..., np.minimum(at + half + 1, n)] - total[..., np.maximum(at - half, 0)]).astype(np.float32)


def _slow_median(z: Floats, seen: npt.NDArray[np.bool_], hop: int = 20) -> Floats:
    """Return the running median over `LOCAL_S` of every row, worked out each `hop` seconds and joined by lines."""
    thin = np.where(seen, z, np.nan)[:, ::hop]
    reach = int(LOCAL_S / hop) // 2
    padded = np.pad(thin, ((0, 0), (reach, reach)), constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=1)
    medians = row_median(windows.reshape(-1, 2 * reach + 1)).reshape(thin.shape)
    medians = np.where(np.isfinite(medians), medians, 0.0)
    at, knots = np.arange(z.shape[1]), np.arange(0, z.shape[1], hop)
    return np.stack([np.interp(at, knots, row) for row in medians]).astype(np.float32)


def _state(
    cues: Mapping[str, pd.DataFrame],
    spans: Mapping[str, pd.DataFrame],
    times: npt.NDArray[np.float64],
    people: Sequence[str],
) -> Mapping[str, States]:
    if "speaking" in cues and "speaking" in cues["speaking"].columns:
        return speaking_state(cues["speaking"], times, people)
    if "turns" in spans:
        return speaking_state(spans["turns"], times, people)
    return {p: np.full(len(times), "unknown") for p in people}


def _known(
    grid: pd.DataFrame, frames: Mapping[str, pd.DataFrame], state: Mapping[str, States], people: Sequence[str]
) -> dict[tuple[str, str], Floats]:
    """Return where each cue of each person was measured at all, for counting its spans."""
    known: dict[tuple[str, str], Floats] = {}
    parts = {str(p): rows for p, rows in grid.groupby("person", sort=False, observed=True)}
    for person in people:
        for cue in frames:
            if person in parts:
                known[person, cue] = parts[person][f"{cue}_confidence"].to_numpy(np.float32)
        known[person, "turns"] = (state[person] != "unknown").astype(np.float32)
    return known


def _prefer(own: pd.DataFrame, earlier: pd.DataFrame | None) -> pd.DataFrame:
    """Return the usual of earlier sessions where there is one, else this recording's own."""
    if earlier is None or not len(earlier):
        return own
    columns = [c for c in own.columns if c in earlier.columns]
    known = set(zip(earlier["person"], earlier["signal"], strict=True))
    rest = [key not in known for key in zip(own["person"], own["signal"], strict=True)]
    return pd.concat([earlier[columns], own.loc[rest, columns]], ignore_index=True)


def _earlier(table: pd.DataFrame | None) -> dict[tuple[str, str], tuple[float, float]]:
    if table is None:
        return {}
    pooled = table[table["state"] == POOLED]
    rows = zip(pooled["person"], pooled["signal"], pooled["median"], pooled["spread"], strict=True)
    return {(p, s): (float(to_scale(s, np.array(m))), float(spread)) for p, s, m, spread in rows if spread > 0}
