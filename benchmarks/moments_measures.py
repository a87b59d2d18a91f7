"""The measures of the moments benchmark, each with a bootstrap interval over dyads."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cuetrack.moments.evaluate import Matched, Sitting, auroc, average_precision, match

SHIFTS = ("quieter", "forceful")
FOLLOWING = ("return", "surface")
TOLERANCE_S = 15.0
PER_HOUR = 8
OPERATING_PER_H = 1.0
"""The operating score is the one that the detector says chance reaches once an hour."""


@dataclass
class Outcome:
    """One session with one detector's candidates; `found` lacks control clips, `families` maps pattern id to family.

    Worked out once, as plain values, because intervals ask a thousand times: `pairs` are (candidate, shift) of what was
    found, `false` the shown candidates that found nothing (`in_negative` says if they lie in one), `arcs` (was it a
    return, recovery score) of found shifts that something followed.
    """

    name: str
    dyad: str
    subgroup: str
    missing: str
    duration_s: float
    truth: pd.DataFrame
    found: pd.DataFrame
    recovery: pd.DataFrame
    families: dict[str, str]
    matched: Matched = field(init=False)
    pairs: list[tuple[dict, dict]] = field(init=False)
    false: list[dict] = field(init=False)
    arcs: list[tuple[bool, float]] = field(init=False)
    stated_per_h: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        """Match candidates to shifts, once."""
        labels = self.truth[self.truth["source"].isin(SHIFTS)].reset_index(drop=True)
        following = self.truth[self.truth["source"].isin(FOLLOWING)].reset_index(drop=True)
        ordered = self.found.sort_values("rank", kind="stable").reset_index(drop=True)
        self.matched = match(Sitting(ordered, labels, self.duration_s, ignored=following), tolerance_s=TOLERANCE_S)
        place = match(Sitting(ordered, labels, self.duration_s), tolerance_s=TOLERANCE_S).label[: self.top]
        shown, shifts = ordered.iloc[: self.top], labels.to_dict("records")
        candidates = shown.to_dict("records")
        peak = shown["peak_s"].to_numpy(float)
        spared, confused = near(peak, following), near(peak, self.truth[self.truth["source"] == "negative"])
        self.pairs = [(candidates[i], shifts[j]) for i, j in enumerate(place) if j >= 0]
        self.false = [
            {**candidates[i], "in_negative": bool(confused[i])} for i, j in enumerate(place) if j < 0 and not spared[i]
        ]
        self.arcs = self._arcs(following)
        self.stated_per_h = ordered["chance_per_h"].to_numpy(float)

    def _arcs(self, following: pd.DataFrame) -> list[tuple[bool, float]]:
        by_rank = dict(zip(self.recovery["rank"], self.recovery["score"], strict=True)) if len(self.recovery) else {}
        found = []
        for candidate, shift in self.pairs:
            gap = following["start_s"] - shift["end_s"]
            after = following[(gap >= -1) & (gap <= 65)]
            score = float(by_rank.get(candidate["rank"], np.nan))
            if len(after) and np.isfinite(score):
                found.append((bool(after.iloc[0]["source"] == "return"), score))
        return found

    @property
    def top(self) -> int:
        """How many candidates may be shown."""
        return max(1, round(PER_HOUR * self.duration_s / 3600))


def near(peak: np.ndarray, spans: pd.DataFrame) -> np.ndarray:
    """Return which peaks lie in any of the spans, within the tolerance."""
    start, end = spans["start_s"].to_numpy(float), spans["end_s"].to_numpy(float)
    return ((peak[:, None] >= start - TOLERANCE_S) & (peak[:, None] <= end + TOLERANCE_S)).any(axis=1)


Measure = Callable[[Sequence[Outcome]], float]


def recall_at_8(outcomes: Sequence[Outcome]) -> float:
    found = sum(int(o.matched.hit[: o.top].sum()) for o in outcomes)
    return found / max(sum(o.matched.labels for o in outcomes), 1)


def recall_of(kind: str) -> Measure:
    """Return a measure: recall of one kind of shift among what is shown."""

    def measure(outcomes: Sequence[Outcome]) -> float:
        found = sum(t["label"] == kind for o in outcomes for _, t in o.pairs)
        count = count_of(kind, outcomes)
        return found / count if count else float("nan")

    return measure


def count_of(kind: str, outcomes: Sequence[Outcome]) -> int:
    """Return how many shifts of a kind there are."""
    return sum(int((o.truth["label"] == kind).sum()) for o in outcomes)


def pooled_precision(outcomes: Sequence[Outcome]) -> float:
    """Return average precision of all candidates of all sessions in one ranking."""
    score = np.concatenate([o.matched.score for o in outcomes])
    hit = np.concatenate([o.matched.hit for o in outcomes])
    return average_precision(hit[np.argsort(-score, kind="stable")], sum(o.matched.labels for o in outcomes))


def mean_precision(outcomes: Sequence[Outcome]) -> float:
    """Return average precision of each session that has a shift, averaged."""
    return _mean([average_precision(o.matched.hit, o.matched.labels) for o in outcomes if o.matched.labels])


def negatives_above_per_h(outcomes: Sequence[Outcome]) -> float:
    """Return candidates per hour that lie in a negative and stand above a true shift found in the same session."""
    count = 0
    for o in outcomes:
        lowest = max((c["rank"] for c, _ in o.pairs), default=0)
        count += sum(c["in_negative"] and c["rank"] < lowest for c in o.false)
    return count / max(sum(o.duration_s for o in outcomes) / 3600, 1e-9)


def negatives_above_or_missed_per_h(outcomes: Sequence[Outcome]) -> float:
    """Return the same, a shift that was not shown at all taken as standing below everything that was."""
    count = 0
    for o in outcomes:
        missed = len(o.pairs) < o.matched.labels
        lowest = np.inf if missed else max((c["rank"] for c, _ in o.pairs), default=0)
        count += sum(c["in_negative"] and c["rank"] < lowest for c in o.false)
    return count / max(sum(o.duration_s for o in outcomes) / 3600, 1e-9)


def pattern_accuracy(outcomes: Sequence[Outcome]) -> float:
    """Return the share of found shifts whose pattern is of the right family; a pattern of neither family is wrong."""
    right = [
        o.families.get(str(c["label"]), "") == t["source"] or _either(o, c, t) for o in outcomes for c, t in o.pairs
    ]
    return _mean([float(r) for r in right])


def _either(o: Outcome, candidate: dict, truth: dict) -> bool:
    """Say if a shift that the other person set off was named as one: that pattern leaves the family open."""
    return truth["label"] == "therapist_initiated" and o.families.get(str(candidate["label"])) == "either"


def person_accuracy(outcomes: Sequence[Outcome]) -> float:
    return _mean([float(c["person"] == t["person"]) for o in outcomes for c, t in o.pairs])


def onset_error_s(outcomes: Sequence[Outcome]) -> float:
    errors = [abs(float(c["start_s"]) - float(t["start_s"])) for o in outcomes for c, t in o.pairs]
    return float(np.median(errors)) if errors else float("nan")


def arcs(outcomes: Sequence[Outcome]) -> tuple[np.ndarray, np.ndarray]:
    """Return (was it a return, recovery score) of found shifts that a return or a surface re-engagement followed."""
    found = [pair for o in outcomes for pair in o.arcs]
    return np.array([truly for truly, _ in found], bool), np.array([score for _, score in found])


def arc_auroc(outcomes: Sequence[Outcome]) -> float:
    truly, score = arcs(outcomes)
    return auroc(truly, score) if len(truly) else float("nan")


def false_above(outcomes: Sequence[Outcome]) -> int:
    """Return how many false candidates stand above the operating score."""
    return sum(c["chance_per_h"] <= OPERATING_PER_H for o in outcomes for c in o.false)


def rate_at(stated_per_h: float) -> Measure:
    """Return a measure: candidates per hour for which at most this chance rate is stated."""

    def measure(outcomes: Sequence[Outcome]) -> float:
        count = sum(int((o.stated_per_h <= stated_per_h).sum()) for o in outcomes)
        return count / max(sum(o.duration_s for o in outcomes) / 3600, 1e-9)

    return measure


def over_dyads(
    outcomes: Sequence[Outcome], measure: Measure, resamples: int = 500
) -> tuple[float, tuple[float, float]]:
    """Return a measure and its 95 % interval: dyads drawn with replacement."""
    if not outcomes:
        return float("nan"), (float("nan"), float("nan"))
    groups = list({o.dyad: [p for p in outcomes if p.dyad == o.dyad] for o in outcomes}.values())
    rng = np.random.default_rng(0)
    values = []
    for _ in range(resamples if len(groups) > 1 else 0):
        values.append(measure([o for g in rng.integers(0, len(groups), len(groups)) for o in groups[g]]))
    kept = [v for v in values if np.isfinite(v)]
    interval = (float("nan"),) * 2 if not kept else tuple(float(v) for v in np.quantile(kept, [0.025, 0.975]))
    return measure(outcomes), (interval[0], interval[1])


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
