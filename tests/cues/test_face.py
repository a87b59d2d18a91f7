import making
import numpy as np
import pytest

from cuetrack.cues.face import face


def wave(time, period_s=6.0):
    return 0.5 - 0.5 * np.cos(2 * np.pi * time / period_s)


def correlation(a, b):
    return np.corrcoef(np.asarray(a, float), b)[0, 1]


def test_brows_follow_the_brow_points_up_and_down():
    time = making.times(60)
    height = making.smooth_noise(np.random.default_rng(0), time, 1, 0.3)
    shapes = {
        "browOuterUp": np.clip(height, 0, 1),
        "browInnerUp": np.clip(height, 0, 1),
        "browDown": np.clip(-height, 0, 1) / 10,
    }
    samples, _ = face(making.face(time, brow_cm=height, shapes=shapes, noise_px=0.2))
    assert correlation(samples.brow_raise, np.clip(height, 0, None)) > 0.92
    assert correlation(samples.brow_lower, np.clip(-height, 0, None)) > 0.85


def test_a_nodding_head_does_not_move_the_brows():
    time = making.times(30)
    samples, _ = face(making.face(time, pitch=8 * np.sin(2 * np.pi * 0.3 * time)))
    assert samples.brow_raise.max() < 0.05
    assert samples.brow_lower.max() < 0.05


def test_mouth_opening_is_measured_below_the_dead_zone_of_jaw_open():
    time = making.times(30)
    gap = 0.4 * wave(time)
    samples, _ = face(making.face(time, lip_gap_cm=gap))
    assert correlation(samples.mouth_open, gap) > 0.99
    near, far = (face(making.face(time, lip_gap_cm=gap, scale=s))[0].mouth_open for s in (1.3, 0.7))
    np.testing.assert_allclose(near, far, atol=1e-4)


def test_smiles_are_found_with_their_size():
    time = making.times(30)
    smile = 0.05 + 0.7 * ((time > 5) & (time < 8)) + 0.5 * ((time > 20) & (time < 21))
    samples, spans = face(making.face(time, smile=smile))
    assert correlation(samples.smile, smile) > 0.99
    np.testing.assert_allclose(spans.start_s, [5, 20], atol=0.1)
    assert (spans.label == "smile").all()


def test_speech_counts_only_the_upper_face():
    time = making.times(40)
    mouth = {"mouthSmile": 0.3 + 0.3 * np.sin(2 * np.pi * 2 * time)}
    brow = {"browInnerUp": 0.3 + 0.3 * np.sin(2 * np.pi * 1 * time)}
    talk = making.speech("client", [(0, 20)], 40)
    by_mouth, by_brow = (face(making.face(time, shapes=s), talk)[0] for s in (mouth, brow))
    speaking, silent = time < 19.5, time > 20.5
    assert by_mouth.expressivity_per_s[speaking].max() < 0.01
    assert by_mouth.expressivity_per_s[silent].mean() > 0.1
    assert by_brow.expressivity_per_s[speaking].mean() > 0.1


def test_confidence_falls_while_something_covers_the_face():
    time = making.times(20)
    samples, _ = face(making.face(time, likeness=np.where((time > 8) & (time < 12), 0.4, 0.9)))
    covered, free = samples[samples.time_s.between(9, 11)], samples[samples.time_s < 7]
    assert covered.confidence.max() < 0.5 * free.confidence.min()


def test_lip_press_and_smile_with_the_eyes_are_those_of_the_blendshapes():
    time = making.times(20)
    press, squint = wave(time), 0.6 * wave(time, 5.0)
    shapes = {"mouthPress": press, "eyeSquint": squint, "cheekSquint": squint, "mouthSmile": np.full(len(time), 0.4)}
    samples, _ = face(making.face(time, shapes=shapes))
    assert correlation(samples.lip_press, press) == pytest.approx(1, abs=0.01)
    assert correlation(samples.smile_eyes, squint) == pytest.approx(1, abs=0.01)
