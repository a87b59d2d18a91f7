"""From scores to candidates: peaks kept apart, and their borders."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from cuetrack.moments.measure import Measured
from cuetrack.moments.plan import Entry, Plan
from cuetrack.moments.score import certainty, channel_evidence, evidence, final, scores
from cuetrack.timeline.baseline import kept_span

Floats = npt.NDArray[np.float32]

APART_S = 35.0
"""Candidates are at least so far apart; the weaker of two goes."""
EDGE_S = 10.0
"""A weaker peak of a person within a stronger candidate of theirs, or so near its borders, is the same moment."""
RETURN_WITHIN_S = 300.0
"""A return is one only so soon after a shift of the same person."""
SHORTEST_S, LONGEST_S = 6.0, 180.0
_PENALTIES = (1.0, 0.5, 0.25, 0.125)
"""Shares of the penalty of a change-point, tried in turn until the regime about a peak is short enough."""


@dataclass(frozen=True, slots=True)
class Peak:
    """A candidate: where its score is highest, its entry (pattern x person), the score, and its borders."""

    time_s: float
    entry: int
    score: float
    start_s: float
    end_s: float


def highest(series: Floats, apart: float) -> npt.NDArray[np.intp]:
    """Return the indices of peaks above 0, the strongest first kept, none nearer than `apart` samples to a stronger."""
    from scipy.signal import find_peaks

    padded = np.r_[0.0, np.where(np.isfinite(series), np.maximum(series, 0.0), 0.0), 0.0]
    at, _ = find_peaks(padded, height=1e-6, distance=max(1, apart))
    return np.asarray(at - 1, dtype=np.intp)


def peaks(plan: Plan, measured: Measured, units: Floats, certain: Floats) -> list[Peak]:
    """Return the candidates of a recording, strongest first, with borders; `units` is (1, U, T) evidence.

    Arriving and leaving (what `baseline.kept_span` leaves out) are not searched.
    """
    ranked = final(plan, scores(plan, units, certain))[0]
    if not len(ranked):
        return []
    first, last = kept_span(measured.time_s)
    ranked = np.where((measured.time_s >= first) & (measured.time_s < last), ranked, np.float32(-np.inf))
    found: list[Peak] = []
    for at, entry, score in candidates(plan, ranked, 1.0):
        own = [k for k in found if plan.entries[k.entry].person == plan.entries[entry].person]
        if any(k.start_s - EDGE_S <= at < k.end_s + EDGE_S for k in own):
            continue
        start, end = borders(activity(plan, plan.entries[entry], measured), at)
        found.append(Peak(float(measured.time_s[at]), entry, score, start, end))
    return sorted(found, key=lambda p: -p.score)


def candidates(plan: Plan, ranked: Floats, step_s: float) -> list[tuple[int, int, float]]:
    """Return (index, entry, score) of candidates in final scores (entries, T): shifts, strongest first, then returns.

    A return needs a shift of the same person, not much weaker, in the 5 minutes before it, and none at its place.
    """
    kinds = np.array([plan.patterns[e.pattern].kind for e in plan.entries])
    people = np.array([e.person for e in plan.entries])
    shifts = _strongest(ranked, kinds == "shift", step_s)
    kept = list(shifts)
    for at, entry, score in _strongest(ranked, kinds == "return", step_s):
        apart = all(abs(at - other) * step_s >= APART_S for other, _, _ in kept)
        follows = any(
            people[e] == people[entry] and 0 < (at - other) * step_s <= RETURN_WITHIN_S and strength >= 0.8 * score
            for other, e, strength in shifts
        )
        if apart and follows:
            kept.append((at, entry, score))
    return kept


def _strongest(ranked: Floats, chosen: npt.NDArray[np.bool_], step_s: float) -> list[tuple[int, int, float]]:
    if not chosen.any():
        return []
    entries = np.flatnonzero(chosen)
    part = ranked[entries]
    best, series = part.argmax(axis=0), part.max(axis=0)
    at = highest(series, APART_S / step_s)
    order = at[np.argsort(-series[at], kind="stable")]
    return [(int(i), int(entries[best[i]]), float(series[i])) for i in order]


def activity(plan: Plan, entry: Entry, measured: Measured) -> Floats:
    """Return the pattern's evidence second by second (T,), without the averaging that blurs its borders."""
    rows = list(plan.rows)
    z, sure = measured.z[rows][None], measured.confidence[rows]
    units = evidence(plan, z, sure, window_s=1.0)
    certain = certainty(plan, sure, window_s=1.0)
    total = np.zeros(z.shape[2], dtype=np.float32)
    weights = np.zeros_like(total)
    for _, weight, uses in entry.channels:
        e, c = channel_evidence(units, certain, uses)
        total += np.float32(weight) * e[0]
        weights += np.float32(weight) * c
    return (total / np.maximum(weights, 1e-3)).astype(np.float32)


def borders(series: Floats, peak: int, *, around_s: int = 240, least_s: int = 10) -> tuple[float, float]:
    """Return start and end of the regime about `peak`, by change-points of the mean (PELT, l2) within `around_s`.

    The stretches next to the peak's own are taken in while their mean lies nearer to the peak's than to the background.
    Where that gives more than `LONGEST_S`, smaller changes count as borders too.
    """
    first, last = max(0, peak - around_s), min(len(series), peak + around_s + 1)
    part = series[first:last].astype(np.float64)
    if len(part) < 3 * least_s:
        return float(first), float(last)
    noise = np.median(np.abs(np.diff(part))) ** 2 + 0.02
    search = _search(least_s).fit(part[:, None])
    for share in _PENALTIES:
        cuts = search.predict(pen=float(share * 6 * noise * np.log(len(part)) * least_s / 2))
        start, end = _regime(part, first + np.r_[0, cuts], peak)
        if end - start <= LONGEST_S:
            break
    if end - start > LONGEST_S:
        start, end = max(start, peak - LONGEST_S / 2), min(end, peak + LONGEST_S / 2)
    return start, max(end, start + SHORTEST_S)


def _regime(part: npt.NDArray[np.float64], edges: npt.NDArray[np.int_], peak: int) -> tuple[float, float]:
    """Return start and end of the stretches between `edges` that go with the one that holds the peak.

    `part` begins at the first edge.
    """
    means = np.array([part[a:b].mean() for a, b in pairwise(edges - edges[0])])
    here = min(int(np.searchsorted(edges, peak, side="right") - 1), len(means) - 1)
    level = (means[here] + np.median(part)) / 2
    low = high = here
    while low > 0 and means[low - 1] >= level:
        low -= 1
    while high < len(means) - 1 and means[high + 1] >= level:
        high += 1
    return float(edges[low]), float(edges[high + 1])


def _search(least_s: int) -> Any:
    """Return the search for change-points: compiled, or the same in Python where none is to be had."""
    import ruptures

    try:
        return ruptures.KernelCPD(kernel="linear", min_size=least_s, jump=1)
    except AttributeError:  # a wheel of Python alone
        return ruptures.Pelt(model="l2", min_size=least_s, jump=1)
