"""Agreement on where events are: one-to-one matching, edges, labels, and agreement over time itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cuetrack.agreement.coefficients import cohen_kappa
from cuetrack.errors import NotEnoughData

Floats = npt.NDArray[np.floating]
NO_MATCH = "(not marked)"
"""The category of an event that the other rater did not mark."""


@dataclass(frozen=True, slots=True)
class Event:
    """One marked span in seconds, half-open, with its label."""

    start_s: float
    end_s: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Matching:
    """Which events of two raters are the same one: pairs of indices, and the indices nobody matched."""

    pairs: tuple[tuple[int, int], ...]
    only_first: tuple[int, ...]
    only_second: tuple[int, ...]

    @property
    def precision(self) -> float:
        """Share of the second rater's events that the first has too, NaN if the second has none."""
        return _share(len(self.pairs), len(self.pairs) + len(self.only_second))

    @property
    def recall(self) -> float:
        """Share of the first rater's events that the second has too, NaN if the first has none."""
        return _share(len(self.pairs), len(self.pairs) + len(self.only_first))

    @property
    def f1(self) -> float:
        """Harmonic mean of both, NaN if neither rater has an event."""
        return _share(2 * len(self.pairs), 2 * len(self.pairs) + len(self.only_first) + len(self.only_second))


def match(first: Sequence[Event], second: Sequence[Event], *, least_iou: float = 0.5) -> Matching:
    """Match two raters' events one to one so that their overlap (intersection over union) is greatest in all.

    Pairs need an overlap of at least `least_iou`; 0 means any overlap at all.
    """
    from scipy.optimize import linear_sum_assignment

    overlap = _overlaps(first, second)
    worth = np.where((overlap > 0) & (overlap >= least_iou), overlap, 0.0)
    rows, columns = linear_sum_assignment(worth, maximize=True)
    pairs = tuple((int(i), int(j)) for i, j in zip(rows, columns, strict=True) if worth[i, j] > 0)
    left, right = {i for i, _ in pairs}, {j for _, j in pairs}
    return Matching(
        pairs,
        tuple(i for i in range(len(first)) if i not in left),
        tuple(j for j in range(len(second)) if j not in right),
    )


def iou(a: Event, b: Event) -> float:
    """Return the overlap of two events over what both cover together, 0..1."""
    shared = max(0.0, min(a.end_s, b.end_s) - max(a.start_s, b.start_s))
    together = (a.end_s - a.start_s) + (b.end_s - b.start_s) - shared
    return shared / together if together > 0 else 0.0


def _overlaps(first: Sequence[Event], second: Sequence[Event]) -> Floats:
    """Return `iou` of every pair, shape (first, second)."""
    a, b = (np.array([(e.start_s, e.end_s) for e in events], float).reshape(-1, 2) for events in (first, second))
    shared = np.minimum(a[:, None, 1], b[None, :, 1]) - np.maximum(a[:, None, 0], b[None, :, 0])
    shared = np.maximum(shared, 0.0)
    together = (a[:, 1] - a[:, 0])[:, None] + (b[:, 1] - b[:, 0])[None, :] - shared
    return np.asarray(np.divide(shared, together, out=np.zeros_like(shared), where=together > 0))


def edge_differences(first: Sequence[Event], second: Sequence[Event], matching: Matching) -> Floats:
    """Return second minus first in seconds for every matched pair, shape (pairs, 2): start, end."""
    rows = [(second[j].start_s - first[i].start_s, second[j].end_s - first[i].end_s) for i, j in matching.pairs]
    return np.array(rows, float).reshape(-1, 2)


def paired_labels(
    first: Sequence[Event], second: Sequence[Event], matching: Matching, *, count_unmatched: bool = False
) -> list[tuple[str, str]]:
    """Return the labels that both gave each matched pair; `count_unmatched` adds NO_MATCH against the unmatched."""
    labels = [(first[i].label, second[j].label) for i, j in matching.pairs]
    if count_unmatched:
        labels += [(first[i].label, NO_MATCH) for i in matching.only_first]
        labels += [(NO_MATCH, second[j].label) for j in matching.only_second]
    return labels


def pairs_kappa(labels: Sequence[tuple[str, str]]) -> float:
    """Return Cohen's kappa of pairs of labels."""
    if not labels:
        raise NotEnoughData("not estimable: no moment was marked by both")
    names = {name: i for i, name in enumerate(sorted({x for pair in labels for x in pair}))}
    numbers = np.array([[names[a], names[b]] for a, b in labels], float)
    return cohen_kappa(numbers[:, 0], numbers[:, 1])


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
