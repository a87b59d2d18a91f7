"""Simulated cues: the project's own tables, with what the script says in them."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from cuetrack import tables
from cuetrack.cues.registry import all_cues
from cuetrack.simulate.archetypes import kinds, names
from cuetrack.simulate.script import Event, Script
from cuetrack.simulate.signals import simulate_session
from cuetrack.simulate.signals_plan import MODALITIES, SUBGROUPS, random_plan, suite


def still(seed: int, *events: Event, duration_s: float = 900.0) -> Script:
    """Return a session in which nothing but these events happens."""
    return replace(random_plan(seed, duration_s=duration_s, events=False), events=events)


def within(table, person: str, signal: str, start_s: float, end_s: float) -> float:
    rows = table[(table["person"] == person) & table["time_s"].between(start_s, end_s)]
    return float(rows[signal].mean())


@pytest.fixture(scope="module")
def session():
    return simulate_session(random_plan(11, duration_s=1200))


def test_every_cue_is_the_table_that_the_cue_itself_would_give(session) -> None:
    for name, cue in all_cues().items():
        if cue.signals:
            tables.check_samples(session.cues[name], cue.signals, name=name)
        for label in session.spans[name]["label"].unique() if name in session.spans else ():
            assert label in cue.span_labels, f"{name}: {label}"
    for table in session.spans.values():
        tables.check_spans(table)


def test_signals_that_events_move_are_signals_that_cues_have() -> None:
    known = {s.name for c in all_cues().values() for s in c.signals}
    steering = {"toward", "away_down", "face_noise", "body_noise", "sound_noise", "face_confidence",
                "body_confidence", "sound_confidence", "gaze_confidence"}  # fmt: skip
    for kind in kinds().values():
        assert set(kind.own_signals) | set(kind.partner_signals) <= known | steering, kind.name


def test_the_same_seed_gives_the_same_session_and_another_another() -> None:
    plan = random_plan(5, duration_s=300)
    one, two, other = simulate_session(plan), simulate_session(plan), simulate_session(plan, 99)
    assert one.cues["face"].equals(two.cues["face"])
    assert not one.cues["face"].equals(other.cues["face"])
    assert one.truth.equals(other.truth)


def test_a_quiet_shift_moves_the_cues_that_it_names_and_no_other_person() -> None:
    event = Event(400, 520, "client", "withdrawal_flat", seed=8)
    session = simulate_session(still(3, event))
    for cue, signal, sign in (
        ("gaze", "toward_partner", -1), ("gaze", "off_home_deg", 1), ("face", "expressivity_per_s", -1),
        ("gesture", "motion_sw_per_s", -1), ("posture", "lean_cm", -1), ("voice", "level_db", -1),
        ("response", "latency_s", 1), ("response", "reply_s", -1), ("breathing", "breath_rate_per_min", -1),
    ):  # fmt: skip
        table = session.cues[cue]
        change = within(table, "client", signal, 412, 515) - within(table, "client", signal, 100, 380)
        assert sign * change > 0, signal
    calm = within(session.cues["posture"], "therapist", "lean_cm", 100, 380)
    assert within(session.cues["posture"], "therapist", "lean_cm", 412, 515) == pytest.approx(calm, abs=2.5)


def test_strength_grows_the_change() -> None:
    levels = []
    for strength in (0.0, 0.5, 1.5):
        session = simulate_session(still(4, Event(300, 420, "client", "confrontation", strength, seed=2)))
        levels.append(within(session.cues["voice"], "client", "level_db", 310, 415))
    assert levels[0] < levels[1] < levels[2]


def test_a_smile_covers_a_return_on_the_surface_while_answers_stay_short() -> None:
    quiet = Event(300, 345, "client", "withdrawal_flat", seed=3)
    surface, whole = (
        simulate_session(still(6, quiet, Event(345, 500, "client", kind, seed=4)))
        for kind in ("pseudo_repair", "repair")
    )  # fmt: skip
    masked, plain = (within(s.cues["face"], "client", "smile", 355, 495) for s in (surface, whole))
    assert masked > plain
    for signal, sign in (("reply_s", -1), ("latency_s", 1)):
        less, more = (within(s.cues["response"], "client", signal, 350, 500) for s in (surface, whole))
        assert sign * (less - more) > 0, signal


def test_onsets_are_seconds_apart_and_never_before_the_event() -> None:
    session = simulate_session(still(7, Event(400, 500, "client", "withdrawal_flat", seed=5), duration_s=900))
    lean = session.cues["posture"][lambda t: t["person"] == "client"].set_index("time_s")["lean_cm"]
    plain = simulate_session(still(7, duration_s=900)).cues["posture"]
    plain = plain[plain["person"] == "client"].set_index("time_s")["lean_cm"]
    difference = (lean - plain).dropna()
    assert difference.loc[:400].abs().max() < 0.45  # who speaks when may be heard a little otherwise
    assert difference.loc[400:402].abs().max() < 3.5
    assert difference.loc[416:495].max() < -3.9


def test_what_cannot_be_measured_is_missing_with_confidence_nothing() -> None:
    session = simulate_session(still(8, Event(300, 320, "client", "occlusion", seed=1)))
    face = session.cues["face"][lambda t: (t["person"] == "client") & t["time_s"].between(301, 319)]
    assert face["smile"].isna().all()
    assert (face["confidence"] == 0).all()
    voice = session.cues["voice"]
    assert (voice["confidence"] == 0).mean() > 0.3  # silent while the other speaks


@pytest.mark.parametrize("modality", MODALITIES)
def test_a_missing_modality_is_not_there(modality: str) -> None:
    session = simulate_session(random_plan(2, duration_s=300, missing_modality=modality))
    gone = {"sound": "voice", "face": "gaze", "body": "posture"}[modality]
    kept = {"sound": "gaze", "face": "voice", "body": "gaze"}[modality]
    assert gone not in session.cues
    assert kept in session.cues
    sync = session.cues["synchrony"]
    assert sync[{"sound": "voice_sync_z", "face": "face_sync_z", "body": "motion_sync_z"}[modality]].isna().all()


def test_people_differ_and_stay_themselves_over_two_sessions() -> None:
    def usual(seed: int, dyad: int) -> float:
        session = simulate_session(still(seed, duration_s=600), dyad=dyad)
        return within(session.cues["breathing"], "client", "breath_rate_per_min", 0, 600)

    spread = [usual(20, dyad) for dyad in range(6)]
    assert np.std(spread) > 0.8
    assert usual(21, 3) == pytest.approx(usual(20, 3), abs=1.0)


def test_base_rates_are_those_of_the_literature() -> None:
    sessions = [simulate_session(still(40 + k, duration_s=1500)) for k in range(4)]
    gaze = np.concatenate([s.cues["gaze"]["toward_partner"].to_numpy() for s in sessions])
    assert 0.5 < np.nanmean(gaze) < 0.75
    blinks = np.mean([s.cues["gaze"]["blink_rate_per_min"].mean() for s in sessions])
    assert 15 < blinks < 32
    voice = np.concatenate([s.cues["voice"]["pitch_st"].to_numpy() for s in sessions])
    assert 1.8 < np.nanstd(voice) < 3.2
    offsets = np.concatenate([s.cues["response"]["transfer_offset_s"].to_numpy() for s in sessions])
    assert 0.2 < np.median(offsets) < 0.8
    pauses = [s.spans["turns"][lambda t: t["label"] == "pause"] for s in sessions]
    long = np.mean([((p["end_s"] - p["start_s"]) >= 3).sum() * 2 for p in pauses])
    assert 8 < long < 34  # PICS counted 16.7 silences of 3 s and more in 50 minutes


def test_cues_remember_for_seconds_and_hang_together_weakly() -> None:
    session = simulate_session(still(60, duration_s=1500))
    lively = {"gesture": "motion_sw_per_s", "face": "expressivity_per_s", "head": "head_speed_deg_per_s"}
    own = {name: session.cues[cue][lambda t: t["person"] == "client"][name].to_numpy() for cue, name in lively.items()}
    motion = np.nan_to_num(own["motion_sw_per_s"] - np.nanmean(own["motion_sw_per_s"]))
    assert 0.2 < np.corrcoef(motion[:-5], motion[5:])[0, 1] < 0.95
    r = np.ma.corrcoef(np.ma.masked_invalid(np.array(list(own.values()))))
    assert 0.02 < np.mean([r[0, 1], r[0, 2], r[1, 2]]) < 0.5


def test_plans_hold_what_the_benchmark_needs() -> None:
    plan = random_plan(9)
    count = {f: sum(e.family == f for e in plan.events) for f in ("quieter", "forceful", "return", "negative")}
    assert count["negative"] >= 15
    assert count["quieter"] <= 4
    assert count["forceful"] <= 2
    assert count["return"] <= 2
    shifts = sorted((e.start_s, e.end_s) for e in plan.events if e.family in ("quieter", "forceful"))
    assert all(a[1] <= b[0] for a, b in pairwise(shifts))
    calm = random_plan(9, events=False)
    assert {e.family for e in calm.events} <= {"negative", "part"}
    assert [e for e in random_plan(9, subgroup="slow_latency").events if e.kind == "slow_latency"]


def test_the_two_halves_share_no_dyad_and_a_quarter_has_no_shift() -> None:
    development, unseen = suite(40, half="development"), suite(40, half="unseen")
    assert len(development) == len(unseen) == 20
    assert not {p.name for p in development} & {p.name for p in unseen}
    assert not {p.seed for p in development} & {p.seed for p in unseen}
    plain = sum(not any(e.family in ("quieter", "forceful") for e in p.events) for p in development)
    assert plain == 5
    assert sum(bool(p.output.missing) for p in development) == 4
    with pytest.raises(ValueError, match="development or unseen"):
        suite(4, half="all")


@pytest.mark.parametrize("subgroup", SUBGROUPS)
def test_each_subgroup_differs_as_its_name_says(subgroup: str) -> None:
    plain, unusual = (
        simulate_session(replace(p, events=tuple(e for e in p.events if e.family == "condition")))
        for p in (random_plan(12, duration_s=900, events=False, subgroup=s) for s in (None, subgroup))
    )  # fmt: skip

    def both(cue: str, signal: str) -> tuple[float, float]:
        return within(plain.cues[cue], "client", signal, 0, 900), within(unusual.cues[cue], "client", signal, 0, 900)

    if subgroup == "low_light":
        usual, changed = both("face", "confidence")
        assert changed < 0.75 * usual
    elif subgroup == "low_gaze":
        usual, changed = both("gaze", "toward_partner")
        assert changed < usual - 0.2
    elif subgroup == "slow_latency":
        usual, changed = both("response", "latency_s")
        assert changed > usual + 0.7
    elif subgroup == "fps_15":
        usual, changed = both("gaze", "blink_rate_per_min")
        assert changed < 0.9 * usual
    elif subgroup == "mono":
        usual, changed = both("speaking", "confidence")
        assert unusual.spans["turns"]["score"].max() < plain.spans["turns"]["score"].max()
    else:
        usual, changed = both("head", "yaw_deg")
        assert changed == pytest.approx(-usual, abs=0.3)


def test_negatives_move_something() -> None:
    for name in names("negative"):
        kind = kinds()[name]
        assert kind.own or kind.own_signals, name
