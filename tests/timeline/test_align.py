import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuetrack import tables
from cuetrack.errors import TableError
from cuetrack.timeline.align import align


def table(time, values, person="client", confidence=1.0, name="signal"):
    return tables.samples(time, person, {name: values}, confidence)


def test_fast_samples_become_bin_means():
    got = align({"a": table(np.arange(0, 1, 0.05), np.arange(20))}, rate_hz=10, end_s=1.0)
    assert got["signal"].tolist() == pytest.approx([0.5 + 2 * i for i in range(10)])
    assert list(got.columns) == ["time_s", "person", "signal", "a_confidence"]


def test_a_slower_cue_holds_until_its_reach_and_no_longer():
    got = align({"response": table([1.0, 30.0], [5.0, 6.0])}, rate_hz=1, end_s=60, max_gap_s=4)
    values = got["signal"].to_numpy()
    assert np.isnan(values[0])
    assert values[1:6].tolist() == [5.0] * 5
    assert np.isnan(values[6:30]).all()
    assert values[30] == 6.0
    assert (got["response_confidence"].to_numpy()[6:30] == 0).all()


def test_the_newest_sample_wins_even_when_it_is_missing():
    got = align({"synchrony": table([0.0, 2.0], [1.0, np.nan])}, rate_hz=1, end_s=5)
    assert got["signal"].to_numpy()[:2].tolist() == [1.0, 1.0]
    assert np.isnan(got["signal"].to_numpy()[2:]).all()


def test_people_whom_a_cue_did_not_measure_are_missing_not_zero():
    got = align({"a": table([0.0, 0.5], [1, 1]), "b": table([0.0, 0.5], [2, 2], "pair", name="other")}, rate_hz=2)
    client = got[got["person"] == "client"]
    assert client["other"].isna().all()
    assert (client["b_confidence"] == 0).all()


def test_two_cues_may_not_share_a_signal():
    with pytest.raises(TableError, match="both a and b have a signal signal"):
        align({"a": table([0.0], [1]), "b": table([0.0], [1])})


@pytest.mark.parametrize("settings", [{"rate_hz": 0}, {"rate_hz": float("nan")}, {"start_s": 5, "end_s": 1}])
def test_clocks_that_make_no_sense_are_refused(settings):
    with pytest.raises(TableError, match="align"):
        align({"a": table([0.0], [1])}, **settings)


def test_nothing_gives_an_empty_table():
    assert len(align({})) == 0


@given(
    steps=st.lists(st.floats(0.01, 3.0), min_size=1, max_size=40),
    seed=st.integers(0, 99),
    rate=st.sampled_from([1.0, 2.0, 10.0]),
)
def test_values_stay_within_the_samples_and_nothing_comes_from_the_future(steps, seed, rate):
    time = np.cumsum(steps)
    values = np.random.default_rng(seed).normal(size=len(time))
    got = align({"a": table(time, values)}, rate_hz=rate, end_s=float(time[-1] + 2))
    finite = got["signal"].notna()
    assert got.loc[finite, "signal"].between(values.min() - 1e-4, values.max() + 1e-4).all()
    assert not finite[got["time_s"] + 1 / rate <= time[0]].any()
    assert (got.loc[~finite, "a_confidence"] == 0).all()


@given(shift=st.integers(1, 500))
def test_a_later_clock_moves_only_times(shift):
    time = np.arange(0, 20, 0.25)
    values = np.sin(time)
    before = align({"a": table(time, values)}, rate_hz=4, end_s=20)
    after = align({"a": table(time + shift, values)}, rate_hz=4, start_s=shift, end_s=20 + shift)
    pd.testing.assert_frame_equal(before.drop(columns="time_s"), after.drop(columns="time_s"))
    np.testing.assert_allclose(after["time_s"], before["time_s"] + shift)
