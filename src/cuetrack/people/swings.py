"""Short to-and-fro movements of one angle, such as nods and shakes; used by the cue head."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from cuetrack.people import filters

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Swing:
    """A to-and-fro movement: start and end in seconds, largest peak-to-peak size in degrees, number of half-swings."""

    start_s: float
    end_s: float
    size: float
    halves: int


def find(
    time_s: npt.ArrayLike,
    angle: npt.ArrayLike,
    *,
    least: npt.ArrayLike,
    follows: npt.ArrayLike | None = None,
    beside: npt.ArrayLike | None = None,
    low_hz: float = 1.0,
    high_hz: float = 4.0,
    pause_s: float = 0.2,
) -> list[Swing]:
    """Return to-and-fro movements of an angle: half-swings of `least` or more that follow each other without a pause.

    `angle` is (n,) in degrees, `least` (n,) or one number. What follows the (n,) series `follows` within 2 s is taken
    out first. A half-swing lasts as long as half a period between `low_hz` and `high_hz`, and turns within `pause_s`;
    a look to one side and back rests in between. Two half-swings and the way back make a movement with two reversals.
    Where the other angle `beside` swings more, the movement belongs to that one.
    """
    time = np.asarray(time_s, dtype=np.float64)
    hz = min(30.0, filters.rate_hz(time))
    if hz < 2.5 * low_hz:
        return []
    grid, x = filters.even(time, angle, hz)
    x = filters.lowpass(x, hz, 1.25 * high_hz)
    if follows is not None:
        x = _without(x, filters.even(time, follows, hz)[1], hz, low_hz, high_hz)
    other = None if beside is None else filters.band(filters.even(time, beside, hz)[1], hz, 0.7 * low_hz, high_hz)
    threshold = np.interp(grid, time, np.broadcast_to(np.asarray(least, dtype=np.float64), time.shape))
    found: list[Swing] = []
    for start, stop in filters.runs(np.isfinite(x)):
        halves = _half_swings(x[start:stop], threshold[start:stop])
        longest, shortest = 0.6 * hz / low_hz, 0.2 * hz / high_hz
        group: list[tuple[int, int, float]] = []
        for half in [*halves, (stop + 10**9, stop + 10**9, 0.0)]:
            fits = shortest <= half[1] - half[0] <= longest
            if group and (not fits or half[0] - group[-1][1] > pause_s * hz):
                if len(group) >= 3 or (
                    len(group) == 2 and min(h[2] for h in group) > 1.5 * threshold[start + group[0][0]]
                ):
                    first, last = start + group[0][0], start + group[-1][1]
                    if not _belongs_beside(x, other, first, last):
                        found.append(Swing(float(grid[first]), float(grid[last]), max(h[2] for h in group), len(group)))
                group = []
            if fits:
                group.append(half)
    return found


def _half_swings(x: Floats, threshold: Floats) -> list[tuple[int, int, float]]:
    """Return (departure, arrival, size) of each way between neighbouring turning points that are `threshold` apart.

    Departure and arrival are where the way has left and reached its ends by 15 %, so that resting there does not count.
    """
    turns = _turning_points(x, threshold)
    found = []
    for a, b in pairwise(turns):
        size = abs(float(x[b] - x[a]))
        way = np.abs(x[a : b + 1] - x[a]) / max(size, 1e-9)
        left, reached = np.flatnonzero(way <= 0.15), np.flatnonzero(way >= 0.85)
        found.append((a + int(left[-1]), a + int(reached[0]), size))
    return found


def _turning_points(x: Floats, threshold: Floats) -> list[int]:
    """Return indices of alternating highs and lows that differ by the threshold or more (zigzag)."""
    if len(x) == 0:
        return []
    low = high = last = 0
    rising = 0
    turns: list[int] = []
    for k in range(1, len(x)):
        low = k if x[k] < x[low] else low
        high = k if x[k] > x[high] else high
        if rising >= 0 and x[high] - x[k] >= threshold[k]:
            if rising == 0 and low < high:
                turns.append(low)
            turns.append(high)
            rising, low = -1, k
        elif rising <= 0 and x[k] - x[low] >= threshold[k]:
            if rising == 0 and high < low:
                turns.append(high)
            turns.append(low)
            rising, high = 1, k
    last = high if rising > 0 else low
    return [*turns, last] if turns and last > turns[-1] else turns


def _belongs_beside(x: Floats, other: Floats | None, first: int, last: int) -> bool:
    if other is None or not np.isfinite(other[first : last + 1]).all():
        return False
    return bool(np.ptp(other[first : last + 1]) > 1.2 * np.ptp(x[first : last + 1]))


def _without(x: Floats, driver: Floats, hz: float, low_hz: float, high_hz: float, *, window_s: float = 2.0) -> Floats:
    """Return x less its moving least-squares fit, in the band, on a driver."""
    n = min(int(window_s * hz), len(x) - 1) | 1
    if len(x) < n:
        return x
    drive = filters.band(driver, hz, 0.7 * low_hz, high_hz + 1)
    swing = filters.band(x, hz, 0.7 * low_hz, high_hz + 1)
    both = np.isfinite(swing) & np.isfinite(drive)
    drive, swing = np.where(both, drive, 0.0), np.where(both, swing, 0.0)
    kernel = np.ones(n) / n
    power = np.convolve(drive * drive, kernel, mode="same")
    gain = np.convolve(swing * drive, kernel, mode="same") / np.maximum(power, 1e-6)
    return x - gain * drive
