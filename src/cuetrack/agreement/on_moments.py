"""Agreement on moments reviewers found: which are the same, where they begin and end, what they are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from cuetrack.agreement.coding import CodedSession, reviewers_in
from cuetrack.agreement.coefficients import Floats
from cuetrack.agreement.events import NO_MATCH, Event, iou, match, pairs_kappa
from cuetrack.agreement.resample import Ints, Piece, estimate, times_drawn, within
from cuetrack.agreement.section import Row, Section
from cuetrack.errors import NotEnoughData

UNLABELLED = "(no label)"


@dataclass(frozen=True)
class Outcomes:
    """What matching two reviewers gave, one entry per pair or unmatched moment, over all sessions both coded.

    `kind` is 0 for a pair, 1 for a moment only the first marked, 2 for one only the second did; `values` holds start
    difference, end difference (second minus first, s) and overlap of pairs.
    """

    session: Ints
    time_s: Floats
    kind: Ints
    values: Floats
    labels: list[tuple[str, str]]
    events: list[tuple[Event | None, Event | None]]

    def drawn(self, pieces: Sequence[Piece]) -> Ints:
        """Return the indices of what lies in the pieces, as often as it does."""
        return np.repeat(np.arange(len(self.kind)), times_drawn(pieces, self.session, self.time_s))


def sections(sessions: Sequence[CodedSession], drawn: Sequence[Sequence[Piece]]) -> list[Section]:
    """Return the sections on moments found, on their borders and on their labels, for every pair of reviewers."""
    found: list[Row] = []
    edges: list[Row] = []
    labels: list[Row] = []
    tables: dict[str, list[dict[str, Any]]] = {}
    confusions: dict[str, list[dict[str, Any]]] = {}
    durations = [s.duration_s for s in sessions]
    for first, second in combinations(reviewers_in(sessions), 2):
        who = f"{first} and {second}"
        strict, loose = (_matched(sessions, first, second, least) for least in (0.5, 0.0))
        for name, outcomes in (("overlap of at least half", strict), ("any overlap", loose)):
            for what, share in _SHARES:
                of = _of(outcomes, lambda o, rows, share=share: share(np.bincount(o.kind[rows], minlength=3)))
                n = len(outcomes.kind)
                found.append(Row(f"{what}, {name}", who, estimate(of, durations, drawn, n, "moments")))
        pairs = int((loose.kind == 0).sum())
        for column, what in ((0, "start"), (1, "end")):
            for quantile, name in ((0.5, "median"), (0.25, "lower quartile"), (0.75, "upper quartile")):
                of = _of(
                    loose, lambda o, rows, c=column, q=quantile: _quantile(o.values[rows][o.kind[rows] == 0, c], q)
                )
                edges.append(Row(f"{what} difference (s), {name}", who, estimate(of, durations, drawn, pairs, "pairs")))
        of = _of(loose, lambda o, rows: _quantile(o.values[rows][o.kind[rows] == 0, 2], 0.5))
        edges.append(Row("overlap over union, median", who, estimate(of, durations, drawn, pairs, "pairs")))
        for unmatched, name in ((False, "kappa of labels"), (True, "kappa of labels, counting moments not matched")):
            of = _of(
                loose, lambda o, rows, u=unmatched: pairs_kappa([o.labels[i] for i in rows if u or o.kind[i] == 0])
            )
            n, unit = (len(loose.kind), "moments") if unmatched else (pairs, "pairs")
            labels.append(Row(name, who, estimate(of, durations, drawn, n, unit)))
        tables[f"marked by one of {who} only (no overlap at all)"] = _unmatched(sessions, loose, first, second)
        confusions[f"labels of {first} (rows) and {second}"] = _confusion(loose)
    remarks = ["Second minus first reviewer: a positive difference means the second reviewer's is later."]
    question = "What one reviewer marks as a moment, does the other mark too? Moments are matched one to one."
    return [
        Section("Moments found", question, found, tables),
        Section("Borders", "Where both marked a moment (any overlap), how far apart are its ends?", edges, {}, remarks),
        Section("Labels", "Where both marked a moment (any overlap), do they call it the same?", labels, confusions),
    ]


def _share(part: int, whole: int) -> float:
    if not whole:
        raise NotEnoughData("not estimable: nothing was marked")
    return part / whole


_SHARES: tuple[tuple[str, Callable[[Ints], float]], ...] = (
    ("share of the second's moments that the first has (precision)", lambda n: _share(n[0], n[0] + n[2])),
    ("share of the first's moments that the second has (recall)", lambda n: _share(n[0], n[0] + n[1])),
    ("F1", lambda n: _share(2 * n[0], 2 * n[0] + n[1] + n[2])),
)


def _matched(sessions: Sequence[CodedSession], first: str, second: str, least_iou: float) -> Outcomes:
    rows: list[tuple[int, float, int, float, float, float]] = []
    labels: list[tuple[str, str]] = []
    events: list[tuple[Event | None, Event | None]] = []
    for i, session in enumerate(sessions):
        one, two = session.of(first), session.of(second)
        if one is None or two is None:
            continue
        a, b = one.events, two.events
        matching = match(a, b, least_iou=least_iou)
        sides: list[tuple[int, Event | None, Event | None]] = [(0, a[x], b[y]) for x, y in matching.pairs]
        sides += [(1, a[x], None) for x in matching.only_first]
        sides += [(2, None, b[y]) for y in matching.only_second]
        for kind, x, y in sides:
            there = [e for e in (x, y) if e is not None]
            gap = (y.start_s - x.start_s, y.end_s - x.end_s, iou(x, y)) if x and y else (np.nan,) * 3
            rows.append((i, within(min(e.start_s for e in there), session.duration_s), kind, *gap))
            labels.append((_called(x), _called(y)))
            events.append((x, y))
    table = np.array(rows, float).reshape(-1, 6)
    return Outcomes(table[:, 0].astype(int), table[:, 1], table[:, 2].astype(int), table[:, 3:], labels, events)


def _called(event: Event | None) -> str:
    return NO_MATCH if event is None else event.label or UNLABELLED


def _of(outcomes: Outcomes, f: Callable[..., float]) -> Callable[[Sequence[Piece]], float]:
    return lambda pieces: f(outcomes, outcomes.drawn(pieces))


def _quantile(values: Floats, q: float) -> float:
    if not len(values):
        raise NotEnoughData("not estimable: no moment was marked by both")
    return float(np.quantile(values, q))


def _unmatched(sessions: Sequence[CodedSession], o: Outcomes, first: str, second: str) -> list[dict[str, Any]]:
    return [
        {
            "session": sessions[o.session[i]].name,
            "reviewer": first if o.kind[i] == 1 else second,
            "start_s": event.start_s,
            "end_s": event.end_s,
            "label": event.label,
        }
        for i in range(len(o.kind))
        if o.kind[i] and (event := o.events[i][0] or o.events[i][1]) is not None
    ]


def _confusion(o: Outcomes) -> list[dict[str, Any]]:
    counts = Counter(o.labels)
    names = sorted({x for pair in o.labels for x in pair}, key=lambda name: (name == NO_MATCH, name))
    return [{"": a, **{b: counts[a, b] for b in names}} for a in names]
