"""Whether one person's onsets are followed by the other's more often than chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cuetrack.synchrony.windowed import Floats


@dataclass(frozen=True, slots=True)
class Following:
    """How often onsets of a leader were followed.

    `leader`, `follower` (k,) indices of the onsets that make each pair, nearest follower first; `delay_s` (k,) between
    them. `share` of leader onsets that were followed, `chance` the share after moving the follower's onsets in a
    circle, averaged over every shift there is; both NaN without onsets or time. `excess` = share - chance.
    """

    leader: npt.NDArray[np.intp]
    follower: npt.NDArray[np.intp]
    delay_s: Floats
    share: float
    chance: float

    @property
    def excess(self) -> float:
        """Share followed beyond chance."""
        return self.share - self.chance


def following(
    leader_onset_s: npt.ArrayLike,
    follower_onset_s: npt.ArrayLike,
    *,
    duration_s: float,
    delay_s: tuple[float, float] = (0.2, 4.0),
) -> Following:
    """Pair each onset of a leader with the first onset of the other `delay_s` later, and say what chance gives.

    Onsets are shape (n,) and (m,), rising, in seconds; `duration_s` is how long the follower was seen. Chance is the
    share of that time at which some onset of the follower lies within the delay.

    >>> found = following([10.0, 50.0], [10.6, 80.0], duration_s=100)
    >>> found.share, round(found.chance, 3), found.delay_s.round(1).tolist()
    (0.5, 0.076, [0.6])
    """
    leads, follows = np.asarray(leader_onset_s, dtype=np.float64), np.asarray(follower_onset_s, dtype=np.float64)
    low, high = delay_s
    at = np.searchsorted(follows, leads + low, side="left")
    found = np.flatnonzero(at < len(follows))
    found = found[follows[at[found]] <= leads[found] + high]
    covered = _union_s(follows - high, follows - low)
    return Following(
        leader=found,
        follower=at[found],
        delay_s=follows[at[found]] - leads[found],
        share=len(found) / len(leads) if len(leads) else float("nan"),
        chance=min(1.0, covered / duration_s) if duration_s > 0 else float("nan"),
    )


def _union_s(start_s: Floats, end_s: Floats) -> float:
    """Return how long at least one of the stretches lasts; starts and ends must both rise."""
    if not len(start_s):
        return 0.0
    until = np.concatenate(([start_s[0]], end_s[:-1]))
    return float((end_s - np.maximum(start_s, until)).sum())
