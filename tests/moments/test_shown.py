"""What drawings show: names, candidates without controls, telling signals, gaps and the usual band."""

import numpy as np
import pandas as pd
import pytest

from cuetrack import tables
from cuetrack.moments.shown import against_usual, candidates, gaps_s, label, natural, telling_rows, unit, usual_band

TIME = np.arange(0, 300, 0.5)


@pytest.fixture(scope="module")
def found():
    lean = np.where((TIME > 100) & (TIME < 140), np.nan, 3.0 + np.sin(TIME))
    posture = tables.join([tables.samples(TIME, p, {"lean_cm": lean, "slump_cm": lean}, 0.9) for p in ("a", "b")])
    return against_usual({"posture": posture}, {}, ("a", "b"), duration_s=300)


def test_names():
    assert (label("motion_sw_per_s"), label("latency_s"), label("smile")) == ("motion", "latency", "smile")
    assert (unit("lean_cm"), unit("interruption_per_min")) == ("cm", "")


def test_candidates_leave_controls_out_and_sort_by_rank():
    moments = pd.DataFrame({"rank": [3, 1, 2], "control": [True, False, False]})
    assert candidates(moments)["rank"].tolist() == [1, 2]
    assert candidates(tables.spans()).empty


def test_gaps_and_values_in_own_unit(found):
    row = found.row("lean_cm", "a")
    ((start, end),) = gaps_s(found, row)
    assert start == pytest.approx(100, abs=8)
    assert end == pytest.approx(140, abs=8)
    values = natural(found, row)
    assert np.isnan(values[110:130]).all()
    assert np.nanmean(values) == pytest.approx(3.0, abs=0.1)
    low, middle, high = usual_band(found, row)
    assert low < middle < high
    assert middle == pytest.approx(3.0, abs=0.2)


def test_telling_rows_are_the_strongest_then_the_others_before(found):
    evidence = pd.DataFrame(
        {"person": ["a", "a"], "signal": ["lean_cm", "slump_cm"], "contribution": [0.1, 0.5], "rank": 1}
    )
    arcs = pd.DataFrame(
        {"phase": ["antecedent", "antecedent", "moment"], "person": ["b", "a", "b"], "signal": ["lean_cm"] * 3}
    )
    rows = telling_rows(found, evidence, arcs, most=1, others=2)
    assert [found.rows[r][1:] for r in rows] == [("slump_cm", "a"), ("lean_cm", "b")]


def test_one_person_and_nobody(found):
    posture = tables.samples(TIME, "a", {"lean_cm": np.sin(TIME)}, 0.9)
    alone = against_usual({"posture": posture}, {}, ("a",), duration_s=300)
    assert alone.people == ("a", "")
    assert alone.row("lean_cm", "a") is not None
    assert against_usual({}, {}, ("a", "b"), duration_s=300) is None
