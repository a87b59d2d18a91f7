"""The pair cue gives back what was put into two people's tables, and says missing where it cannot know."""

import numpy as np
import pandas as pd
import pytest

from cuetrack import tables
from cuetrack.cues.synchrony import RMEA, SUSY, synchrony
from cuetrack.synchrony.series import evenly, without_states
from cuetrack.terms import PAIR

PEOPLE = ("client", "therapist")
DURATION_S, HZ = 600.0, 10.0
TIME = np.arange(0, DURATION_S, 1 / HZ)
FEW = {"surrogates": 60}


def table(**signals):
    """Build a samples table from `signal=(client, therapist)`, confident everywhere."""
    return tables.join(
        [tables.samples(TIME, p, {n: pair[k] for n, pair in signals.items()}, 0.9) for k, p in enumerate(PEOPLE)]
    )


def moving(rng, width=21):
    return np.exp(np.convolve(rng.standard_normal(len(TIME)), np.hanning(width), "same") / 3)


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def test_movement_that_is_followed(rng):
    client = moving(rng)
    therapist = np.roll(client, 12) * np.exp(0.3 * rng.standard_normal(len(TIME)))
    found, _ = synchrony(gesture=table(motion_sw_per_s=(client, therapist)), **FEW)
    tables.check_samples(found, synchrony.cue.signals)
    assert set(found["person"]) == {PAIR}
    assert found["motion_sync_z"].median() > 1
    assert found["motion_abs_z"].median() > 1
    assert found["motion_lead_s"].notna().mean() > 0.9
    assert found["motion_lead_s"].median() == pytest.approx(1.2, abs=0.11)
    swapped, _ = synchrony(gesture=table(motion_sw_per_s=(therapist, client)), **FEW)
    assert swapped["motion_lead_s"].median() == pytest.approx(-1.2, abs=0.11)


def test_movement_of_no_relation(rng):
    found, _ = synchrony(gesture=table(motion_sw_per_s=(moving(rng), moving(rng))), **FEW)
    assert abs(found["motion_sync_z"].mean()) < 0.6
    assert found["motion_lead_s"].notna().mean() < 0.1


def test_taking_turns_is_not_synchrony(rng):
    """Both move when they speak, in turns: opposite movement that who-speaks explains and nothing else."""
    spoken = np.repeat(rng.random(120) < 0.5, 50)
    talk = (spoken.astype(float), 1.0 - spoken)
    motion = tuple(moving(rng, 5) * (1 + 6 * t) for t in talk)
    kept, _ = synchrony(gesture=table(motion_sw_per_s=motion), lag_s=0.5, prepare="raw", **FEW)
    removed, _ = synchrony(gesture=table(motion_sw_per_s=motion), speaking=table(speaking=talk), lag_s=0.5, **FEW)
    assert kept["motion_sync_z"].median() < -1.5
    assert abs(removed["motion_sync_z"].median()) < 0.7


def test_mutual_gaze_is_a_share_of_the_window():
    toward = (TIME % 10 < 5).astype(float), (TIME % 10 < 8).astype(float)
    found, _ = synchrony(gaze=table(toward_partner=toward))
    np.testing.assert_allclose(found["mutual_gaze"], 0.5, atol=0.01)
    toward[1][3000:] = np.nan
    half, _ = synchrony(gaze=table(toward_partner=toward))
    assert half.loc[half["time_s"] < 280, "mutual_gaze"].notna().all()
    assert half.loc[half["time_s"] > 320, "mutual_gaze"].isna().all()
    assert (half.loc[half["time_s"] > 320, "confidence"] == 0).all()


def test_mirroring_turns_the_other_way(rng):
    lean, turn = 5 * np.sin(TIME / 40), 20 * np.sin(TIME / 70)
    mirrored, _ = synchrony(posture=table(lean_cm=(lean, lean), turn_deg=(turn, -turn)))
    same, _ = synchrony(posture=table(lean_cm=(lean, -lean), turn_deg=(turn, turn)))
    assert mirrored["mirroring"].median() > 0.95
    assert same["mirroring"].median() < -0.95


