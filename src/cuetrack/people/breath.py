"""Breathing rate, depth, holds and sighs from one evenly sampled chest movement; used by the cue breathing.

Works on any breathing signal: chest movement in a picture, or a belt. Rate and holds are read from its speed: slow
changes of posture are larger than breaths but slower, so that they hardly show there.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cuetrack.people import filters

Floats = npt.NDArray[np.float64]
LOW_HZ, HIGH_HZ = 0.1, 0.5
CHEST_HZ = 10.0


def velocity(x: npt.ArrayLike, rate_hz: float) -> Floats:
    """Return the speed of a movement in its unit per second, over about half a second; NaN beside what is missing."""
    values = np.asarray(x, dtype=np.float64)
    time = np.arange(values.size) / rate_hz
    return filters.speed(time, filters.smooth(time, values, 0.5))


def breath_rate(
    x: npt.ArrayLike,
    rate_hz: float,
    *,
    usable: npt.ArrayLike | None = None,
    window_s: float = 30.0,
    hop_s: float = 5.0,
    least: float = 0.35,
) -> tuple[Floats, Floats, Floats]:
    """Return window centres in s from the first sample, breaths per minute, and how clear each reading is (0..1).

    `x` is (n,) at `rate_hz`; NaN samples and those where `usable` is False carry no weight, so a window is read from
    what is left of it: a Hann-weighted least-squares spectrum (Lomb-Scargle) of the speed, its highest peak in
    0.1-0.5 Hz refined by a parabola. Movements far faster than the breaths around them are cut to their size first.
    Windows with less than a share `least` of usable weight are NaN. Clarity is the share of the windowed variance that
    one sinusoid at the peak explains, what is not explained counting more the less of the window is usable.
    """
    values = np.asarray(x, dtype=np.float64)
    stride = max(1, int(rate_hz / CHEST_HZ))
    hz = rate_hz / stride
    speed = velocity(values[::stride], hz)
    good = np.isfinite(speed) if usable is None else np.isfinite(speed) & np.asarray(usable, dtype=bool)[::stride]
    speed = _levelled(np.where(good, speed, np.nan), hz)
    n = min(int(window_s * hz), len(speed))
    if n < 1.2 * hz / LOW_HZ:
        return np.array([]), np.array([]), np.array([])
    starts = np.arange(0, len(speed) - n + 1, max(1, int(hop_s * hz)))
    taper = np.hanning(n + 2)[1:-1]
    frequency = np.arange(LOW_HZ * 0.8, HIGH_HZ * 1.1, 0.1 / window_s)
    t = np.asarray((np.arange(n) - n / 2) / hz, dtype=np.float64)
    wave = np.exp(-2j * np.pi * np.outer(frequency, t))
    rate, clear = np.full(len(starts), np.nan), np.zeros(len(starts))
    for k, start in enumerate(starts):
        weight = taper * good[start : start + n]
        if weight.sum() >= least * taper.sum():
            part = np.where(weight > 0, speed[start : start + n], 0.0)
            rate[k], explained = _peak(frequency, _explained(part, weight, wave))
            clear[k] = max(0.0, 1 - (1 - explained) * taper.sum() / weight.sum())
    return np.asarray((starts + n / 2) / hz, dtype=np.float64), 60.0 * rate, clear


def _levelled(speed: Floats, hz: float, *, usual_s: float = 60.0, most: float = 3.0) -> Floats:
    """Return the series over its usual size within a minute, cut at `most` times that size."""
    usual = filters.level(np.arange(speed.size) / hz, np.abs(speed), usual_s)
    out: Floats = np.clip(speed / np.maximum(usual, 1e-12), -most, most)
    return out


def _explained(values: Floats, weight: Floats, wave: npt.NDArray[np.complex128]) -> Floats:
    """Return for each frequency the share of weighted variance that a sinusoid explains."""
    rest = values - np.sum(weight * values) / np.sum(weight)
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


def stitched(x: npt.ArrayLike, rate_hz: float, keep: npt.ArrayLike) -> Floats:
    """Return the movement with what is not kept taken out: it goes on where it stood, without the step between."""
    values, kept = np.asarray(x, dtype=np.float64), np.asarray(keep, dtype=bool)
    step = np.diff(values, prepend=values[:1])
    both = kept & np.concatenate(([True], kept[:-1]))
    return np.cumsum(np.where(both & np.isfinite(step), step, 0.0))


def envelope(x: npt.ArrayLike, rate_hz: float) -> Floats:
    """Return half the peak-to-peak size around each sample, from the analytic signal of each finite run."""
    from scipy.signal import hilbert

    values = np.asarray(x, dtype=np.float64)
    out = np.full(values.shape, np.nan)
    for start, stop in filters.runs(np.isfinite(values)):
        out[start:stop] = np.abs(hilbert(values[start:stop]))
    return out


def breaths(x: npt.ArrayLike, rate_hz: float, *, least: float) -> list[tuple[float, float, float, float]]:
    """Return (start, top, end, height) of each breath: the lows around its peak, its peak, and how high that is.

    `x` is band-passed, so that its mean is 0. Times in s from the first sample, sizes in the unit of `x`; peaks that
    stand out by less than `least` are no breaths.
    """
    from scipy.signal import find_peaks

    found: list[tuple[float, float, float, float]] = []
    values = np.asarray(x, dtype=np.float64)
    for start, stop in filters.runs(np.isfinite(values)):
        part = values[start:stop]
        tops, _ = find_peaks(part, prominence=least, distance=max(1, int(rate_hz * 0.8)))
        borders = [0, *tops.tolist(), len(part) - 1]
        for k, top in enumerate(tops.tolist(), start=1):
            low = borders[k - 1] + int(np.argmin(part[borders[k - 1] : top + 1]))
            end = top + int(np.argmin(part[top : borders[k + 1] + 1]))
            low_s, top_s, end_s = ((start + at) / rate_hz for at in (low, top, end))
            found.append((low_s, top_s, end_s, float(part[top])))
    return found
