"""Breathing rate, depth, holds and sighs from one evenly sampled chest movement; used by the cue breathing.

Works on any breathing signal: chest movement in a picture, or a belt.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cuetrack.people import filters

Floats = npt.NDArray[np.float64]
LOW_HZ, HIGH_HZ = 0.1, 0.5
CHEST_HZ = 10.0


def breath_rate(
    x: npt.ArrayLike,
    rate_hz: float,
    *,
    usable: npt.ArrayLike | None = None,
    window_s: float = 30.0,
    hop_s: float = 5.0,
    least: float = 0.5,
) -> tuple[Floats, Floats, Floats]:
    """Return window centres in s from the first sample, breaths per minute, and how clear each reading is (0..1).

    `x` is (n,) at `rate_hz`; NaN samples and those where `usable` is False carry no weight, so a window is read from
    what is left of it: a Hann-weighted least-squares spectrum with a straight line taken out (Lomb-Scargle), its
    highest peak in 0.1-0.5 Hz refined by a parabola. Movements far larger than the breaths around them are cut to
    their size first. Windows with less than a share `least` of usable weight are NaN. Clarity is the share of the
    windowed variance that one sinusoid at the peak explains.
    """
    values = np.asarray(x, dtype=np.float64)
    good = np.isfinite(values) if usable is None else np.isfinite(values) & np.asarray(usable, dtype=bool)
    stride = max(1, int(rate_hz / CHEST_HZ))
    hz = rate_hz / stride
    values = _levelled(np.where(good, values, np.nan)[::stride], hz)
    good = good[::stride]
    n = min(int(window_s * hz), len(values))
    if n < 2 * hz / LOW_HZ * 0.6:
        return np.array([]), np.array([]), np.array([])
    starts = np.arange(0, len(values) - n + 1, max(1, int(hop_s * hz)))
    taper = np.hanning(n + 2)[1:-1]
    frequency = np.arange(LOW_HZ * 0.8, HIGH_HZ * 1.1, 0.1 / window_s)
    t = np.asarray((np.arange(n) - n / 2) / hz, dtype=np.float64)
    wave = np.exp(-2j * np.pi * np.outer(frequency, t))
    rate, clear = np.full(len(starts), np.nan), np.zeros(len(starts))
    for k, start in enumerate(starts):
        weight = taper * good[start : start + n]
        if weight.sum() < least * taper.sum():
            continue
        power = _explained(np.where(weight > 0, values[start : start + n], 0.0), weight, t, wave)
        rate[k], clear[k] = _peak(frequency, power)
    return np.asarray((starts + n / 2) / hz, dtype=np.float64), 60.0 * rate, clear


def _levelled(values: Floats, hz: float, *, slow_s: float = 10.0, usual_s: float = 60.0, most: float = 3.0) -> Floats:
    """Return the series less its 10 s mean, over its usual size within a minute, cut at `most` times that size."""
    time = np.arange(values.size) / hz
    rest = values - filters.level_mean(time, values, slow_s)
    usual = filters.level(time, np.abs(rest), usual_s)
    out: Floats = np.clip(rest / np.maximum(usual, 1e-12), -most, most)
    return out


def _explained(values: Floats, weight: Floats, t: Floats, wave: npt.NDArray[np.complex128]) -> Floats:
    """Return for each frequency the share of weighted variance that a sinusoid explains, a line taken out."""
    line = np.stack([np.ones_like(t), t], axis=1)
    root = np.sqrt(weight)
    fit = np.linalg.lstsq(line * root[:, None], values * root, rcond=None)[0]
    rest: Floats = values - line @ fit
    total = float(np.sum(weight * rest * rest))
    if total <= 0:
        return np.zeros(len(wave))
    y = wave @ (weight * rest)
    double = (wave * wave) @ weight
    power_sum = float(weight.sum())
    # Normal equations of a cosine and a sine under these weights, in complex form.
    cc, ss, cs = (power_sum + double.real) / 2, (power_sum - double.real) / 2, -double.imag / 2
    yc, ys = y.real, -y.imag
    determinant = np.maximum(cc * ss - cs * cs, 1e-9)
    share: Floats = np.clip((yc * yc * ss + ys * ys * cc - 2 * yc * ys * cs) / determinant / total, 0.0, 1.0)
    return share


def _peak(frequency: Floats, power: Floats) -> tuple[float, float]:
    inside = (frequency >= LOW_HZ) & (frequency <= HIGH_HZ)
    top = int(np.argmax(np.where(inside, power, -1.0)))
    if power[top] <= 0 or not 0 < top < len(power) - 1 or power[top] < max(power[top - 1], power[top + 1]):
        return float("nan"), 0.0
    a, b, c = power[top - 1 : top + 2]
    shift = 0.5 * (a - c) / (a - 2 * b + c) if a - 2 * b + c < 0 else 0.0
    return float(frequency[top] + shift * (frequency[1] - frequency[0])), float(b)


def envelope(x: npt.ArrayLike, rate_hz: float) -> Floats:
    """Return half the peak-to-peak size around each sample, from the analytic signal of each finite run."""
    from scipy.signal import hilbert

    values = np.asarray(x, dtype=np.float64)
    out = np.full(values.shape, np.nan)
    for start, stop in filters.runs(np.isfinite(values)):
        out[start:stop] = np.abs(hilbert(values[start:stop]))
    return out


def breaths(x: npt.ArrayLike, rate_hz: float, *, least: float) -> list[tuple[float, float, float]]:
    """Return (start, top, size) of each breath: the trough before, the peak, and the rise between them.

    Times in s from the first sample, sizes in the unit of `x`; rises below `least` are not breaths.
    """
    from scipy.signal import find_peaks

    found: list[tuple[float, float, float]] = []
    values = np.asarray(x, dtype=np.float64)
    for start, stop in filters.runs(np.isfinite(values)):
        part = values[start:stop]
        tops, _ = find_peaks(part, prominence=least, distance=max(1, int(rate_hz * 0.8)))
        before = 0
        for top in tops:
            low = before + int(np.argmin(part[before : top + 1]))
            found.append(((start + low) / rate_hz, (start + int(top)) / rate_hz, float(part[top] - part[low])))
            before = int(top)
    return found