def test_turns_that_sound_alike(rng):
    starts = np.arange(0, DURATION_S, 6.0)
    spans = tables.spans(
        {"start_s": s, "end_s": s + 5.5, "person": PEOPLE[k % 2], "toward": PEOPLE[1 - k % 2], "label": "turn"}
        for k, s in enumerate(starts)
    )
    levels = np.where(starts < 300, np.repeat(rng.normal(0, 3, 50), 2), rng.normal(0, 3, 100))
    pitch = levels[np.minimum((TIME / 6).astype(int), 99)]
    voice = table(pitch_st=(pitch, pitch), level_db=(pitch, pitch), articulation_syl_per_s=(pitch, pitch))
    found, _ = synchrony(voice=voice, turns_spans=spans, **FEW)
    alike, unlike = (found.loc[m, "voice_sync_z"].mean() for m in (found["time_s"] < 240, found["time_s"] > 360))
    assert alike > unlike + 1
    assert found[["motion_sync_z", "mutual_gaze", "mirroring"]].isna().all().all()


def test_mimicry_says_who_followed():
    smile = {
        "client": [29.0, 30.0, 200.0, 400.0],
        "therapist": [31.5, 300.0, 400.1],
    }
    spans = tables.spans(
        {"start_s": s, "end_s": s + 2, "person": p, "label": "smile"} for p, onsets in smile.items() for s in onsets
    )
    face = table(expressivity_per_s=(TIME, TIME), smile=(TIME, TIME))
    _, found = synchrony(face_cue=face, face_spans=spans, surrogates=5)
    assert found[["start_s", "end_s", "person", "toward", "label"]].to_numpy().tolist() == [
        [30.0, 31.5, "therapist", "client", "mimicry"]
    ]
    assert found["score"].iloc[0] == pytest.approx(1 - 3 * 3.8 / DURATION_S, abs=0.01)


def test_one_person_missing_is_missing(rng):
    both = table(motion_sw_per_s=(moving(rng), moving(rng)))
    alone = both[both["person"] == "client"].reset_index(drop=True)
    found, spans = synchrony(gesture=alone)
    tables.check_samples(found, synchrony.cue.signals)
    assert len(found) > 100
    assert (found["confidence"] == 0).all()
    assert spans.empty
    assert synchrony()[0].empty
    dead = both.assign(motion_sw_per_s=both["motion_sw_per_s"].where(both["person"] == "client"))
    assert synchrony(gesture=dead)[0]["motion_sync_z"].isna().all()


def test_short_session_gives_no_chance_and_no_number(rng):
    short = table(motion_sw_per_s=(moving(rng), moving(rng)))
    short = short[short["time_s"] < 120].reset_index(drop=True)
    found, _ = synchrony(gesture=short, **FEW)
    assert found["motion_sync_z"].isna().all()
    assert synchrony(gesture=short[short["time_s"] < 20].reset_index(drop=True))[0].empty


def test_moving_the_clock_moves_only_time(rng):
    body = table(motion_sw_per_s=(moving(rng), moving(rng)))
    here, _ = synchrony(gesture=body, **FEW)
    later, _ = synchrony(gesture=body.assign(time_s=body["time_s"] + 100), **FEW)
    np.testing.assert_allclose(later["time_s"], here["time_s"] + 100)
    pd.testing.assert_frame_equal(later.drop(columns="time_s"), here.drop(columns="time_s"))


@pytest.mark.parametrize("settings", [RMEA, SUSY])
def test_settings_of_the_literature_run(rng, settings):
    found, _ = synchrony(gesture=table(motion_sw_per_s=(moving(rng), moving(rng))), **settings, **FEW)
    assert found["motion_sync_z"].notna().any()
    assert np.diff(found["time_s"]).tolist() == pytest.approx([settings["step_s"]] * (len(found) - 1))


def test_evenly_keeps_gaps_and_means():
    time = np.concatenate([np.arange(0, 5, 0.04), np.arange(8, 10, 0.04)])
    values = evenly(time, time, start_s=0.0, samples=100, rate_hz=10)
    assert np.isnan(values[51:79]).all()
    here = np.isfinite(values)
    np.testing.assert_allclose(values[here], np.arange(100)[here] / 10, atol=0.05)
    assert np.isnan(evenly([], [], start_s=0.0, samples=3, rate_hz=1)).all()


def test_without_states_takes_each_states_mean():
    np.testing.assert_allclose(without_states([1.0, 3.0, 10.0, np.nan], [0, 0, 1, 1]), [-1, 1, 0, np.nan])
