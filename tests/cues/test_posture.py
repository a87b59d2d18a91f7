import making
import numpy as np
import pytest

from cuetrack.cues.posture import posture


def leaning(time, cm):
    """Size of everything when the person is so many cm nearer than 80 cm."""
    return 80 / (80 - cm)


def test_lean_comes_back_in_cm_with_its_sign():
    time = making.times(120, fps=10)
    cm = making.smooth_noise(np.random.default_rng(1), time, 6, 4.0)
    cm -= np.median(cm)
    scale = leaning(time, cm)
    samples, _ = posture(making.body(time, scale=scale, noise_px=1.0), making.face(time, scale=scale, noise_px=0.3))
    assert np.corrcoef(samples.lean_cm, cm)[0, 1] > 0.95
    assert np.polyfit(cm, samples.lean_cm, 1)[0] == pytest.approx(1, abs=0.1)
    clear = np.abs(cm) > 3
    assert (np.sign(samples.lean_cm[clear]) == np.sign(cm[clear])).all()


def test_ten_percent_wider_shoulders_are_seven_cm_nearer():
    time = making.times(60, fps=10)
    near = (time > 40) & (time < 50)
    samples, _ = posture(making.body(time, scale=np.where(near, 1.1, 1.0)))
    assert samples.lean_cm[samples.time_s.between(42, 48)].median() == pytest.approx(7.27, abs=0.05)


def test_turning_the_trunk_is_not_leaning_back_when_the_face_stays():
    time = making.times(60, fps=10)
    turn = 35.0 * ((time > 40) & (time < 50))
    samples, _ = posture(making.body(time, turn_deg=turn), making.face(time))
    turned = samples[samples.time_s.between(42, 48)]
    assert turned.lean_cm.abs().max() < 3
    assert turned.turn_deg.abs().median() == pytest.approx(35, abs=2)
    # Turned to the own left, the left shoulder goes away from the camera.
    assert (turned.turn_deg > 0).all()


def test_slump_is_lower_shoulders_in_cm():
    time = making.times(60, fps=10)
    samples, _ = posture(making.body(time, drop_px=np.where(time > 40, 20.0, 0.0)))
    # Shoulders 240 px wide are 38 cm.
    assert samples.slump_cm[samples.time_s > 42].median() == pytest.approx(20 * 38 / 240, abs=0.1)


def test_a_step_that_stays_is_a_reposition_and_one_that_returns_is_not():
    time = making.times(120, fps=10)
    cm = np.where(time > 60, 8.0, 0.0) + 8.0 * ((time > 20) & (time < 23))
    _, spans = posture(making.body(time, scale=leaning(time, cm), noise_px=0.5))
    assert len(spans) == 1
    assert spans.start_s.iloc[0] < 60.5
    assert spans.end_s.iloc[0] > 59.5


def test_openness_is_missing_while_hands_are_out_of_the_frame():
    time = making.times(10, fps=10)
    apart = np.tile([[520.0, 440.0], [120.0, 440.0]], (len(time), 1, 1))
    crossed = apart[:, ::-1]
    assert posture(making.body(time))[0].openness.isna().all()
    assert posture(making.body(time, hands=apart))[0].openness.median() > 0.7
    assert posture(making.body(time, hands=crossed))[0].openness.median() == 0
