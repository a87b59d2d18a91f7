import making
import numpy as np
import pytest

from cuetrack.cues.head import head


def bump(time_s, start_s, cycles, hz, deg):
    on = (time_s >= start_s) & (time_s < start_s + cycles / hz)
    return deg * on * np.sin(2 * np.pi * hz * (time_s - start_s))


@pytest.mark.parametrize(("angle", "column"), [("yaw", "yaw_deg"), ("pitch", "pitch_deg"), ("roll", "roll_deg")])
def test_angles_come_back_with_sign_and_size(angle, column):
    time = making.times(20)
    deg = making.smooth_noise(np.random.default_rng(3), time, 1.0, 6.0)
    samples, _ = head(making.face(time, **{angle: deg}))
    # The cue corrects what the mesh does to turns of drawn heads; this face is given its true matrix.
    np.testing.assert_allclose(samples[column], deg * {"yaw": 1.1, "pitch": 0.85, "roll": 1.0}[angle], atol=0.05)


def test_positive_yaw_is_toward_the_persons_own_left_and_positive_pitch_is_down():
    face = making.face(making.times(1), yaw=20.0, pitch=10.0)
    nose, ears = face.at(1)[0], (face.at(234)[0] + face.at(454)[0]) / 2
    # The person's own left is on the right of the picture; y grows downward.
    assert nose[0] > ears[0]
    assert nose[1] > making.face(making.times(1), yaw=20.0).at(1)[0][1]
    samples, _ = head(face)
    assert (samples["yaw_deg"] > 0).all()
    assert (samples["pitch_deg"] > 0).all()


def test_nods_and_shakes_are_found_where_they_are_and_not_mistaken_for_each_other():
    time = making.times(60)
    rng = np.random.default_rng(4)
    pitch = making.smooth_noise(rng, time, 3, 3.0) + sum(bump(time, s, 2, 1.6, 4.0) for s in (10, 30, 50))
    yaw = making.smooth_noise(rng, time, 3, 4.0) + sum(bump(time, s, 3, 1.2, 6.0) for s in (20, 40))
    _, spans = head(making.face(time, yaw=yaw, pitch=pitch))
    nods, shakes = spans[spans.label == "nod"], spans[spans.label == "shake"]
    np.testing.assert_allclose(nods.start_s, [10, 30, 50], atol=0.4)
    np.testing.assert_allclose(shakes.start_s, [20, 40], atol=0.6)


def test_a_jaw_that_pulls_the_pitch_at_syllable_rate_is_not_nodding():
    time = making.times(60)
    jaw = np.clip(np.sin(2 * np.pi * 3.6 * time), 0, 1) * (making.smooth_noise(np.random.default_rng(1), time, 1) > 0)
    track = making.face(time, pitch=2.4 * jaw, shapes={"jawOpen": 0.4 * jaw})
    samples, spans = head(track, making.speech("client", [(0, 60)]))
    assert (spans.label == "nod").sum() <= 1
    assert samples["nod_rate_per_min"].max() <= 2


def test_nod_rate_counts_nods_per_minute():
    time = making.times(120)
    pitch = sum(bump(time, s, 2, 1.5, 5.0) for s in np.arange(5, 115, 6))
    samples, _ = head(making.face(time, pitch=pitch))
    middle = samples[samples.time_s.between(30, 90)]
    assert middle["nod_rate_per_min"].mean() == pytest.approx(10, abs=0.5)


def test_speed_is_that_of_a_steady_turn():
    time = making.times(4)
    samples, _ = head(making.face(time, yaw=-20 + 10 * time))
    np.testing.assert_allclose(samples["head_speed_deg_per_s"][5:-5], 11, rtol=0.02)
