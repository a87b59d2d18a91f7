"""Bootstrap intervals for numbers of agreement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cuetrack.errors import NotEnoughData

_SHARE_NEEDED = 0.8


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its 95 % bootstrap interval and how many units it rests on; `reason` where not estimable."""

    value: float
    low: float
    high: float
    n: int
    reason: str = ""

    def __str__(self) -> str:
        if self.reason:
            return self.reason
        bounds = f" [{self.low:.2f}, {self.high:.2f}]" if np.isfinite(self.low) else " [interval not estimable]"
        return f"{self.value:.2f}{bounds}, n = {self.n}"


def estimate(
    statistic: Callable[[list[Any]], float], units: Sequence[Any], *, draws: int = 1000, seed: int = 0
) -> Estimate:
    """Return a statistic over units (sessions, items or blocks of time) with the interval of resampling the units.

    Where too many resamples cannot be estimated the interval is NaN; where the statistic cannot, the reason is given.
    """
    try:
        value = statistic(list(units))
    except NotEnoughData as error:
        return Estimate(float("nan"), float("nan"), float("nan"), len(units), str(error))
    if not np.isfinite(value):
        return Estimate(float("nan"), float("nan"), float("nan"), len(units), "not estimable: nothing was marked")
    random = np.random.default_rng(seed)
    found = []
    for _ in range(draws if len(units) > 1 else 0):
        try:
            found.append(statistic([units[i] for i in random.integers(0, len(units), len(units))]))
        except NotEnoughData:
            continue
    finite = np.array([v for v in found if np.isfinite(v)])
    if len(finite) < _SHARE_NEEDED * draws:
        return Estimate(value, float("nan"), float("nan"), len(units))
    low, high = np.quantile(finite, [0.025, 0.975])
    return Estimate(value, float(low), float(high), len(units))
