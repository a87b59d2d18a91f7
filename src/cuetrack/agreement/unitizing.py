"""The alpha family for marking stretches of a continuum, and alpha over continuous time.

Krippendorff, Mathet, Bouvry and Widlöcher, "On the reliability of unitizing textual continua: further developments",
Quality & Quantity 50 (2016) 2347-2364; Krippendorff, Content Analysis, 4th ed. (2019), section 12.6.

Everything here is a sum over time: how long two raters' values coincide, and how long each unit is. `Coincidences`
holds these sums for any part of the continuum, so that parts can be drawn again and added up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cuetrack.agreement.events import Event
from cuetrack.errors import NotEnoughData

Floats = npt.NDArray[np.floating]
TICK_S = 0.001
"""The record's unit of time: a gap is made of ticks, which is what keeps it from pairing with itself."""


@dataclass(frozen=True)
class Coincidences:
    """Sums over some continuum. Index 0 is the gap, the others are values.

    `together` (v, v): time in ticks that ordered pairs of raters gave c and k, over m - 1. `self_paired` (v,): what a
    unit would have in common with itself, by value; `self_paired_valued` the same counting only time in which others
    marked something too.
    """

    together: Floats
    self_paired: Floats
    self_paired_valued: Floats

    def __add__(self, other: Coincidences) -> Coincidences:
        return Coincidences(
            self.together + other.together,
            self.self_paired + other.self_paired,
            self.self_paired_valued + other.self_paired_valued,
        )


def unitizing_alpha(sums: Coincidences) -> float:
    """Return u-alpha: agreement on where units are and which value they have (equations 32 to 34)."""
    same = np.eye(len(sums.together), dtype=bool)
    return _alpha(sums.together, sums.self_paired, same, "nothing, or one thing only, was marked")


def binary_alpha(sums: Coincidences) -> float:
    """Return |u-alpha: agreement on what is marked at all, whatever its value (equation 35)."""
    valued = np.arange(len(sums.together)) > 0
    same = valued[:, None] == valued[None, :]
    return _alpha(sums.together, sums.self_paired, same, "nothing, or everything, was marked")


def coding_alpha(sums: Coincidences) -> float:
    """Return cu-alpha: agreement on values where raters marked the same time (equations 36 and 37)."""
    together, paired = sums.together[1:, 1:], sums.self_paired_valued[1:]
    return _alpha(
        together, paired, np.eye(len(together), dtype=bool), "no time was marked by two raters with two values"
    )


def value_alpha(sums: Coincidences, index: int) -> float:
    """Return (k)u-alpha: agreement on one value where raters marked the same time (equation 38); `index` from 1."""
    together = sums.together[1:, 1:]
    expected = _expected(together, sums.self_paired_valued[1:])
    k = index - 1
    seen, chance = together[:, k].sum(), expected[:, k].sum()
    seen_apart, chance_apart = seen - together[k, k], chance - expected[k, k]
    if seen <= 0 or chance_apart <= 0:
        raise NotEnoughData("not estimable: this label never met another one in time that two raters marked")
    return float(1 - (seen_apart / seen) / (chance_apart / chance))


def value_coverage(sums: Coincidences, index: int) -> float:
    """Return the share 0..1 of one value's time in which another rater marked anything; NaN if it never occurs."""
    whole = sums.together[:, index].sum()
    return float(sums.together[1:, index].sum() / whole) if whole > 0 else float("nan")


