"""What must hold of every search, whatever is found."""

import numpy as np
import pandas as pd
import pytest
from small_session import FORCEFUL, PEOPLE, QUIETER, USUAL, session

from cuetrack.errors import CuetrackError
from cuetrack.moments import find_moments, usual
from cuetrack.moments.telling import MOMENT_COLUMNS
from cuetrack.tables import check_spans

SHIFTS = [(400.0, 460.0, "client", QUIETER), (900.0, 950.0, "therapist", FORCEFUL)]
FEW = {"surrogates": 10}


@pytest.fixture(scope="module")
def found():
    cues, spans = session(SHIFTS)
    return find_moments(cues, spans, PEOPLE, duration_s=1500, surrogates=30)


def later(tables_by_name, by_s):
    return {
        name: t.assign(**{c: t[c] + by_s for c in ("time_s", "start_s", "end_s") if c in t})
        for name, t in tables_by_name.items()
    }


def test_both_shifts_are_found_with_person_pattern_and_borders(found):
    top = found.moments.head(2).set_index("person")
    assert top.loc["client", "label"] == "quieter_slower"
    assert top.loc["therapist", "label"] == "more_forceful_faster"
    assert top.loc[["client", "therapist"], "start_s"].tolist() == pytest.approx([400, 900], abs=8)
    assert top.loc[["client", "therapist"], "end_s"].tolist() == pytest.approx([460, 950], abs=15)
    assert top["moved_first"].to_dict() == {"client": "client", "therapist": "therapist"}


def test_tables_have_the_shapes_that_others_rely_on(found):
    assert list(found.moments.columns) == list(MOMENT_COLUMNS)
    spans = found.moments[list(MOMENT_COLUMNS[:7])].sort_values("start_s", ignore_index=True)
    check_spans(spans)
    assert found.moments["rank"].tolist() == list(range(1, len(found.moments) + 1))
    assert found.moments["control"].dtype == bool
    assert set(found.arcs["phase"]) <= {"antecedent", "moment", "recovery"}
    assert set(found.recovery["kind"]) <= {"return", "surface", "none", "unknown"}
    length = found.moments["end_s"] - found.moments["start_s"]
    assert length.between(6, 180).all()


def test_contributions_add_up_to_the_score(found):
    sums = found.evidence.groupby("rank")["contribution"].sum()
    np.testing.assert_allclose(found.moments.set_index("rank")["score"], sums, rtol=1e-5)
    shown = found.moments[~found.moments["control"]]
    assert shown["score"].is_monotonic_decreasing


def test_control_clips_are_random_elsewhere_and_told_like_candidates(found):
    controls = found.controls
    assert len(controls) == 1  # two an hour
    for clip in controls.itertuples():
        others = found.moments[~found.moments["control"]]
        assert ((others["start_s"] > clip.end_s) | (others["end_s"] < clip.start_s)).all()
        assert clip.title
        assert (found.evidence["rank"] == clip.rank).any()


def test_evidence_is_told_in_natural_units_against_own_usual(found):
    first = found.evidence[(found.evidence["rank"] == 1) & (found.evidence["signal"] == "level_db")].iloc[0]
    assert first["unit"] == "dB"
    assert first["value"] == pytest.approx(-6, abs=2.5)  # 2 spreads of 3 dB
    assert first["usual"] == pytest.approx(0, abs=1)
    assert "dB" in first["text"]


def test_nothing_printed_names_a_state_of_mind(found):
    printed = " ".join(found.moments[["title", "before", "after", "why", "missing", "benign"]].to_numpy().ravel())
    printed += " ".join(found.evidence["text"]) + " ".join(found.arcs["text"])
    for word in ("withdraw", "confront", "rupture", "resist", "anger", "sad", "emotion", "alliance", "anxi"):
        assert word not in printed.lower()


def test_the_same_input_gives_the_same_output_and_is_left_alone(found):
    cues, spans = session(SHIFTS)
    kept = {name: t.copy() for name, t in cues.items()}
    again = find_moments(cues, spans, PEOPLE, duration_s=1500, surrogates=30)
    pd.testing.assert_frame_equal(again.moments, found.moments)
    for name, table in cues.items():
        pd.testing.assert_frame_equal(table, kept[name])


def test_swapping_people_swaps_only_people():
    cues, spans = session(SHIFTS)
    swap = {"client": "therapist", "therapist": "client"}
    other = {n: t.assign(person=t["person"].map(swap)).sort_values(["person", "time_s"]) for n, t in cues.items()}
    turns = {n: t.assign(person=t["person"].map(swap), toward=t["toward"].replace(swap)) for n, t in spans.items()}
    before = find_moments(cues, spans, PEOPLE, duration_s=1500, **FEW).moments
    after = find_moments(other, turns, PEOPLE[::-1], duration_s=1500, **FEW).moments
    columns = ["start_s", "end_s", "peak_s", "label"]
    pd.testing.assert_frame_equal(before[columns], after[columns])
    assert before["person"].map(swap).tolist() == after["person"].tolist()
    np.testing.assert_allclose(before["score"], after["score"], rtol=1e-3)


