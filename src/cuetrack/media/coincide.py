"""Where the same sound is in two recordings: first roughly from onsets, then finely from phase.

Onsets: rises of log energy in twelve bands, cross-correlated. They survive different microphones, levels and codecs.
Phase: generalized cross-correlation with phase transform (Knapp & Carter 1976, doi:10.1109/TASSP.1976.1162830),
averaged over half-second frames, so that frames where one microphone hears only crosstalk count as much as loud ones.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

RATE_HZ = 8000
"""Rate of the sound that is compared."""
ONSETS_HZ = 100
_BAND_EDGES_HZ = np.geomspace(150, 3700, 13)
_WINDOW = 256
_FRAME_S = 0.5

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]


def onsets(sound: Floats) -> Floats:
    """Return onset strength, (bands, n) at ONSETS_HZ, of sound (n,) at RATE_HZ; each band has mean 0 and SD 1."""
    from scipy.fft import rfft

    hop = RATE_HZ // ONSETS_HZ
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(sound, _WINDOW), _WINDOW)[::hop]
    edges = np.searchsorted(np.arange(_WINDOW // 2 + 1) * RATE_HZ / _WINDOW, _BAND_EDGES_HZ)
    edges = np.maximum(edges, edges[0] + np.arange(len(edges)))
    power = np.empty((len(edges) - 1, len(frames)), dtype=np.float32)
    window = np.hanning(_WINDOW).astype(np.float32)
    for at in range(0, len(frames), 8192):
        spectrum = np.abs(rfft(frames[at : at + 8192] * window, axis=1)) ** 2
        power[:, at : at + 8192] = np.add.reduceat(spectrum, edges[:-1], axis=1).T[:, : len(spectrum)]
    floor = np.quantile(power, 0.2, axis=1, keepdims=True) + 1e-7 * power.max(axis=1, keepdims=True) + 1e-12
    level = np.log(power + floor)
    rise = np.maximum(level[:, 3:] - level[:, :-3], 0)
    rise -= rise.mean(axis=1, keepdims=True)
    return np.asarray(rise / (rise.std(axis=1, keepdims=True) + 1e-9), dtype=np.float32)


def rough_lags(part: Floats, whole: Floats, how_many: int = 3) -> list[tuple[float, float]]:
    """Return the best places of a part's onsets in another recording's, as (lag in s, score in robust SDs).

    The lag is where in `whole` the part's first sample falls; it is negative where it lies before the beginning.
    """
    from scipy.fft import irfft, next_fast_len, rfft

    n = part.shape[1] + whole.shape[1]
    size = next_fast_len(n, real=True)
    total = np.zeros(size // 2 + 1, dtype=np.complex64)
    for one, other in zip(part, whole, strict=True):
        total += rfft(other, size) * np.conj(rfft(one, size))
    score = irfft(total, size)
    score = np.concatenate([score[-part.shape[1] + 1 :], score[: whole.shape[1]]])
    spread = 1.4826 * np.median(np.abs(score - np.median(score))) + 1e-9
    found = []
    for _ in range(how_many):
        best = int(np.argmax(score))
        found.append(((best - part.shape[1] + 1) / ONSETS_HZ, float(score[best] / spread)))
        score[max(0, best - ONSETS_HZ // 10) : best + ONSETS_HZ // 10] = -np.inf
    return found


def fine_lag(a: Floats, b: Floats, times_s: Doubles, lags_s: Doubles, reach_s: float) -> float | None:
    """Return the correction in s that best adds to the expected lags, None where there is too little sound.

    See `agreement`, whose highest point it is.
    """
    curve = agreement(a, b, times_s, lags_s, reach_s)
    return None if curve is None else float((np.argmax(curve) - len(curve) // 2) / RATE_HZ)


def agreement(a: Floats, b: Floats, times_s: Doubles, lags_s: Doubles, reach_s: float) -> Doubles | None:
    """Return how well `b` repeats `a` over corrections of the expected lags from -`reach_s` to `reach_s`.

    `a`, `b` are sound at RATE_HZ. A half-second frame of `a` that begins at `times_s[k]` is expected in `b` at
    `times_s[k] + lags_s[k]`. None where fewer than two frames have sound in both.
    """
    from scipy.fft import ifft, next_fast_len, rfft

    length, reach = round(_FRAME_S * RATE_HZ), round(reach_s * RATE_HZ)
    size = next_fast_len(2 * (length + 2 * reach), real=True)
    hertz = np.arange(size // 2 + 1) * RATE_HZ / size
    heard = (hertz > 150) & (hertz < 3700)
    total = np.zeros(size // 2 + 1, dtype=np.complex128)
    window = np.hanning(length)
    used = 0
    for time_s, lag_s in zip(times_s, lags_s, strict=True):
        first = round(time_s * RATE_HZ)
        other = round((time_s + lag_s) * RATE_HZ) - reach
        if first < 0 or other < 0 or first + length > len(a) or other + length + 2 * reach > len(b):
            continue
        one, two = a[first : first + length] * window, b[other : other + length + 2 * reach]
        if not (one.any() and two.any()):
            continue
        cross = rfft(two, size) * np.conj(rfft(one, size))
        total += cross / (np.abs(cross) + 1e-12 * np.abs(cross).max() + 1e-30)
        used += 1
    if used < 2:
        return None
    analytic = np.zeros(size, dtype=np.complex128)
    analytic[: len(total)] = total * heard
    curve = np.abs(ifft(analytic))[: 2 * reach + 1]
    return np.convolve(curve, np.hanning(11) / 5, mode="same")  # ±0.6 ms: rooms and rounding smear the peak
