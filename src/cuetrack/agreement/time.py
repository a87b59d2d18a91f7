"""Nominal alpha over continuous time: is each instant marked or not, exactly, by the breakpoints of all events."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cuetrack.agreement.events import Event
from cuetrack.errors import NotEnoughData

Floats = npt.NDArray[np.floating]


class MarkedTime:
    """One session as its raters marked it, ready to be summed over any part; own overlapping events count as one."""

    def __init__(self, raters: Sequence[Sequence[Event]], duration_s: float) -> None:
        if len(raters) < 2:
            raise NotEnoughData("not estimable: agreement needs two raters")
        times = np.array([t for r in raters for e in r for t in (e.start_s, e.end_s)])
        self._time = np.unique(np.concatenate([[0.0, duration_s], np.clip(times, 0.0, duration_s)]))
        k = len(raters)
        count = np.zeros(len(self._time) - 1)
        for events in raters:
            steps = np.zeros(len(self._time))
            for edge, sign in (("start_s", 1), ("end_s", -1)):
                at = np.clip([getattr(e, edge) for e in events], 0.0, duration_s)
                np.add.at(steps, np.searchsorted(self._time, at), sign)
            count += np.cumsum(steps)[:-1] > 0
        self._rates = np.stack([np.full(len(count), k), count, 2 * count * (k - count) / (k - 1)], axis=1)
        self._until = np.concatenate([np.zeros((1, 3)), np.cumsum(self._rates * np.diff(self._time)[:, None], axis=0)])

    def sums(self, parts: Sequence[tuple[float, float]]) -> Floats:
        """Return, over stretches of time, the seconds all raters judged, marked, and disagreed on; shape (3,)."""
        total = np.zeros(3)
        for start, end in parts:
            total += self._at(end) - self._at(start)
        return total

    def _at(self, time_s: float) -> Floats:
        i = min(max(int(np.searchsorted(self._time, time_s, "right")) - 1, 0), len(self._rates) - 1)
        return np.asarray(self._until[i] + self._rates[i] * (time_s - self._time[i]))


def alpha_of(sums: Floats) -> float:
    """Return alpha of the seconds that were judged, marked and disagreed on."""
    judged, marked, disagreed = sums
    share = marked / judged if judged > 0 else 0.0
    if min(share, 1 - share) <= 1e-12:
        raise NotEnoughData("not estimable: nothing, or everything, was marked by all")
    return float(1 - disagreed / judged / (2 * share * (1 - share)))
