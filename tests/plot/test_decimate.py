"""Fewer points must not lose extremes, gaps or spans."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cuetrack.plot.decimate import in_blocks, joined, kept, overlapping_joined


@settings(max_examples=40, deadline=None)
@given(n=st.integers(0, 9000), seed=st.integers(0, 999), gap=st.floats(0, 1))
def test_kept_keeps_extremes_and_gaps(n, seed, gap):
    rng = np.random.default_rng(seed)
    x = np.cumsum(rng.standard_normal(n))
    start = int(gap * n)
    x[start : start + n // 10] = np.nan
    at = kept(x, 300)
    assert len(at) <= max(300, min(n, 300))
    assert (np.diff(at) > 0).all()
    if np.isfinite(x).any():
        assert np.nanmax(x[at]) == np.nanmax(x)
        assert np.nanmin(x[at]) == np.nanmin(x)
    assert np.isnan(x[at]).any() == np.isnan(x).any()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1000), st.floats(0.01, 5)), max_size=60), st.integers(1, 20))
def test_joined_covers_all_with_few(pairs, limit):
    spans = overlapping_joined([(s, s + d) for s, d in pairs])
    found = joined(spans, limit)
    assert len(found) <= max(limit, min(limit, len(spans)))
    assert all(any(a <= s and e <= b for a, b in found) for s, e in spans)


def test_in_blocks_means_and_missing():
    values = np.arange(24.0).reshape(4, 6)
    values[:2, :3] = np.nan
    blocks = in_blocks(values, 2, 2)
    assert np.isnan(blocks[0, 0])
    np.testing.assert_allclose(blocks[1], [values[2:, :3].mean(), values[2:, 3:].mean()])
