"""What one person's microphone catches of the other: how loud, how late, and the same sound twice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cuetrack.media.audio import Raw

Floats = npt.NDArray[np.floating]

_LATEST_ROWS = 50


@dataclass(frozen=True, slots=True)
class Leak:
    """How a voice arrives in another's channel: `gain_db` (negative: quieter) after `delay_rows` of 10 ms."""

    gain_db: float
    delay_rows: int
    spread_db: float


def find_leak(own_db: Floats, other_db: Floats, other_likely: Floats) -> Leak | None:
    """Estimate the leak of another person's channel into one's own, from both levels (rows,) in dB.

    Where the other speaks loudly and one's own channel is the quieter, the difference of levels is the leak's gain, the
    steadier the truer: the delay up to 0.5 s that makes it steadiest is taken. None where the other hardly speaks.
    """
    talking = other_likely > 0.5
    if talking.sum() < 50:
        return None
    loud = talking & (other_db >= np.percentile(other_db[talking], 40))
    loud[len(loud) - _LATEST_ROWS :] = False
    rows = np.flatnonzero(loud)
    best: Leak | None = None
    for delay in range(0, _LATEST_ROWS, 2):
        difference = own_db[rows + delay] - other_db[rows]
        quieter = difference[difference < -3.0]
        if len(quieter) < 25:
            continue
        middle = float(np.median(quieter))
        spread = 1.4826 * float(np.median(np.abs(quieter - middle)))
        if best is None or spread < best.spread_db - 0.5:
            best = Leak(middle, delay, spread)
    return best


def leaked_level(other_db: Floats, leak: Leak) -> Floats:
    """Return the level in dB that the other's voice has at most in one's own channel, (rows,).

    The loudest of 60 ms around the delayed row counts, so that echoes and edges of windows do not pass for speech.
    """
    from scipy.ndimage import maximum_filter1d

    arrived = np.concatenate([np.full(leak.delay_rows, -120.0), other_db[: len(other_db) - leak.delay_rows]])
    return np.asarray(maximum_filter1d(arrived, 7) + leak.gain_db)


def same_sound(first: Raw, second: Raw) -> bool:
    """Return whether two channels carry one and the same mix: their waveforms differ by no more than a factor."""
    length = min(len(first), len(second))
    if not length:
        return False
    step = max(1, length // 2_000_000)
    a, b = (x[:length:step].astype(np.float64) for x in (first, second))
    power = float(np.sqrt((a @ a) * (b @ b)))
    return power > 0 and abs(float(a @ b)) / power > 0.98
