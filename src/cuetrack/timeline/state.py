"""Who has the floor, as seen by each person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from cuetrack.timeline.align import align

STATES = ("own", "partner", "both", "silence", "unknown")
States = npt.NDArray[np.str_]


def speaking_state(speech: pd.DataFrame, times: npt.ArrayLike, people: Sequence[str]) -> dict[str, States]:
    """Return for each of two people, at each time, who speaks: own, partner, both, silence or unknown.

    `speech` is the `speaking` samples table, or a spans table with labels `speech` (else `ipu`, else `turn`); `times`
    (n,) rises evenly and each value stands for the step that follows it. Samples that are missing are unknown;
    a spans table knows everything between its first start and last end. At least half of a step must be speech.
    """
    clock = np.asarray(times, dtype=np.float64)
    share = _shares_of_samples(speech, clock, people) if "time_s" in speech else _shares_of_spans(speech, clock, people)
    own, partner = (np.asarray(share[p], dtype=np.float64) for p in people)
    known = np.isfinite(own) & np.isfinite(partner)
    speaks = {p: s >= 0.5 for p, s in zip(people, (own, partner), strict=True)}
    result: dict[str, States] = {}
    for me, other in zip(people, reversed(people), strict=True):
        state = np.select(
            [~known, speaks[me] & speaks[other], speaks[me], speaks[other]],
            ["unknown", "both", "own", "partner"],
            "silence",
        )
        result[me] = state.astype(np.str_)
    return result


def _step(clock: npt.NDArray[np.float64]) -> float:
    return float(np.median(np.diff(clock))) if len(clock) > 1 else 1.0


def _shares_of_samples(
    table: pd.DataFrame, clock: npt.NDArray[np.float64], people: Sequence[str]
) -> Mapping[str, npt.ArrayLike]:
    nothing = np.full(len(clock), np.nan)
    if not len(clock):
        return dict.fromkeys(people, nothing)
    step = _step(clock)
    columns = ["time_s", "person", "speaking", "confidence"]
    grid = align({"speaking": table[columns]}, rate_hz=1 / step, start_s=clock[0], end_s=clock[-1] + step)
    found = {str(p): rows["speaking"].to_numpy() for p, rows in grid.groupby("person", observed=True)}
    return {p: found[p][: len(clock)] if p in found else nothing for p in people}


def _shares_of_spans(
    spans: pd.DataFrame, clock: npt.NDArray[np.float64], people: Sequence[str]
) -> Mapping[str, npt.ArrayLike]:
    label = next((name for name in ("speech", "ipu", "turn") if (spans["label"] == name).any()), None)
    chosen = spans[(spans["label"] == label) & spans["person"].isin(list(people))]
    if not len(chosen):
        return dict.fromkeys(people, np.full(len(clock), np.nan))
    step = _step(clock)
    known = (clock + step > chosen["start_s"].min()) & (clock < chosen["end_s"].max())
    shares = {}
    for person in people:
        rows = chosen[chosen["person"] == person]
        covered = covered_s(rows["start_s"].to_numpy(), rows["end_s"].to_numpy(), clock, step)
        shares[person] = np.where(known, covered / step, np.nan)
    return shares


def covered_s(
    start_s: npt.NDArray[np.float64], end_s: npt.NDArray[np.float64], times: npt.NDArray[np.float64], step_s: float
) -> npt.NDArray[np.float64]:
    """Return how many seconds of `time .. time + step_s` lie inside any of the stretches, shape (n,)."""
    if not len(start_s):
        return np.zeros(len(times))
    order = np.argsort(start_s, kind="stable")
    start, end = start_s[order], np.maximum.accumulate(end_s[order])
    new = np.r_[True, start[1:] > end[:-1]]
    first, last = start[new], end[np.r_[np.flatnonzero(new)[1:] - 1, len(start) - 1]]
    total = np.r_[0.0, np.cumsum(last - first)]

    def until(time: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        i = np.searchsorted(first, time, side="right")
        inside = np.where(i > 0, np.minimum(time, last[i - 1]) - first[i - 1], 0.0)
        return np.where(i > 0, total[np.maximum(i - 1, 0)] + inside, 0.0)

    return until(times + step_s) - until(times)
