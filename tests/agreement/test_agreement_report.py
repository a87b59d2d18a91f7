"""The whole comparison: its order, its honesty about what cannot be estimated, its intervals, and its gate."""

import json
from pathlib import Path

import numpy as np
import pytest
from reviewed import write_reviewed

from cuetrack.agreement.coding import CodedSession, Coding
from cuetrack.agreement.coefficients import krippendorff_alpha
from cuetrack.agreement.events import Event
from cuetrack.agreement.report import report
from cuetrack.agreement.resample import BLOCK_S, draws, estimate, times_drawn, whole, within
from cuetrack.coded import coded_session
from cuetrack.errors import NotEnoughData
from cuetrack.session import open_session


def coding(name: str, *events: tuple[float, float, str], verdicts=()) -> Coding:
    return Coding(name, dict(verdicts), {m: "" for m, _ in verdicts}, tuple(Event(*e) for e in events))


def row(found, measure: str):
    return next(r.estimate for s in found.sections for r in s.rows if r.measure.startswith(measure))


def test_sections_come_in_their_order_with_intervals_and_words(tmp_path: Path) -> None:
    session = open_session(write_reviewed(tmp_path / "a.cue"))
    found = report([coded_session(session)], count=200)
    titles = [s.title for s in found.sections]
    assert titles == ["Candidates judged", "Moments found", "Borders", "Labels", "Time", "Counts"]
    assert "blocks of 5 minutes" in found.how
    for section in found.sections:
        assert section.rows
        for r in section.rows:
            e = r.estimate
            assert e.reason.startswith("not estimable") if np.isnan(e.value) else e.n > 0
            if np.isfinite(e.low) and "quartile" not in r.measure and "median" not in r.measure:
                assert e.low - 0.2 <= e.value <= e.high + 0.2
    alpha = row(found, "Krippendorff's alpha, nominal")
    assert alpha.low < alpha.value < alpha.high
    verdicts = [
        [{"no": 0, "yes": 2}[r.decisions[f"m{i}"].verdict] for r in session.reviews()] for i in range(18)
    ]  # fmt: skip
    assert alpha.value == pytest.approx(krippendorff_alpha(verdicts))
    assert alpha.n == 18
    json.dumps(found.plain(), allow_nan=False)


def test_what_cannot_be_estimated_says_why() -> None:
    nothing = CodedSession("s", 240.0, (coding("R1"), coding("R2")), {})
    found = report([nothing], count=50)
    for section in found.sections:
        for r in section.rows:
            assert r.estimate.reason.startswith("not estimable"), r
            assert "nan" not in str(r.estimate)
    assert "shorter than two blocks" in found.how
    with pytest.raises(NotEnoughData, match="two reviewers"):
        report([CodedSession("s", 240.0, (coding("R1"),), {})])


def test_own_overlaps_are_told_and_leave_alpha_label_by_label() -> None:
    one = coding("R1", (0, 10, "a"), (5, 15, "b"), (400, 410, "a"))
    session = CodedSession("s", 900.0, (one, coding("R2", (0, 10, "a"), (400, 405, "b"))), {})
    time = report([session], count=20).sections[4]
    assert any("overlap" in remark for remark in time.remarks)
    assert [r.measure for r in time.rows] == ["alpha over time, any moment", "alpha over time, a", "alpha over time, b"]


