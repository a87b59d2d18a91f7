import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuetrack.terms import Signal, Span

times = st.floats(0, 1e5, allow_nan=False)
spans = st.tuples(times, times).map(lambda t: Span(min(t), max(t)))


@given(spans, spans)
def test_overlap_is_symmetric_and_never_longer_than_either(a: Span, b: Span) -> None:
    assert a.overlap_s(b) == b.overlap_s(a)
    assert 0 <= a.overlap_s(b) <= min(a.duration_s, b.duration_s)


@given(spans, times)
def test_shifting_keeps_the_length(span: Span, by_s: float) -> None:
    assert math.isclose(span.shifted(by_s).duration_s, span.duration_s, abs_tol=1e-6)


def test_a_span_is_half_open() -> None:
    assert 1.0 in Span(1, 2)
    assert 2.0 not in Span(1, 2)


@pytest.mark.parametrize("ends", [(2, 1), (math.nan, 1), (0, math.inf)])
def test_impossible_spans_are_refused(ends: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="span"):
        Span(*ends)


def test_padding_stops_at_the_session_start() -> None:
    assert Span(3, 5).padded(10, 1) == Span(0, 6)


def test_a_signal_says_what_larger_means() -> None:
    with pytest.raises(ValueError, match="larger"):
        Signal("x", "", 0, 1, "")
    with pytest.raises(ValueError, match="below"):
        Signal("x", "", 1, 1, "more")
