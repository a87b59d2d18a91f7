"""The alpha family for marking stretches, against its published example and against plain alpha."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuetrack.agreement.events import Event
from cuetrack.agreement.unitizing import (
    TICK_S,
    Continuum,
    binary_alpha,
    coding_alpha,
    unitizing_alpha,
    value_alpha,
    value_coverage,
)
from cuetrack.errors import NotEnoughData

# Krippendorff (2019), Content Analysis, 4th ed., figure 12.11: three observers of a continuum of 60 units of length
ALEX = [(0, 7, "1"), (7, 13, "2"), (30, 32, "5"), (32, 37, "6"), (37, 44, "6"), (44, 60, "7")]
PAUL = [(0, 7, "1"), (7, 13, "3"), (13, 21, "5"), (32, 44, "6")]
SUZAN = [(0, 7, "1"), (7, 13, "4"), (13, 21, "5"), (32, 37, "6"), (37, 41, "6"), (41, 44, "6")]
LABELS = list("1234567")


def ticks(units: list[tuple[int, int, str]]) -> list[Event]:
    return [Event(a * TICK_S, b * TICK_S, v) for a, b, v in units]


def test_the_published_example() -> None:
    sums = Continuum([ticks(ALEX), ticks(PAUL), ticks(SUZAN)], 60 * TICK_S, LABELS).sums([(0, 60 * TICK_S)])
    assert unitizing_alpha(sums) == pytest.approx(0.510, abs=5e-4)
    assert binary_alpha(sums) == pytest.approx(0.413, abs=1e-3)  # printed .413, exactly .4136
    assert coding_alpha(sums) == pytest.approx(0.724, abs=5e-4)
    found = [value_alpha(sums, LABELS.index(k) + 1) for k in "156234"]
    assert found == pytest.approx([1, 1, 1, 0, 0, 0], abs=1e-9)
    assert value_coverage(sums, 5) == pytest.approx(8 / 18)
    assert value_coverage(sums, 7) == 0
    with pytest.raises(NotEnoughData, match="not estimable"):
        value_alpha(sums, 7)


def test_parts_add_up_to_the_whole() -> None:
    whole = Continuum([ticks(ALEX), ticks(PAUL), ticks(SUZAN)], 60 * TICK_S, LABELS)
    cut = whole.sums([(0, 0.0205), (0.0205, 0.033), (0.033, 60 * TICK_S)])
    assert unitizing_alpha(cut) == pytest.approx(unitizing_alpha(whole.sums([(0, 60 * TICK_S)])))
    assert coding_alpha(cut) == pytest.approx(coding_alpha(whole.sums([(0, 60 * TICK_S)])))


def test_many_short_units_give_plain_alpha() -> None:
    """Where every unit is one tick long the family is Krippendorff's alpha of these ticks."""
    oracle = pytest.importorskip("krippendorff")
    values = np.random.default_rng(0).integers(0, 4, (3, 400))
    raters = [[Event(i * TICK_S, (i + 1) * TICK_S, str(v)) for i, v in enumerate(row) if v] for row in values]
    sums = Continuum(raters, 400 * TICK_S, ["1", "2", "3"]).sums([(0, 400 * TICK_S)])
    nominal = oracle.alpha(reliability_data=values, level_of_measurement="nominal")
    assert unitizing_alpha(sums) == pytest.approx(nominal, abs=1e-9)
    marked = oracle.alpha(reliability_data=(values > 0).astype(int), level_of_measurement="nominal")
    assert binary_alpha(sums) == pytest.approx(marked, abs=1e-9)


units = st.lists(st.tuples(st.integers(0, 59), st.integers(1, 9), st.sampled_from("ab")), max_size=5)


def laid_out(drawn: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    found: list[tuple[int, int, str]] = []
    for start, length, label in sorted(drawn):
        at = max(start, found[-1][1] if found else 0)
        if at + length <= 60:
            found.append((at, at + length, label))
    return found


@settings(deadline=None, max_examples=60)
@given(st.lists(units.map(laid_out), min_size=2, max_size=4), st.integers(0, 1000))
def test_order_of_raters_and_names_of_labels_do_not_matter(raters, seed: int) -> None:
    def alphas(these, labels):
        sums = Continuum([ticks(r) for r in these], 60 * TICK_S, labels).sums([(0, 60 * TICK_S)])
        found = []
        for f in (unitizing_alpha, binary_alpha, coding_alpha):
            try:
                found.append(f(sums))
            except NotEnoughData:
                found.append(None)
        return found

    order = np.random.default_rng(seed).permutation(len(raters))
    first = alphas(raters, ["a", "b"])
    assert first == pytest.approx(alphas([raters[i] for i in order], ["b", "a"]))
    assert all(v is None or v <= 1 + 1e-9 for v in first)
    same = alphas([raters[0]] * len(raters), ["a", "b"])
    assert all(v is None or v == pytest.approx(1) for v in same)


def test_overlapping_units_of_one_rater() -> None:
    other = [Event(0, 10, "a")]
    with pytest.raises(NotEnoughData, match="overlap"):
        Continuum([[Event(0, 10, "a"), Event(5, 12, "b")], other], 60, ["a", "b"])
    joined = Continuum([[Event(0, 10, "a"), Event(5, 12, "a")], other], 60, ["a"]).sums([(0, 60)])
    plain = Continuum([[Event(0, 12, "a")], other], 60, ["a"]).sums([(0, 60)])
    assert unitizing_alpha(joined) == unitizing_alpha(plain)
    for nothing in ([[], []], [[Event(0, 60, "a")], [Event(0, 60, "a")]]):
        with pytest.raises(NotEnoughData, match="not estimable"):
            binary_alpha(Continuum(nothing, 60, ["a"]).sums([(0, 60)]))
