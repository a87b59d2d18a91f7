from dataclasses import replace

import making
import numpy as np
import pytest

from cuetrack.cues.breathing import breathing
from cuetrack.people.breath import breath_rate

PX_PER_MM = 240 / 380


def chest(time, hz, px, *, noise=0.2, seed=0):
    rng = np.random.default_rng(seed)
    drift = making.smooth_noise(rng, time, 20, 1.0)
    return (
        px * np.sin(2 * np.pi * np.cumsum(np.broadcast_to(hz, time.shape)) / 25)
        + drift
        + noise * rng.standard_normal(len(time))
    )


@pytest.mark.parametrize("per_min", [9.0, 14.4, 22.0])
@pytest.mark.parametrize("px", [0.5, 2.0])
def test_rate_of_a_listener(per_min, px):
    time = making.times(120)
    samples, _ = breathing(making.torso(time, chest_y_px=chest(time, per_min / 60, px)))
    assert np.abs(samples.breath_rate_per_min - per_min).mean() < 0.5
    assert samples.breath_rate_per_min.notna().mean() > 0.9


def test_the_clock_is_that_of_the_frames_not_their_number():
    time = making.times(120, fps=12.5)
    y = 2 * np.sin(2 * np.pi * 0.25 * time)
    samples, _ = breathing(making.torso(time, chest_y_px=y))
    assert samples.breath_rate_per_min.median() == pytest.approx(15, abs=0.3)


def test_nods_and_speech_do_not_change_the_rate():
    time = making.times(180)
    rng = np.random.default_rng(1)
    y = chest(time, 0.25, 2.0)
    pitch = np.zeros(len(time))
    for at in np.arange(4, 176, 9.0):
        near = (time > at) & (time < at + 1.5)
        y[near] += 12 * np.sin(2 * np.pi * 1.5 * (time[near] - at))
        pitch[near] = 8 * np.sin(2 * np.pi * 1.5 * (time[near] - at))
    talk = [(s, s + 8.0) for s in np.arange(10, 170, 25.0)]
    for a, b in talk:
        near = (time > a) & (time < b)
        y[near] += making.smooth_noise(rng, time[near], 1.5, 4.0)
    track = making.torso(time, chest_y_px=y)
    samples, _ = breathing(track, making.face(time, pitch=pitch), making.speech("client", talk, 180))
    found = samples.breath_rate_per_min.dropna()
    assert len(found) > 0.5 * len(samples)
    assert np.abs(found - 15).mean() < 1.0


def test_what_is_no_breathing_has_no_rate():
    time = making.times(90)
    still = 0.02 * np.random.default_rng(0).standard_normal(len(time))
    samples, spans = breathing(making.torso(time, chest_y_px=still))
    assert len(spans) == 0
    assert samples.breath_rate_per_min.notna().mean() < 0.4


def test_chest_is_in_mm_and_up_when_breathing_in():
    time = making.times(60)
    samples, _ = breathing(making.torso(time, chest_y_px=-2 * np.sin(2 * np.pi * 0.25 * time)))
    middle = samples[samples.time_s.between(15, 45)]
    truth = 2 / PX_PER_MM * np.sin(2 * np.pi * 0.25 * middle.time_s)
    np.testing.assert_allclose(middle.chest_mm, truth, atol=0.3)


def test_a_held_breath_and_a_sigh_are_found_once_each():
    time = making.times(120)
    hz = np.where((time > 60) & (time < 69), 0.0, 0.25)
    sigh = (time > 92) & (time < 96)
    px = np.where(sigh, 5.0, 2.0)
    y = -chest(time, hz, px, noise=0.1)
    _, spans = breathing(making.torso(time, chest_y_px=y))
    hold, sighs = spans[spans.label == "hold"], spans[spans.label == "sigh"]
    assert len(hold) == 1
    assert hold.start_s.iloc[0] == pytest.approx(60, abs=1.2)
    assert hold.end_s.iloc[0] == pytest.approx(69, abs=1.2)
    assert len(sighs) == 1
    assert sighs.start_s.iloc[0] < 95
    assert sighs.end_s.iloc[0] > 92


@pytest.mark.parametrize(("moves_s", "holds"), [((64.5,), 1), ((63.0, 64.5, 66.0), 0)])
def test_a_twitch_does_not_end_a_held_breath_but_moving_about_does(moves_s, holds):
    time = making.times(120)
    hz = np.where((time > 60) & (time < 69), 0.0, 0.25)
    y = -chest(time, hz, 2.0, noise=0.1)
    for at in moves_s:
        y += 3 * np.exp(-(((time - at) / 0.12) ** 2))
    _, spans = breathing(making.torso(time, chest_y_px=y))
    assert (spans.label == "hold").sum() == holds


def test_a_heard_sigh_need_not_be_as_deep():
    time = making.times(90)
    px = np.where((time > 48) & (time < 52), 2.9, 2.0)
    track = making.torso(time, chest_y_px=-chest(time, 0.25, px, noise=0.1))
    clock = making.times(90, fps=100)
    quiet = making.sound(clock)
    breath = (clock > 49) & (clock < 51)
    sound = replace(quiet, level_db=np.where(breath, -35.0, -63.0), voicing=np.zeros(len(clock)))
    heard = breathing(track, None, None, sound)[1]
    silent = breathing(track, None, None, replace(sound, level_db=np.full(len(clock), -63.0)))[1]
    assert (heard.label == "sigh").sum() == 1
    assert (silent.label == "sigh").sum() == 0


def test_depth_is_relative_to_the_persons_own():
    time = making.times(200)
    px = np.where(time > 150, 3.0, 2.0)
    samples, _ = breathing(making.torso(time, chest_y_px=chest(time, 0.25, px)))
    late = samples.breath_depth[samples.time_s.between(160, 190)].median()
    early = samples.breath_depth[samples.time_s.between(20, 140)].median()
    assert early == pytest.approx(1.0, abs=0.1)
    assert late == pytest.approx(1.5, abs=0.15)


def test_rate_of_any_sine_at_any_sampling_rate():
    for rate_hz in (10.0, 25.0, 1000.0):
        t = np.arange(0, 90, 1 / rate_hz)
        _, per_min, clear = breath_rate(np.sin(2 * np.pi * 0.3 * t), rate_hz)
        np.testing.assert_allclose(per_min, 18.0, atol=0.15)
        assert clear.min() > 0.9


@pytest.mark.media
def test_rate_of_a_belt_where_it_breathes_evenly(media):
    """Most of this recording is movement; from 180 to 210 s eleven to twelve waves can be counted by eye."""
    with np.load(media / "respiration" / "task1_respiration_first300s_1000hz.npz") as stored:
        belt = stored["resp"].astype(float)
    centre, per_min, clear = breath_rate(belt, 1000.0)
    assert per_min[np.abs(centre - 195) < 8].mean() == pytest.approx(23.5, abs=2.5)
    assert clear[np.abs(centre - 195) < 8].max() > 0.4
    # While the belt is being moved about, from 110 to 125 s, no rhythm stands out.
    assert clear[np.abs(centre - 118) < 8].max() < 0.2
