"""From candidates to the tables people read: moments, evidence, arcs, recoveries, control clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from cuetrack import tables
from cuetrack.moments import explain
from cuetrack.moments.arcs import (
    ARC_COLUMNS,
    RECOVERY_COLUMNS,
    Recovery,
    antecedent,
    moved_first,
    recovery,
)
from cuetrack.moments.chance import Chance
from cuetrack.moments.measure import Measured
from cuetrack.moments.peaks import Peak
from cuetrack.moments.plan import Plan
from cuetrack.moments.score import final, scores
from cuetrack.moments.words import short
from cuetrack.terms import PAIR

Floats = npt.NDArray[np.float32]

MOMENT_COLUMNS = (
    *tables.SPAN_COLUMNS,
    "rank", "peak_s", "title", "chance_per_h", "moved_first", "before", "after", "why", "missing", "benign", "control",
)  # fmt: skip
SOURCE = "patterns"
CONTROLS_PER_HOUR = 2
_ARC_PADDING_S = 60


@dataclass(frozen=True, slots=True)
class Telling:
    """Everything known about one session's scores, asked candidate by candidate."""

    plan: Plan
    measured: Measured
    units: Floats
    certain: Floats
    chance: Chance
    signal_units: Mapping[str, str]

    def person(self, peak: Peak) -> str:
        """Return whose moment it is."""
        return self.measured.people[self.plan.entries[peak.entry].person]

    def evidence(self, peak: Peak, rank: int) -> pd.DataFrame:
        """Return the evidence rows of one candidate."""
        return explain.evidence_rows(
            self.plan, self.measured, self.units, self.certain, peak,
            rank=rank, signal_units=self.signal_units,
        )  # fmt: skip

    def recovery(self, peak: Peak, others: Sequence[Peak]) -> Recovery:
        """Return what followed a candidate, until the same person's next shift or 5 minutes."""
        if self.plan.patterns[self.plan.entries[peak.entry].pattern].kind == "return":
            return Recovery("unknown", np.nan, np.nan, (), "", "")
        later = [
            o.start_s for o in others if o.time_s > peak.time_s and o.start_s >= peak.end_s and self._is_shift(o, peak)
        ]
        until = min(later, default=float(self.measured.time_s[-1] + 1))
        return recovery(self.measured, self.person(peak), peak.start_s, peak.end_s, until_s=until)

    def _is_shift(self, other: Peak, peak: Peak) -> bool:
        pattern = self.plan.patterns[self.plan.entries[other.entry].pattern]
        return pattern.kind == "shift" and self.person(other) == self.person(peak)

    def moments(
        self, found: Sequence[Peak], rows: Sequence[pd.DataFrame], after: Sequence[Recovery], *, controls_from: int
    ) -> pd.DataFrame:
        """Return the moments table; candidates from `controls_from` on are control clips."""
        told = []
        for i, (peak, evidence, recovered) in enumerate(zip(found, rows, after, strict=True)):
            pattern = self.plan.patterns[self.plan.entries[peak.entry].pattern]
            person = self.person(peak)
            first, _ = moved_first(self.measured, peak.start_s, peak.time_s)
            before, _ = antecedent(self.measured, person, peak.start_s, rank=i + 1)
            told.append({
                "start_s": peak.start_s, "end_s": peak.end_s, "person": person,
                "toward": next(p for p in self.measured.people if p != person),
                "label": pattern.id, "score": float(evidence["contribution"].sum()), "source": SOURCE,
                "rank": i + 1, "peak_s": peak.time_s, "title": self.plan.entries[peak.entry].title,
                "chance_per_h": self.chance.per_hour(peak.score), "moved_first": "both" if first == PAIR else first,
                "before": before, "after": recovered.text, "why": explain.why(evidence),
                "missing": explain.missing(self.plan, peak, self.certain),
                "benign": explain.benign(self.plan, peak, self.units, self.certain), "control": i >= controls_from,
            })  # fmt: skip
        table = pd.DataFrame(told, columns=list(MOMENT_COLUMNS))
        text = [
            "person",
            "toward",
            "label",
            "source",
            "title",
            "moved_first",
            "before",
            "after",
            "why",
            "missing",
            "benign",
        ]
        kinds = {**dict.fromkeys(text, "str"), "rank": "int64", "control": "bool", "score": "float64"}
        return table.astype({**kinds, "start_s": "float64", "end_s": "float64", "peak_s": "float64"})

    def recoveries(self, found: Sequence[Recovery]) -> pd.DataFrame:
        """Return what followed each candidate: kind, score (0 all the way back, lower is further), order, who first."""
        rows = [
            (i + 1, r.kind, r.score, r.back_after_s, ", ".join(r.order), r.first, r.text) for i, r in enumerate(found)
        ]
        return pd.DataFrame(rows, columns=list(RECOVERY_COLUMNS))

    def arcs(self, found: Sequence[Peak], rows: Sequence[pd.DataFrame], after: Sequence[Recovery]) -> pd.DataFrame:
        """Return the arc of each candidate every 5 s: the signals that spoke, before, during and after."""
        parts: list[pd.DataFrame] = []
        for i, (peak, evidence, recovered) in enumerate(zip(found, rows, after, strict=True)):
            person = self.person(peak)
            parts.append(antecedent(self.measured, person, peak.start_s, rank=i + 1)[1])
            named = evidence.loc[evidence["contribution"] > 0, ["signal", "person"]].drop_duplicates().head(6)
            lines = [(s, p) for s, p in zip(named["signal"], named["person"], strict=True)]
            lines += [(s, person) for s in recovered.order if (s, person) not in lines][:3]
            parts.append(self._lines(peak, lines, i + 1))
        return stacked(parts, ARC_COLUMNS)

    def _lines(self, peak: Peak, lines: Sequence[tuple[str, str]], rank: int) -> pd.DataFrame:
        total = len(self.measured.time_s)
        stop = min(total, int(peak.end_s) + 300)
        times = np.arange(max(0, int(peak.start_s) - _ARC_PADDING_S), stop, 5)
        phase = np.where(times < peak.start_s, "antecedent", np.where(times < peak.end_s, "moment", "recovery"))
        rows = []
        for signal, person in lines:
            row = self.measured.row(signal, person)
            if row is None:
                continue
            z = np.where(self.measured.confidence[row, times] > 0.1, self.measured.z[row, times], np.nan)
            rows += [
                (rank, str(f), person, signal, float(t), float(v), short(signal, v) if abs(v) >= 1 else "")
                for f, t, v in zip(phase, times, z, strict=True)
            ]
        return pd.DataFrame(rows, columns=list(ARC_COLUMNS))


