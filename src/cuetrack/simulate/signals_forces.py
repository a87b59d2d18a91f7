"""How events move cue signals: each channel starts a little later than the event, and takes seconds to get there."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cuetrack.simulate.script_truth import Effect

Floats = npt.NDArray[np.floating]
_SLOW = ("quieter", "forceful", "return", "surface")
_STAGGER_S = (0.0, 6.0)
_ONSET_S = (3.0, 8.0)


def clock(duration_s: float, rate_hz: float) -> Floats:
    """Return the row times of one cue."""
    return np.arange(int(duration_s * rate_hz)) / rate_hz


def draw(*seed: int | str) -> np.random.Generator:
    """Return random numbers for one purpose."""
    return np.random.default_rng([s if isinstance(s, int) else zlib.crc32(s.encode()) for s in seed])


class Forces:
    """What the events do to one person's cues."""

    def __init__(self, effects: Sequence[Effect], person: str) -> None:
        self.effects = [e for e in effects if e.person == person and e.signals]

    def apply(self, name: str, values: Floats, time: Floats, cue: str) -> Floats:
        """Return a signal with every event's change of it; one event moves all signals of a cue at one time."""
        for effect in self.effects:
            if name not in effect.signals:
                continue
            change, value = effect.signals[name]
            near, share = _share(effect, time, cue)
            share = share * effect.strength
            if change.how == "times":
                values[near] *= max(value, 1e-3) ** share
            elif change.how == "by":
                values[near] += value * share
            else:
                values[near] += (value - values[near]) * np.minimum(share, 1.0)
        return values

    def factor(self, name: str, time: Floats, cue: str) -> Floats:
        """Return a multiplier or an addition that rests at 1, as confidences and noise do; never below 0."""
        return np.maximum(self.apply(name, np.ones(time.shape), time, cue), 0.0)

    def added(self, name: str, time: Floats, cue: str) -> Floats:
        """Return what the events add to something that rests at 0."""
        return self.apply(name, np.zeros(time.shape), time, cue)


def _share(effect: Effect, time: Floats, cue: str) -> tuple[slice, Floats]:
    length = effect.end_s - effect.start_s
    start, end = effect.start_s, effect.end_s
    if effect.family in _SLOW and length >= 12:
        rng = draw(effect.seed, effect.person, cue, "onset")
        start += min(float(rng.uniform(*_STAGGER_S)), 0.3 * length)
        rise, fall = (min(float(rng.uniform(*_ONSET_S)), 0.4 * length) for _ in range(2))
    elif effect.family == "condition":
        rise = fall = 1e-3
    else:
        rise = fall = min(2.0 if effect.ramp_s is None else effect.ramp_s, length)
        start, end = start - rise / 2, end - fall / 2
    rise, fall = max(rise, 1e-3), max(fall, 1e-3)
    near = slice(*(int(i) for i in np.searchsorted(time, [start, end + fall])))
    up = np.clip((time[near] - start) / rise, 0, 1)
    down = np.clip((time[near] - end) / fall, 0, 1)
    return near, np.asarray((0.5 - 0.5 * np.cos(np.pi * up)) * (0.5 + 0.5 * np.cos(np.pi * down)))


def wander(rng: np.random.Generator, rows: int, rate_hz: float, memory_s: float, count: int = 1) -> Floats:
    """Return `count` AR(1) walks of unit variance, shape (count, rows)."""
    from scipy.signal import lfilter

    keep = float(np.exp(-1 / (rate_hz * memory_s)))
    shocks = rng.standard_normal((count, rows)) * np.sqrt(1 - keep**2)
    shocks[:, 0] /= np.sqrt(1 - keep**2)
    return np.asarray(lfilter([1.0], [1.0, -keep], shocks, axis=1))


def marks(rng: np.random.Generator, rate_per_min: Floats, rate_hz: float, gap_s: float) -> Floats:
    """Return the times of acts that come at this changing rate, at least `gap_s` apart."""
    due = np.concatenate([[0.0], np.cumsum(np.maximum(rate_per_min, 0.0)) / 60 / rate_hz])
    steps = np.cumsum(rng.gamma(1.5, 1 / 1.5, int(due[-1] * 1.3) + 30))
    times = np.interp(steps[steps < due[-1]], due, np.arange(due.size) / rate_hz)
    return np.asarray(times[np.diff(times, prepend=-np.inf) >= gap_s])


def per_minute(times: Floats, time: Floats, window_s: float) -> Floats:
    """Return how many acts a minute lie in a window centred on each row."""
    edges = np.searchsorted(times, [time - window_s / 2, time + window_s / 2])
    cut = np.minimum(time + window_s / 2, time[-1] + 1e-9) - np.maximum(time - window_s / 2, 0)
    return np.asarray((edges[1] - edges[0]) * 60 / np.maximum(cut, window_s / 2))
