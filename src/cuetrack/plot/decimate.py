"""Fewer points with the same look: the lowest and highest of every stretch stay."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

LIMIT = 2000
"""Most points of any trace."""


def kept(values: npt.ArrayLike, limit: int = LIMIT) -> npt.NDArray[np.intp]:
    """Return rising indices of at most `limit` points that draw as the whole series does.

    `values` is (n,), NaN where missing. Of every stretch the lowest and the highest are kept, and one missing point
    where anything in it is missing at its end, so that gaps stay gaps.
    """
    x = np.asarray(values, dtype=np.float64)
    if len(x) <= limit:
        return np.arange(len(x))
    width = -(-len(x) // (limit // 3))
    padded = np.full(-(-len(x) // width) * width, np.nan)
    padded[: len(x)] = x
    rows = padded.reshape(-1, width)
    start = np.arange(len(rows)) * width
    here = np.isfinite(rows)
    low = start + np.where(here, rows, np.inf).argmin(axis=1)
    high = start + np.where(here, rows, -np.inf).argmax(axis=1)
    gap = start + np.argmax(~here, axis=1)
    chosen = np.concatenate([low[here.any(axis=1)], high[here.any(axis=1)], gap[~here.all(axis=1)]])
    return np.unique(chosen[chosen < len(x)])


def joined(spans: Sequence[tuple[float, float]], limit: int = LIMIT // 5) -> list[tuple[float, float]]:
    """Return at most `limit` spans, those nearest to each other joined first; each needs five points of a trace."""
    rows = sorted(spans)
    if len(rows) <= limit:
        return rows
    apart = np.array([after[0] - before[1] for before, after in pairwise(rows)])
    closed = set(np.argsort(apart, kind="stable")[: len(rows) - limit].tolist())
    result = [rows[0]]
    for k, span in enumerate(rows[1:]):
        if k in closed:
            result[-1] = (result[-1][0], max(result[-1][1], span[1]))
        else:
            result.append(span)
    return result


def overlapping_joined(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return spans that do not overlap and cover the same time."""
    result: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return result


def in_blocks(values: npt.ArrayLike, rows: int, columns: int) -> npt.NDArray[np.float64]:
    """Return a map as means of at most `rows` x `columns` blocks, NaN where a block holds nothing."""
    x = np.asarray(values, dtype=np.float64)
    for axis, most in ((0, rows), (1, columns)):
        count = x.shape[axis]
        edges = np.unique(np.linspace(0, count, min(most, count) + 1).astype(np.intp))[:-1]
        here = np.isfinite(x)
        total = np.add.reduceat(np.where(here, x, 0.0), edges, axis=axis)
        seen = np.add.reduceat(here.astype(np.float64), edges, axis=axis)
        x = np.divide(total, seen, out=np.full(total.shape, np.nan), where=seen > 0)
    return x
