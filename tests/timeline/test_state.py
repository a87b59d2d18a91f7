import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuetrack import tables
from cuetrack.timeline.state import covered_s, speaking_state

PEOPLE = ("client", "therapist")


def speech(*rows):
    return tables.spans({"start_s": a, "end_s": b, "person": p, "label": "speech"} for a, b, p in rows)


def test_each_person_sees_the_floor_from_their_side():
    spans = speech((0, 2, "client"), (3, 6, "therapist"), (5, 8, "client"))
    got = speaking_state(spans, np.arange(8.0), PEOPLE)
    assert got["client"].tolist() == ["own", "own", "silence", "partner", "partner", "both", "own", "own"]
    assert got["therapist"].tolist() == ["partner", "partner", "silence", "own", "own", "both", "partner", "partner"]


def test_before_and_after_what_was_heard_is_unknown_not_silence():
    got = speaking_state(speech((5, 6, "client"), (8, 9, "therapist")), np.arange(12.0), PEOPLE)
    assert got["client"].tolist()[:5] == ["unknown"] * 5
    assert got["client"].tolist()[9:] == ["unknown"] * 3
    assert got["client"][7] == "silence"


def test_missing_samples_are_unknown():
    time = np.arange(0, 10, 0.1)
    own = np.where(time < 5, 1.0, np.nan)
    table = tables.join([
        tables.samples(time, "client", {"speaking": own}, 1.0),
        tables.samples(time, "therapist", {"speaking": np.zeros(len(time))}, 1.0),
    ])  # fmt: skip
    got = speaking_state(table, np.arange(10.0), PEOPLE)
    assert got["client"].tolist() == ["own"] * 5 + ["unknown"] * 5


def test_no_speech_at_all_is_unknown():
    got = speaking_state(tables.spans(), np.arange(3.0), PEOPLE)
    assert got["therapist"].tolist() == ["unknown"] * 3


@given(
    spans=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), max_size=12),
    window=st.sampled_from([1.0, 5.0, 30.0]),
)
def test_covered_seconds_match_counting(spans, window):
    start = np.array([a for a, _ in spans], dtype=float)
    end = np.array([a + b for a, b in spans], dtype=float)
    times = np.arange(0, 60, 3.0)
    fine = np.arange(0, 120, 0.5) + 0.25
    inside = np.zeros(len(fine), dtype=bool)
    for a, b in zip(start, end, strict=True):
        inside |= (fine >= a) & (fine < b)
    expected = [0.5 * inside[(fine >= t) & (fine < t + window)].sum() for t in times]
    assert covered_s(start, end, times, window) == pytest.approx(expected)
