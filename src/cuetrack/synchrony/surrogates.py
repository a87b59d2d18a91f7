"""What two series of the same session would show by chance: the same series with their common clock taken away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from cuetrack.errors import NotEnoughData
from cuetrack.synchrony.windowed import (
    Floats,
    LagMap,
    Prepared,
    Windows,
    axes,
    both,
    correlate,
    mean_of,
    to_fisher_z,
)

Kind = Literal["shift", "phase"]
LEAST_ROOM_WINDOWS = 3
"""With fewer windows' worth of places to shift to, surrogates are too much alike to say what chance is."""


@dataclass(frozen=True, slots=True)
class Synchrony:
    """Windowed correlation against surrogates of the same session; every z is (observed - mean) / SD of surrogates.

    `observed` and `against` are lag maps of Fisher z and of z against surrogates; `time_s` (windows,), `lag_s` (lags,).
    `signed_z` (windows,) from the mean over lags of z with its sign, `absolute_z` from that of |z|. `peak_lag_s`
    (windows,) is the lag of the highest observed z, `peak_beats` (windows,) the share of surrogates whose own
    highest value it exceeds. `session_signed_z`, `session_absolute_z` the same over all windows. `surrogates` how many.
    """

    observed: LagMap
    against: LagMap
    signed_z: Floats
    absolute_z: Floats
    peak_lag_s: Floats
    peak_beats: Floats
    session_signed_z: float
    session_absolute_z: float
    surrogates: int

    @property
    def time_s(self) -> Floats:
        """Middle of each window, seconds from the first sample."""
        return self.observed.time_s

    @property
    def lag_s(self) -> Floats:
        """Lags in seconds, positive where the second series follows the first."""
        return self.observed.lag_s


def circular_shift(series: npt.ArrayLike, by: int) -> Floats:
    """Return the last axis moved later by so many samples, what falls off the end coming in at the start."""
    return np.roll(np.asarray(series, dtype=np.float64), by, axis=-1)


