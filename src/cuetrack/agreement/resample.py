"""Bootstrap over sessions or, where they are few, over blocks of time within them, and the estimates it gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from cuetrack.errors import NotEnoughData

Floats = npt.NDArray[np.floating]
Ints = npt.NDArray[np.integer]
BLOCK_S = 300.0
SESSIONS_NEEDED = 10
_SHARE_NEEDED = 0.8


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its 95 % bootstrap interval (NaN where that cannot be had) and how many `unit`s it rests on.

    `reason` says in words why the number itself is not estimable.
    """

    value: float
    low: float
    high: float
    n: int
    unit: str
    reason: str = ""

    def __str__(self) -> str:
        if self.reason:
            return self.reason
        bounds = f"[{self.low:.2f}, {self.high:.2f}]" if np.isfinite(self.low) else "[interval not estimable]"
        return f"{self.value:.2f} {bounds}, n = {self.n} {self.unit}"

    def plain(self) -> dict[str, Any]:
        """Return it as JSON can hold it, what is missing as None."""
        return {k: None if isinstance(v, float) and not np.isfinite(v) else v for k, v in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one session, by its index, that a draw contains."""

    session: int
    start_s: float
    end_s: float


def whole(durations_s: Sequence[float]) -> list[Piece]:
    """Return all sessions once."""
    return [Piece(i, 0.0, d) for i, d in enumerate(durations_s)]


def draws(durations_s: Sequence[float], count: int, seed: int = 0) -> list[list[Piece]]:
    """Return `count` resamples of the sessions.

    From SESSIONS_NEEDED sessions on whole sessions are drawn. Below that blocks of BLOCK_S are drawn within each,
    circularly: a block that runs past the end goes on at the start (Politis and Romano 1992). A session shorter than
    two blocks cannot be resampled and gives none.
    """
    random = np.random.default_rng(seed)
    n = len(durations_s)
    if n >= SESSIONS_NEEDED:
        return [[Piece(int(i), 0.0, durations_s[i]) for i in random.integers(0, n, n)] for _ in range(count)]
    if any(d < 2 * BLOCK_S for d in durations_s):
        return []
    return [[p for i, d in enumerate(durations_s) for p in _blocks(i, d, random)] for _ in range(count)]


def estimate(
    statistic: Callable[[Sequence[Piece]], float], durations_s: Sequence[float], drawn: Sequence[Sequence[Piece]],
    n: int, unit: str,
) -> Estimate:  # fmt: skip
    """Return a statistic of pieces of sessions over all of them, with the interval it has over the draws."""
    try:
        value = statistic(whole(durations_s))
    except NotEnoughData as error:
        return not_estimable(n, unit, error)
    return between(value, [partial(statistic, pieces) for pieces in drawn], n, unit)


def not_estimable(n: int, unit: str, why: NotEnoughData) -> Estimate:
    """Return an estimate that has no value but says why."""
    return Estimate(float("nan"), float("nan"), float("nan"), n, unit, str(why))


def between(value: float, again: Sequence[Callable[[], float]], n: int, unit: str) -> Estimate:
    """Return a value with the interval of the same statistic computed again on each resample."""
    found = []
    for once in again:
        try:
            found.append(once())
        except NotEnoughData:
            continue
    if not again or len(found) < _SHARE_NEEDED * len(again):
        return Estimate(value, float("nan"), float("nan"), n, unit)
    low, high = np.quantile(found, [0.025, 0.975])
    return Estimate(value, float(low), float(high), n, unit)


def times_drawn(pieces: Sequence[Piece], session: Ints, time_s: Floats) -> Ints:
    """Return how often each point in time (of a session by index) lies in the pieces."""
    count = np.zeros(len(time_s), int)
    for piece in pieces:
        count += (session == piece.session) & (time_s >= piece.start_s) & (time_s < piece.end_s)
    return count


def within(time_s: float, duration_s: float) -> float:
    """Return a time as one that lies in the session: what begins at its very end or after it counts as its last."""
    return float(np.clip(time_s, 0.0, np.nextafter(duration_s, 0.0)))


def _blocks(session: int, duration_s: float, random: np.random.Generator) -> list[Piece]:
    pieces = []
    left = duration_s
    while left > 1e-9:
        length = min(BLOCK_S, left)
        start = float(random.uniform(0, duration_s))
        end = start + length
        pieces.append(Piece(session, start, min(end, duration_s)))
        if end > duration_s:
            pieces.append(Piece(session, 0.0, end - duration_s))
        left -= length
    return pieces
