from dataclasses import replace

import numpy as np
import pytest

from cuetrack.cues.registry import all_cues
from cuetrack.errors import PatternError
from cuetrack.moments.patterns import CHANNEL_WEIGHTS, load_patterns, read_pattern
from cuetrack.moments.rates import RATES

GOOD = 'id = "louder"\ntitle = "louder"\nsource = "example"\n'
TERM = '[[term]]\ncue = "voice"\nsignal = "level_db"\ndirection = "+"\n'
FORBIDDEN = (
    "withdraw", "confront", "ruptur", "resist", "hostil", "defens", "disengag", "decept", "anger", "angry", "sad",
    "emotion", "diagnos", "alliance", "compliant", "patient", "therapist", "avoid",
)  # fmt: skip


def test_shipped_patterns_name_signals_that_some_cue_declares():
    declared = {(c.name, s.name) for c in all_cues().values() for s in c.signals}
    declared |= {(rate.cue, name) for name, rate in RATES.items()}
    missing = [(p.id, t.cue, t.signal) for p in load_patterns() for t in p.terms if (t.cue, t.signal) not in declared]
    assert missing == []


def test_shipped_patterns_are_the_ones_the_project_promises():
    by_kind = {kind: [p.id for p in load_patterns() if p.kind == kind] for kind in ("shift", "return", "nuisance")}
    assert len(by_kind["shift"]) >= 6
    assert by_kind["return"] == ["return_toward_usual"]
    assert len(by_kind["nuisance"]) >= 4


def test_printed_names_are_words_of_movement_voice_and_timing():
    printed = " ".join(p.title + " " + p.id for p in load_patterns()).lower()
    assert [word for word in FORBIDDEN if word in printed] == []


def test_a_smile_is_no_return_and_pitch_range_has_no_sign():
    by_id = {p.id: p for p in load_patterns()}
    assert "smile" not in {t.signal for t in by_id["return_toward_usual"].terms}
    spans = [t.direction for p in load_patterns() if p.kind == "shift" for t in p.terms if t.signal == "pitch_span_st"]
    assert set(spans) == {"either"}


def test_timing_weighs_most_and_weights_add_up_to_one():
    assert sum(CHANNEL_WEIGHTS.values()) == pytest.approx(1)
    assert max(CHANNEL_WEIGHTS, key=lambda c: CHANNEL_WEIGHTS[c]) == "timing"


def test_defaults_are_filled_in():
    pattern = read_pattern(GOOD + "[channels]\nvoice = 0.5\n" + TERM)
    assert (pattern.kind, pattern.min_channels, pattern.weights["voice"]) == ("shift", 3, 0.5)
    assert (pattern.terms[0].channel, pattern.terms[0].who, pattern.terms[0].needed) == ("voice", "own", False)
    assert (pattern.yields_to, pattern.window_s, pattern.terms[0].before_s) == ((), 20.0, 0.0)
    slow = read_pattern(GOOD + "window_s = 60\n" + TERM + "needed = true\nbefore_s = 15")
    assert (slow.window_s, slow.terms[0].before_s) == (60.0, 15.0)
    alone, together = (read_pattern(GOOD + TERM + f"needed = {n}").terms[0] for n in ("true", '"together"'))
    assert (alone.needed, alone.together, together.needed, together.together) == (True, False, True, True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id = ", "not valid TOML"),
        (GOOD, "at least one"),
        (TERM, "expected id"),
        (GOOD + TERM + "colour = 1", "unknown key colour"),
        (GOOD + TERM + "weight = 2", "0..1"),
        (GOOD + TERM + "weight = 0", "above 0"),
        (GOOD + TERM + "weight = true", "number"),
        (GOOD + TERM.replace('"+"', '"up"'), "expected one of"),
        (GOOD + TERM + 'who = "me"', "own, partner, pair"),
        (GOOD + TERM + 'needed = "yes"', "needed"),
        (GOOD + TERM.replace("voice", "knitting"), "knitting has no channel"),
        (GOOD + "min_channels = 9\n" + TERM, "min_channels"),
        (GOOD + 'kind = "feeling"\n' + TERM, "kind"),
        (GOOD + "[channels]\nmood = 1\n" + TERM, "channels"),
        (GOOD + 'yields_to = "quieter_slower"\n' + TERM, "list of ids"),
        (GOOD + "window_s = 1\n" + TERM, "window_s: expected a number 5..180"),
        (GOOD + TERM + "needed = true\nbefore_s = 90", "before_s: expected a number 0..60"),
        (GOOD + TERM + "before_s = 5", "needed = true"),
        (GOOD + "term = 3", "at least one"),
        (GOOD + "term = [3]", "expected a table"),
    ],
)
def test_a_wrong_pattern_says_what_is_wrong(text, message):
    with pytest.raises(PatternError, match=message) as raised:
        read_pattern(text, name="mine.toml")
    assert "mine.toml" in str(raised.value)