def test_the_same_session_100_s_later_gives_the_same_moments_100_s_later():
    cues, spans = session(SHIFTS)
    before = find_moments(cues, spans, PEOPLE, duration_s=1500, **FEW).moments.head(2)
    after = find_moments(later(cues, 100), later(spans, 100), PEOPLE, duration_s=1600, **FEW).moments.head(2)
    for column in ("start_s", "end_s", "peak_s"):
        np.testing.assert_allclose(after[column], before[column] + 100, atol=2)
    assert after["label"].tolist() == before["label"].tolist()


def test_a_shift_in_two_signals_of_one_channel_is_no_candidate():
    near = []
    for change in ({}, {("posture", "lean_cm"): 4.0, ("posture", "slump_cm"): 4.0}):
        cues, spans = session([(400.0, 460.0, "client", change)])
        got = find_moments(cues, spans, PEOPLE, duration_s=1500, **FEW).moments
        near.append(got[(~got["control"]) & got["peak_s"].between(385, 475)])
    calm, shifted = near
    assert shifted[shifted["person"] == "client"].empty
    columns = ["peak_s", "person", "label", "score"]  # what chance gives the other there, it gives without the shift
    pd.testing.assert_frame_equal(shifted[columns], calm[columns])


@pytest.mark.parametrize("without", [("face",), ("gaze", "face"), ("voice",), ("posture", "gesture", "breathing")])
def test_with_a_modality_missing_the_shift_is_still_first(without):
    cues, spans = session(SHIFTS[:1], without=without)
    got = find_moments(cues, spans, PEOPLE, duration_s=1500, **FEW)
    assert 385 <= got.moments["peak_s"].iloc[0] <= 475


def test_sound_alone_works_and_says_that_gates_were_lowered():
    cues, spans = session(SHIFTS, without=("gaze", "face", "posture", "gesture", "breathing"))
    got = find_moments(cues, spans, PEOPLE, duration_s=1500, **FEW)
    assert "needs 2 of them" in got.notes[0]
    assert {"gaze", "face"} <= set(got.moments["missing"].iloc[0].split(", "))


def test_nothing_measured_gives_no_moment_and_no_fault():
    got = find_moments({}, {}, PEOPLE, duration_s=600, **FEW)
    assert got.moments.empty or got.moments["control"].all()
    assert list(got.moments.columns) == list(MOMENT_COLUMNS)


def test_chance_without_surrogates_is_unknown_not_zero():
    cues, spans = session(SHIFTS)
    got = find_moments(cues, spans, PEOPLE, duration_s=1500, surrogates=0)
    assert got.moments["chance_per_h"].isna().all()


@pytest.mark.parametrize(("people", "duration"), [(("a",), 10), (("a", "a"), 10), (PEOPLE, 0)])
def test_bad_requests_are_refused(people, duration):
    with pytest.raises(CuetrackError, match="expected"):
        find_moments({}, {}, people, duration_s=duration)


def test_without_a_channel_a_moment_keeps_a_rank(found):
    shown = int((~found.moments["control"]).sum())
    assert found.robustness["rank_without"].between(1, shown).all()
    assert set(found.robustness["rank"]) == set(range(1, shown + 1))


def test_a_change_that_stays_is_a_session_shift_not_a_moment():
    cues, spans = session([(1100.0, 2400.0, "client", {("posture", "lean_cm"): 5.0})], duration_s=2400)
    got = find_moments(cues, spans, PEOPLE, duration_s=2400, **FEW)
    shift = got.session_shifts.set_index(["person", "signal"]).loc[("client", "lean_cm")]
    assert shift["start_s"] == pytest.approx(1100, abs=60)
    assert len(got.session_shifts) == 1


def test_an_earlier_session_serves_as_usual():
    first, spans = session(seed=1)
    earlier = usual(first, spans, duration_s=1500)
    lower = {("voice", "level_db"): -3.0}
    cues, turns = session([(0.0, 1500.0, "client", lower)], seed=2)
    got = find_moments(cues, turns, PEOPLE, duration_s=1500, baseline_from=earlier, **FEW)
    shift = got.session_shifts.set_index(["person", "signal"]).loc[("client", "level_db")]
    assert shift["z"] < -1.5
    assert "earlier sessions" in shift["text"]


def test_usual_needs_two_people():
    cues, spans = session()
    table = usual(cues, spans, duration_s=1500)
    level = table[(table["signal"] == "lean_cm") & (table["state"] == "all")].set_index("person")
    assert level.loc["client", "spread"] == pytest.approx(USUAL["posture"]["lean_cm"][1], rel=0.25)
    alone = {n: t[t["person"] == "client"] for n, t in cues.items()}
    with pytest.raises(CuetrackError, match="two people"):
        usual(alone, spans, duration_s=1500)


def test_a_shift_scores_about_as_much_among_others_as_alone():
    alone = [(400.0, 460.0, "client", QUIETER)]
    among = alone + [(t, t + 60.0, "client", QUIETER) for t in (700.0, 1000.0, 1300.0, 1600.0, 1900.0, 2200.0)]
    score = []
    for shifts in (alone, among):
        cues, spans = session(shifts, duration_s=2700)
        found = find_moments(cues, spans, PEOPLE, duration_s=2700, **FEW).moments
        here = found[~found["control"] & found["peak_s"].between(400, 460)]
        score.append(float(here["score"].iloc[0]))
    assert score[1] > 0.75 * score[0]
