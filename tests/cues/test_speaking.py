import numpy as np
import pytest

from cuetrack.cues.registry import run
from cuetrack.cues.speaking import speaking
from cuetrack.people.tracks import SpeechTrack
from cuetrack.tables import spans


def track(person, stretches, heard=((0.0, 120.0),)):
    rows = [{"start_s": a, "end_s": b, "person": person, "label": "speech", "score": 1.0} for a, b in stretches]
    return SpeechTrack(person, spans(rows), "truth", 0.9, heard)


def test_shares_of_a_minute_are_those_of_the_script():
    mine = track("P", [(k, k + 2) for k in range(0, 120, 10)])
    theirs = track("T", [(k + 3, k + 9) for k in range(0, 120, 10)])
    table = speaking(mine, None, theirs)
    middle = table[table["time_s"].between(40, 80)]
    assert middle["talk_share"].mean() == pytest.approx(0.25, abs=0.02)
    assert middle["pause_share"].mean() == pytest.approx(0.2, abs=0.03)
    assert table["speaking"].mean() == pytest.approx(0.2, abs=0.01)
    assert len(table) == 1200
    assert (table["confidence"] == np.float32(0.9)).all()


def test_nothing_is_known_where_nothing_was_heard():
    table = speaking(track("P", [(1, 5)], heard=((0.0, 10.0), (20.0, 30.0))), None, track("T", [(22, 28)]))
    deaf = table[table["time_s"].between(10.05, 19.85)]
    assert deaf["speaking"].isna().all()
    assert (deaf["confidence"] == 0).all()


def test_without_a_partner_shares_are_missing():
    table = speaking(track("P", [(1, 5)]))
    assert table["talk_share"].isna().all()
    assert table["speaking"].notna().all()


def test_turn_length_is_the_median_of_turns_around():
    said = [(k, k + (2 if k < 60 else 8)) for k in range(0, 120, 10)]
    turns = spans({"start_s": a, "end_s": b, "person": "P", "label": "turn", "score": 1.0} for a, b in said)
    table = speaking(track("P", said), turns, track("T", [(3, 4)]))
    assert table.loc[table["time_s"] < 25, "turn_s"].eq(2).all()
    assert table.loc[table["time_s"] > 95, "turn_s"].eq(8).all()


def test_it_runs_in_the_registry():
    tracks = {"speech": {"P": track("P", [(1, 5)]), "T": track("T", [(6, 9)])}}
    result = run(speaking.cue, tracks, {}, ["P", "T"])
    assert set(result.samples["person"]) == {"P", "T"}
    assert not result.missing
