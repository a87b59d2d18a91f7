import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuetrack.errors import TableError
from cuetrack.timeline.baseline import baseline, kept_span, row_median
from cuetrack.timeline.baseline_scale import LOG, LOGIT, from_scale, to_scale


def grid(values, name="lean_cm", person="client"):
    return pd.DataFrame({"time_s": np.arange(len(values), dtype=float), "person": person, name: values})


def row(table, state):
    return table[table["state"] == state].iloc[0]


def test_median_and_spread_are_those_of_the_state():
    rng = np.random.default_rng(0)
    state = np.repeat(["own", "partner"], 1500)
    values = np.r_[rng.normal(5, 2, 1500), rng.normal(-5, 1, 1500)]
    got = baseline(grid(values), {"client": state})
    assert row(got, "own")["median"] == pytest.approx(5, abs=0.2)
    assert row(got, "own")["spread"] == pytest.approx(2, rel=0.1)
    assert row(got, "partner")["spread"] == pytest.approx(1, rel=0.1)
    assert row(got, "own")["seconds"] == 1500 - 120


def test_a_state_of_less_than_a_minute_borrows_the_pooled_usual():
    state = np.where(np.arange(3000) // 30 == 50, "both", "own")
    got = baseline(grid(np.random.default_rng(1).normal(size=3000)), {"client": state})
    assert row(got, "both")["median"] == row(got, "all")["median"]
    assert row(got, "both")["seconds"] == 30


def test_first_and_last_minutes_do_not_count():
    values = np.zeros(3000)
    values[:119] = values[-119:] = 100
    assert baseline(grid(values), {})["spread"].max() == 0
    assert kept_span(np.arange(3000.0)) == (120, 2880)
    assert kept_span(np.arange(240.0)) == pytest.approx((9.6, 230.4))


def test_spread_is_floored_at_measurement_noise_on_the_signal_s_scale():
    got = baseline(grid(np.full(3000, 1.0)), {}, noise={"lean_cm": 0.7})
    assert row(got, "all")["spread"] == pytest.approx(0.7)
    logged = baseline(grid(np.full(3000, 2.0), "latency_s"), {}, noise={"latency_s": 0.1})
    assert row(logged, "all")["spread"] == pytest.approx(0.1 / (2.0 + LOG["latency_s"]))
    assert row(logged, "all")["median"] == pytest.approx(2.0)


def test_states_of_another_length_are_refused():
    with pytest.raises(TableError, match="use one clock"):
        baseline(grid(np.zeros(10)), {"client": np.full(9, "own")})


@given(st.lists(st.lists(st.one_of(st.floats(-50, 50), st.just(float("nan"))), min_size=5, max_size=5), min_size=1))
def test_row_median_is_numpy_s_without_nans(rows):
    values = np.array(rows)
    expected = [np.median(r[np.isfinite(r)]) if np.isfinite(r).any() else np.nan for r in values]
    np.testing.assert_allclose(row_median(values), expected)


@given(st.sampled_from([*LOG, *LOGIT, "lean_cm"]), st.floats(0.05, 0.95))
def test_scales_go_there_and_back(signal, value):
    assert from_scale(signal, to_scale(signal, np.array([value]))) == pytest.approx([value])
