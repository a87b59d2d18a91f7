"""How much of a batch is done, and how long the rest will take."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from cuetrack.batch.entry import Entry
from cuetrack.batch.outcome import Outcome


class Pace:
    """Counts sessions by the length of their recordings; one whose length is not known counts as the mean of all."""

    def __init__(self, entries: Sequence[Entry], now: Callable[[], float] = time.monotonic) -> None:
        known = [e.duration_s for e in entries if e.duration_s > 0]
        usual = sum(known) / len(known) if known else 1.0
        self._lengths = {e.session: e.duration_s or usual for e in entries}
        self._all = sum(self._lengths.values())
        self._ended: set[str] = set()
        self._made = 0.0
        self._at_work = 0.0
        self._now, self._began = now, now()

    @property
    def count(self) -> int:
        """How many sessions have ended."""
        return len(self._ended)

    @property
    def done(self) -> float:
        """Share of all recordings that is done, 0..1."""
        return min(1.0, (sum(self._lengths[s] for s in self._ended) + self._at_work) / self._all)

    def end(self, outcome: Outcome) -> None:
        """Count a session that has ended; only one that was made tells how fast it goes."""
        self._ended.add(outcome.session)
        if outcome.made and outcome.state == "done":
            self._made += self._lengths[outcome.session]

    def move(self, at_work: Mapping[str, float]) -> None:
        """Count sessions at work by the share of each that is done."""
        self._at_work = sum(self._lengths[s] * done for s, done in at_work.items() if s not in self._ended)

    def left_s(self) -> float | None:
        """Return the seconds that the rest will take at the pace so far, None before anything was made."""
        made = self._made + self._at_work
        if made <= 0 or not self._made:
            return None
        return (1.0 - self.done) * self._all * (self._now() - self._began) / made
