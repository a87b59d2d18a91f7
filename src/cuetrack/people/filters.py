"""Filtering of unevenly sampled tracks with gaps; used by every cue that is measured from the picture.

Windows are counted in samples of the track's usual rate, so that shifting the clock shifts only the times. NaN in
never spreads further than its window and is never filled beyond `max_gap_s`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from cuetrack.people.tracks import SpeechTrack

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def rate_hz(time_s: npt.ArrayLike) -> float:
    """Return the usual sampling rate, 1 / median step; 0 for fewer than two samples."""
    time = np.asarray(time_s, dtype=np.float64)
    step = float(np.median(np.diff(time))) if time.size > 1 else 0.0
    return round(1.0 / step, 6) if step > 0 else 0.0


def width(time_s: npt.ArrayLike, seconds: float) -> int:
    """Return an odd number of samples, at least 1, that spans about so many seconds."""
    return int(seconds * rate_hz(time_s) / 2 + 1e-6) * 2 + 1


def smooth(time_s: npt.ArrayLike, x: npt.ArrayLike, seconds: float) -> Floats:
    """Return the centred moving mean over so many seconds, ignoring NaN; NaN stays NaN. Shape (n,)."""
    values = np.asarray(x, dtype=np.float64)
    return np.where(np.isfinite(values), level_mean(time_s, values, seconds), np.nan)


def level_mean(time_s: npt.ArrayLike, x: npt.ArrayLike, seconds: float) -> Floats:
    """Return the centred moving mean over so many seconds, ignoring NaN; NaN only where nothing was near."""
    rolling = pd.Series(np.asarray(x, dtype=np.float64)).rolling(width(time_s, seconds), center=True, min_periods=1)
    return rolling.mean().to_numpy()


def level(time_s: npt.ArrayLike, x: npt.ArrayLike, seconds: float, quantile: float = 0.5) -> Floats:
    """Return the centred moving quantile over so many seconds, ignoring NaN; NaN only where nothing was near."""
    rolling = pd.Series(np.asarray(x, dtype=np.float64)).rolling(width(time_s, seconds), center=True, min_periods=1)
    return (rolling.median() if quantile == 0.5 else rolling.quantile(quantile)).to_numpy()


def robust_sd(x: npt.ArrayLike) -> float:
    """Return 1.4826 times the median absolute deviation of the finite values, 0 if there are none."""
    values = np.asarray(x, dtype=np.float64)
    values = values[np.isfinite(values)]
    return float(1.4826 * np.median(np.abs(values - np.median(values)))) if values.size else 0.0


def middle(x: npt.ArrayLike, quantile: float = 0.5) -> float:
    """Return a quantile of the finite values, NaN if there are none."""
    values = np.asarray(x, dtype=np.float64)
    values = values[np.isfinite(values)]
    return float(np.quantile(values, quantile)) if values.size else float("nan")


def speed(time_s: npt.ArrayLike, x: npt.ArrayLike) -> Floats:
    """Return dx/dt by central differences, NaN beside a missing sample; x is (n,) or (n, k)."""
    time, values = np.asarray(time_s, dtype=np.float64), np.asarray(x, dtype=np.float64)
    if len(time) < 3:
        return np.full(values.shape, np.nan)
    rate = np.full(values.shape, np.nan)
    step = (time[2:] - time[:-2]).reshape(-1, *[1] * (values.ndim - 1))
    rate[1:-1] = (values[2:] - values[:-2]) / np.maximum(step, 1e-9)
    rate[0], rate[-1] = rate[1], rate[-2]
    return np.where(np.isfinite(values), rate, np.nan)


def even(time_s: npt.ArrayLike, x: npt.ArrayLike, hz: float, *, max_gap_s: float = 0.3) -> tuple[Floats, Floats]:
    """Return times and values at exactly `hz` from the first sample on, linear between samples, NaN in longer gaps."""
    time, values = np.asarray(time_s, dtype=np.float64), np.asarray(x, dtype=np.float64)
    if time.size < 2:
        return time.copy(), values.copy()
    grid = time[0] + np.arange(int((time[-1] - time[0]) * hz + 1e-6) + 1) / hz
    good = np.isfinite(values)
    if good.sum() < 2:
        return grid, np.full(grid.size, np.nan)
    seen, out = time[good], np.interp(grid, time[good], values[good])
    after = np.clip(np.searchsorted(seen, grid - 1e-9), 1, seen.size - 1)
    gap = seen[after] - seen[after - 1]
    near = np.minimum(np.abs(grid - seen[after]), np.abs(grid - seen[after - 1]))
    usual = 1.5 / max(rate_hz(time), 1e-9)
    inside = (grid >= seen[0] - 1e-9) & (grid <= seen[-1] + 1e-9)
    return grid, np.where(inside & ((gap <= max(max_gap_s, usual)) | (near < 1e-6)), out, np.nan)


def back(grid_s: Floats, x: Floats, time_s: npt.ArrayLike) -> Floats:
    """Return values of an even grid at the native times, linear, NaN where the grid has none near."""
    time = np.asarray(time_s, dtype=np.float64)
    if grid_s.size < 2:
        return np.full(time.shape, np.nan)
    return np.interp(time, grid_s, x)


def runs(flag: npt.ArrayLike) -> list[tuple[int, int]]:
    """Return the half-open index runs where the flag is set."""
    padded = np.concatenate(([False], np.asarray(flag, dtype=bool), [False]))
    edges = np.flatnonzero(padded[1:] != padded[:-1])
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def band(x: Floats, hz: float, low_hz: float, high_hz: float, *, order: int = 2) -> Floats:
    """Return the zero-phase Butterworth band-pass of each finite run of an evenly sampled series.

    Runs shorter than one period of `low_hz` become NaN. If `high_hz` is not below the Nyquist rate it is lowered.
    """
    from scipy.signal import butter, sosfiltfilt

    out = np.full(x.shape, np.nan)
    high = min(high_hz, 0.45 * hz)
    if high <= low_hz:
        return out
    sections = butter(order, (low_hz, high), btype="bandpass", fs=hz, output="sos")
    for start, stop in runs(np.isfinite(x)):
        if stop - start > hz / low_hz:
            pad = min(stop - start - 1, int(2 * hz / low_hz))
            out[start:stop] = sosfiltfilt(sections, x[start:stop] - x[start:stop].mean(), padlen=pad)
    return out


def lowpass(x: Floats, hz: float, cut_hz: float, *, order: int = 2) -> Floats:
    """Return the zero-phase Butterworth low-pass of each finite run of an even series; short runs unchanged."""
    from scipy.signal import butter, sosfiltfilt

    out = x.copy()
    if cut_hz >= 0.45 * hz:
        return out
    sections = butter(order, cut_hz, fs=hz, output="sos")
    for start, stop in runs(np.isfinite(x)):
        if stop - start > 9:
            out[start:stop] = sosfiltfilt(sections, x[start:stop], padlen=min(stop - start - 1, int(3 * hz / cut_hz)))
    return out


def hysteresis(x: npt.ArrayLike, on: float, off: float) -> Flags:
    """Return where x has risen above `on` and not yet fallen below `off`; growing back to where it left `off`."""
    values = np.asarray(x, dtype=np.float64)
    flag = np.zeros(values.shape, dtype=bool)
    for start, stop in runs(np.nan_to_num(values, nan=-np.inf) > off):
        flag[start:stop] = (values[start:stop] > on).any()
    return flag


def spans_where(
    time_s: npt.ArrayLike, flag: npt.ArrayLike, *, min_s: float = 0.0, max_s: float = np.inf, join_s: float = 0.0
) -> list[tuple[float, float]]:
    """Return half-open spans where the flag is set, joined over gaps up to `join_s`, of `min_s` to `max_s` seconds."""
    time = np.asarray(time_s, dtype=np.float64)
    if time.size == 0:
        return []
    end = np.append(time[1:], time[-1] + 1.0 / max(rate_hz(time), 1e-9) if time.size > 1 else time[-1])
    found: list[tuple[float, float]] = []
    for start, stop in runs(flag):
        if found and time[start] - found[-1][1] <= join_s:
            found[-1] = (found[-1][0], float(end[stop - 1]))
        else:
            found.append((float(time[start]), float(end[stop - 1])))
    return [s for s in found if min_s - 1e-6 <= s[1] - s[0] <= max_s + 1e-6]


def inside(time_s: npt.ArrayLike, spans: Sequence[tuple[float, float]]) -> Flags:
    """Return which times lie in one of the half-open spans."""
    time = np.asarray(time_s, dtype=np.float64)
    flag = np.zeros(time.shape, dtype=bool)
    for start, end in spans:
        flag |= (time >= start - 1e-6) & (time < end - 1e-6)
    return flag


def events_per_min(
    time_s: npt.ArrayLike, events_s: npt.ArrayLike, seen: npt.ArrayLike, window_s: float, *, least: float = 0.5
) -> Floats:
    """Return events per seen minute in a window around each sample, NaN where less than `least` of it was seen.

    At the ends of a recording the window is cut; a recording shorter than the window is one window.
    """
    time, watched = np.asarray(time_s, dtype=np.float64), np.asarray(seen, dtype=bool)
    if time.size < 2:
        return np.full(time.shape, np.nan)
    step, half = 1.0 / rate_hz(time), window_s / 2
    since = time - time[0]
    total = np.concatenate(([0.0], np.cumsum(watched * np.minimum(np.append(np.diff(since), step), 2 * step))))
    # A millisecond early on both sides, so that ties do not hang on the last bit of the clock.
    first, last = since - half - 1e-3, since + half - 1e-3
    seconds = total[np.searchsorted(since, last)] - total[np.searchsorted(since, first)]
    events = np.sort(np.asarray(events_s, dtype=np.float64)) - time[0]
    count = np.searchsorted(events, last) - np.searchsorted(events, first)
    whole = np.minimum(last, since[-1] + step) - np.maximum(first, 0.0)
    return np.where((seconds >= least * whole) & (seconds > 0), 60.0 * count / np.maximum(seconds, 1e-9), np.nan)


def speaking(time_s: npt.ArrayLike, speech: SpeechTrack | None, *, pad_s: float = 0.0) -> Floats:
    """Return 1 while the person speaks, 0 while silent, NaN where nothing was heard. Shape (n,)."""
    time = np.asarray(time_s, dtype=np.float64)
    if speech is None:
        return np.full(time.shape, np.nan)
    table = speech.spans
    rows = table[table["label"].isin(["speech", "laugh", "cough"])] if len(table) else table
    talk = [(float(s) - pad_s, float(e) + pad_s) for s, e in zip(rows["start_s"], rows["end_s"], strict=True)]
    heard = inside(time, list(speech.heard)) if speech.heard else np.ones(time.shape, dtype=bool)
    return np.where(heard, inside(time, talk).astype(np.float64), np.nan)