def controls(
    plan: Plan, kept: Sequence[Peak], units: Floats, certain: Floats, *, duration_s: float, seed: int
) -> list[Peak]:
    """Return two random clips an hour that overlap no candidate, each as long as a candidate drawn at random.

    Each carries the pattern that speaks most there, so that it reads like a candidate until it has been reviewed.
    """
    rng = np.random.default_rng([seed, 1])
    lengths = [p.end_s - p.start_s for p in kept] or [30.0]
    raw = scores(plan, units, certain)
    ungated = final(plan, type(raw)(raw.raw, np.ones_like(raw.gate)))[0]
    chosen: list[Peak] = []
    wanted = max(1, round(CONTROLS_PER_HOUR * duration_s / 3600))
    for _ in range(200):
        length = min(float(rng.choice(lengths)), duration_s / 4)
        start = float(np.floor(rng.uniform(0, max(1.0, duration_s - length))))
        peak = int(min(start + length / 2, ungated.shape[1] - 1))
        free = all(start + length + 10 < p.start_s or start > p.end_s + 10 for p in [*kept, *chosen])
        if free and len(ungated):
            entry = int(ungated[:, peak].argmax())
            chosen.append(Peak(float(peak), entry, float(ungated[entry, peak]), start, start + length))
        if len(chosen) == wanted:
            break
    return chosen


def stacked(parts: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """Return tables of the same columns one below the other; with none, an empty one."""
    kept = [p for p in parts if len(p)]
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=list(columns))