def test_matching_is_reported_both_ways_with_what_nobody_matched() -> None:
    first = coding("R1", (0, 10, "a"), (100, 110, "b"), (200, 210, "a"))
    second = coding("R2", (1, 11, "a"), (109, 119, "b"))
    found = report([CodedSession("s", 900.0, (first, second), {})], count=20)
    assert row(found, "share of the second's moments that the first has (precision), overlap of at").value == 0.5
    assert row(found, "share of the first's moments that the second has (recall), overlap of at").value == 1 / 3
    assert row(found, "F1, any overlap").value == pytest.approx(0.8)
    (table,) = found.sections[1].tables.values()
    assert [(r["reviewer"], r["start_s"]) for r in table] == [("R1", 200)]
    assert row(found, "start difference (s), median").value == 5
    (confusion,) = found.sections[3].tables.values()
    assert {r[""]: r["a"] for r in confusion} == {"a": 1, "b": 0, "(not marked)": 0}


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    """Coin-tossing reviewers have alpha 0; of 60 intervals at 95 % few may miss it."""
    random = np.random.default_rng(1)
    missed = 0
    for _ in range(60):
        session = np.zeros(40, int)
        time_s = np.arange(40) * 135.0
        ratings = random.integers(0, 2, (40, 2)).astype(float)
        drawn = draws([5400.0], 200, int(random.integers(1e6)))

        def statistic(pieces, ratings=ratings, session=session, time_s=time_s):
            return krippendorff_alpha(np.repeat(ratings, times_drawn(pieces, session, time_s), axis=0))

        found = estimate(statistic, [5400.0], drawn, 40, "items")
        missed += not found.low <= 0 <= found.high
    assert missed <= 10


@pytest.mark.parametrize("sessions", [1, 3, 12])
def test_draws_are_as_long_as_the_sessions(sessions: int) -> None:
    durations = [1500.0 + 100 * i for i in range(sessions)]
    for pieces in draws(durations, 5):
        total = sum(p.end_s - p.start_s for p in pieces)
        assert total == pytest.approx(sum(durations)) or sessions >= 10
        assert all(0 <= p.start_s < p.end_s <= durations[p.session] for p in pieces)
        assert all(p.end_s - p.start_s <= BLOCK_S + 1e-9 for p in pieces) or sessions >= 10
    at = np.array([0.0, 700.0, within(durations[0] + 5, durations[0])])
    assert times_drawn(whole(durations), np.zeros(3, int), at).tolist() == [1, 1, 1]
    assert draws([500.0], 5) == []


def test_agreement_opens_when_all_have_submitted(tmp_path: Path, run_cli) -> None:
    write_reviewed(tmp_path / "a.cue", duration_s=3600)
    write_reviewed(tmp_path / "open.cue", submitted=False, duration_s=3600)
    write_reviewed(tmp_path / "one.cue", reviewers=("R1",), duration_s=3600)
    code, _, said = run_cli("agree", tmp_path / "open.cue")
    assert code == 1
    assert "everyone has submitted; still open: R1, R2" in said
    assert "only R1 reviewed it" in run_cli("agree", tmp_path / "one.cue")[2]
    code, said, _ = run_cli("agree", tmp_path, "--draws", "20")
    assert code == 0
    assert "left out: one:" in said
    assert "left out: open:" in said
    assert "Krippendorff's alpha, nominal" in said
    code, said, _ = run_cli("agree", tmp_path / "a.cue", "--json", "--draws", "20")
    told = json.loads(said)
    assert [s["title"] for s in told["sections"]][-1] == "Counts"
    assert told["reviewers"] == ["R1", "R2"]
    assert run_cli("agree", tmp_path / "a.cue", "--reviewers", "R1,R9")[0] == 1


def test_three_reviewers_and_several_sessions(tmp_path: Path) -> None:
    three = {"reviewers": ("R1", "R2", "R3"), "duration_s": 3000, "candidates": 9}
    folders = [write_reviewed(tmp_path / f"{i}.cue", seed=i, **three) for i in range(12)]
    found = report([coded_session(open_session(f)) for f in folders], count=50)
    assert "resamples of sessions" in found.how
    assert row(found, "ICC(2,k), k = 3 of counts per session").n == 12
    assert row(found, "F1, any overlap").low > 0
    worse = [write_reviewed(tmp_path / f"w{i}.cue", seed=i, duration_s=3000, candidates=9, hit=0.5) for i in range(12)]
    other = report([coded_session(open_session(f)) for f in worse], count=50)
    assert row(other, "Krippendorff's alpha").value < row(found, "Krippendorff's alpha").value
