"""Agreement on time itself: which instants belong to a moment, and the alpha family for marking stretches."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from cuetrack.agreement.coding import CodedSession, labels_in
from cuetrack.agreement.on_moments import UNLABELLED
from cuetrack.agreement.resample import Piece, estimate
from cuetrack.agreement.section import Row, Section
from cuetrack.agreement.time import MarkedTime, alpha_of
from cuetrack.agreement.unitizing import (
    Coincidences,
    Continuum,
    binary_alpha,
    coding_alpha,
    unitizing_alpha,
    value_alpha,
    value_coverage,
)
from cuetrack.errors import NotEnoughData

Parts = list[list[tuple[float, float]]]


def section(sessions: Sequence[CodedSession], drawn: Sequence[Sequence[Piece]]) -> Section:
    """Return alpha over time, for any moment and label by label, and the alpha family where it applies."""
    durations = [s.duration_s for s in sessions]
    minutes = round(sum(durations) / 60)
    labels = labels_in(sessions)

    def row(measure: str, statistic: Callable[[Sequence[Piece]], float]) -> Row:
        return Row(measure, "", estimate(statistic, durations, drawn, minutes, "minutes"))

    rows = [row("alpha over time, any moment", _over_time(sessions, None))]
    rows += [row(f"alpha over time, {_name(label)}", _over_time(sessions, label)) for label in labels if label]
    remarks = []
    try:
        sums = _coincidences(sessions, labels)
    except NotEnoughData as error:
        remarks.append(f"u-alpha, |u-alpha, cu-alpha and (k)u-alpha: {error}")
        return Section("Time", _QUESTION, rows, {}, remarks)
    rows += [
        row("u-alpha (where, and which label)", lambda p: unitizing_alpha(sums(p))),
        row("|u-alpha (where, whatever the label)", lambda p: binary_alpha(sums(p))),
        row("cu-alpha (label, where two marked)", lambda p: coding_alpha(sums(p))),
    ]
    every = sums([Piece(i, 0.0, d) for i, d in enumerate(durations)])
    for k, label in enumerate(labels, 1):
        covered = value_coverage(every, k)
        if np.isfinite(covered):
            name = f"(k)u-alpha, {_name(label)} (met another's mark in {covered:.0%} of its time)"
            rows.append(row(name, lambda p, k=k: value_alpha(sums(p), k)))  # type: ignore[misc]
    return Section("Time", _QUESTION, rows, {}, remarks)


_QUESTION = "Of all the time, do reviewers mark the same stretches, and with the same label?"


def _over_time(sessions: Sequence[CodedSession], label: str | None) -> Callable[[Sequence[Piece]], float]:
    marked = [
        MarkedTime([[e for e in c.events if label is None or e.label == label] for c in s.codings], s.duration_s)
        for s in sessions
    ]

    def statistic(pieces: Sequence[Piece]) -> float:
        return alpha_of(np.sum([m.sums(p) for m, p in zip(marked, _parts(pieces, len(marked)), strict=True)], axis=0))

    return statistic


def _coincidences(sessions: Sequence[CodedSession], labels: Sequence[str]) -> Callable[[Sequence[Piece]], Coincidences]:
    continua = [Continuum([c.events for c in s.codings], s.duration_s, labels) for s in sessions]

    def sums(pieces: Sequence[Piece]) -> Coincidences:
        parts = _parts(pieces, len(continua))
        found = [c.sums(p) for c, p in zip(continua, parts, strict=True)]
        total = found[0]
        for more in found[1:]:
            total = total + more
        return total

    return sums


def _parts(pieces: Sequence[Piece], sessions: int) -> Parts:
    parts: Parts = [[] for _ in range(sessions)]
    for piece in pieces:
        parts[piece.session].append((piece.start_s, piece.end_s))
    return parts


def _name(label: str) -> str:
    return label or UNLABELLED
