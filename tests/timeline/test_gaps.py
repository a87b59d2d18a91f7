import numpy as np

from cuetrack import tables
from cuetrack.timeline.gaps import FRAME_REACH_S, gaps, reach_s


def test_missing_and_unsure_stretches_are_named_with_their_borders():
    time = np.arange(0, 20, 0.5)
    values = np.where((time >= 5) & (time < 9), np.nan, 1.0)
    sure = np.where(time >= 15, 0.2, 1.0)
    found = gaps(tables.samples(time, "client", {"x": values}, sure))
    assert found[["start_s", "end_s", "label"]].values.tolist() == [
        [5.0, 9.0, "missing"],
        [15.0, 20.0, "low_confidence"],
    ]


def test_a_hole_between_rows_is_missing_too():
    time = np.r_[np.arange(0, 5, 0.5), np.arange(12, 15, 0.5)]
    found = gaps(tables.samples(time, "client", {"x": np.ones(len(time))}, 1.0))
    assert found[["start_s", "end_s", "label"]].values.tolist() == [[4.5, 12.0, "missing"]]


def test_reach_follows_the_native_rate_and_never_bridges_a_lost_person():
    assert reach_s("face", np.arange(0, 10, 1 / 7.5)) > 1 / 7.5
    assert reach_s("face", np.arange(0, 100, 10.0)) == FRAME_REACH_S
    assert reach_s("face", np.array([1.0])) == 0
    assert reach_s("response", np.array([1.0])) > 10
