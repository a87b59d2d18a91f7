import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuetrack.cues.turns import turns
from cuetrack.people.tracks import SpeechTrack
from cuetrack.tables import check_spans, spans


def tracks(rows, end_s=60.0, labels=("speech",)):
    """Speech tracks of P and T from (person, start_s, end_s) or (person, start_s, end_s, label)."""
    out = {}
    for person in ("P", "T"):
        own = [r for r in rows if r[0] == person]
        table = spans(
            {"start_s": r[1], "end_s": r[2], "person": person, "label": (*r, "speech")[3], "score": 1.0} for r in own
        )
        out[person] = SpeechTrack(person, table, "truth", 1.0, ((0.0, end_s),))
    return out


def found(rows, label, **how):
    table = turns(tracks(rows), **how)
    kept = table[table["label"] == label]
    return [(r.person, r.toward, round(r.start_s, 3), round(r.end_s, 3)) for r in kept.itertuples()]


def test_gaps_under_200_ms_stay_in_one_unit():
    rows = [("P", 1, 2), ("P", 2.15, 3), ("P", 3.25, 4)]
    assert [(a, b) for _, _, a, b in found(rows, "ipu")] == [(1, 3), (3.25, 4)]
    assert [(a, b) for _, _, a, b in found(rows, "ipu", ipu_gap_s=0.3)] == [(1, 4)]


def test_a_turn_goes_on_until_the_other_has_the_floor():
    rows = [("P", 1, 2), ("P", 2.5, 4), ("T", 4.5, 6), ("P", 6.4, 9)]
    assert found(rows, "turn") == [("P", "T", 1, 4), ("T", "P", 4.5, 6), ("P", "T", 6.4, 9)]


def test_pauses_say_who_spoke_before_and_after():
    rows = [("P", 1, 2), ("P", 2.5, 4), ("T", 4.5, 6), ("T", 7, 8), ("P", 8.1, 9)]
    assert found(rows, "pause") == [("P", "P", 2, 2.5), ("P", "T", 4, 4.5), ("T", "T", 6, 7)]


def test_a_short_yes_while_the_other_goes_on_is_a_backchannel_and_leaves_the_turn_whole():
    rows = [("T", 1, 4), ("P", 3.0, 3.5), ("T", 4.3, 7)]
    assert found(rows, "backchannel") == [("P", "T", 3.0, 3.5)]
    assert found(rows, "turn") == [("T", "P", 1, 7)]
    between = [("T", 1, 4), ("P", 4.1, 4.5), ("T", 4.6, 7)]
    assert found(between, "backchannel") == [("P", "T", 4.1, 4.5)]


def test_a_short_answer_after_the_other_stopped_is_a_turn():
    rows = [("T", 1, 4), ("P", 4.5, 5.0), ("T", 5.6, 7)]
    assert found(rows, "backchannel") == []
    assert [p for p, *_ in found(rows, "turn")] == ["T", "P", "T"]


def test_coming_in_and_keeping_the_floor_is_an_interruption():
    rows = [("T", 1, 5), ("P", 4.0, 8)]
    assert found(rows, "interruption") == [("P", "T", 4, 5)]
    assert found(rows, "overlap") == [("P", "T", 4, 5)]
    late = [("T", 1, 5), ("P", 4.8, 8)]
    assert found(late, "interruption") == []
    assert found(late, "overlap") == [("P", "T", 4.8, 5)]
    goes_on = [("T", 1, 5), ("P", 4.0, 8), ("T", 5.5, 9)]
    assert found(goes_on, "interruption") == []


def test_talk_that_does_not_take_the_floor_is_overlap_only():
    rows = [("T", 1, 9), ("P", 3, 5)]
    assert found(rows, "overlap") == [("P", "T", 3, 5)]
    assert found(rows, "turn") == [("T", "P", 1, 9)]


def test_laughs_and_coughs_pass_through_and_are_no_speech():
    table = turns(tracks([("P", 1, 2), ("P", 3, 4, "laugh"), ("T", 5, 5.5, "cough"), ("T", 6, 7)]))
    assert set(table["label"]) >= {"laugh", "cough", "pause"}
    assert found([("P", 1, 2), ("P", 3, 4, "laugh"), ("T", 6, 7)], "pause") == [("P", "T", 2, 6)]


def test_silence_that_was_not_heard_is_no_pause():
    given_tracks = tracks([("P", 1, 2), ("T", 8, 9)])
    deaf = {p: SpeechTrack(p, t.spans, "truth", 1.0, ((0.0, 4.0), (6.0, 60.0))) for p, t in given_tracks.items()}
    assert "pause" not in set(turns(deaf)["label"])


def test_one_person_alone_has_units_and_turns():
    table = turns({"P": tracks([("P", 1, 2), ("P", 2.1, 3)])["P"]})
    assert set(table["label"]) == {"speech", "ipu", "turn"}


stretches = st.lists(
    st.tuples(st.sampled_from("PT"), st.integers(0, 500), st.integers(5, 60)), min_size=1, max_size=25
).map(lambda rows: [(p, a / 10, (a + d) / 10) for p, a, d in rows])


def apart(rows):
    """Drop what overlaps the same person's stretch before it, and starts at one instant, where order is a name's."""
    out = []
    for person, start, end in sorted(rows, key=lambda r: r[1]):
        if all((p != person or e <= start) and s != start for p, s, e in out):
            out.append((person, start, end))
    return out


@settings(max_examples=60, deadline=None)
@given(stretches)
def test_whatever_is_said_the_spans_hold_together(rows):
    rows = apart(rows)
    table = check_spans(turns(tracks(rows)))
    swapped = turns(tracks([("T" if p == "P" else "P", a, b) for p, a, b in rows]))
    moved = turns(tracks([(p, a + 100, b + 100) for p, a, b in rows], end_s=200))
    assert sorted(table["label"]) == sorted(swapped["label"])
    assert len(moved) == len(table)
    pauses = table[table["label"] == "pause"]
    for pause in pauses.itertuples():
        assert all(b <= pause.start_s + 1e-6 or a >= pause.end_s - 1e-6 for _, a, b in rows)
    units = table[table["label"] == "ipu"]
    assert (units["end_s"] - units["start_s"]).sum() >= sum(b - a for _, a, b in rows) - 1e-6


@pytest.mark.parametrize("label", ["turn", "pause", "overlap", "interruption", "backchannel"])
def test_scores_are_shares(label):
    rows = [("T", 1, 4), ("P", 3.0, 3.5), ("T", 4.3, 7), ("P", 6, 9), ("P", 9.5, 12)]
    kept = turns(tracks(rows)).query("label == @label")
    assert kept["score"].between(0, 1).all()
