"""Windowed cross-lagged correlation of two series: one Pearson correlation for every window and lag.

Cost: the products of every lag come from one short FFT per block of `step_s`, windows are sums of blocks, and means and
deviations come from running sums, so a window costs the same however long the session is and however long the window.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from cuetrack.errors import NotEnoughData
from cuetrack.terms import Signal

Floats = npt.NDArray[np.floating]

LAG = Signal("lag_s", "s", -3600.0, 3600.0, "the second series follows the first")
"""The sign of every lag in cuetrack, as data."""

FISHER_Z_LIMIT = 10.0
"""Fisher z of a perfect correlation, as rMEA caps it."""


@dataclass(frozen=True, slots=True)
class LagMap:
    """Correlation by window and lag.

    `values` (windows, lags) Fisher z or r, NaN where missing; `time_s` (windows,) middle of each window in seconds from
    the first sample; `lag_s` (lags,) rising, positive where the second series follows the first.
    """

    values: Floats
    time_s: Floats
    lag_s: Floats

    def summary(self) -> dict[str, float]:
        """Return rMEA's four means: over lags within each window, then over windows.

        `all_lags_mean`, `s1_lead` (lags above 0), `s2_lead` (lags below 0) and `lag_zero`; NaN where nothing was
        measured.
        """
        lags = {
            "all_lags_mean": np.ones(len(self.lag_s), dtype=bool),
            "s1_lead": self.lag_s > 0,
            "s2_lead": self.lag_s < 0,
            "lag_zero": self.lag_s == 0,
        }
        return {name: float(mean_of(mean_of(self.values[:, chosen], 1))) for name, chosen in lags.items()}


@dataclass(frozen=True)
class Windows:
    """Where windows and blocks lie, in samples: `count` windows of `win` every `step`, lags up to `lag` either way."""

    samples: int
    win: int
    lag: int
    step: int

    @cached_property
    def count(self) -> int:
        """Return how many windows fit; each needs `win + lag` samples."""
        return max(0, math.ceil((self.samples - self.win - self.lag + 1) / self.step))

    @cached_property
    def block(self) -> int:
        """Return the length of the pieces that windows are added up from, the window itself where steps do not fit."""
        shared = math.gcd(self.win, self.step)
        return shared if shared >= 25 or shared * 4 >= self.win else self.win

    @property
    def hop(self) -> int:
        """Return how many samples lie between the starts of two blocks."""
        return self.block if self.block < self.win else self.step

    @cached_property
    def blocks(self) -> npt.NDArray[np.intp]:
        """Return the first sample of every block."""
        per_window = self.win // self.block
        return np.arange((self.count - 1) * (self.step // self.hop) + per_window) * self.hop

    @cached_property
    def starts(self) -> npt.NDArray[np.intp]:
        """Return the first sample of every window at every lag of one sign, (windows, lag + 1)."""
        return np.asarray(np.arange(self.count)[:, None] * self.step + np.arange(self.lag + 1)[None, :])

    def add_up(self, of_blocks: Floats) -> Floats:
        """Return sums over windows from sums over blocks, (windows, …) from (blocks, …)."""
        stride = self.step // self.hop
        last = (self.count - 1) * stride + 1
        total: Floats = of_blocks[0:last:stride].copy()
        for part in range(1, self.win // self.block):
            total += of_blocks[part : part + last : stride]
        return total


def windowed_cross_correlation(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    *,
    rate_hz: float,
    lag_s: float,
    window_s: float,
    step_s: float,
    fisher_z: bool = True,
    absolute: bool = False,
) -> LagMap:
    """Correlate two equally long series within sliding windows at every lag from `-lag_s` to `lag_s`.

    `a` and `b` are shape (n,), one sample every 1 / `rate_hz` seconds, NaN where missing. At a lag of l ≥ 0 the first
    `window_s` of `a` meet the stretch of `b` that begins l later, at a negative lag the roles swap, so a high value at
    a positive lag means that `b` follows `a`. Pairs with a missing side are left out; where fewer than half of a
    window's pairs (or three) remain, or a side does not change, the value is NaN. Fisher z is limited to ±10.
    Raises NotEnoughData where no window fits, ValueError where the series differ in length.
    Method: Boker et al. 2002, Psychol Methods 7:338; windows, lags and z as rMEA's MEAccf (Kleinbub & Ramseyer 2021).

    >>> steps = np.sin(np.arange(1000) ** 1.3)
    >>> later = np.roll(steps, 20)
    >>> found = windowed_cross_correlation(steps, later, rate_hz=10, lag_s=5, window_s=30, step_s=5)
    >>> float(found.lag_s[found.values.mean(axis=0).argmax()])
    2.0
    """
    one, other, windows = both(a, b, rate_hz=rate_hz, lag_s=lag_s, window_s=window_s, step_s=step_s)
    gaps = not (np.isfinite(one).all() and np.isfinite(other).all())
    values = correlate(Prepared.of(one, windows, gaps=gaps), Prepared.of(other, windows, gaps=gaps), windows)
    if fisher_z:
        values = to_fisher_z(values)
    return LagMap(np.abs(values) if absolute else values, *axes(windows, rate_hz))


def both(
    a: npt.ArrayLike, b: npt.ArrayLike, *, rate_hz: float, lag_s: float, window_s: float, step_s: float
) -> tuple[Floats, Floats, Windows]:
    """Return both series as float64 and the windows that fit them."""
    one, other = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if one.ndim != 1 or one.shape != other.shape:
        raise ValueError(f"expected two series of one length, got shapes {one.shape} and {other.shape}")
    if min(rate_hz, window_s, step_s) <= 0 or lag_s < 0:
        raise ValueError("expected rate_hz, window_s and step_s above 0 and lag_s of at least 0")
    win, lag, step = round(window_s * rate_hz), round(lag_s * rate_hz), max(1, round(step_s * rate_hz))
    windows = Windows(len(one), win, lag, step)
    if win < 3 or windows.count == 0:
        raise NotEnoughData(
            f"a window of {window_s:g} s with lags to {lag_s:g} s needs {window_s + lag_s:g} s of both series, "
            f"got {len(one) / rate_hz:g} s: choose a shorter window or lag"
        )
    return one, other, windows


def axes(windows: Windows, rate_hz: float) -> tuple[Floats, Floats]:
    """Return the middle of each window and the lags, both in seconds."""
    middle = (np.arange(windows.count) * windows.step + (windows.win + windows.lag) / 2) / rate_hz
    return middle, np.arange(-windows.lag, windows.lag + 1) / rate_hz


@dataclass(frozen=True, slots=True)
class Prepared:
    """One series made ready: spectra of its blocks, and its level and scale in every window.

    `short` and `long` are spectra of blocks without and with the samples that lags reach, one pair for the values and,
    where something is missing, one each for the squares and for what is there. `mean` and `scale` are (windows, lag +
    1); `scale` is 1 / root of the summed squares, NaN where the series does not change.
    """

    spectra: tuple[tuple[npt.NDArray[np.complexfloating], npt.NDArray[np.complexfloating]], ...]
    mean: Floats
    scale: Floats
    spread: float

    @classmethod
    def of(cls, series: Floats, windows: Windows, *, gaps: bool) -> Prepared:
        """Prepare a series; `gaps` takes the slower road, which both sides need where either has missing samples."""
        here = np.isfinite(series)
        centred = np.where(here, series - (series[here].mean() if here.any() else 0.0), 0.0)
        spread = float(np.mean(centred**2))
        if gaps:
            there = tuple(_spectra(x, windows) for x in (centred, centred**2, here.astype(np.float64)))
            return cls(there, np.empty(0), np.empty(0), spread)
        total = np.concatenate(([0.0], np.cumsum(centred)))
        squares = np.concatenate(([0.0], np.cumsum(centred**2)))
        first = windows.starts
        mean = (total[first + windows.win] - total[first]) / windows.win
        varied = squares[first + windows.win] - squares[first] - windows.win * mean**2
        return cls((_spectra(centred, windows),), mean, _inverse_root(varied, spread * windows.win), spread)


def correlate(a: Prepared, b: Prepared, windows: Windows) -> Floats:
    """Return Pearson r by window and lag, (windows, 2 lag + 1)."""
    half = _complete if len(a.spectra) == 1 else _with_gaps
    values = np.empty((windows.count, 2 * windows.lag + 1))
    values[:, windows.lag :] = half(a, b, windows)
    values[:, : windows.lag] = half(b, a, windows)[:, :0:-1]
    return values


def to_fisher_z(r: Floats) -> Floats:
    """Return Fisher z of correlations, limited to ±10."""
    limit = math.tanh(FISHER_Z_LIMIT)
    z: Floats = np.arctanh(np.clip(r, -limit, limit))
    return z


def mean_of(values: Floats, axis: int | None = None) -> Floats:
    """Return the mean of what is there, NaN without a warning where nothing is."""
    here = np.isfinite(values)
    count = here.sum(axis=axis)
    total = np.where(here, values, 0.0).sum(axis=axis)
    return np.asarray(np.divide(total, count, out=np.full(np.shape(total), np.nan), where=count > 0))


def _complete(first: Prepared, later: Prepared, windows: Windows) -> Floats:
    """Return r at lags 0 … lag, `later` shifted, where nothing is missing."""
    products = _products(first.spectra[0][0], later.spectra[0][1], windows)
    products -= windows.win * first.mean[:, :1] * later.mean
    products *= first.scale[:, :1] * later.scale
    return products


def _with_gaps(first: Prepared, later: Prepared, windows: Windows) -> Floats:
    """Return r at lags 0 … lag over the pairs that are there."""
    (x, xx, here), (y, yy, there) = first.spectra, later.spectra
    n = np.round(_products(here[0], there[1], windows))
    enough = n >= max(3.0, windows.win / 2)
    n[~enough] = np.nan
    sum_x, sum_y = _products(x[0], there[1], windows), _products(here[0], y[1], windows)
    varied_x = _products(xx[0], there[1], windows) - sum_x**2 / n
    varied_y = _products(here[0], yy[1], windows) - sum_y**2 / n
    scale = _inverse_root(varied_x, first.spread * windows.win) * _inverse_root(varied_y, later.spread * windows.win)
    r: Floats = (_products(x[0], y[1], windows) - sum_x * sum_y / n) * scale
    return r


def _inverse_root(varied: Floats, usual: float) -> Floats:
    """Return 1 / √, NaN where a series does not change beyond rounding."""
    flat = ~(varied > 1e-11 * usual)
    return np.asarray(1.0 / np.sqrt(np.where(flat, np.nan, varied)))


def _spectra(
    series: Floats, windows: Windows
) -> tuple[npt.NDArray[np.complexfloating], npt.NDArray[np.complexfloating]]:
    """Return spectra of every block without and with the samples that lags reach."""
    from scipy.fft import next_fast_len, rfft

    size = next_fast_len(windows.block + windows.lag, real=True)
    frames = series[windows.blocks[:, None] + np.arange(windows.block + windows.lag)[None, :]]
    return np.conj(rfft(frames[:, : windows.block], size)), rfft(frames, size)


def _products(
    short: npt.NDArray[np.complexfloating], long: npt.NDArray[np.complexfloating], windows: Windows
) -> Floats:
    """Return summed products by window at lags 0 … lag."""
    from scipy.fft import irfft, next_fast_len

    size = next_fast_len(windows.block + windows.lag, real=True)
    return windows.add_up(irfft(short * long, size)[:, : windows.lag + 1])