def phase_randomised(series: npt.ArrayLike, rng: np.random.Generator) -> Floats:
    """Return series with the same values and nearly the same autocorrelation, at random times.

    `series` is (n,) or (series, n) of one person: all get the same random phases, so what they have in common stays.
    Missing samples stay where they are. Method: Fourier surrogates (Prichard & Theiler 1994, Phys Rev Lett 73:951),
    then each series' own values put back in rank order.
    """
    given = np.asarray(series, dtype=np.float64)
    rows = np.atleast_2d(given)
    turn = np.exp(2j * np.pi * rng.random(rows.shape[1] // 2 + 1))
    turn[0] = 1.0
    return np.reshape([_turned(row, turn) for row in rows], given.shape)


def against_surrogates(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    *,
    rate_hz: float,
    lag_s: float,
    window_s: float,
    step_s: float,
    surrogates: int = 200,
    kind: Kind = "shift",
    min_shift_s: float = 60.0,
    seed: int = 0,
) -> Synchrony:
    """Measure windowed cross-lagged correlation against what the same session gives by chance.

    `a`, `b`, `rate_hz`, `lag_s`, `window_s`, `step_s` as in `windowed_cross_correlation`. `kind="shift"` moves `b` in a
    circle by at least `min_shift_s` from both ends, `"phase"` randomises its phases and keeps its values. Raises
    NotEnoughData where the session is too short to shift or no window fits.
    Source: Ramseyer & Tschacher 2010; Moulder et al. 2018, Psychol Methods 23:757.
    """
    one, other, windows = both(a, b, rate_hz=rate_hz, lag_s=lag_s, window_s=window_s, step_s=step_s)
    draw = _draws(other, windows, kind, round(min_shift_s * rate_hz), surrogates, np.random.default_rng(seed))
    gaps = not (np.isfinite(one).all() and np.isfinite(other).all())
    fixed = Prepared.of(one, windows, gaps=gaps)
    observed = to_fisher_z(correlate(fixed, Prepared.of(other, windows, gaps=gaps), windows))
    highest, peak_lag = _peaks(observed)
    cells, means, beaten = _Cells(observed), [], np.zeros(windows.count)
    for surrogate in draw:
        z = to_fisher_z(correlate(fixed, Prepared.of(surrogate, windows, gaps=gaps), windows))
        cells.add(z)
        means.append(_means(z))
        beaten += highest > _peaks(z)[0]
    time_s, lags = axes(windows, rate_hz)
    signed, absolute = standardised(_means(observed), means)
    whole = standardised(mean_of(_means(observed), 1), [mean_of(m, 1) for m in means])
    return Synchrony(
        observed=LagMap(observed, time_s, lags),
        against=LagMap(cells.z_of(observed), time_s, lags),
        signed_z=signed,
        absolute_z=absolute,
        peak_lag_s=np.where(np.isfinite(highest), lags[peak_lag], np.nan),
        peak_beats=np.where(np.isfinite(highest), beaten / surrogates, np.nan),
        session_signed_z=float(whole[0]),
        session_absolute_z=float(whole[1]),
        surrogates=surrogates,
    )


def standardised(observed: npt.ArrayLike, by_chance: Sequence[npt.ArrayLike]) -> Floats:
    """Return (observed - mean) / SD of surrogates, NaN where fewer than half of them, or no spread, is there."""
    values, drawn = np.asarray(observed, dtype=np.float64), np.asarray(by_chance, dtype=np.float64)
    mean = mean_of(drawn, 0)
    count = np.isfinite(drawn).sum(axis=0)
    spread = np.sqrt(mean_of((drawn - mean) ** 2, 0) * count / np.maximum(count - 1, 1))
    usable = (count >= max(2, len(drawn) / 2)) & (spread > 1e-12)
    return np.asarray(np.where(usable, (values - mean) / np.where(usable, spread, 1.0), np.nan))


class _Cells:
    """Running mean and SD of surrogates in every cell of the lag map, so that they need not all be kept."""

    def __init__(self, like: Floats) -> None:
        self.count, self.total, self.squares = np.zeros(like.shape), np.zeros(like.shape), np.zeros(like.shape)
        self.drawn = 0

    def add(self, z: Floats) -> None:
        here = np.isfinite(z)
        filled = z if here.all() else np.where(here, z, 0.0)
        self.drawn += 1
        self.count += here
        self.total += filled
        self.squares += filled * filled

    def z_of(self, observed: Floats) -> Floats:
        enough = self.count >= max(2, self.drawn / 2)
        n = np.where(enough, self.count, np.nan)
        mean = self.total / n
        spread = np.sqrt(np.maximum(self.squares / n - mean**2, 0.0) * n / (n - 1))
        return np.asarray((observed - mean) / np.where(spread > 1e-9, spread, np.nan))


def _means(z: Floats) -> Floats:
    """Return the mean over lags of z and of |z|, (2, windows)."""
    return np.stack([mean_of(z, 1), mean_of(np.abs(z), 1)])


def _peaks(z: Floats) -> tuple[Floats, npt.NDArray[np.intp]]:
    """Return each window's highest z, NaN where there is none, and at which lag it lies."""
    filled = np.where(np.isfinite(z), z, -np.inf)
    at = filled.argmax(axis=1)
    highest = filled[np.arange(len(z)), at]
    return np.where(np.isfinite(highest), highest, np.nan), at


def _draws(
    series: Floats, windows: Windows, kind: Kind, min_shift: int, count: int, rng: np.random.Generator
) -> Iterator[Floats]:
    """Return an iterator over surrogates of a series, or raise NotEnoughData before any is made."""
    if kind == "phase":
        return (phase_randomised(series, rng) for _ in range(count))
    if kind != "shift":
        raise ValueError(f'expected kind "shift" or "phase", got {kind!r}')
    first, last = min_shift, len(series) - min_shift
    room = LEAST_ROOM_WINDOWS * windows.win
    if last - first < room:
        raise NotEnoughData(
            f"shifting by at least {min_shift} samples needs {2 * min_shift + room} "
            f'of them, got {len(series)}: take a longer stretch, a smaller min_shift_s or kind="phase"'
        )
    return (circular_shift(series, int(by)) for by in rng.integers(first, last + 1, size=count))


def _turned(row: Floats, turn: npt.NDArray[np.complexfloating]) -> Floats:
    """Return one series with its phases turned and its own values in the resulting rank order."""
    here = np.isfinite(row)
    if here.sum() < 2:
        return row.copy()
    at = np.arange(len(row))
    filled = np.interp(at, at[here], row[here])
    turned = np.fft.irfft(np.fft.rfft(filled) * turn, len(row))
    result = np.full(len(row), np.nan)
    order = np.flatnonzero(here)[np.argsort(turned[here], kind="stable")]
    result[order] = np.sort(row[here])
    return result
