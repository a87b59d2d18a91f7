"""Voice quality from the waveform: harmonics-to-noise ratio, cepstral peak prominence, jitter and shimmer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cuetrack.people.windows import HOP, RATE_HZ, Wave, framed, runs

Floats = npt.NDArray[np.floating]

_LOWEST_HZ = 75.0
_SHORTEST_RUN_ROWS = 15
_PERIOD_RATIO, _AMPLITUDE_RATIO = 1.3, 1.6


def harmonicity(wave: Wave, f0_hz: Floats) -> Floats:
    """Measure the harmonics-to-noise ratio of every voiced row in dB, NaN where unvoiced.

    Autocorrelation of a Hanning window of 4.5 of the longest periods, divided by that of the window (Boersma 1993).
    """
    out = np.full(len(f0_hz), np.nan, np.float32)
    voiced = np.flatnonzero(np.isfinite(f0_hz))
    if not len(voiced):
        return out
    from scipy import fft  # many rows at once, twice as fast as numpy's

    width = int(4.5 * RATE_HZ / _LOWEST_HZ)
    size, finer = 2048, 4
    window = np.hanning(width).astype(np.float32)
    own = fft.irfft(np.abs(fft.rfft(window, size)) ** 2, size * finer)
    own /= own[0]
    windows = framed(wave, width)
    for part in np.array_split(voiced, -(-len(voiced) // 250)):
        cut = windows[part]
        spectrum = fft.rfft((cut - cut.mean(axis=1, keepdims=True)) * window, size)
        shared = fft.irfft(np.abs(spectrum) ** 2, size * finer)[:, : size * finer // 2]
        out[part] = _peak_ratio(shared, own, finer * RATE_HZ / f0_hz[part])
    return out


def _peak_ratio(shared: Floats, own: Floats, lag: Floats) -> Floats:
    """Return harmonic to noise power in dB at the autocorrelation peak near each row's period."""
    reach = np.arange(-0.08, 0.0801, 0.005)
    at = np.rint(lag[:, None] * (1 + reach)).astype(int)
    rows = np.arange(len(lag))[:, None]
    strength = shared[rows, at] / np.maximum(shared[:, :1] * own[at], 1e-12)
    best = np.clip(strength.max(axis=1), 1e-4, 1 - 1e-5)
    return np.asarray(10 * np.log10(best / (1 - best)), np.float32)


