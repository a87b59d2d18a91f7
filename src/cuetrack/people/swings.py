"""Short to-and-fro movements of one angle, such as nods and shakes; used by the cue head."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cuetrack.people import filters


@dataclass(frozen=True, slots=True)
class Swing:
    """A to-and-fro movement: start and end in seconds, largest peak-to-peak size, number of reversals."""

    start_s: float
    end_s: float
    size: float
    reversals: int


def find(
    time_s: npt.ArrayLike,
    angle: npt.ArrayLike,
    *,
    least: npt.ArrayLike,
    follows: npt.ArrayLike | None = None,
    beside: npt.ArrayLike | None = None,
    low_hz: float = 1.0,
    high_hz: float = 4.0,
    reversals: int = 2,
    join_s: float = 0.4,
) -> list[Swing]:
    """Return swings of an angle in the band that reverse at least so often with half-swings of `least` or more.

    `angle` is (n,) in degrees and `least` (n,) or one number. What follows the (n,) series `follows` in a 2 s
    surrounding is taken out first. Where the other angle `beside` swings more, the swing belongs to that one.
    """
    time = np.asarray(time_s, dtype=np.float64)
    hz = min(30.0, filters.rate_hz(time))
    if hz < 2.5 * low_hz:
        return []
    grid, x = filters.even(time, angle, hz)
    x = filters.band(x, hz, 0.7 * low_hz, high_hz)
    if follows is not None:
        x = _without(x, filters.band(filters.even(time, follows, hz)[1], hz, 0.7 * low_hz, high_hz + 1), hz)
    other = None if beside is None else filters.band(filters.even(time, beside, hz)[1], hz, 0.7 * low_hz, high_hz)
    threshold = np.interp(grid, time, np.broadcast_to(np.asarray(least, dtype=np.float64), time.shape))
    halves = [h for h in _half_swings(grid, x, threshold) if 0.4 / high_hz <= h[1] - h[0] <= 0.65 / low_hz]
    found: list[Swing] = []
    group: list[tuple[float, float, float]] = []
    for half in [*halves, (np.inf, np.inf, 0.0)]:
        if group and half[0] - group[-1][1] > 1e-6:
            if len(group) > reversals - 1 and not _belongs_beside(grid, x, other, group):
                found.append(Swing(group[0][0], group[-1][1], max(h[2] for h in group), len(group)))
            group = []
        group.append(half)
    joined: list[Swing] = []
    for swing in found:
        if joined and swing.start_s - joined[-1].end_s < join_s:
            last = joined[-1]
            more = Swing(last.start_s, swing.end_s, max(last.size, swing.size), last.reversals + swing.reversals)
            joined[-1] = more
        else:
            joined.append(swing)
    return joined


def _half_swings(
    grid: filters.Floats, x: filters.Floats, threshold: filters.Floats
) -> list[tuple[float, float, float]]:
    """Return (start, end, size) between neighbouring extremes that differ by the threshold or more."""
    turns = np.flatnonzero((np.diff(x[:-1]) * np.diff(x[1:])) <= 0) + 1
    sizes = np.abs(np.diff(x[turns]))
    return [
        (float(grid[a]), float(grid[b]), float(size))
        for a, b, size in zip(turns[:-1], turns[1:], sizes, strict=True)
        if size >= threshold[a]
    ]


def _belongs_beside(
    grid: filters.Floats, x: filters.Floats, other: filters.Floats | None, group: list[tuple[float, float, float]]
) -> bool:
    if other is None:
        return False
    part = (grid >= group[0][0]) & (grid <= group[-1][1])
    return bool(np.nanstd(other[part]) > 1.2 * np.nanstd(x[part])) if np.isfinite(other[part]).sum() > 2 else False


def _without(x: filters.Floats, driver: filters.Floats, hz: float, *, window_s: float = 2.0) -> filters.Floats:
    """Return x less its moving least-squares fit on a driver."""
    n = min(int(window_s * hz), len(x) - 1) | 1
    if len(x) < n:
        return x
    both = np.isfinite(x) & np.isfinite(driver)
    drive = np.where(both, driver, 0.0)
    fit = np.where(both, x, 0.0)
    kernel = np.ones(n) / n
    power = np.convolve(drive * drive, kernel, mode="same")
    gain = np.convolve(fit * drive, kernel, mode="same") / np.maximum(power, 1e-6)
    return np.where(both, x - gain * drive, x)
