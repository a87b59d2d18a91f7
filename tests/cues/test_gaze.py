import making
import numpy as np
import pandas as pd
import pytest

from cuetrack.cues.gaze import gaze

RNG = np.random.default_rng(5)


def spans_of(spans, label):
    return spans[spans.label == label]


def test_eye_angles_come_back_while_the_head_turns():
    time = making.times(30)
    rng = np.random.default_rng(2)
    yaw, pitch = making.smooth_noise(rng, time, 2, 6), making.smooth_noise(rng, time, 2, 5)
    eye = making.smooth_noise(rng, time, 1, 10)
    down = making.smooth_noise(rng, time, 1, 6)
    samples, _ = gaze(making.face(time, yaw=yaw, pitch=pitch, eye_yaw=eye, eye_pitch=down, noise_px=0.2))
    seen = samples.dropna()
    assert len(seen) > 0.8 * len(time)
    assert np.corrcoef(seen.eye_yaw_deg, eye[seen.index])[0, 1] > 0.98
    assert np.corrcoef(seen.eye_pitch_deg, down[seen.index])[0, 1] > 0.9
    assert np.corrcoef(seen.gaze_yaw_deg, (yaw + eye)[seen.index])[0, 1] > 0.98


@pytest.mark.parametrize("home", [0.0, 11.0])
def test_looking_away_is_told_from_home_by_eyes_or_by_head(home):
    time = making.times(60)
    by_eye = 20.0 * ((time % 10) < 2)
    by_head = -20.0 * ((time % 10 >= 5) & (time % 10 < 7))
    truth = (np.abs(by_eye) < 1) & (np.abs(by_head) < 1)
    track = making.face(time, yaw=home + by_head, eye_yaw=by_eye, noise_px=0.2)
    samples, spans = gaze(track)
    found = samples["toward_partner"].to_numpy() == 1
    hits = (found & truth).sum()
    assert 2 * hits / (found.sum() + truth.sum()) > 0.95
    assert len(spans_of(spans, "away_side")) == 12


def test_home_is_read_while_the_partner_speaks():
    time = making.times(120)
    listening = (time % 20) < 6
    # Away from the partner for most of the time: only while listening does the person look at home.
    track = making.face(time, eye_yaw=np.where(listening, 0.0, 24.0))
    talk = [(s, s + 6.0) for s in np.arange(0, 120, 20.0)]
    samples, _ = gaze(track, making.speech("therapist", talk, 120))
    toward = samples.groupby(listening)["toward_partner"].mean()
    assert toward[True] > 0.9
    assert toward[False] < 0.1


def test_home_follows_a_changed_seat():
    time = making.times(900, fps=10)
    yaw = np.where(time < 450, 0.0, 12.0) + making.smooth_noise(np.random.default_rng(1), time, 1, 1)
    samples, _ = gaze(making.face(time, yaw=yaw))
    last = samples[samples.time_s > 700]
    assert last["toward_partner"].mean() > 0.9


def test_directions_are_named():
    time = making.times(40)
    down = np.where((time > 5) & (time < 8), 25.0, 0) + np.where((time > 25) & (time < 28), -25.0, 0)
    side = 30.0 * ((time > 15) & (time < 18))
    _, spans = gaze(making.face(time, yaw=side, pitch=down))
    starts = {label: rows.start_s.tolist() for label, rows in spans.groupby("label")}
    for label, at in (("away_down", 5), ("away_side", 15), ("away_up", 25)):
        assert starts[label] == [pytest.approx(at, abs=0.3)]


@pytest.mark.parametrize("deep", [1.0, 0.75])
def test_blinks_are_counted_whatever_this_persons_peak(deep):
    time = making.times(60)
    at = np.arange(1.3, 59, 2.7)
    _, spans = gaze(making.face(time, closed=deep * making.pulses(time, at), noise_px=0.2))
    blinks = spans_of(spans, "blink")
    np.testing.assert_allclose((blinks.start_s + blinks.end_s) / 2, at, atol=0.08)


def test_gaze_down_with_lids_following_is_not_a_blink_and_long_closure_is_eyes_closed():
    time = making.times(60)
    looks = np.isin(np.floor(time), [10, 11, 12, 30, 31])
    closed = 0.4 * looks + 1.0 * ((time > 45) & (time < 48))
    _, spans = gaze(making.face(time, closed=closed, eye_pitch=20.0 * looks))
    assert len(spans_of(spans, "blink")) == 0
    shut = spans_of(spans, "eyes_closed")
    assert len(shut) == 1
    assert shut.start_s.iloc[0] == pytest.approx(45, abs=0.1)
    assert shut.end_s.iloc[0] == pytest.approx(48, abs=0.1)


def test_gaze_is_missing_while_the_eyes_are_shut():
    time = making.times(20)
    samples, _ = gaze(making.face(time, closed=making.pulses(time, [5.0, 10.0], 0.4)))
    shut = samples[samples.time_s.between(4.95, 5.05)]
    assert shut[["gaze_yaw_deg", "toward_partner", "off_home_deg"]].isna().all(axis=None)
    assert shut.confidence.max() < 0.5


def test_blink_rate_needs_frames():
    def rate(fps):
        time = making.times(90, fps=fps)
        return gaze(making.face(time, closed=making.pulses(time, np.arange(1.5, 90, 3.0))))[0]

    assert rate(25)["blink_rate_per_min"].mean() == pytest.approx(20, abs=1)
    for half in (25 / 2, 24000 / 1001 / 2):  # what is left of recordings of 25 and of 24 frames a second
        assert rate(half)["blink_rate_per_min"].mean() == pytest.approx(20, abs=1)
    assert rate(10)["blink_rate_per_min"].isna().all()
    assert rate(18).confidence.mean() < rate(25).confidence.mean()


def test_rows_keep_the_native_times():
    time = making.times(10, fps=23.976)
    samples, _ = gaze(making.face(time))
    pd.testing.assert_series_equal(samples["time_s"], pd.Series(time, name="time_s"))