def prominence(wave: Wave, wanted: npt.NDArray[np.bool_]) -> Floats:
    """Measure the smoothed cepstral peak prominence of the wanted rows in dB, NaN elsewhere.

    After Praat's power cepstrogram: sound to 5 kHz, pre-emphasis from 50 Hz, Gaussian windows; cepstra averaged over
    20 ms and 0.5 ms of quefrency; height of the peak between 60 and 330 Hz over a robust straight line from 1 ms on.
    """
    from scipy import fft
    from scipy.signal import resample_poly

    out = np.full(len(wanted), np.nan, np.float32)
    rate = 10_000
    near = np.convolve(wanted, np.ones(3), "same") > 0
    if not near.any():
        return out
    low = resample_poly(wave, 5, 8).astype(np.float32)
    low[1:] -= np.float32(np.exp(-2 * np.pi * 50 / rate)) * low[:-1]
    width, size = 1000, 1024
    middle = (np.arange(width) - (width - 1) / 2) / (width - 1)
    window = ((np.exp(-48 * middle**2) - np.exp(-12)) / (1 - np.exp(-12))).astype(np.float32)
    windows = framed(low, width, 100)
    cepstra = np.zeros((len(wanted), size // 2 + 1), np.float32)
    for part in np.array_split(np.flatnonzero(near), -(-int(near.sum()) // 250)):
        cut = windows[part]
        power = np.abs(fft.rfft((cut - cut.mean(axis=1, keepdims=True)) * window, size)) ** 2
        cepstra[part] = fft.irfft(np.log(power + 1e-12), size)[:, : size // 2 + 1] ** 2
    # 20 ms of neighbours in time, 0.5 ms (5 steps of 0.1 ms) in quefrency.
    weight = np.convolve(near, [0.5, 1, 0.5], "same")[:, None]
    smooth = cepstra.copy()
    smooth[1:] += 0.5 * cepstra[:-1]
    smooth[:-1] += 0.5 * cepstra[1:]
    smooth = smooth[wanted] / weight[wanted]
    total = np.cumsum(np.pad(smooth, ((0, 0), (3, 2)), mode="edge"), axis=1)
    decibel = 10 * np.log10((total[:, 5:] - total[:, :-5]) / 5 + 1e-20)
    out[wanted] = _above_line(decibel, np.arange(size // 2 + 1) / rate)
    return out


def _above_line(decibel: Floats, quefrency_s: Floats) -> Floats:
    """Return how far each row's peak stands above a straight line fitted without the peak."""
    if not len(decibel):
        return np.zeros(0, np.float32)
    search = np.flatnonzero((quefrency_s >= 1 / 330) & (quefrency_s <= 1 / 60))
    fit = np.flatnonzero((quefrency_s >= 0.001) & (quefrency_s <= 0.05))
    best = search[decibel[:, search].argmax(axis=1)]
    slope, height = _theil_line(quefrency_s[fit], decibel[:, fit])
    peak = decibel[np.arange(len(best)), best]
    return np.asarray(peak - (slope * quefrency_s[best] + height), np.float32)


def _theil_line(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return slope and height of an incomplete Theil line for each row of y."""
    half = len(x) // 2
    slope = np.median((y[:, -half:] - y[:, :half]) / (x[-half:] - x[:half]), axis=1)
    return slope, np.median(y - slope[:, None] * x, axis=1)


def jitter_shimmer(wave: Wave, f0_hz: Floats) -> tuple[Floats, Floats]:
    """Measure jitter and shimmer (both local, as shares) of every voiced run of at least 150 ms.

    Each row of a run holds the run's value; NaN elsewhere. Periods are followed by cross-correlation from the run's
    middle; neighbours that differ by more than 1.3 (period) or 1.6 (amplitude) times do not count, as in Praat.
    """
    jitter = np.full(len(f0_hz), np.nan, np.float32)
    shimmer = jitter.copy()
    finite = np.where(np.isfinite(wave), wave, 0).astype(np.float64)  # a broken sample spoils its own period only
    energy = np.cumsum(np.concatenate([[0.0], finite**2]))
    for start, stop in runs(np.isfinite(f0_hz)):
        if stop - start < _SHORTEST_RUN_ROWS:
            continue
        marks = period_marks(wave, energy, f0_hz, start, stop)
        jitter[start:stop] = _local_change(np.diff(marks), _PERIOD_RATIO)
        shimmer[start:stop] = _local_change(_amplitudes(wave, marks), _AMPLITUDE_RATIO)
    return jitter, shimmer


def period_marks(wave: Wave, energy: Floats, f0_hz: Floats, start: int, stop: int) -> Floats:
    """Return the sample positions (fractional) of the periods between rows `start` and `stop`.

    `energy` (samples + 1,) is the sum of squares before each sample.
    """
    period = RATE_HZ / f0_hz[start:stop].astype(np.float64)
    first, last = start * HOP, (stop - 1) * HOP
    middle = (first + last) // 2
    reach = int(period[(stop - start) // 2] / 2) + 1
    low = max(0, middle - reach)
    seed = low + int(np.abs(wave[low : middle + reach]).argmax())
    ahead = _follow(wave, energy, float(seed), period, start, last, +1)
    back = _follow(wave, energy, float(seed), period, start, first, -1)
    return np.array([*back[::-1], float(seed), *ahead])


def _follow(wave: Wave, energy: Floats, mark: float, period: Floats, start: int, limit: int, way: int) -> list[float]:
    """Walk from one period to the next by the best cross-correlation 0.8 to 1.25 periods away."""
    found: list[float] = []
    while True:
        row = min(max(round(mark / HOP) - start, 0), len(period) - 1)
        length = float(period[row])
        width, nearest, span = int(length) | 1, int(0.8 * length), int(0.45 * length) + 1
        centre = round(mark)
        low = centre - width // 2
        first = low + nearest if way > 0 else low - nearest - span
        if low < 0 or first < 0 or first + span + width > len(wave) or low + width > len(wave):
            return found
        template = wave[low : low + width]
        region = wave[first : first + span + width]
        end = first + span + 1
        power = energy[first + width : end + width] - energy[first:end]
        match = np.correlate(region, template, "valid") / np.sqrt(np.maximum(power, 1e-12))
        best = int(match.argmax())
        if match[best] <= 0:
            return found
        offset = 0.0
        if 0 < best < len(match) - 1:
            left, peak, right = (float(match[best + k]) for k in (-1, 0, 1))
            curve = left - 2 * peak + right
            offset = 0.5 * (left - right) / curve if curve < 0 else 0.0
        mark += first - low + best + offset
        if (mark - limit) * way > 0:
            return found
        found.append(mark)


def _amplitudes(wave: Wave, marks: Floats) -> Floats:
    """Return the Hann-weighted rms of the middle 40 % of each period."""
    step = 0.2 * np.diff(marks)
    low = np.maximum(np.rint(marks[1:-1] - step[:-1]), 0).astype(int)
    high = np.minimum(np.rint(marks[1:-1] + step[1:]).astype(int) + 1, len(wave))
    length = np.maximum(high - low, 0)
    out = np.full(len(length), np.nan)
    for n in np.unique(length[length > 0]):  # periods of one length at once: a voiced run has a few
        same = length == n
        window = np.hanning(n + 2)[1:-1]
        cut = wave[low[same, None] + np.arange(n)].astype(np.float64)
        out[same] = np.sqrt((cut**2 @ window) / window.sum())
    return out


def _local_change(values: Floats, largest_ratio: float) -> float:
    """Return mean absolute difference of neighbours over their mean, without pairs that jump."""
    if len(values) < 3:
        return float("nan")
    before, after = values[:-1], values[1:]
    near = np.maximum(before, after) <= largest_ratio * np.minimum(before, after)
    if near.sum() < 2:
        return float("nan")
    return float(np.abs(after - before)[near].mean() / values.mean())
