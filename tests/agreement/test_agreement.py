import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuetrack.agreement.coefficients import (
    cohen_kappa,
    fleiss_kappa,
    gwet_ac1,
    intraclass,
    krippendorff_alpha,
    light_kappa,
    percent_agreement,
)
from cuetrack.agreement.events import Event, edge_differences, iou, match, paired_labels, pairs_kappa
from cuetrack.agreement.time import MarkedTime, alpha_of
from cuetrack.errors import NotEnoughData


def drawn(seed: int, items: int = 40, raters: int = 3, missing: float = 0.2) -> np.ndarray:
    random = np.random.default_rng(seed)
    truth = random.integers(0, 3, items)
    ratings = np.where(random.random((items, raters)) < 0.7, truth[:, None], random.integers(0, 3, (items, raters)))
    return np.where(random.random((items, raters)) < missing, np.nan, ratings.astype(float))


@pytest.mark.media
def test_equal_to_irr(media: Path) -> None:
    anxiety = pd.read_csv(media / "irr" / "anxiety.csv").to_numpy(float)
    names = pd.read_csv(media / "irr" / "diagnoses.csv")
    codes = pd.Categorical(names.stack()).codes.reshape(names.shape).astype(float)
    assert intraclass(anxiety) == pytest.approx(0.198, abs=5e-4)
    assert intraclass(anxiety, kind="consistency") == pytest.approx(0.216, abs=5e-4)
    assert intraclass(anxiety, model="oneway") == pytest.approx(0.175, abs=5e-4)
    assert intraclass(anxiety, unit="average") == pytest.approx(0.425, abs=5e-4)
    assert fleiss_kappa(codes) == pytest.approx(0.430, abs=5e-4)
    assert light_kappa(codes) == pytest.approx(0.459, abs=5e-4)
    assert cohen_kappa(codes[:, 1], codes[:, 2]) == pytest.approx(0.631, abs=5e-4)


@pytest.mark.parametrize("seed", range(5))
def test_alpha_is_krippendorffs(seed: int) -> None:
    oracle = pytest.importorskip("krippendorff")
    ratings = drawn(seed)
    expected = oracle.alpha(reliability_data=ratings.T, level_of_measurement="nominal")
    assert krippendorff_alpha(ratings) == pytest.approx(expected, abs=1e-10)


@pytest.mark.filterwarnings("ignore")  # the oracle's own
@pytest.mark.parametrize("seed", range(3))
def test_intraclass_is_pingouins(seed: int) -> None:
    oracle = pytest.importorskip("pingouin")
    values = np.random.default_rng(seed).normal(size=(12, 4)) + np.arange(12)[:, None] / 4
    long = pd.DataFrame(values).stack().reset_index().set_axis(["item", "rater", "value"], axis=1)
    table = oracle.intraclass_corr(long, targets="item", raters="rater", ratings="value")
    expected = dict(zip(table["Type"], table["ICC"], strict=True))
    found = [intraclass(values), intraclass(values, kind="consistency"), intraclass(values, unit="average")]
    assert any(np.isclose(found[0], v, atol=1e-6) for v in expected.values())
    assert any(np.isclose(found[1], v, atol=1e-6) for v in expected.values())
    assert any(np.isclose(found[2], v, atol=1e-6) for v in expected.values())


def test_cohens_kappa_is_scikit_learns() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    ratings = drawn(1, missing=0)
    for ours, theirs in (("unweighted", None), ("equal", "linear"), ("squared", "quadratic")):
        expected = metrics.cohen_kappa_score(ratings[:, 0], ratings[:, 1], weights=theirs)
        assert cohen_kappa(ratings[:, 0], ratings[:, 1], weights=ours) == pytest.approx(expected)


def test_ac1_stays_high_where_one_category_is_rare() -> None:
    ratings = np.zeros((100, 2))
    ratings[0, 0] = ratings[1, 1] = 1
    assert percent_agreement(ratings) == pytest.approx(0.98)
    assert krippendorff_alpha(ratings) < 0
    assert gwet_ac1(ratings) > 0.95


@pytest.mark.parametrize("function", [krippendorff_alpha, gwet_ac1, fleiss_kappa])
def test_one_category_alone_is_not_estimable(function) -> None:
    with pytest.raises(NotEnoughData, match="not estimable"):
        function(np.zeros((5, 2)))


events = st.lists(
    st.tuples(st.integers(0, 500), st.integers(1, 60), st.sampled_from("ab")).map(
        lambda t: Event(float(t[0]), float(t[0] + t[1]), t[2])
    ),
    max_size=5,
)


@settings(deadline=None)
@given(events, events)
def test_matching_is_the_best_there_is(first: list[Event], second: list[Event]) -> None:
    found = match(first, second, least_iou=0.0)
    total = sum(iou(first[i], second[j]) for i, j in found.pairs)
    short, long_ = (first, second) if len(first) <= len(second) else (second, first)
    best = max(
        (sum(iou(a, b) for a, b in zip(short, p, strict=True)) for p in itertools.permutations(long_, len(short))),
        default=0.0,
    )
    assert total == pytest.approx(best)
    assert len(found.pairs) + len(found.only_first) == len(first)
    assert len(found.pairs) + len(found.only_second) == len(second)


def time_alpha(raters: list[list[Event]], duration_s: float) -> float:
    return alpha_of(MarkedTime(raters, duration_s).sums([(0.0, duration_s)]))


def test_a_rater_agrees_with_herself_and_edges_are_signed() -> None:
    mine = [Event(10, 20, "a"), Event(50, 60, "b")]
    later = [Event(11, 22, "a"), Event(50, 60, "b")]
    same = match(mine, mine)
    assert same.f1 == 1
    assert pairs_kappa(paired_labels(mine, mine, same)) == 1
    assert edge_differences(mine, later, match(mine, later))[0].tolist() == [1, 2]
    assert time_alpha([mine, mine], 100) == 1


def test_moments_that_only_one_marked_can_count_against_label_agreement() -> None:
    mine, theirs = [Event(0, 10, "a"), Event(20, 30, "b")], [Event(0, 10, "a"), Event(50, 60, "b")]
    found = match(mine, theirs)
    with pytest.raises(NotEnoughData, match="one and the same"):
        pairs_kappa(paired_labels(mine, theirs, found))
    labels = paired_labels(mine, theirs, found, count_unmatched=True)
    assert sorted(labels) == [("(not marked)", "b"), ("a", "a"), ("b", "(not marked)")]
    assert pairs_kappa(labels) == pytest.approx(0.0)
    with pytest.raises(NotEnoughData, match="no moment was marked by both"):
        pairs_kappa(paired_labels(mine, [], match(mine, [])))


@pytest.mark.parametrize("k", [2, 3])
def test_alpha_over_time_is_the_limit_of_fine_bins(k: int) -> None:
    krippendorff = pytest.importorskip("krippendorff")
    raters = [[Event(10, 30), Event(20, 40), Event(70, 75)], [Event(12, 33)], [Event(11, 28), Event(90, 95)]][:k]
    bins = np.arange(0, 100, 0.01) + 0.005
    binned = [[any(e.start_s <= t < e.end_s for e in r) for t in bins] for r in raters]
    expected = krippendorff.alpha(reliability_data=np.array(binned, float), level_of_measurement="nominal")
    assert time_alpha(raters, 100) == pytest.approx(expected, abs=1e-3)
    whole, parts = MarkedTime(raters, 100), [(0.0, 12.5), (12.5, 71.0), (71.0, 100.0)]
    assert whole.sums(parts) == pytest.approx(whole.sums([(0.0, 100.0)]))
