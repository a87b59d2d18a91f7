"""Windowed correlation equals the plain definition, with and without gaps, and its lag has the stated sign."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuetrack.errors import NotEnoughData
from cuetrack.synchrony import LAG, windowed_cross_correlation

RATE = 10


def by_definition(a, b, *, win, lag, step):
    """Correlate with numpy alone, window by window and lag by lag."""
    count = max(0, int(np.ceil((len(a) - win - lag + 1) / step)))
    r = np.full((count, 2 * lag + 1), np.nan)
    for k in range(count):
        for column, shift in enumerate(range(-lag, lag + 1)):
            start = k * step
            x = a[start + max(0, -shift) :][:win]
            y = b[start + max(0, shift) :][:win]
            there = np.isfinite(x) & np.isfinite(y)
            if there.sum() >= max(3, win / 2) and x[there].std() > 0 and y[there].std() > 0:
                r[k, column] = np.corrcoef(x[there], y[there])[0, 1]
    return r


def seconds(win, lag, step):
    return {"rate_hz": RATE, "window_s": win / RATE, "lag_s": lag / RATE, "step_s": step / RATE}


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    win=st.integers(4, 40),
    lag=st.integers(0, 15),
    step=st.integers(1, 50),
    gaps=st.sampled_from([0.0, 0.2]),
    level=st.sampled_from([0.0, 1e4]),
)
def test_equals_definition(seed, win, lag, step, gaps, level):
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((2, 120)) + level
    for series in (a, b):
        series[rng.random(120) < gaps] = np.nan
    expected = by_definition(a, b, win=win, lag=lag, step=step)
    if len(expected) == 0:
        with pytest.raises(NotEnoughData):
            windowed_cross_correlation(a, b, **seconds(win, lag, step))
        return
    found = windowed_cross_correlation(a, b, **seconds(win, lag, step), fisher_z=False)
    np.testing.assert_allclose(found.values, expected, atol=1e-7)
    assert found.values.shape == (len(found.time_s), len(found.lag_s))


def test_positive_lag_means_second_follows(rng):
    assert LAG.positive_means == "the second series follows the first"
    a = rng.standard_normal(2000)
    b = np.roll(a, 13) + 0.2 * rng.standard_normal(2000)
    found = windowed_cross_correlation(a, b, rate_hz=RATE, lag_s=5, window_s=30, step_s=5)
    assert set(found.lag_s[found.values.argmax(axis=1)]) == {1.3}
    assert found.summary()["s1_lead"] > found.summary()["s2_lead"]
    swapped = windowed_cross_correlation(b, a, rate_hz=RATE, lag_s=5, window_s=30, step_s=5)
    assert set(swapped.lag_s[swapped.values.argmax(axis=1)]) == {-1.3}


def test_times_are_middles_of_windows():
    found = windowed_cross_correlation(
        np.arange(100.0) ** 2, np.arange(100.0), rate_hz=RATE, lag_s=1, window_s=3, step_s=2
    )
    np.testing.assert_allclose(found.time_s[:3], [2.0, 4.0, 6.0])


def test_absolute_and_fisher(rng):
    a, b = rng.standard_normal((2, 900))
    plain = {"rate_hz": RATE, "lag_s": 2, "window_s": 10, "step_s": 5}
    r = windowed_cross_correlation(a, b, **plain, fisher_z=False).values
    np.testing.assert_allclose(windowed_cross_correlation(a, b, **plain).values, np.arctanh(r))
    np.testing.assert_allclose(
        windowed_cross_correlation(a, b, **plain, absolute=True, fisher_z=False).values, np.abs(r)
    )
    np.testing.assert_allclose(windowed_cross_correlation(a, a, **plain).values[:, 20], 10.0, atol=1e-3)


def test_missing_stays_missing(rng):
    a, b = rng.standard_normal((2, 1200))
    b[300:700] = np.nan
    found = windowed_cross_correlation(a, b, rate_hz=RATE, lag_s=0, window_s=20, step_s=10)
    gone = np.isnan(found.values[:, 0])
    assert gone.tolist() == [np.isnan(b[k : k + 200]).sum() > 100 for k in range(0, 100 * len(gone), 100)]
    assert np.isnan(windowed_cross_correlation(a, np.full(1200, np.nan), **seconds(50, 5, 25)).values).all()
    assert np.isnan(windowed_cross_correlation(a, np.ones(1200), **seconds(50, 5, 25)).values).all()
    nothing = windowed_cross_correlation(a, np.ones(1200), **seconds(50, 5, 25)).summary()
    assert all(np.isnan(v) for v in nothing.values())


def test_refuses_what_it_cannot_use(rng):
    with pytest.raises(ValueError, match="one length"):
        windowed_cross_correlation(np.ones(10), np.ones(11), **seconds(4, 1, 1))
    with pytest.raises(ValueError, match="above 0"):
        windowed_cross_correlation(np.ones(10), np.ones(10), rate_hz=0, lag_s=1, window_s=1, step_s=1)
    with pytest.raises(NotEnoughData, match="choose a shorter window"):
        windowed_cross_correlation(np.ones(10), np.ones(10), **seconds(40, 1, 1))


@pytest.fixture
def rng():
    return np.random.default_rng(4)
