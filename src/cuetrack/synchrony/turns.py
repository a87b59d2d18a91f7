"""Whether neighbouring turns of two people sound alike: proximity, convergence and synchrony at turn level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cuetrack.errors import NotEnoughData
from cuetrack.synchrony.surrogates import standardised
from cuetrack.synchrony.windowed import Floats, mean_of

LEAST_TRANSITIONS = 4


@dataclass(frozen=True, slots=True)
class Entrainment:
    """Likeness of neighbouring turns, and each measure's z against shuffled turns.

    `proximity` = -mean |before - after|; `convergence` = -r of |before - after| with time (positive: growing alike);
    `synchrony` = r of before with after. `*_z` = (observed - shuffled mean) / shuffled SD. `transitions` counts turns.
    """

    proximity: float
    convergence: float
    synchrony: float
    proximity_z: float
    convergence_z: float
    synchrony_z: float
    transitions: int


def turn_entrainment(
    before: npt.ArrayLike,
    after: npt.ArrayLike,
    *,
    speaker: npt.ArrayLike,
    shuffles: int = 200,
    seed: int = 0,
) -> Entrainment:
    """Compare the end of each turn with the start of the next, against turns shuffled within each person.

    `before` and `after` are shape (n,), in time order: a voice value at the end of one person's turn and at the start
    of the other's answer; `speaker` (n,) names who spoke before. Transitions with a missing side are left out. Raises
    NotEnoughData below four. Measures: Levitan & Hirschberg 2011, Interspeech.
    """
    first, second = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    there = np.isfinite(first) & np.isfinite(second)
    if there.sum() < LEAST_TRANSITIONS:
        raise NotEnoughData(f"turn entrainment needs {LEAST_TRANSITIONS} or more transitions, got {there.sum()}")
    first, second, who = first[there], second[there], np.asarray(speaker)[there]
    observed = _measures(first, second)
    by_chance = [_measures(first, second[order]) for order in orders(who, shuffles, seed)]
    proximity, convergence, synchrony = observed.tolist()
    z = standardised(observed, by_chance).tolist()
    return Entrainment(proximity, convergence, synchrony, z[0], z[1], z[2], transitions=len(first))


def windowed_proximity(
    before: npt.ArrayLike,
    after: npt.ArrayLike,
    *,
    speaker: npt.ArrayLike,
    inside: npt.NDArray[np.bool_],
    shuffles: int = 200,
    seed: int = 0,
) -> Floats:
    """Return the z of proximity in each window against shuffled turns, NaN with fewer than four transitions.

    `before` and `after` are (n, features), scaled alike; `inside` (windows, n) says which transitions lie in which
    window.
    """
    first, second = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)

    def proximity(order: npt.NDArray[np.intp] | slice) -> Floats:
        near = -mean_of(np.abs(first - second[order]), 1)
        there = np.isfinite(near)
        count = (inside & there).sum(axis=1)
        total = (inside * np.where(there, near, 0.0)).sum(axis=1)
        return np.asarray(np.where(count >= LEAST_TRANSITIONS, total / np.maximum(count, 1), np.nan))

    return standardised(proximity(slice(None)), [proximity(o) for o in orders(np.asarray(speaker), shuffles, seed)])


def orders(speaker: npt.NDArray[np.generic], count: int, seed: int) -> list[npt.NDArray[np.intp]]:
    """Return shuffles of positions that keep who answers whom."""
    rng = np.random.default_rng(seed)
    groups = [np.flatnonzero(speaker == name) for name in np.unique(speaker)]
    shuffled = []
    for _ in range(count):
        order = np.arange(len(speaker))
        for group in groups:
            order[group] = rng.permutation(group)
        shuffled.append(order)
    return shuffled


def _measures(before: Floats, after: Floats) -> Floats:
    """Return proximity, convergence and synchrony."""
    apart = np.abs(before - after)
    return np.asarray(
        [-apart.mean(), -_pearson(apart, np.arange(len(apart), dtype=np.float64)), _pearson(before, after)]
    )


def _pearson(x: Floats, y: Floats) -> float:
    x, y = x - x.mean(), y - y.mean()
    size = float(np.sqrt((x**2).sum() * (y**2).sum()))
    return float((x * y).sum() / size) if size > 1e-12 else float("nan")
