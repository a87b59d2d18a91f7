"""A voice made unlike itself: pitch and formants moved together, time left as it is.

Grains of 50 ms are read from the sound at another speed, which moves everything in frequency by one factor, and laid
over each other where they fit best (WSOLA, Verhelst & Roelands 1993). Nothing is stored of the factor. It hinders
recognition by ear; it does not withstand an expert who sets out to undo it, and what is said stays.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_LOWER, _HIGHER = (0.76, 0.84), (1.20, 1.30)
_GRAIN_S, _SEARCH_S = 0.05, 0.006


def chosen_factor() -> float:
    """Return a factor by chance, a fifth to a quarter lower or higher."""
    low, high = secrets.choice((_LOWER, _HIGHER))
    return low + (high - low) * secrets.randbelow(1 << 20) / (1 << 20)


def disguised(blocks: Iterable[Floats], factor: float, rate_hz: int) -> Iterator[Floats]:
    """Yield the same length of sound with every frequency times `factor`; blocks are (channels, n), without gaps.

    All channels are moved alike, so that what crosses over from one to the other fits. Memory stays constant.
    """
    hop = round(_GRAIN_S * rate_hz / 2)
    grain, search = 2 * hop, round(_SEARCH_S * rate_hz)
    window = np.hanning(grain + 1)[:-1].astype(np.float32)
    reach = math.ceil((grain + 2 * search) * factor / 2) + 2  # samples needed on either side of a grain's middle
    held: Floats = np.zeros((0, 0), np.float32)
    first = written = heard = middle = 0  # `first`: place of held[:, 0] in the sound; `middle`: of the next grain
    sums: Floats = np.zeros((0, 0), np.float32)  # what the grains so far add up to, from `middle - hop` on

    def step() -> Floats:
        """Add the grain around `middle` and return the half that no later grain changes."""
        nonlocal sums, middle
        places = (np.arange(grain + 2 * search) - hop - search) * factor + (middle - first)
        floor = np.floor(places).astype(int)
        part = (places - floor).astype(np.float32)
        wide = held[:, floor] * (1 - part) + held[:, floor + 1] * part
        shift = _best_shift(wide[:, : hop + 2 * search].sum(axis=0), sums[:, :hop].sum(axis=0))
        sums += wide[:, shift : shift + grain] * window
        done = sums[:, :hop].copy()
        sums = np.concatenate([sums[:, hop:], np.zeros((len(sums), hop), np.float32)], axis=1)
        middle += hop
        return done

    def out(done: Floats) -> Iterator[Floats]:
        """Drop the half grain before the sound begins and whatever lies behind its end."""
        nonlocal written
        begin = middle - 2 * hop
        kept = done[:, max(0, -begin) :]
        kept = kept[:, : max(0, heard - written)]
        written += kept.shape[1]
        if kept.shape[1]:
            yield kept

    for block in blocks:
        if not held.size:
            held = np.zeros((block.shape[0], reach), np.float32)  # silence before the beginning
            first = -reach
            sums = np.zeros((block.shape[0], grain), np.float32)
        held = np.concatenate([held, block], axis=1)
        heard += block.shape[1]
        while middle + reach < first + held.shape[1]:
            yield from out(step())
        spare = middle - reach - first
        held, first = held[:, max(0, spare) :], first + max(0, spare)
    if heard:
        held = np.concatenate([held, np.zeros((held.shape[0], 2 * reach + 2 * grain), np.float32)], axis=1)
        while written < heard:
            yield from out(step())


def _best_shift(wide: Floats, tail: Floats) -> int:
    """Return where in `wide` the tail of the grains before fits best, by correlation over energy."""
    product = np.correlate(wide, tail, "valid")
    energy = np.convolve(wide**2, np.ones(len(tail), np.float32), "valid")
    if not tail.any():
        return len(product) // 2
    return int(np.argmax(product / np.sqrt(energy + 1e-6)))
