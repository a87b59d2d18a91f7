import numpy as np
import pandas as pd
import pytest

from cuetrack.cues.response import response
from cuetrack.tables import samples, spans


def turns(rows):
    return spans(
        {"start_s": a, "end_s": b, "person": p, "toward": "T" if p == "P" else "P", "label": "turn", "score": 0.9}
        for p, a, b in rows
    )


def test_offset_latency_and_reply_are_those_of_the_turns():
    table = response(turns([("T", 0, 4), ("P", 4.6, 7), ("T", 6.5, 9), ("P", 9.2, 12)]))
    mine, theirs = table[table["person"] == "P"], table[table["person"] == "T"]
    assert mine["transfer_offset_s"].to_numpy() == pytest.approx([0.6, 0.2], abs=1e-5)
    assert theirs["transfer_offset_s"].to_numpy() == pytest.approx([-0.5], abs=1e-5)
    assert theirs["latency_s"].to_numpy() == pytest.approx([0.0])
    assert mine["reply_s"].to_numpy() == pytest.approx([2.4, 2.8], abs=1e-5)
    assert mine["time_s"].tolist() == [4.6, 9.2]


def test_a_very_short_answer_to_a_long_turn_is_minimal_only_if_the_partner_goes_on():
    table = response(turns([("T", 0, 4), ("P", 4.8, 5.3), ("T", 6, 9), ("P", 9.5, 10.2)]))
    assert table.loc[table["person"] == "P", "minimal"].tolist() == [1, 0]
    after_a_word = response(turns([("T", 0, 1), ("P", 1.8, 2.3), ("T", 3, 6)]))
    assert after_a_word.loc[after_a_word["person"] == "P", "minimal"].tolist() == [0]


def test_the_delay_of_a_call_can_be_taken_off():
    given = turns([("T", 0, 4), ("P", 4.6, 7)])
    assert response(given, medium_delay_s=0.35)["latency_s"].iloc[0] == pytest.approx(0.25, abs=1e-5)


def test_a_start_after_half_a_minute_is_no_answer():
    assert not len(response(turns([("T", 0, 4), ("P", 40, 42)])))


def session(changed, *, level_up=0.0, longer=1.0):
    """Twenty answers of P; those in `changed` are louder and longer."""
    rows, levels, at = [], [], 0.0
    rng = np.random.default_rng(1)
    for k in range(20):
        length = 2.0 * (longer if k in changed else 1.0) * rng.uniform(0.9, 1.1)
        rows += [("T", at, at + 3), ("P", at + 3.5, at + 3.5 + length)]
        time = np.arange(at + 3.5, at + 3.5 + length, 0.1)
        levels += [(t, rng.normal(0, 1) + (level_up if k in changed else 0)) for t in time]
        at += 12
    time, level = np.array(levels).T
    return turns(rows), samples(time, "P", {"pitch_st": np.zeros_like(level), "level_db": level}, 1.0)


def test_intensity_is_against_the_own_usual():
    given, voice = session({7, 13}, level_up=6, longer=2.5)
    table = response(given, voice)
    mine = table[table["person"] == "P"].reset_index(drop=True)
    changed = mine.loc[[7, 13], "intensity_sd"]
    usual = mine.drop([7, 13])["intensity_sd"]
    assert changed.min() > 2
    assert abs(usual.median()) < 0.5


def test_movement_counts_where_it_is_measured():
    given, voice = session(set())
    start = given.loc[given["person"] == "P", "start_s"].iloc[10]
    time = np.arange(0, 240, 0.2)
    moving = np.where((time > start) & (time < start + 4), 1.0, 0.1)
    gesture = samples(time, "P", {"motion_sw_per_s": moving}, 1.0)
    with_it = response(given, voice, gesture)
    without = response(given, voice)
    row = with_it[with_it["time_s"] == start].iloc[0]
    assert row["intensity_sd"] > without[without["time_s"] == start].iloc[0]["intensity_sd"] + 1


def test_too_few_answers_say_nothing_of_what_is_usual():
    given = turns([("T", 0, 4), ("P", 4.6, 7), ("T", 7.5, 9)])
    assert response(given)["intensity_sd"].isna().all()


def test_no_turns_give_an_empty_table():
    table = response(spans())
    assert len(table) == 0
    assert isinstance(table, pd.DataFrame)


def test_a_livelier_face_in_the_answer_raises_its_intensity():
    given, voice = session(set())
    answers = given.loc[given["person"] == "P", "start_s"].to_numpy()
    time = np.arange(0, 245, 0.1)
    lively = np.abs(np.random.default_rng(2).normal(0.3, 0.05, len(time)))
    lively[(time >= answers[9]) & (time < answers[9] + 3)] += 1.5
    face = samples(time, "P", {"expressivity_per_s": lively}, 1.0)
    plain, seen = (
        table.loc[table["person"] == "P", "intensity_sd"].to_numpy()
        for table in (response(given, voice), response(given, voice, face_cue=face))
    )
    assert seen[9] - plain[9] > 1
    assert np.nanmedian(np.abs(np.delete(seen - plain, 9))) < 0.5
