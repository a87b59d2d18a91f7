"""Surrogate synchrony (SUSY): segments of the same time against every other combination of segments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cuetrack.errors import NotEnoughData
from cuetrack.synchrony.windowed import to_fisher_z

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Susy:
    """What SUSY reports, from |z| and (`_signed`) from z with its sign.

    `z`, `z_pseudo` mean Fisher z over lags of real and of pseudo segment pairs, `z_sd`, `z_pseudo_sd` their SD over
    lags; `es` = (z - z_pseudo) / z_pseudo_sd; `*_lead1` over lags where the first series leads, `*_lead2` where the
    second does; `above_pseudo_percent` share of lags where real exceeds pseudo. `lag_s` (lags,) is positive where the
    second series follows the first (SUSY's own lags have the opposite sign), `by_lag` and `by_lag_pseudo` the curves of
    |z|, `signed_by_lag` and `signed_by_lag_pseudo` those of z. `segments` counts the pairs of the same time that were
    used.
    """

    z: float
    z_pseudo: float
    z_sd: float
    z_pseudo_sd: float
    es: float
    above_pseudo_percent: float
    z_lead1: float
    z_lead2: float
    es_lead1: float
    es_lead2: float
    z_signed: float
    z_pseudo_signed: float
    es_signed: float
    above_pseudo_percent_signed: float
    segments: int
    lag_s: Floats
    by_lag: Floats
    by_lag_pseudo: Floats
    signed_by_lag: Floats
    signed_by_lag_pseudo: Floats


def susy(a: npt.ArrayLike, b: npt.ArrayLike, *, rate_hz: float, segment_s: float, max_lag_s: float) -> Susy:
    """Compare the cross-correlation of segments of the same time with that of all other segment pairs.

    `a` and `b` are shape (n,), one sample every 1 / `rate_hz` seconds. They are cut into segments of `segment_s` that
    do not overlap; a segment with a missing sample, or without change, is left out. Pseudo pairs are every segment of
    one with every segment of another time of the other, so the result has no chance in it.
    Raises NotEnoughData with fewer than two segments of the same time, ValueError where the series differ in length or
    the segment is shorter than twice the lag.
    Source: Tschacher & Haken 2019; SUSY 0.1.0 (definitions re-stated, no code taken).
    """
    one, other = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if one.ndim != 1 or one.shape != other.shape:
        raise ValueError(f"expected two series of one length, got shapes {one.shape} and {other.shape}")
    size, reach = round(segment_s * rate_hz), round(max_lag_s * rate_hz)
    if size < 2 * reach or reach < 1:
        raise ValueError(f"expected segment_s of at least twice max_lag_s above 0, got {segment_s:g} and {max_lag_s:g}")
    x, y = _segments(one, size), _segments(other, size)
    paired = int((np.isfinite(x[:, 0]) & np.isfinite(y[:, 0])).sum())
    if paired < 2:
        raise NotEnoughData(
            f"SUSY needs two or more complete segments of {segment_s:g} s in both series, got {paired}: "
            "choose shorter segments"
        )
    real, pseudo = _by_lag(x, y, reach)
    lag_s = np.arange(-reach, reach + 1) / rate_hz
    first, second = lag_s > 0, lag_s < 0
    return Susy(
        z=float(real[0].mean()),
        z_pseudo=float(pseudo[0].mean()),
        z_sd=float(real[0].std(ddof=1)),
        z_pseudo_sd=float(pseudo[0].std(ddof=1)),
        es=_effect(real[0], pseudo[0]),
        above_pseudo_percent=100 * float((real[0] > pseudo[0]).mean()),
        z_lead1=float(real[0][first].mean()),
        z_lead2=float(real[0][second].mean()),
        es_lead1=_effect(real[0][first], pseudo[0][first]),
        es_lead2=_effect(real[0][second], pseudo[0][second]),
        z_signed=float(real[1].mean()),
        z_pseudo_signed=float(pseudo[1].mean()),
        es_signed=_effect(real[1], pseudo[1]),
        above_pseudo_percent_signed=100 * float((real[1] > pseudo[1]).mean()),
        segments=paired,
        lag_s=lag_s,
        by_lag=real[0],
        by_lag_pseudo=pseudo[0],
        signed_by_lag=real[1],
        signed_by_lag_pseudo=pseudo[1],
    )


def _segments(series: Floats, size: int) -> Floats:
    """Return segments (segments, size), centred and scaled to unit population SD; unusable ones are all NaN."""
    cut = series[: len(series) // size * size].reshape(-1, size)
    centred = cut - cut.mean(axis=1, keepdims=True)
    spread = centred.std(axis=1, keepdims=True)
    flat = ~(spread > 1e-9 * max(1.0, float(np.nanmax(np.abs(cut), initial=0.0))))
    return np.asarray(centred / np.where(flat, np.nan, spread))


def _by_lag(x: Floats, y: Floats, reach: int) -> tuple[Floats, Floats]:
    """Return curves over lags of mean |z| and mean z, (2, lags), of real pairs and of pseudo pairs."""
    from scipy.fft import irfft, next_fast_len, rfft

    size = x.shape[1]
    padded = next_fast_len(size + reach, real=True)
    usable = np.flatnonzero(np.isfinite(y[:, 0]))
    spectra = rfft(y[usable], padded)
    real, pseudo, counts = np.zeros((2, 2 * reach + 1)), np.zeros((2, 2 * reach + 1)), np.zeros(2)
    lags = np.arange(-reach, reach + 1)
    for i in np.flatnonzero(np.isfinite(x[:, 0])):
        r = irfft(np.conj(rfft(x[i], padded)) * spectra, padded)[:, lags] / size
        z = to_fisher_z(r)
        same = usable == i
        real += (np.abs(z[same]).sum(axis=0), z[same].sum(axis=0))
        pseudo += (np.abs(z[~same]).sum(axis=0), z[~same].sum(axis=0))
        counts += (same.sum(), (~same).sum())
    return real / counts[0], pseudo / counts[1]


def _effect(real: Floats, pseudo: Floats) -> float:
    """Return how many SDs over lags the real curve lies above the pseudo curve."""
    return float((real.mean() - pseudo.mean()) / pseudo.std(ddof=1))
