import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuetrack.people import filters

flags = st.lists(st.booleans(), min_size=2, max_size=60)


@given(flags)
def test_runs_cover_exactly_what_is_set(flag):
    covered = np.zeros(len(flag), dtype=bool)
    for start, stop in filters.runs(flag):
        assert start < stop
        covered[start:stop] = True
    np.testing.assert_array_equal(covered, flag)


@given(flags, st.floats(0, 1000))
def test_spans_of_a_flag_lead_back_to_the_flag(flag, start_s):
    time = start_s + np.arange(len(flag)) / 25
    np.testing.assert_array_equal(filters.inside(time, filters.spans_where(time, flag)), flag)


def test_spans_can_be_joined_and_short_ones_dropped():
    time = np.arange(100) / 10
    flag = ((time >= 1) & (time < 2)) | ((time >= 2.2) & (time < 3)) | ((time >= 6) & (time < 6.2))
    found = filters.spans_where(time, flag, join_s=0.3, min_s=0.5)
    assert found == [(pytest.approx(1.0), pytest.approx(3.0))]


def test_smoothing_ignores_what_is_missing_and_fills_nothing():
    time = np.arange(50) / 25
    x = np.where((time > 0.8) & (time < 1.2), np.nan, 3.0)
    smooth = filters.smooth(time, x, 0.4)
    np.testing.assert_array_equal(np.isnan(smooth), np.isnan(x))
    np.testing.assert_allclose(smooth[np.isfinite(smooth)], 3.0)


def test_an_even_grid_keeps_long_gaps():
    time = np.concatenate([np.arange(0, 2, 0.04), np.arange(4, 6, 0.04)])
    grid, x = filters.even(time, 2 * time, 10)
    gap = (grid > 2.0) & (grid < 3.99)
    assert np.isnan(x[gap]).all()
    np.testing.assert_allclose(x[~gap & np.isfinite(x)], 2 * grid[~gap & np.isfinite(x)])
    assert np.isfinite(x[grid < 1.9]).all()


def test_a_band_keeps_its_own_and_drops_the_rest_run_by_run():
    t = np.arange(0, 60, 0.1)
    inside, outside = np.sin(2 * np.pi * 0.25 * t), np.sin(2 * np.pi * 2.0 * t) + 0.1 * t
    x = inside + outside
    x[300:330] = np.nan
    kept = filters.band(x, 10.0, 0.1, 0.5)
    np.testing.assert_array_equal(np.isnan(kept), np.isnan(x))
    middle = (t > 8) & (t < 22)
    np.testing.assert_allclose(kept[middle], inside[middle], atol=0.15)


@given(st.integers(1, 20), st.floats(0, 500))
def test_events_per_minute_of_even_events(per_min, start_s):
    time = start_s + np.arange(0, 300, 0.1)
    events = start_s + np.arange(0.5, 300, 60 / per_min)
    rate = filters.events_per_min(time, events, np.ones(len(time)), 120)
    assert rate[1200:1800].mean() == pytest.approx(per_min, abs=0.6)


def test_what_was_hardly_seen_has_no_rate():
    time = np.arange(0, 100, 0.1)
    rate = filters.events_per_min(time, [5.0, 95.0], time > 80, 20)
    assert np.isnan(rate[(time > 20) & (time < 70)]).all()
    assert np.isfinite(rate[time > 90]).all()
