"""Chance, measured in this recording: the same signals shuffled all together, or channels moved against each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def surrogates(
    z: Floats, measured: npt.NDArray[np.bool_], *, count: int, seed: int = 0, chunk: int = 8
) -> Iterator[Floats]:
    """Yield `count` joint phase-randomised copies of `z` (rows, T) in chunks (<= chunk, rows, T).

    Every row keeps its spectrum (so its slowness), all rows get the same random phases (so they stay as related as they
    are), then each is mapped by rank to its own values (so it keeps its extremes). Rows are shuffled only among
    the times at which they were `measured`; elsewhere they stay 0. Prichard & Theiler 1994, with rank remapping.
    """
    from scipy.fft import irfft, next_fast_len, rfft

    rng = np.random.default_rng(seed)
    n = z.shape[1]
    length = next_fast_len(n, real=True)
    spectrum = rfft(np.pad(z, ((0, 0), (0, length - n)), mode="reflect" if n > length - n else "edge"), axis=1)
    ordered = np.sort(np.where(measured, z, np.float32(np.inf)), axis=1)
    ordered[~np.isfinite(ordered)] = 0.0
    hidden = np.where(measured, np.float32(0.0), np.float32(np.inf))
    for first in range(0, count, chunk):
        size = min(chunk, count - first)
        phase = rng.uniform(0, 2 * np.pi, (size, spectrum.shape[1])).astype(np.float32)
        turned = spectrum[None] * np.exp(1j * phase, dtype=np.complex64)[:, None]
        wave = irfft(turned, n=length, axis=2)[:, :, :n].astype(np.float32, copy=False) + hidden
        order = np.argsort(wave, axis=2)
        shuffled = np.empty_like(wave)
        np.put_along_axis(shuffled, order, np.broadcast_to(ordered, wave.shape), axis=2)
        yield shuffled


def shifted(
    units: Floats, sure: Floats, groups: Sequence[int], count: int, seed: int = 0
) -> Iterator[tuple[Floats, Floats]]:
    """Yield `count` copies of evidence and its confidence (U, T), each group of rows turned round by its own time.

    Rows of one group stay together and keep their shape: a few replies that are both short and few make a steep
    peak in several rows at once, which shuffled phases would smooth away.
    """
    rng = np.random.default_rng(seed)
    place, length = np.asarray(groups, dtype=np.intp), units.shape[1]
    for _ in range(count):
        start = rng.integers(0, length, place.max() + 1 if len(place) else 0)[place]
        at = (np.arange(length) - start[:, None]) % length
        yield np.take_along_axis(units, at, axis=1), np.take_along_axis(sure, at, axis=1)
