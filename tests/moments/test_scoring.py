"""Surrogates, evidence, borders and matching, each against a truth of its own."""

import numpy as np
import pandas as pd
import pytest
import ruptures
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from small_session import FORCEFUL, PEOPLE, QUIETER, session, slow

from cuetrack import tables
from cuetrack.errors import NotEnoughData
from cuetrack.moments import find_moments
from cuetrack.moments.chance import Chance, chance
from cuetrack.moments.evaluate import Sitting, auroc, average_precision, best_matching, evaluate, evaluate_all, kappa
from cuetrack.moments.measure import measure, moving_sum
from cuetrack.moments.patterns import load_patterns
from cuetrack.moments.peaks import borders
from cuetrack.moments.plan import plan
from cuetrack.moments.rates import rate
from cuetrack.moments.score import (
    CAP,
    Scores,
    certainty,
    channel_evidence,
    evidence,
    final,
    in_own_spreads,
    scores,
)
from cuetrack.moments.surrogate import shifted, surrogates


def related(rows=4, count=600, seed=0):
    rng = np.random.default_rng(seed)
    shared = slow(rng, count, 10)
    return np.stack([shared + slow(rng, count, 10) for _ in range(rows)]).astype(np.float32)


def test_surrogates_keep_values_relations_and_slowness_but_not_timing():
    z = related()
    seen = np.ones(z.shape, dtype=bool)
    seen[2, 100:200] = False
    made = np.concatenate(list(surrogates(np.where(seen, z, 0), seen, count=60, seed=1)))
    assert made.shape == (60, *z.shape)
    assert (made[:, 2, 100:200] == 0).all()
    np.testing.assert_array_equal(np.sort(made[7, 0]), np.sort(z[0]))
    together = [np.corrcoef(m[0], m[1])[0, 1] for m in made]
    assert np.mean(together) == pytest.approx(np.corrcoef(z[0], z[1])[0, 1], abs=0.08)
    lagged = [np.corrcoef(m[0, :-5], m[0, 5:])[0, 1] for m in made]
    assert np.mean(lagged) == pytest.approx(np.corrcoef(z[0, :-5], z[0, 5:])[0, 1], abs=0.08)
    assert abs(np.mean([np.corrcoef(m[0], z[0])[0, 1] for m in made])) < 0.15


