"""What follows a moment, on shifts whose course is written by hand."""

import numpy as np
import pytest
from small_session import PEOPLE, session

from cuetrack import tables
from cuetrack.moments.arcs import antecedent, moved_first, recovery
from cuetrack.moments.measure import measure

AWAY = {("posture", "lean_cm"): -3.0, ("breathing", "breath_depth"): -3.0, ("gaze", "toward_partner"): -3.0}
SHIFT = (400.0, 460.0, "client", AWAY)
STAYS = {("posture", "lean_cm"): -3.0, ("breathing", "breath_depth"): -3.0, ("face", "smile"): 4.0}


def replies(until_s, seed=0):
    """Answer after .5 s with 8 s, but after 3 s with 1 s from 400 s until `until_s`."""
    rng = np.random.default_rng(seed)
    parts = []
    for person in PEOPLE:
        time = np.arange(5.0, 1490, 9.0)
        slow = (person == "client") & (time >= 400) & (time < until_s)
        wait = np.where(slow, 3.0, 0.5) * rng.lognormal(0, 0.2, len(time))
        length = np.where(slow, 1.0, 8.0) * rng.lognormal(0, 0.2, len(time))
        parts.append(tables.samples(time, person, {"latency_s": wait, "reply_s": length}, 1.0))
    return tables.join(parts)


def measured(shifts, until_s):
    cues, spans = session(shifts, seed=7)
    return measure({**cues, "response": replies(until_s)}, spans, PEOPLE, duration_s=1500)


def test_all_back_within_a_minute_is_a_return():
    found = recovery(measured([SHIFT], 460), "client", 400, 460, until_s=1500)
    assert found.kind == "return"
    assert found.back_after_s < 60
    assert {"reply_s", "latency_s", "lean_cm"} <= set(found.order)


def test_a_smile_while_replies_and_breathing_stay_is_no_return():
    shifts = [SHIFT, (460.0, 700.0, "client", STAYS)]
    found = recovery(measured(shifts, 700), "client", 400, 460, until_s=1500)
    assert found.kind == "surface"
    assert "surface re-engagement" in found.text


def test_what_stays_away_is_no_return():
    found = recovery(measured([(400.0, 900.0, "client", AWAY)], 900), "client", 400, 460, until_s=1500)
    assert found.kind == "none"
    assert "leans back" in found.text


def test_a_return_scores_above_a_surface_and_a_surface_not_below_nothing():
    back = recovery(measured([SHIFT], 460), "client", 400, 460, until_s=1500).score
    shifts = [SHIFT, (460.0, 700.0, "client", STAYS)]
    surface = recovery(measured(shifts, 700), "client", 400, 460, until_s=1500).score
    assert back > surface + 0.5


@pytest.mark.parametrize(("until_s", "words"), [(490.0, "less than a minute"), (1500.0, "replies")])
def test_too_little_to_tell_is_said(until_s, words):
    cues, spans = session([SHIFT], seed=7, without=("response",))
    found = recovery(measure(cues, spans, PEOPLE, duration_s=1500), "client", 400, 460, until_s=until_s)
    assert found.kind == "unknown"
    assert words in found.text


def test_who_left_their_usual_first_is_named():
    later = {key: -z for key, z in AWAY.items()}
    m = measured([SHIFT, (425.0, 460.0, "therapist", later)], 460)
    first, times = moved_first(m, 400, 445)
    assert first == "client"
    assert times["client"] == pytest.approx(400, abs=10)


def test_what_the_other_did_before_is_said_in_words():
    m = measured([SHIFT, (380.0, 460.0, "therapist", {("voice", "level_db"): 4.0})], 460)
    words, rows = antecedent(m, "client", 400, rank=3)
    assert "therapist: louder" in words
    assert (rows["rank"] == 3).all()
    calm, nothing = antecedent(measured([], 0), "client", 1200, rank=1)
    assert calm == "therapist: near usual" or len(nothing)
