"""How well ranked moments agree with people's own labels: recall, precision, false alarms, onset, 5-minute bins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from cuetrack import tables
from cuetrack.errors import NotEnoughData

TOLERANCE_S = 15.0
BIN_S = 300.0
PER_HOUR = (5, 8, 10)
RESULT_COLUMNS = ("measure", "value", "low", "high", "n")


@dataclass(frozen=True, slots=True)
class Sitting:
    """One session to evaluate: its ranked moments, people's labels as spans, its length, and which dyad it is of.

    Candidates that meet an `ignored` span and no label count neither for nor against.
    """

    moments: pd.DataFrame
    labels: pd.DataFrame
    duration_s: float
    dyad: str = ""
    ignored: pd.DataFrame = field(default_factory=tables.spans)


@dataclass(frozen=True, slots=True)
class Matched:
    """A sitting's candidates in order of rank: score, whether each found a label of its own, and its onset error."""

    score: npt.NDArray[np.float64]
    hit: npt.NDArray[np.bool_]
    label: npt.NDArray[np.int_]
    onset_error_s: npt.NDArray[np.float64]
    labels: int
    duration_s: float


def evaluate(
    moments: pd.DataFrame, labels: pd.DataFrame, duration_s: float, *, tolerance_s: float = TOLERANCE_S
) -> pd.DataFrame:
    """Return `measure, value, low, high, n` for one session; intervals need several dyads, see `evaluate_all`."""
    return evaluate_all([Sitting(moments, labels, duration_s)], tolerance_s=tolerance_s, resamples=0)


