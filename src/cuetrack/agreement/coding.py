"""What reviewers made of sessions, as agreement needs it: judgements of shared candidates, and events they marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cuetrack.agreement.events import Event


@dataclass(frozen=True, slots=True)
class Coding:
    """One reviewer's work on one session.

    `verdicts` maps each judged candidate to yes, no or unsure, `labels` to the label given ("" for none); `events` are
    the moments this reviewer holds to be there, their own ones included; `not_blind` counts decisions made after
    seeing somebody else's.
    """

    reviewer: str
    verdicts: Mapping[str, str]
    labels: Mapping[str, str]
    events: tuple[Event, ...]
    not_blind: int = 0


@dataclass(frozen=True, slots=True)
class CodedSession:
    """All reviewers' work on one session; `starts_s` says where each candidate is."""

    name: str
    duration_s: float
    codings: tuple[Coding, ...]
    starts_s: Mapping[str, float]

    def of(self, reviewer: str) -> Coding | None:
        """Return one reviewer's work, None if they did not code this session."""
        return next((c for c in self.codings if c.reviewer == reviewer), None)


def reviewers_in(sessions: Sequence[CodedSession]) -> list[str]:
    """Return every reviewer's name in order of appearance."""
    return list(dict.fromkeys(c.reviewer for s in sessions for c in s.codings))


def labels_in(sessions: Sequence[CodedSession]) -> list[str]:
    """Return every label that was given, sorted; moments without one count under ""."""
    given = {e.label for s in sessions for c in s.codings for e in c.events}
    return sorted(given | {v for s in sessions for c in s.codings for v in c.labels.values() if v})
