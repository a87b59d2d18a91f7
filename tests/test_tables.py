import numpy as np
import pytest

from cuetrack import tables
from cuetrack.errors import TableError
from cuetrack.terms import Signal

LEAN = Signal("lean_cm", "cm", -50, 50, "nearer")


def lean(values: list[float], confidence: float = 1.0):
    return tables.samples(np.arange(len(values)), "client", {"lean_cm": values}, confidence)


def test_missing_rows_get_confidence_zero_and_are_kept() -> None:
    table = lean([1.0, np.nan, 3.0])
    assert table["confidence"].tolist() == [1, 0, 1]
    assert len(tables.check_samples(table, [LEAN])) == 3


def test_a_value_out_of_range_is_named() -> None:
    with pytest.raises(TableError, match=r"lean_cm: 60 is outside -50\.\.50 cm"):
        tables.check_samples(lean([60.0]), [LEAN])


def test_times_must_rise_within_a_person() -> None:
    with pytest.raises(TableError, match="do not rise"):
        tables.check_samples(lean([1.0, 2.0]).iloc[::-1], [LEAN])


def test_other_columns_are_refused() -> None:
    with pytest.raises(TableError, match="expected columns"):
        tables.check_samples(lean([1.0]).assign(mood=1), [LEAN])


def test_a_missing_row_cannot_be_sure() -> None:
    table = lean([np.nan])
    table["confidence"] = 1.0
    with pytest.raises(TableError, match="confidence 0"):
        tables.check_samples(table, [LEAN])


def test_spans_are_sorted_and_complete() -> None:
    table = tables.spans(
        [
            {"start_s": 5, "end_s": 6, "person": "a", "label": "nod"},
            {"start_s": 1, "end_s": 2, "person": "b", "label": "nod"},
        ]
    )
    assert table["start_s"].tolist() == [1, 5]
    assert table["toward"].tolist() == ["", ""]
    tables.check_spans(table)
    tables.check_spans(tables.spans())


def test_a_span_cannot_run_backwards() -> None:
    with pytest.raises(TableError, match="end_s >= start_s"):
        tables.check_spans(tables.spans([{"start_s": 2, "end_s": 1, "person": "a", "label": "x"}]))


def test_joining_sorts_by_person_and_time() -> None:
    a, b = lean([1.0, 2.0]), lean([3.0]).assign(person="anna")
    assert tables.join([a, b])["person"].tolist() == ["anna", "client", "client"]
    with pytest.raises(TableError, match="at least one"):
        tables.join([])
