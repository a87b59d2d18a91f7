"""The nouns everyone shares: spans of time, signals with units, and the name for what belongs to both people."""

from __future__ import annotations

import math
from dataclasses import dataclass

PAIR = "pair"
"""Person name of everything that belongs to both people."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open stretch of session time, `start_s <= t < end_s`, in seconds since session start.

    Raises ValueError if an end is not a finite number or the span runs backwards.
    """

    start_s: float
    end_s: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start_s) and math.isfinite(self.end_s)):
            raise ValueError(f"a span needs two finite times, got {self.start_s} and {self.end_s}")
        if self.end_s < self.start_s:
            raise ValueError(f"a span cannot end before it starts: {self.start_s} to {self.end_s}")

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s

    @property
    def middle_s(self) -> float:
        """Time halfway between start and end."""
        return (self.start_s + self.end_s) / 2

    def __contains__(self, time_s: float) -> bool:
        return self.start_s <= time_s < self.end_s

    def overlap_s(self, other: Span) -> float:
        """Return how many seconds this span shares with another."""
        return max(0.0, min(self.end_s, other.end_s) - max(self.start_s, other.start_s))

    def padded(self, before_s: float, after_s: float) -> Span:
        """Return the span grown by so many seconds on each side, not before 0."""
        return Span(max(0.0, self.start_s - before_s), self.end_s + after_s)

    def shifted(self, by_s: float) -> Span:
        """Return the span moved later by so many seconds."""
        return Span(self.start_s + by_s, self.end_s + by_s)


@dataclass(frozen=True, slots=True)
class Signal:
    """One measured column: its name, unit, possible range and what a larger value means.

    `unit` is the printed unit ("deg", "1/min", "" for a 0..1 share). `low` and `high` bound every finite value.
    `positive_means` completes the sentence "a larger value means …" in words of movement, voice or timing.
    `noise` is the measurement noise (one SD) below which a change says nothing; baselines are floored at it.
    """

    name: str
    unit: str
    low: float
    high: float
    positive_means: str
    noise: float = 0.0

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"signal {self.name}: low {self.low} is not below high {self.high}")
        if not self.positive_means:
            raise ValueError(f"signal {self.name}: say what a larger value means")