def evaluate_all(
    sittings: Sequence[Sitting], *, tolerance_s: float = TOLERANCE_S, resamples: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Return every measure over sessions, with 95 % bootstrap intervals over dyads: `measure, value, low, high, n`.

    `recall_at_K`: share of labels found among the best K per hour; `precision_at_8`; `average_precision` over all
    candidates pooled by score; `false_per_h` among the best 8 per hour; `onset_error_s`: median distance of starts
    of what was found; `bin_auroc`, `bin_kappa`: 5-minute bins with a label against bins with a candidate, as 3RS
    papers print them. A label is found if a peak lies within it or `tolerance_s` of it, one candidate per label, as
    many as possible. Raises NotEnoughData without sessions.
    """
    if not sittings:
        raise NotEnoughData("expected at least one session with labels, got none")
    matched = [match(s, tolerance_s=tolerance_s) for s in sittings]
    bins = [_bins(s) for s in sittings]
    dyads = [s.dyad or str(i) for i, s in enumerate(sittings)]
    groups = [np.array([i for i, d in enumerate(dyads) if d == name]) for name in dict.fromkeys(dyads)]
    rng = np.random.default_rng(seed)
    draws = [np.concatenate([groups[g] for g in rng.integers(0, len(groups), len(groups))]) for _ in range(resamples)]
    if len(groups) < 2:
        draws = []
    rows = []
    everyone = np.arange(len(sittings))
    for name, measure in _MEASURES.items():
        value, n = measure(matched, bins, everyone)
        spread = np.array([measure(matched, bins, d)[0] for d in draws])
        spread = spread[np.isfinite(spread)]
        low, high = np.quantile(spread, [0.025, 0.975]) if len(spread) else (np.nan, np.nan)
        rows.append((name, value, float(low), float(high), n))
    return pd.DataFrame(rows, columns=list(RESULT_COLUMNS))


def match(sitting: Sitting, *, tolerance_s: float = TOLERANCE_S) -> Matched:
    """Match candidates to labels one to one, as many as possible, better ranks first."""
    found = sitting.moments
    if "control" in found:
        found = found[~found["control"].astype(bool)]
    found = found.sort_values("rank", kind="stable")
    peak, start = found["peak_s"].to_numpy(float), found["start_s"].to_numpy(float)
    begin, end = sitting.labels["start_s"].to_numpy(float), sitting.labels["end_s"].to_numpy(float)
    near = (peak[:, None] >= begin - tolerance_s) & (peak[:, None] <= end + tolerance_s)
    partner = best_matching(near)
    spared = (
        (peak[:, None] >= sitting.ignored["start_s"].to_numpy(float) - tolerance_s)
        & (peak[:, None] <= sitting.ignored["end_s"].to_numpy(float) + tolerance_s)
    ).any(axis=1)
    kept = (partner >= 0) | ~spared
    partner = partner[kept]
    error = np.full(len(partner), np.nan)
    hit = partner >= 0
    error[hit] = np.abs(start[kept][hit] - begin[partner[hit]])
    score = found["score"].to_numpy(float)[kept]
    return Matched(score, hit, partner, error, len(begin), sitting.duration_s)


def best_matching(near: npt.NDArray[np.bool_]) -> npt.NDArray[np.int_]:
    """Return for each row its column or -1: a largest one-to-one matching that no later row takes from earlier ones.

    Rows are taken in order (Kuhn's augmenting paths), so row i is matched if and only if it adds to the matching of the
    rows before it.
    """
    owner = np.full(near.shape[1], -1, dtype=np.int_)

    def place(row: int, tried: set[int]) -> bool:
        for column in np.flatnonzero(near[row]):
            if int(column) in tried:
                continue
            tried.add(int(column))
            if owner[column] < 0 or place(int(owner[column]), tried):
                owner[column] = row
                return True
        return False

    for row in range(near.shape[0]):
        place(row, set())
    partner = np.full(near.shape[0], -1, dtype=np.int_)
    partner[owner[owner >= 0]] = np.flatnonzero(owner >= 0)
    return partner


Bins = tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64], npt.NDArray[np.bool_]]


def _bins(sitting: Sitting) -> Bins:
    """Return per 5-minute bin: does a label overlap it, the best score in it (0 none), is one of the best 8/h in it."""
    count = max(1, int(np.ceil(sitting.duration_s / BIN_S)))
    edges = np.arange(count + 1) * BIN_S
    start, end = sitting.labels["start_s"].to_numpy(float), sitting.labels["end_s"].to_numpy(float)
    labelled = np.array([((start < b) & (end > a)).any() for a, b in pairwise(edges)])
    found = sitting.moments
    if "control" in found:
        found = found[~found["control"].astype(bool)]
    best = found["rank"].to_numpy(float) <= max(1, round(8 * sitting.duration_s / 3600))
    scores, chosen = np.zeros(count), np.zeros(count, dtype=bool)
    places = np.clip(found["peak_s"].to_numpy(float) // BIN_S, 0, count - 1).astype(int)
    np.maximum.at(scores, places, np.maximum(found["score"].to_numpy(float), 0.0))
    chosen[places[best]] = True
    return labelled, scores, chosen


def auroc(positive: npt.NDArray[np.bool_], score: npt.NDArray[np.float64]) -> float:
    """Return the chance that a positive scores above a negative, ties half; NaN without both kinds."""
    if positive.all() or not positive.any():
        return float("nan")
    ranks = pd.Series(score).rank().to_numpy()
    n = int(positive.sum())
    return float((ranks[positive].sum() - n * (n + 1) / 2) / (n * (len(positive) - n)))


def kappa(first: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_]) -> float:
    """Return Cohen's kappa of two yes-or-no codings of the same bins; NaN if chance agreement is complete."""
    agree = float((first == second).mean())
    by_chance = float(first.mean() * second.mean() + (1 - first.mean()) * (1 - second.mean()))
    return (agree - by_chance) / (1 - by_chance) if by_chance < 1 else float("nan")


def average_precision(hit: npt.NDArray[np.bool_], labels: int) -> float:
    """Return the mean precision at each label found, over all labels; `hit` best candidate first."""
    if not labels:
        return float("nan")
    place = np.arange(1, len(hit) + 1)
    return float((np.cumsum(hit) / place)[hit].sum() / labels) if len(hit) else 0.0


_Measure = Callable[[Sequence[Matched], Sequence[Bins], npt.NDArray[np.int_]], tuple[float, int]]


def _top(m: Matched, per_hour: float) -> npt.NDArray[np.bool_]:
    return m.hit[: max(1, round(per_hour * m.duration_s / 3600))]


def _recall(per_hour: int) -> _Measure:
    def measure(matched: Sequence[Matched], bins: Sequence[Bins], at: npt.NDArray[np.int_]) -> tuple[float, int]:
        labels = sum(matched[i].labels for i in at)
        found = sum(int(_top(matched[i], per_hour).sum()) for i in at)
        return (found / labels if labels else float("nan")), labels

    return measure


def _precision(matched: Sequence[Matched], bins: Sequence[Bins], at: npt.NDArray[np.int_]) -> tuple[float, int]:
    tops = np.concatenate([_top(matched[i], 8) for i in at])
    return (float(tops.mean()) if len(tops) else float("nan")), len(tops)


def _false_per_h(matched: Sequence[Matched], bins: Sequence[Bins], at: npt.NDArray[np.int_]) -> tuple[float, int]:
    wrong = sum(int((~_top(matched[i], 8)).sum()) for i in at)
    return wrong / (sum(matched[i].duration_s for i in at) / 3600), wrong


def _pooled_ap(matched: Sequence[Matched], bins: Sequence[Bins], at: npt.NDArray[np.int_]) -> tuple[float, int]:
    score = np.concatenate([matched[i].score for i in at])
    hit = np.concatenate([matched[i].hit for i in at])
    labels = sum(matched[i].labels for i in at)
    return average_precision(hit[np.argsort(-score, kind="stable")], labels), labels


def _onset(matched: Sequence[Matched], bins: Sequence[Bins], at: npt.NDArray[np.int_]) -> tuple[float, int]:
    errors = np.concatenate([matched[i].onset_error_s[matched[i].hit] for i in at])
    return (float(np.median(errors)) if len(errors) else float("nan")), len(errors)


def _bin_auroc(matched: Sequence[Matched], bins: Sequence[Bins], at: npt.NDArray[np.int_]) -> tuple[float, int]:
    labelled, score = (np.concatenate([bins[i][k] for i in at]) for k in (0, 1))
    return auroc(labelled.astype(bool), score.astype(float)), len(labelled)


def _bin_kappa(matched: Sequence[Matched], bins: Sequence[Bins], at: npt.NDArray[np.int_]) -> tuple[float, int]:
    labelled, chosen = (np.concatenate([bins[i][k] for i in at]).astype(bool) for k in (0, 2))
    return kappa(labelled, chosen), len(labelled)


_MEASURES: Mapping[str, _Measure] = {
    **{f"recall_at_{k}": _recall(k) for k in PER_HOUR},
    "precision_at_8": _precision,
    "average_precision": _pooled_ap,
    "false_per_h": _false_per_h,
    "onset_error_s": _onset,
    "bin_auroc": _bin_auroc,
    "bin_kappa": _bin_kappa,
}
