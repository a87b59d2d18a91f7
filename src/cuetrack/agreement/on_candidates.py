"""Agreement on candidates that every reviewer was shown: the same judgement of the same item."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cuetrack.agreement.coding import CodedSession, labels_in, reviewers_in
from cuetrack.agreement.coefficients import Floats, gwet_ac1, krippendorff_alpha, percent_agreement
from cuetrack.agreement.resample import Piece, estimate, times_drawn, within
from cuetrack.agreement.section import Row, Section

VERDICTS = {"no": 0.0, "unsure": 1.0, "yes": 2.0}
_COEFFICIENTS: tuple[tuple[str, Callable[[Floats], float]], ...] = (
    ("same judgement (share)", percent_agreement),
    ("Krippendorff's alpha, nominal", krippendorff_alpha),
    ("Gwet's AC1", gwet_ac1),
)


def section(sessions: Sequence[CodedSession], drawn: Sequence[Sequence[Piece]]) -> Section:
    """Return the coefficients: of the verdicts, then of each label (given or not)."""
    reviewers = reviewers_in(sessions)
    where = [(i, within(s.starts_s[m], s.duration_s), m) for i, s in enumerate(sessions) for m in s.starts_s]
    session = np.array([w[0] for w in where], int)
    time_s = np.array([w[1] for w in where], float)
    durations = [s.duration_s for s in sessions]

    def table(value: Callable[[Any, str], float]) -> Floats:
        rows = []
        for i, _, moment in where:
            codings = [sessions[i].of(r) for r in reviewers]
            rows.append([value(c, moment) if c and moment in c.verdicts else np.nan for c in codings])
        return np.array(rows, float).reshape(len(where), len(reviewers))

    def rows_of(ratings: Floats, what: str) -> list[Row]:
        judged = int((np.isfinite(ratings).sum(axis=1) > 1).sum())

        def of(coefficient: Callable[[Floats], float]) -> Callable[[Sequence[Piece]], float]:
            return lambda pieces: coefficient(np.repeat(ratings, times_drawn(pieces, session, time_s), axis=0))

        return [
            Row(f"{name}{what}", "", estimate(of(f), durations, drawn, judged, "candidates"))
            for name, f in _COEFFICIENTS
        ]

    found = rows_of(table(lambda c, m: VERDICTS.get(c.verdicts[m], np.nan)), "")
    for label in labels_in(sessions):
        given = table(lambda c, m, label=label: float(c.labels.get(m, "") == label))  # type: ignore[misc]
        if label and np.nansum(given):
            found += rows_of(given, f", {label} given or not")
    question = "Shown the same candidate, control clips among them, do reviewers judge it the same?"
    return Section("Candidates judged", question, found)
