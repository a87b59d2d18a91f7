"""Short windows of sound on the 10 ms grid that every voice measure shares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cuetrack.media.audio import Raw

RATE_HZ = 16_000
HOP = 160
"""Samples between rows: every sound measure has one row each 10 ms, centred on sample `row * HOP`."""
BLOCK = 250 * 1280
MARGIN = 16 * 1280
"""A block is 20 s with 1.28 s on each side; multiples of 1280 keep the 160- and 256-sample grids aligned."""

Wave = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of sound with margins: `wave` (m,), and which of its rows are its own, `rows` within the recording."""

    wave: Wave
    first_row: int
    own: slice
    rows: slice


def row_count(samples: Raw) -> int:
    """Return how many 10 ms rows a channel at 16 kHz has."""
    return -(-len(samples) // HOP)


def as_wave(samples: npt.NDArray[Any]) -> Wave:
    """Return samples as float32 in -1..1; int16 is divided by 32768."""
    if samples.dtype == np.int16:
        return samples.astype(np.float32) / np.float32(32768)
    return samples.astype(np.float32)


def blocks(samples: Raw) -> Iterator[Block]:
    """Cut a channel into overlapping 20 s blocks, so that memory does not grow with its length."""
    total = row_count(samples)
    for start in range(0, max(len(samples), 1), BLOCK):
        low = max(0, start - MARGIN)
        wave = as_wave(samples[low : start + BLOCK + MARGIN])
        rows = slice(start // HOP, min((start + BLOCK) // HOP, total))
        first = low // HOP
        yield Block(wave, first, slice(rows.start - first, rows.stop - first), rows)


def framed(wave: Wave, width: int, hop: int = HOP) -> Wave:
    """Return windows of `width` samples centred on every `hop`-th sample, (rows, width), zeros beyond the ends."""
    rows = -(-len(wave) // hop)
    left = width // 2
    padded = np.zeros(max(len(wave), rows * hop) + width, np.float32)
    padded[left : left + len(wave)] = wave
    return np.lib.stride_tricks.sliding_window_view(padded, width)[: rows * hop : hop]


def runs(mask: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return (start, stop) of every stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