def test_folders_are_read_and_faults_named(tmp_path):
    with pytest.raises(PatternError, match="found nothing"):
        load_patterns(tmp_path / "absent")
    with pytest.raises(PatternError, match="at least one pattern"):
        load_patterns(tmp_path)
    (tmp_path / "one.toml").write_text(GOOD + TERM)
    (tmp_path / "two.toml").write_text(GOOD + TERM)
    with pytest.raises(PatternError, match="share the id louder"):
        load_patterns(tmp_path)
    assert [p.id for p in load_patterns(tmp_path / "one.toml")] == ["louder"]


def test_patterns_are_plain_values():
    first = load_patterns()[0]
    assert replace(first) == first


BOTH = """
[[term]]
cue = "voice"
signal = "level_db"
direction = "+"
who = "partner"
needed = "together"

[[term]]
cue = "voice"
signal = "articulation_syl_per_s"
direction = "+"
who = "partner"
needed = "together"

[[term]]
cue = "gaze"
signal = "toward_partner"
direction = "-"

[[term]]
cue = "posture"
signal = "lean_cm"
direction = "-"

[[term]]
cue = "face"
signal = "expressivity_per_s"
direction = "-"
"""


def found_after(moves, tmp_path, pattern=GOOD + BOTH, until_s=745):
    """Ids told in a session whose client turns away in minute 12; the therapist did something until `until_s`."""
    from small_session import QUIETER, session

    from cuetrack.moments import find_moments

    (tmp_path / "one.toml").write_text(pattern)
    cues, spans = session([(700, 745, "client", QUIETER), (until_s - 45, until_s, "therapist", moves)])
    result = find_moments(
        cues, spans, ("client", "therapist"), duration_s=1500.0, surrogates=10, patterns=tmp_path
    ).moments
    near = result[~result["control"] & result["peak_s"].between(690, 755)]
    return set(zip(near["label"], near["person"], strict=True))


LOUDER = {("voice", "level_db"): 3.0}
FASTER = {("voice", "articulation_syl_per_s"): 3.0}


def test_cues_needed_together_count_only_where_all_of_them_speak(tmp_path):
    slower = {("voice", "articulation_syl_per_s"): -3.0}
    assert ("louder", "client") in found_after({**LOUDER, **FASTER}, tmp_path)
    assert ("louder", "client") not in found_after({**LOUDER, **slower}, tmp_path)


def test_a_pattern_whose_needed_cues_were_not_measured_is_not_told():
    from small_session import FORCEFUL, QUIETER, session

    from cuetrack.moments import find_moments

    cues, spans = session([(700, 745, "client", {**FORCEFUL, **QUIETER})], without=["voice"])
    del spans["turns"]
    found = find_moments(cues, spans, ("client", "therapist"), duration_s=1500.0, surrogates=20).moments
    heard = {"turns", "voice"}
    needing = {p.id for p in load_patterns() if not p.without and {t.cue for t in p.terms if t.needed} == heard}
    assert needing
    assert not needing & set(found.loc[~found["control"], "label"])


WITHOUT = '[without]\ntitle = "paler"\nneeded = ["level_db"]\n'


def test_how_a_pattern_is_told_without_what_its_title_names():
    pattern = read_pattern(GOOD + WITHOUT + TERM)
    assert (pattern.without.title, pattern.without.needed) == ("paler", ("level_db",))
    for wrong in ('needed = ["smile"]', "needed = []", "needed = 3", 'extra = 1\nneeded = ["level_db"]'):
        with pytest.raises(PatternError, match="without"):
            read_pattern(GOOD + f'[without]\ntitle = "paler"\n{wrong}\n' + TERM)


def test_without_sound_a_shift_is_told_by_what_was_seen():
    from small_session import QUIETER, session

    from cuetrack.moments import find_moments

    cues, spans = session([(700, 745, "client", QUIETER)], without=("voice", "response", "speaking"))
    del spans["turns"]
    found = find_moments(cues, spans, ("client", "therapist"), duration_s=1500.0, surrogates=40).moments
    best = found[~found["control"]].iloc[0]
    assert 690 < best["peak_s"] < 755
    assert best["title"] == "stiller, gaze away"


def test_what_is_needed_may_have_spoken_before_but_not_long_before(tmp_path):
    lately = GOOD + BOTH.replace('needed = "together"', 'needed = "together"\nbefore_s = 40')
    moves = {**LOUDER, **FASTER}
    assert ("louder", "client") not in found_after(moves, tmp_path, until_s=690)
    assert ("louder", "client") in found_after(moves, tmp_path, lately, until_s=690)
    assert ("louder", "client") not in found_after(moves, tmp_path, lately, until_s=600)


def test_a_longer_window_tells_a_long_weak_shift_from_chance_better():
    from cuetrack.moments.measure import moving_sum
    from cuetrack.moments.plan import Plan, Unit
    from cuetrack.moments.score import evidence

    rng = np.random.default_rng(0)
    z = moving_sum(rng.normal(0, 1, (1, 1, 3000)).astype(np.float32), 8) / np.sqrt(8)
    z[..., 1000:1120] += 0.8
    plan = Plan((), (0,), (Unit(0, "+", 20.0), Unit(0, "+", 60.0)), (), (), 2, ())
    short, long = evidence(plan, z, np.ones((1, 3000), np.float32))[0]
    above = [x[1030:1090].mean() / np.r_[x[:950], x[1170:]].std() for x in (short, long)]
    assert above[1] > 1.3 * above[0]