def test_surrogates_are_settled_by_their_seed():
    z = related()
    seen = np.ones(z.shape, dtype=bool)
    first, again, other = (next(surrogates(z, seen, count=3, seed=s)) for s in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_moved_channels_keep_their_shape_and_their_rows_together_but_not_their_place():
    units, sure = related(rows=5), related(rows=5, seed=1)
    groups = [0, 1, 0, 2, 1]
    made = list(shifted(units, sure, groups, 40, seed=3))
    starts = []
    for moved, certain in made:
        by = [
            next(k for k in range(600) if np.array_equal(np.roll(row, k), m))
            for row, m in zip(units, moved, strict=True)
        ]
        assert by[0] == by[2]
        assert by[1] == by[4]
        np.testing.assert_array_equal(certain, [np.roll(row, k) for row, k in zip(sure, by, strict=True)])
        starts.append((by[0], by[1], by[3]))
    assert len(set(starts)) == 40
    across = np.mean([np.corrcoef(moved[0], moved[1])[0, 1] for moved, _ in made])
    assert abs(across) < 0.15 < np.corrcoef(units[0], units[1])[0, 1]


def test_the_stated_chance_is_the_larger_of_the_two_answers():
    made = Chance(np.array([1, 2, 3], np.float32), np.array([2.5, 2.6, 2.7], np.float32), 2.0)
    assert made.per_hour(2.4) == 1.5
    assert made.per_hour(2.9) == 0.5
    assert made.per_hour(3.5) == 0.0


@pytest.mark.slow
def test_the_chance_rate_stated_of_nothing_is_what_nothing_gives():
    stated = (1.0, 2.0, 4.0)
    counts, hours = dict.fromkeys(stated, 0), 0.0
    for seed in range(8):
        cues, spans = session(seed=100 + seed, duration_s=2400)
        found = find_moments(cues, spans, PEOPLE, duration_s=2400, surrogates=20, per_hour=30).moments
        hours += 2400 * 0.92 / 3600
        for rate_per_h in stated:
            counts[rate_per_h] += int((found.loc[~found["control"], "chance_per_h"] <= rate_per_h).sum())
    assert all(0.4 <= counts[r] / hours / r <= 2.5 for r in stated), {r: counts[r] / hours for r in stated}


@pytest.fixture(scope="module")
def scored():
    cues, spans = session([(300.0, 360.0, "client", QUIETER), (600.0, 650.0, "client", FORCEFUL)], duration_s=900)
    measured = measure(cues, spans, PEOPLE, duration_s=900)
    joined = plan(load_patterns(), measured)
    rows = list(joined.rows)
    units = evidence(joined, measured.z[rows][None], measured.confidence[rows])
    certain = certainty(joined, measured.confidence[rows])
    return measured, in_own_spreads(joined, units, certain), units, certain


def test_no_cue_can_say_more_than_the_cap(scored):
    _, _, units, certain = scored
    assert np.abs(units).max() <= CAP + 1e-4
    assert certain.min() >= 0
    assert certain.max() <= 1 + 1e-4


def test_a_score_is_the_plain_formula(scored):
    _, joined, units, certain = scored
    found = scores(joined, units, certain)
    k = next(i for i, e in enumerate(joined.entries) if joined.patterns[e.pattern].id == "quieter_slower")
    at, total, norm = 330, 0.0, 0.0
    for _, weight, uses in joined.entries[k].channels:
        e, sure = channel_evidence(units, certain, uses)
        seen = e[0][sure >= 0.15] / sure[sure >= 0.15]
        away = seen - np.median(seen)
        spread = np.clip(max(1.4826 * np.median(np.abs(away)), 0.7 * np.sqrt(np.mean(away**2))), 0.15, 0.6)
        values = sorted((float(units[0, u.unit, at]) * u.weight for u in uses), reverse=True)
        c = [float(certain[u.unit, at]) for u in uses]
        measured = sum(x > 0.15 for x in c)
        best = sum(max(v, 0) for v in values[:2]) / (2 if measured >= 2 else 1)
        total += weight * (best + 0.5 * min(0.0, values[-1])) / spread
        norm += (weight * max(c)) ** 2
    assert found.raw[0, k, at] == pytest.approx(total / np.sqrt(norm), rel=1e-4)


def test_a_pattern_gives_way_where_another_is_shown_as_strongly_by_either_person(scored):
    _, joined, _, _ = scored
    where = {(joined.patterns[e.pattern].id, PEOPLE[e.person]): k for k, e in enumerate(joined.entries)}
    raw = np.zeros((1, len(joined.entries), 5), np.float32)
    raw[0, where["shift_after_interruption", "client"]] = 2.0
    raw[0, where["more_forceful_faster", "therapist"]] = [1.5, 1.7, 0, 0, 0]
    raw[0, where["more_forceful_faster", "client"]] = [0, 0, 1.5, 1.7, 0]
    told = final(joined, Scores(raw, np.ones(raw.shape, bool)))[0]
    assert (told[where["shift_after_interruption", "client"]] > 0).tolist() == [True, False, True, False, True]
    assert told[where["more_forceful_faster", "therapist"], 1] == pytest.approx(1.7)


def test_what_nobody_measured_neither_speaks_nor_dilutes():
    cues, spans = session([(300.0, 360.0, "client", QUIETER)], duration_s=900)
    silent = {**cues, "voice": cues["voice"].assign(confidence=0.0)}
    with_nan = measure(silent, spans, PEOPLE, duration_s=900)
    without = measure({n: t for n, t in cues.items() if n != "voice"}, spans, PEOPLE, duration_s=900)
    results = []
    for m in (with_nan, without):
        joined = plan(load_patterns(), m)
        rows = list(joined.rows)
        units = evidence(joined, m.z[rows][None], m.confidence[rows])
        results.append(scores(joined, units, certainty(joined, m.confidence[rows])).raw)
    np.testing.assert_allclose(*results, atol=1e-5)


def test_one_wild_second_is_no_shift():
    cues, spans = session(duration_s=900)
    wild = cues["voice"].copy()
    wild.loc[(wild["time_s"] == 400) & (wild["person"] == "client"), "level_db"] = 40.0
    calm, shaken = (measure({"voice": v}, spans, PEOPLE, duration_s=900) for v in (cues["voice"], wild))
    row = calm.row("level_db", "client")
    assert np.abs(shaken.z[row] - calm.z[row]).max() < 1.0


def test_chance_without_surrogates_has_no_rate(scored):
    none = chance(*(scored[i] for i in (1, 0, 2, 3)), count=0, seed=0)
    assert np.isnan(none.per_hour(1.0))
    assert not len(none.turned)
    assert not len(none.moved)


@pytest.mark.parametrize(("start", "end"), [(200, 240), (300, 420)])
def test_borders_are_where_the_level_changes(start, end):
    series = np.random.default_rng(0).normal(0.4, 0.15, 600).astype(np.float32)
    series[start:end] += 1.2
    found = borders(series, (start + end) // 2)
    assert found == pytest.approx((start, end), abs=3)


def test_where_the_regime_is_too_long_a_smaller_change_is_its_border():
    series = np.random.default_rng(0).normal(0.0, 0.1, 900).astype(np.float32)
    series[200:700] += 0.6
    series[420:480] += 0.5
    start, end = borders(series, 450)
    assert end - start < 100
    assert (start, end) == pytest.approx((420, 480), abs=10)


def test_rates_count_what_happened():
    spans = tables.spans([
        {"start_s": 10.0, "end_s": 12.0, "person": "a", "toward": "a", "label": "pause"},
        {"start_s": 14.0, "end_s": 16.0, "person": "a", "toward": "b", "label": "pause"},
        {"start_s": 18.0, "end_s": 18.5, "person": "a", "toward": "a", "label": "pause"},
    ])  # fmt: skip
    got = rate("repeat_pause_per_min", spans, "a", np.arange(60.0), 1.0)
    assert got[10] == pytest.approx(2.0)  # one long pause of its own in 30 s
    assert got[40:].max() == 0


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=30), st.integers(1, 40))
def test_moving_sums_match_plain_sums(values, window):
    x = np.array(values, dtype=np.float32)
    half = window // 2
    expected = [x[max(0, i - half) : i + half + 1].sum() for i in range(len(x))]
    np.testing.assert_allclose(moving_sum(x, window), expected, atol=1e-3)


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 8), st.integers(0, 8))
def test_matching_is_as_large_as_can_be_and_prefers_better_ranks(seed, rows, columns):
    near = np.random.default_rng(seed).random((rows, columns)) < 0.3
    partner = best_matching(near)
    used = partner[partner >= 0]
    assert len(set(used.tolist())) == len(used)
    assert all(near[i, j] for i, j in enumerate(partner) if j >= 0)
    for k in range(1, rows + 1):
        largest = near[:k][linear_sum_assignment(-near[:k].astype(int))].sum() if columns else 0
        assert (partner[:k] >= 0).sum() == largest


