from dataclasses import replace

import making
import numpy as np
import pytest

from cuetrack.cues.gesture import gesture

LOW = np.array([[420.0, 445.0], [220.0, 445.0]])


def still_hands(time):
    return np.tile(LOW, (len(time), 1, 1))


def test_moving_hands_are_measured_in_shoulder_widths_per_second():
    time = making.times(20)
    hands = still_hands(time)
    moving = time > 10
    hands[moving, 0, 0] -= 60 * (1 - np.cos(2 * np.pi * 0.5 * (time[moving] - 10)))
    samples, _ = gesture(making.body(time, hands=hands, noise_px=0.3))
    # 120 px there and 120 px back every 2 s is 0.5 shoulder widths a second, shared by two hands.
    assert samples.hand_motion_sw_per_s[moving][5:].mean() == pytest.approx(0.25, abs=0.05)
    assert samples.hand_motion_sw_per_s[~moving].mean() < 0.03
    assert samples.motion_sw_per_s[moving].mean() > 5 * samples.motion_sw_per_s[~moving].mean()


@pytest.mark.parametrize("hz", [6.25, 7.5, 12.5, 15.0, 30.0])
def test_quick_strokes_count_at_every_rate_that_a_body_is_looked_at(hz):
    time = np.arange(0, 40, 1 / hz)
    quick = (time > 20)[:, None]
    hands = still_hands(time)
    # 2.5 strokes a second, 48 px there and back: a fifth of the shoulders, eight times in .8 s.
    hands[:, 0] += quick * 24 * np.stack([np.sin(2 * np.pi * 2.5 * time), np.zeros(len(time))], axis=1)
    samples, _ = gesture(making.body(time, hands=hands, noise_px=0.3))
    measured = samples.hand_motion_sw_per_s[quick[:, 0]][3:].mean()
    assert measured == pytest.approx(2.5 * 96 / 240 / 2, rel=0.3)


@pytest.mark.parametrize(("hz", "told"), [(2.5, False), (3.75, True)])
def test_hand_motion_is_not_told_where_bodies_are_seen_too_seldom(hz, told):
    time = np.arange(0, 20, 1 / hz)
    samples, _ = gesture(making.body(time, hands=still_hands(time), noise_px=0.3))
    assert samples.hand_motion_sw_per_s.notna().any() == told
    assert samples.motion_sw_per_s.notna().all()


def test_hands_out_of_the_frame_are_missing_whatever_visibility_says():
    time = making.times(5)
    samples, _ = gesture(making.body(time))
    assert samples.hand_motion_sw_per_s.isna().all()
    assert samples.self_touch.isna().all()
    assert samples.motion_sw_per_s.notna().all()


def test_a_hand_at_the_face_is_self_touch_and_a_hand_passing_is_not():
    time = making.times(30)
    hands = still_hands(time)
    chin = np.array([330.0, 290.0])
    hands[(time > 10) & (time < 13), 0] = chin
    hands[(time > 20) & (time < 20.3), 0] = chin
    _, spans = gesture(making.body(time, hands=hands), None, making.face(time))
    touches = spans[spans.label == "self_touch"]
    assert len(touches) == 1
    assert touches.start_s.iloc[0] == pytest.approx(10, abs=0.3)
    assert touches.end_s.iloc[0] == pytest.approx(13, abs=0.3)


def test_something_over_the_lower_face_is_flagged_without_a_hand_in_pose():
    time = making.times(30)
    covered = (time > 10) & (time < 14)
    rng = np.random.default_rng(0)
    likeness = np.where(covered, 0.06, 0.94) + 0.03 * rng.standard_normal(len(time))
    samples, spans = gesture(making.body(time), None, making.face(time, likeness=likeness))
    found = samples.hand_over_face == 1
    assert 2 * (found & covered).sum() / (found.sum() + covered.sum()) > 0.9
    assert (spans.label == "hand_over_face").sum() == 1


def test_a_light_step_makes_no_motion_energy_event():
    time = making.times(20)
    energy = 0.01 + 0.05 * ((time > 5) & (time < 7))
    step = np.argmax(time >= 12)
    energy[step] = 0.96
    scene = making.scene(time)
    scene = replace(scene, luma=np.where(time >= 12, 70.0, 120.0))
    for given in (scene, None):
        samples, _ = gesture(making.body(time), making.torso(time, energy=energy), None, given)
        assert samples.motion_energy.max() < 0.07
        assert samples.motion_energy[samples.time_s.between(5.5, 6.5)].mean() == pytest.approx(0.06, abs=0.005)
