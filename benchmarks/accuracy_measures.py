"""How a measured signal compares with its truth, and how found events do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]

LAGS_S = np.arange(-0.20, 0.521, 0.04)


@dataclass(frozen=True)
class Fit:
    """`r` at lag 0; `gain` and `offset` of measured = gain * true + offset; `mae` once the median difference is gone;
    `bias` that median; `latency_s` where r is largest; `smallest` change that stands out of the noise of a second at
    two SD; `coverage` of samples that were measured.
    """

    r: float
    gain: float
    mae: float
    bias: float
    latency_s: float
    smallest: float
    coverage: float


def of_person(table: pd.DataFrame, person: str) -> pd.DataFrame:
    return table[table["person"] == person].reset_index(drop=True)


def paired(
    measured: pd.DataFrame, true: pd.DataFrame, signal: str, lag_s: float = 0.0
) -> tuple[Floats, Floats, Floats]:
    """Return times, measured and true values of one person where the true one is known."""
    time = measured["time_s"].to_numpy(float)
    known = true[np.isfinite(true[signal])]
    at = np.interp(time - lag_s, known["time_s"], known[signal])
    return time, measured[signal].to_numpy(float), at


def fit(measured: pd.DataFrame, true: pd.DataFrame, signal: str, *, skip_s: float = 2.0) -> Fit | None:
    """Compare one signal of one person; None where too little was measured."""
    time, found, at = paired(measured, true, signal)
    inside = (time >= skip_s) & (time <= float(true["time_s"].max()) - 0.5)
    ok = inside & np.isfinite(found)
    if ok.sum() < 50 or np.std(at[ok]) < 1e-9:
        return None
    gain, offset = np.polyfit(at[ok], found[ok], 1)
    by_lag = []
    for lag in LAGS_S:
        _, _, late = paired(measured, true, signal, float(lag))
        by_lag.append(_r(found[ok], late[ok]))
    left = found[ok] - (gain * at[ok] + offset)
    seconds = pd.Series(left).groupby(np.floor(time[ok]).astype(int)).mean()
    bias = float(np.median(found[ok] - at[ok]))
    return Fit(
        r=_r(found[ok], at[ok]),
        gain=float(gain),
        mae=float(np.mean(np.abs(found[ok] - at[ok] - bias))),
        bias=bias,
        latency_s=float(LAGS_S[int(np.nanargmax(by_lag))]) if np.isfinite(by_lag).any() else float("nan"),
        smallest=float(2 * seconds.std() / abs(gain)) if gain else float("nan"),
        coverage=float(ok.sum() / max(inside.sum(), 1)),
    )


def _r(a: Floats, b: Floats) -> float:
    return float(np.corrcoef(a, b)[0, 1]) if np.std(a) > 0 and np.std(b) > 0 else float("nan")


@dataclass(frozen=True)
class Counts:
    """Events found rightly, found wrongly, and missed."""

    hits: int = 0
    false: int = 0
    missed: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.hits + other.hits, self.false + other.false, self.missed + other.missed)

    @property
    def f1(self) -> float:
        total = 2 * self.hits + self.false + self.missed
        return 2 * self.hits / total if total else float("nan")


def matched(found: pd.DataFrame, true: pd.DataFrame, *, slack_s: float) -> Counts:
    """Match spans one to one, nearest middles first, that overlap when each true one is widened by `slack_s`."""
    pairs = [
        (abs((f.start_s + f.end_s - t.start_s - t.end_s) / 2), i, j)
        for i, f in enumerate(found.itertuples())
        for j, t in enumerate(true.itertuples())
        if f.start_s < t.end_s + slack_s and f.end_s > t.start_s - slack_s
    ]
    used_found: set[int] = set()
    used_true: set[int] = set()
    for _, i, j in sorted(pairs):
        if i not in used_found and j not in used_true:
            used_found.add(i)
            used_true.add(j)
    return Counts(len(used_true), len(found) - len(used_found), len(true) - len(used_true))


def overlap(said: npt.NDArray[np.bool_], true: npt.NDArray[np.bool_]) -> Counts:
    """Count samples instead of events."""
    return Counts(int((said & true).sum()), int((said & ~true).sum()), int((~said & true).sum()))
