"""Find and rank the moments of a session that may repay a second look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cuetrack.cues.registry import all_cues
from cuetrack.errors import CuetrackError
from cuetrack.moments import explain, shifts
from cuetrack.moments.chance import chance
from cuetrack.moments.measure import Measured, measure
from cuetrack.moments.patterns import Pattern, load_patterns
from cuetrack.moments.peaks import Peak, peaks
from cuetrack.moments.plan import Plan, plan
from cuetrack.moments.ranker import Ranker, load_ranker
from cuetrack.moments.score import in_own_spreads, looked_at
from cuetrack.moments.telling import Telling, controls, stacked
from cuetrack.terms import PAIR

PER_HOUR = 8
FEWEST = 4


@dataclass(frozen=True, slots=True)
class Moments:
    """Ranked candidates of one session and all that explains them.

    `moments`, `evidence`, `arcs`: tables as in docs/architecture.md; `moments` also holds the blind random control
    clips (`control` is True), ranked after the candidates. `recovery`: what followed each (kind, score, order).
    `robustness`: the rank each would have without each channel. `session_shifts`: changes that last.
    `window`: how many seconds, candidates and surrogates stand behind the list. `notes`: plain sentences on what
    could not be measured here.
    """

    moments: pd.DataFrame
    evidence: pd.DataFrame
    arcs: pd.DataFrame
    recovery: pd.DataFrame
    robustness: pd.DataFrame
    session_shifts: pd.DataFrame
    window: Mapping[str, float]
    notes: tuple[str, ...]

    @property
    def controls(self) -> pd.DataFrame:
        """The random control clips alone."""
        return self.moments[self.moments["control"]].reset_index(drop=True)


def find_moments(
    cues: Mapping[str, pd.DataFrame],
    spans: Mapping[str, pd.DataFrame],
    people: Sequence[str],
    *,
    duration_s: float,
    seed: int = 0,
    surrogates: int = 200,
    per_hour: float = PER_HOUR,
    patterns: str | Path | Sequence[Pattern] | None = None,
    ranker: str | Path | Ranker | None = None,
    baseline_from: pd.DataFrame | None = None,
) -> Moments:
    """Return the moments in which either person moved furthest from their own usual in a known combination of cues.

    `cues` are samples tables and `spans` spans tables by cue name, `people` the two names. `patterns` is a folder of
    TOML files or patterns already read. `surrogates` copies of this recording with shuffled timing say how often
    chance gives a moment as strong (`chance_per_h`, NaN with 0 surrogates). `ranker` is what `learn` made, or its file.
    `baseline_from` is a `timeline.baseline` table of earlier sessions. At most `per_hour` candidates an hour are kept
    (in short recordings up to 4), returns only where shifts leave room. Raises PatternError, FormatError or
    CuetrackError.
    """
    if len(people) != 2 or people[0] == people[1]:
        raise CuetrackError(f"expected the names of two people, got {', '.join(people) or 'none'}")
    if not duration_s > 0:
        raise CuetrackError(f"expected a duration above 0 s, got {duration_s:g}")
    chosen = load_patterns(patterns) if patterns is None or isinstance(patterns, str | Path) else tuple(patterns)
    if ranker is not None:
        chosen = (ranker if isinstance(ranker, Ranker) else load_ranker(ranker)).apply(chosen)
    noise, signal_units = _declared()
    measured = measure(cues, spans, people, duration_s=duration_s, noise=noise, baseline_from=baseline_from)
    joined = plan(chosen, measured)
    units, certain = looked_at(joined, measured)
    joined = in_own_spreads(joined, units, certain)
    by_chance = chance(joined, measured, units, certain, count=surrogates, seed=seed)
    found = peaks(joined, measured, units, certain)
    kept = _listed(found, joined, max(FEWEST, round(per_hour * duration_s / 3600)))
    spare = controls(joined, kept, units, certain, duration_s=duration_s, seed=seed)
    everyone = [*kept, *spare]
    told = Telling(joined, measured, units, certain, by_chance, signal_units)
    recoveries = [told.recovery(p, kept) for p in everyone]
    parts = [told.evidence(p, i + 1) for i, p in enumerate(everyone)]
    return Moments(
        moments=told.moments(everyone, parts, recoveries, controls_from=len(kept)),
        evidence=stacked(parts, explain.EVIDENCE_COLUMNS),
        arcs=told.arcs(everyone, parts, recoveries),
        recovery=told.recoveries(recoveries),
        robustness=explain.without_each_channel(joined, kept, units, certain),
        session_shifts=_shifts(measured, baseline_from, duration_s),
        window={
            "seconds": float(len(measured.time_s)),
            "candidates": float(len(found)),
            "kept": float(len(kept)),
            "controls": float(len(spare)),
            "surrogates": float(surrogates),
        },
        notes=joined.notes,
    )


def _listed(found: Sequence[Peak], plan: Plan, most: int) -> list[Peak]:
    """Return the candidates to list, strongest first: shifts, and returns where room is left.

    What followed a listed shift is told with it in any case.
    """
    returns = [plan.patterns[plan.entries[p.entry].pattern].kind == "return" for p in found]
    first = sorted(zip(returns, found, strict=True), key=lambda pair: pair[0])[:most]  # sorting keeps equals in order
    return sorted((p for _, p in first), key=lambda p: -p.score)


def usual(cues: Mapping[str, pd.DataFrame], spans: Mapping[str, pd.DataFrame], *, duration_s: float) -> pd.DataFrame:
    """Return each person's own usual by speaking state, as `find_moments` compares with (see `timeline.baseline`)."""
    people = sorted({str(p) for t in cues.values() for p in t["person"].unique()} - {PAIR})
    if len(people) != 2:
        raise CuetrackError(f"expected two people in the cues, got {', '.join(people) or 'none'}")
    return measure(cues, spans, people, duration_s=duration_s, noise=_declared()[0]).usual_table


def _declared() -> tuple[dict[str, float], dict[str, str]]:
    """Return noise and unit of every signal that a registered cue declares."""
    signals = [s for c in all_cues().values() for s in c.signals]
    return {s.name: s.noise for s in signals}, {s.name: s.unit for s in signals}


def _shifts(measured: Measured, earlier: pd.DataFrame | None, duration_s: float) -> pd.DataFrame:
    found = [shifts.within(measured)]
    if earlier is not None:
        found.append(shifts.against_earlier(measured.own_table, earlier, duration_s))
    return stacked([f for f in found if len(f)], shifts.SHIFT_COLUMNS)