def moments(*rows):
    columns = ["start_s", "end_s", "peak_s", "score"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(rank=np.arange(1, len(rows) + 1), control=False)


def labels(*spans):
    return tables.spans({"start_s": a, "end_s": b, "person": "client", "label": "quieter"} for a, b in spans)


def value(table, measure):
    return table.set_index("measure").loc[measure, "value"]


def test_measures_of_a_small_case_worked_by_hand():
    shown = moments((100, 150, 120, 3.0), (500, 520, 510, 2.0), (900, 950, 914, 1.0))
    got = evaluate(shown, labels((110, 160), (920, 960), (2000, 2100)), 3600)
    assert value(got, "recall_at_8") == pytest.approx(2 / 3)
    assert value(got, "precision_at_8") == pytest.approx(2 / 3)
    assert value(got, "average_precision") == pytest.approx((1 + 2 / 3) / 3)
    assert value(got, "false_per_h") == 1
    assert value(got, "onset_error_s") == 15
    assert value(got, "bin_auroc") == auroc(
        np.array([1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0], bool), np.array([3, 2, 0, 1.0] + [0] * 8)
    )


def test_control_clips_and_spared_candidates_do_not_count():
    shown = moments((100, 150, 120, 3.0), (500, 520, 510, 2.0), (900, 950, 914, 1.0))
    shown.loc[2, "control"] = True
    spared = Sitting(shown, labels((110, 160)), 3600, ignored=labels((505, 506)))
    got = evaluate_all([spared])
    assert value(got, "false_per_h") == 0
    assert value(got, "precision_at_8") == 1


def test_intervals_come_from_dyads():
    good = Sitting(moments((100, 150, 120, 3.0)), labels((110, 160)), 3600, "a")
    bad = Sitting(moments((500, 550, 520, 3.0)), labels((110, 160)), 3600, "b")
    got = evaluate_all([good, bad], resamples=200).set_index("measure").loc["recall_at_8"]
    assert (got["value"], got["low"], got["high"], got["n"]) == (0.5, 0.0, 1.0, 2)
    alone = evaluate_all([good], resamples=200).set_index("measure").loc["recall_at_8"]
    assert np.isnan(alone["low"])


def test_nothing_to_evaluate_is_refused():
    with pytest.raises(NotEnoughData, match="at least one session"):
        evaluate_all([])


def test_agreement_measures_match_their_definitions():
    assert auroc(np.array([True, False, True]), np.array([2.0, 1.0, 1.0])) == 0.75
    assert np.isnan(auroc(np.array([True]), np.array([1.0])))
    assert kappa(np.array([1, 1, 0, 0], bool), np.array([1, 0, 0, 0], bool)) == pytest.approx(0.5)
    assert average_precision(np.array([True, False, True]), 2) == pytest.approx((1 + 2 / 3) / 2)
    assert np.isnan(average_precision(np.array([], bool), 0))


def test_borders_are_the_same_where_ruptures_has_no_compiled_search(monkeypatch):
    rng = np.random.default_rng(8)
    levels = [rng.normal(0, 0.1, 200) for _ in range(4)]
    for k, series in enumerate(levels):
        series[60 + 8 * k : 95 + 14 * k] += 0.3 + 0.3 * k
    compiled = [borders(series, 80 + 8 * k) for k, series in enumerate(levels)]
    monkeypatch.delattr(ruptures, "KernelCPD")
    assert [borders(series, 80 + 8 * k) for k, series in enumerate(levels)] == compiled
