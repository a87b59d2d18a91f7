"""How often chance makes a candidate as strong, measured in this very recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cuetrack.moments.measure import Measured
from cuetrack.moments.patterns import CHANNEL_OF_CUE
from cuetrack.moments.peaks import candidates
from cuetrack.moments.plan import Plan
from cuetrack.moments.score import LOOK_S, Scores, evidence, final, scores
from cuetrack.moments.surrogate import shifted, surrogates
from cuetrack.timeline.baseline import kept_span

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Chance:
    """What chance makes here: peak scores over `hours` hours of either kind of surrogate.

    `turned` are of joint phase-randomised surrogates, which keep how the cues go together but not the shape of their
    extremes; `moved` are of channels shifted against each other, which keep every shape but not how channels go
    together.
    """

    turned: Floats
    moved: Floats
    hours: float

    def per_hour(self, score: float) -> float:
        """Return how many candidates at least this strong an hour chance gives here: the larger of the two answers."""
        if not self.hours:
            return float("nan")
        return float(max((self.turned >= score).sum(), (self.moved >= score).sum()) / self.hours)


def chance(plan: Plan, measured: Measured, units: Floats, certain: Floats, *, count: int, seed: int) -> Chance:
    """Score `count` surrogates of either kind every `LOOK_S` seconds and collect their candidates.

    `units` and `certain` are the recording's own, from `looked_at`.
    """
    rows = list(plan.rows)
    first, last = kept_span(measured.time_s)
    times = measured.time_s[::LOOK_S]
    kept = (times >= first) & (times < last)
    z, sure = measured.z[rows][:, ::LOOK_S], measured.confidence[rows][:, ::LOOK_S]
    units, certain = units[..., ::LOOK_S], certain[..., ::LOOK_S]
    turned = (
        scores(plan, evidence(plan, batch, sure, step_s=LOOK_S), certain, step_s=LOOK_S)
        for batch in surrogates(z, sure > 0, count=count, seed=seed)
    )

    def peaks_of(found: Scores) -> list[float]:
        return [p[2] for one in final(plan, found)[:, :, kept] for p in candidates(plan, one, LOOK_S)]

    moved = (
        scores(plan, u[None], c, step_s=LOOK_S)
        for u, c in shifted(units[0], certain, _groups(plan, measured), count, seed)
    )
    of_turned, of_moved = (
        np.array([p for f in found for p in peaks_of(f)], dtype=np.float32) for found in (turned, moved)
    )
    return Chance(of_turned, of_moved, count * (last - first) / 3600)


def _groups(plan: Plan, measured: Measured) -> Sequence[int]:
    """Return for each unit of evidence the number of its channel and person: what is shifted as one."""
    numbers: dict[tuple[str, str], int] = {}
    groups = []
    for unit in plan.units:
        cue, _, person = measured.rows[plan.rows[unit.row]]
        groups.append(numbers.setdefault((CHANNEL_OF_CUE.get(cue, cue), person), len(numbers)))
    return groups
