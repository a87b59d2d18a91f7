"""Agreement on how many moments there are: intraclass correlations of counts, as rupture studies print them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal

import numpy as np

from cuetrack.agreement.coding import CodedSession, reviewers_in
from cuetrack.agreement.coefficients import Floats, intraclass
from cuetrack.agreement.resample import BLOCK_S, Estimate, between, not_estimable
from cuetrack.agreement.section import Row, Section
from cuetrack.errors import NotEnoughData


def section(sessions: Sequence[CodedSession], count: int, seed: int) -> Section:
    """Return title, question and rows: ICC(2,1) and ICC(2,k) of counts per 5 minutes and, of several, per session."""
    reviewers = reviewers_in(sessions)
    together = [s for s in sessions if len(s.codings) == len(reviewers)]
    rows: list[Row] = []
    tables = [("per 5 minutes", _per_block(together, reviewers), "segments")]
    if len(together) > 1:
        each = [_counts(s, reviewers, [0.0, s.duration_s])[0] for s in together]
        tables.append(("per session", np.array(each), "sessions"))
    for name, table, unit in tables:
        for measure, average in (("ICC(2,1)", False), (f"ICC(2,k), k = {len(reviewers)}", True)):
            rows.append(Row(f"{measure} of counts {name}", "", _estimate(table, average, count, seed, unit)))
    question = "Do reviewers find about as many moments in the same stretch? They may be different moments."
    return Section("Counts", question, rows)


def _per_block(sessions: Sequence[CodedSession], reviewers: Sequence[str]) -> Floats:
    blocks = []
    for s in sessions:
        edges = np.arange(0.0, max(s.duration_s, BLOCK_S) + 1e-9, BLOCK_S)
        edges[-1] = max(edges[-1], s.duration_s) if s.duration_s - edges[-1] < BLOCK_S / 2 else edges[-1]
        if s.duration_s > edges[-1]:
            edges = np.append(edges, s.duration_s)
        blocks.append(_counts(s, reviewers, list(edges)))
    return np.concatenate(blocks) if blocks else np.zeros((0, len(reviewers)))


def _counts(session: CodedSession, reviewers: Sequence[str], edges: Sequence[float]) -> Floats:
    """Return how many moments begin in each stretch, shape (stretches, reviewers)."""
    found = []
    for reviewer in reviewers:
        coding = session.of(reviewer)
        starts = [e.start_s for e in coding.events] if coding else []
        found.append(np.histogram(starts, edges)[0])
    return np.array(found, float).T


def _estimate(table: Floats, average: bool, count: int, seed: int, unit: str) -> Estimate:
    kind: Literal["average", "single"] = "average" if average else "single"
    try:
        value = intraclass(table, unit=kind)
    except NotEnoughData as error:
        return not_estimable(len(table), unit, error)
    random = np.random.default_rng(seed)
    picks = [random.integers(0, len(table), len(table)) for _ in range(count)]
    again = [partial(intraclass, table[p], unit=kind) for p in picks]
    return between(value, again, len(table), unit)
