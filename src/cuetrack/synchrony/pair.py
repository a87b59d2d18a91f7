"""Two people on one clock: how their signals move together, toward whom they look, and whether postures mirror."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from cuetrack.errors import NotEnoughData
from cuetrack.synchrony.clock import WindowClock
from cuetrack.synchrony.rmea import rmea_prepare
from cuetrack.synchrony.series import without_states
from cuetrack.synchrony.surrogates import Synchrony, against_surrogates
from cuetrack.terms import PAIR

Floats = npt.NDArray[np.floating]

_POSTURE = {"lean_cm": 1.0, "slump_cm": 1.0, "turn_deg": -3.0, "openness": 0.05}
"""Smallest own spread of each posture signal; turned the same way round is opposite in a mirror, hence the minus."""


@dataclass(frozen=True, slots=True)
class Chance:
    """How chance is drawn."""

    surrogates: int
    min_shift_s: float
    seed: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two people on one clock, with who speaks (4 states) where that is to be taken out."""

    people: Sequence[str]
    clock: WindowClock
    states: npt.NDArray[np.intp] | None
    prepare: str
    chance: Chance

    def moved(
        self,
        table: pd.DataFrame | None,
        signals: Sequence[str],
        lag_s: float,
    ) -> Synchrony | None:
        """Return the synchrony of the first of these signals that both have, None where it cannot be measured."""
        for signal in signals:
            both = self._both(table, signal)
            if both is None:
                continue
            try:
                return against_surrogates(
                    *(self._prepared(x) for x in both),
                    rate_hz=self.clock.rate_hz,
                    lag_s=lag_s,
                    window_s=self.clock.window_s,
                    step_s=self.clock.step_s,
                    surrogates=self.chance.surrogates,
                    min_shift_s=self.chance.min_shift_s,
                    seed=self.chance.seed,
                )
            except NotEnoughData:
                return None
        return None

    def mutual(self, gaze: pd.DataFrame | None) -> Floats:
        """Return the share of each window in which both likely looked toward each other."""
        both = self._both(gaze, "toward_partner")
        if both is None:
            return self.clock.fit(None)
        together = np.where(np.isfinite(both).all(axis=0), (both > 0.5).all(axis=0), np.nan)
        return self.clock.mean(together)

    def mirrored(self, posture: pd.DataFrame | None) -> Floats:
        """Return Tucker's congruence, in each window, of the two postures' departures from their usual."""
        products, sizes = [], []
        for signal, scale in _POSTURE.items():
            both = self._both(posture, signal)
            if both is None:
                continue
            middle = np.nanmedian(both, axis=1, keepdims=True)
            spread = 1.4826 * np.nanmedian(np.abs(both - middle), axis=1, keepdims=True)
            one, other = (both - middle) / np.maximum(spread, abs(scale))
            other = other * np.sign(scale)
            gone = ~np.isfinite(one * other)
            products.append(np.where(gone, np.nan, one * other))
            sizes.append(np.stack([np.where(gone, np.nan, one**2), np.where(gone, np.nan, other**2)]))
        if not products:
            return self.clock.fit(None)
        dot = sum(np.nan_to_num(self.clock.mean(p)) for p in products)
        size = [sum(np.nan_to_num(self.clock.mean(s[k])) for s in sizes) for k in (0, 1)]
        norm = np.sqrt(np.asarray(size[0]) * np.asarray(size[1]))
        return np.asarray(np.clip(np.where(norm > 1e-9, dot / np.where(norm > 1e-9, norm, 1.0), np.nan), -1, 1))

    def _both(self, table: pd.DataFrame | None, signal: str) -> Floats | None:
        """Return a signal of both people, (2, samples), None unless each has some."""
        if table is None or signal not in table:
            return None
        both = np.stack([self.clock.series(table, person, signal) for person in self.people])
        return both if np.isfinite(both).any(axis=1).all() else None

    def _prepared(self, series: Floats) -> Floats:
        if self.prepare == "rmea":
            return rmea_prepare(series, rate_hz=self.clock.rate_hz)
        if self.prepare == "log":
            logged = np.log1p(np.maximum(series, 0.0))
            return logged if self.states is None else without_states(logged, self.states)
        return series


def speaking_states(
    speaking: pd.DataFrame | None, people: Sequence[str], clock: WindowClock
) -> npt.NDArray[np.intp] | None:
    """Return which of the two speak (0 neither … 3 both) on the clock, unknown counted as its own state."""
    if speaking is None or set(people) - set(speaking["person"]):
        return None
    talk = [clock.series(speaking, person, "speaking") for person in people]
    known = np.isfinite(talk[0]) & np.isfinite(talk[1])
    return np.where(known, (talk[0] > 0.5) + 2 * (talk[1] > 0.5), -1).astype(np.intp)


def moved_together(
    table: pd.DataFrame,
    signals: Sequence[str],
    *,
    speaking: pd.DataFrame | None = None,
    rate_hz: float = 10.0,
    window_s: float = 30.0,
    step_s: float = 5.0,
    lag_s: float = 5.0,
    prepare: str = "log",
    surrogates: int = 200,
    min_shift_s: float = 60.0,
    seed: int = 0,
) -> tuple[float, Synchrony] | None:
    """Return when the first window's first sample is, and the whole lag map of two people's signal with its surrogates.

    The first of `signals` that both people have is taken; None where the table does not hold two people, or too little
    of them. Settings as in the cue.
    """
    clock = WindowClock.over([table], rate_hz, window_s, step_s, lag_s) if len(table) else None
    people = sorted(set(table["person"]) - {PAIR})
    if clock is None or len(people) != 2:
        return None
    states = speaking_states(speaking, people, clock) if prepare == "log" else None
    found = Pair(people, clock, states, prepare, Chance(surrogates, min_shift_s, seed)).moved(table, signals, lag_s)
    return None if found is None else (clock.start_s, found)