class Continuum:
    """One session marked by two or more raters, ready to be summed over any part of it.

    `labels` are the values in order. Raises NotEnoughData if there are fewer than two raters, or if units of one rater
    overlap: then the family does not apply, and alpha label by label does. Overlapping units of one label count as one.
    """

    def __init__(self, raters: Sequence[Sequence[Event]], duration_s: float, labels: Sequence[str]) -> None:
        if len(raters) < 2:
            raise NotEnoughData("not estimable: agreement needs two raters")
        self._units = [_disjoint(events, duration_s) for events in raters]
        number = {label: i for i, label in enumerate(labels, 1)}
        edges = {0.0, duration_s, *(t for units in self._units for u in units for t in (u.start_s, u.end_s))}
        self._time = np.array(sorted(edges))
        middle = (self._time[:-1] + self._time[1:]) / 2
        given = np.array([_values(units, middle, number) for units in self._units])
        self._m, self._size = len(raters), len(labels) + 1
        rates = np.zeros((len(middle), self._size, self._size))
        for i in range(self._m):
            for j in range(self._m):
                if i != j:
                    np.add.at(rates, (np.arange(len(middle)), given[i], given[j]), 1 / (self._m - 1))
        self._rates = rates / TICK_S
        steps = self._rates * np.diff(self._time)[:, None, None]
        self._until = np.concatenate([np.zeros((1, *steps.shape[1:])), np.cumsum(steps, axis=0)])
        met = [(np.delete(given, i, axis=0) > 0).mean(axis=0) * np.diff(self._time) / TICK_S for i in range(self._m)]
        met_until = [np.concatenate([[0.0], np.cumsum(m)]) for m in met]
        rows = [
            (u.start_s, number[u.label], (u.end_s - u.start_s) / TICK_S, self._between(met_until[i], u))
            for i, units in enumerate(self._units)
            for u in units
        ]
        self._starts, self._values, self._lengths, self._met = np.array(rows, float).reshape(-1, 4).T

    def sums(self, parts: Sequence[tuple[float, float]]) -> Coincidences:
        """Return the sums over stretches of time (start and end in seconds); a unit belongs to where it starts."""
        together = np.zeros((self._size, self._size))
        weight = np.zeros(len(self._starts))
        for start, end in parts:
            together += self._at(end) - self._at(start)
            weight += (self._starts >= start) & (self._starts < end)
        squared, met = np.zeros(self._size), np.zeros(self._size)
        np.add.at(squared, self._values.astype(int), weight * self._lengths**2)
        np.add.at(met, self._values.astype(int), weight * self._met**2)
        squared[0] = together[0].sum()
        return Coincidences(together, squared, met)

    def _at(self, time_s: float) -> Floats:
        i = min(max(int(np.searchsorted(self._time, time_s, "right")) - 1, 0), len(self._rates) - 1)
        return np.asarray(self._until[i] + self._rates[i] * (time_s - self._time[i]))

    def _between(self, until: Floats, unit: Event) -> float:
        first, last = np.searchsorted(self._time, [unit.start_s, unit.end_s])
        return float(until[last] - until[first])


def _alpha(together: Floats, self_paired: Floats, same: npt.NDArray[np.bool_], why_not: str) -> float:
    expected = _expected(together, self_paired)
    chance = expected[~same].sum()
    if not chance > 0:
        raise NotEnoughData(f"not estimable: {why_not}")
    return float(1 - together[~same].sum() / chance)


def _expected(together: Floats, self_paired: Floats) -> Floats:
    """Return the coincidences to expect by chance, no unit paired with itself (equations 33 and 36)."""
    whole, margins = together.sum(), together.sum(axis=0)
    if whole <= 0:
        return np.zeros_like(together)
    pairs = whole**2 - self_paired.sum()
    if pairs <= 0:
        return np.zeros_like(together)
    return np.asarray(whole * (np.outer(margins, margins) - np.diag(self_paired)) / pairs)


def _disjoint(events: Sequence[Event], duration_s: float) -> list[Event]:
    """Return one rater's units within the session, in order, those of one label that overlap joined."""
    units: list[Event] = []
    for event in sorted(events, key=lambda e: (e.start_s, e.end_s)):
        start, end = max(0.0, event.start_s), min(duration_s, event.end_s)
        if end <= start:
            continue
        if units and start < units[-1].end_s:
            if event.label != units[-1].label:
                raise NotEnoughData("not estimable: moments of one reviewer overlap; see alpha label by label")
            units[-1] = Event(units[-1].start_s, max(end, units[-1].end_s), event.label)
        else:
            units.append(Event(start, end, event.label))
    return units


def _values(units: Sequence[Event], times: Floats, number: dict[str, int]) -> npt.NDArray[np.integer]:
    """Return the value one rater gave at each time, 0 for the gap."""
    starts, ends = np.array([u.start_s for u in units]), np.array([u.end_s for u in units])
    values = np.array([0, *(number[u.label] for u in units)])
    at = np.searchsorted(starts, times, "right")
    inside = (at > 0) & (times < np.concatenate([[0.0], ends])[at])
    return np.where(inside, values[at], 0)
