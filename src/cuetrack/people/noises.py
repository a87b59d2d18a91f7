"""Sounds of a person that are not speech: laughs, coughs, sighs and breaths."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cuetrack.people.activity import close_gaps, noise_level
from cuetrack.people.windows import runs

Floats = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]

_WINDOW, _HOP = 100, 10


class Noise(NamedTuple):
    """A sound that is not speech: its rows `start` to `stop`, what it is like, and how sure 0..1."""

    start: int
    stop: int
    label: str
    score: float


def find_noises(
    level_db: Floats, f0_hz: Floats, timbre: Floats, likely: Floats, speech: Mask, *, least_db: Floats | None = None
) -> list[Noise]:
    """Find laughs, coughs, sighs and breaths in a channel; all inputs have one row per 10 ms.

    `timbre` (rows, d) cepstra, `likely` the network's speech likelihood, `least_db` what leaks in from others.
    A laugh is a train of bursts 3.5 to 8 a second, more unvoiced than voiced: alike in timbre, clearly above the usual
    pitch, or hardly voiced with deep dips. A cough starts within 60 ms, is loud, short and unvoiced; a sigh is unvoiced
    noise of 0.5 to 4 s; a breath a shorter one, or one just before own speech.
    """
    own = speech & np.isfinite(f0_hz)
    if own.sum() < 50:
        return []
    loud = float(np.percentile(level_db[own], 90))
    over = np.full(len(level_db), noise_level(level_db, np.maximum(likely, np.isfinite(f0_hz))) + 8.0)
    over = over if least_db is None else np.maximum(over, least_db)
    laughs = _laughs(level_db, f0_hz, timbre, likely, own, loud, over)
    taken = np.zeros(len(level_db), bool)
    for noise in laughs:
        taken[noise.start : noise.stop] = True
    return laughs + _puffs(level_db, np.isfinite(f0_hz), speech, likely, taken, loud, over)


def _laughs(
    level_db: Floats, f0_hz: Floats, timbre: Floats, likely: Floats, own: Mask, loud: float, over: Floats
) -> list[Noise]:
    from scipy.ndimage import gaussian_filter1d
    from scipy.signal import find_peaks

    z = (timbre - timbre[own].mean(axis=0)) / (timbre[own].std(axis=0) + 1e-9)
    pitch = 12 * np.log2(f0_hz / np.median(f0_hz[own]))
    smooth = gaussian_filter1d(level_db.astype(np.float64), 1.5)
    peaks, about = find_peaks(smooth, prominence=6, distance=8)
    kept = (level_db[peaks] > loud - 22) & (level_db[peaks] > over[peaks])
    peaks, depth = peaks[kept], about["prominences"][kept]
    voiced = np.concatenate([[0], np.cumsum(np.isfinite(f0_hz))])
    laughing = np.zeros(len(level_db), bool)
    for start in range(0, max(len(level_db) - _WINDOW + 1, 0), _HOP):
        first, last = np.searchsorted(peaks, [start, start + _WINDOW])
        share = (voiced[start + _WINDOW] - voiced[start]) / _WINDOW
        if last - first < 4 or share > 0.45:
            continue
        at = peaks[first:last]
        gaps = np.diff(at)
        deep = float(np.mean(depth[first:last]))
        if not 12 <= gaps.mean() <= 29 or gaps.max() > 35 or gaps.std() > 0.4 * gaps.mean() or deep < 15:
            continue
        alike = float(np.sqrt(((z[at][:, None] - z[at][None]) ** 2).mean(axis=2)).sum() / (len(at) * (len(at) - 1)))
        high = pitch[at][np.isfinite(pitch[at])]
        raised = len(high) > 0 and float(high.mean()) > 2.5 and float(likely[start : start + _WINDOW].mean()) < 0.5
        if alike < 0.95 or raised or (share < 0.25 and deep > 25):
            laughing[max(0, at[0] - 8) : at[-1] + 9] = True
    # What sounds as loud right beside a laugh, without speech in it, belongs to it.
    sounding = close_gaps(level_db > np.maximum(over, loud - 30), 10)
    for start, stop in runs(laughing):
        low, high_row = start, stop
        while low > 0 and start - low < 12 and sounding[low - 1]:
            low -= 1
        while high_row < len(laughing) and high_row - stop < 12 and sounding[high_row]:
            high_row += 1
        laughing[low:high_row] = True
    return [Noise(a, b, "laugh", 0.7) for a, b in runs(close_gaps(laughing, 20))]


def _puffs(
    level_db: Floats, voiced: Mask, speech: Mask, likely: Floats, taken: Mask, loud: float, over: Floats
) -> list[Noise]:
    """Find unvoiced sounds: coughs also within speech, sighs and breaths beside it."""
    found = []
    near_voice = np.convolve(voiced, np.ones(5), "same") > 0
    sounding = close_gaps((level_db > over) & ~taken & ~near_voice, 3)
    starts_of_speech = np.array([a for a, _ in runs(speech)])
    for start, stop in runs(sounding):
        rows = stop - start
        height = float(level_db[start:stop].max())
        first = start + int(level_db[start : min(start + 9, stop)].argmax())
        rise = float(level_db[first] - level_db[max(0, first - 6)])
        sudden = level_db[first] > loud - 14 and rise > 12
        # A fricative is as unvoiced, but the network takes it for speech; beside speech a cough's rise is hidden.
        unlike = float(likely[start:stop].mean()) < 0.5
        long = rows >= 30 and height > loud - 8 and speech[start]
        if 12 <= rows <= 90 and unlike and (sudden or long):
            found.append(Noise(start, stop, "cough", 0.6))
            continue
        inside = speech[start:stop].mean()
        if inside > 0.5 or rows < 15 or rows > 400 or height > loud - 3:
            continue
        ahead = starts_of_speech[starts_of_speech >= stop - 5]
        leads = len(ahead) > 0 and ahead[0] - stop < 30
        label = "sigh" if rows >= 50 and not (leads and rows < 100) else "breath"
        found.append(Noise(start, stop, label, 0.5))
    return found
