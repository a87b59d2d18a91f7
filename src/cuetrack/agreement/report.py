"""How far reviewers agree, as sections of rows in a fixed order: several questions, never one number for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cuetrack.agreement import on_candidates, on_counts, on_moments, on_time
from cuetrack.agreement.coding import CodedSession, reviewers_in
from cuetrack.agreement.resample import SESSIONS_NEEDED, draws
from cuetrack.agreement.section import Section
from cuetrack.errors import NotEnoughData


@dataclass(frozen=True, slots=True)
class Report:
    """Every section for some sessions and their reviewers."""

    sessions: list[str]
    reviewers: list[str]
    how: str
    sections: list[Section]

    def plain(self) -> dict[str, Any]:
        """Return it as data for JSON."""
        return {
            "sessions": self.sessions,
            "reviewers": self.reviewers,
            "how": self.how,
            "sections": [s.plain() for s in self.sections],
        }


def report(coded: Sequence[CodedSession], *, count: int = 1000, seed: int = 0) -> Report:
    """Compare all reviewers of some sessions; `count` resamples give the intervals.

    Raises NotEnoughData unless some session was coded by two reviewers.
    """
    shared = [s for s in coded if len(s.codings) > 1]
    if not shared:
        raise NotEnoughData("agreement needs two reviewers of one session; only one of them is there")
    drawn = draws([s.duration_s for s in shared], count, seed)
    sections = [
        on_candidates.section(shared, drawn),
        *on_moments.sections(shared, drawn),
        on_time.section(shared, drawn),
        on_counts.section(shared, count, seed),
    ]
    return Report([s.name for s in shared], reviewers_in(shared), _how(len(shared), len(drawn), shared), sections)


def _how(sessions: int, drawn: int, shared: Sequence[CodedSession]) -> str:
    seen = sum(c.not_blind for s in shared for c in s.codings)
    told = f" {seen} decisions were not, or not known to be, made blind." if seen else " All decisions were made blind."
    if not drawn:
        return f"Intervals are not estimable: the session is shorter than two blocks of 5 minutes.{told}"
    what = "sessions" if sessions >= SESSIONS_NEEDED else "blocks of 5 minutes within each session"
    return f"Intervals: 95 %, from {drawn} resamples of {what}.{told}"
