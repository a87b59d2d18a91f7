"""Two recordings of one conversation come onto one clock; recordings of different ones do not."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recordings import babble, make_sound

from cuetrack.errors import SyncNotFound
from cuetrack.media.audio import Sound, load_sound
from cuetrack.media.clock import align_clocks

RATE = 8000


def as_sound(samples, start_s=0.0):
    return Sound(start_s, RATE, np.clip(np.rint(samples * 32767), -32768, 32767).astype(np.int16)[None])


def later(samples, offset_s, drift_ppm):
    """The same air, heard by a recorder whose second s is the first one's offset + s (1 + drift)."""
    second = np.arange(len(samples)) / RATE
    return np.interp(offset_s + second * (1 + drift_ppm * 1e-6), second, samples, left=0, right=0)


def worst_error_s(found, offset_s, drift_ppm, duration_s):
    shared = np.linspace(max(0, -offset_s), min(duration_s, duration_s - offset_s), 9)
    return max(abs(found.on_first(t) - (offset_s + t * (1 + drift_ppm * 1e-6))) for t in shared)


def two_microphones(duration_s, seed, *, crosstalk_db, noise_db, offset_s, drift_ppm, travel_s=0.004):
    """Two people taking turns, each with a microphone that hears the other `travel_s` late and `crosstalk_db` down."""
    rng = np.random.default_rng(seed)
    voices = [babble(duration_s, 2 * seed + k, RATE) for k in (1, 2)]
    edges = np.cumsum(rng.uniform(1, 8, 200))
    speaker = np.searchsorted(edges, np.arange(len(voices[0])) / RATE) % 2
    a, b = voices[0] * (speaker == 0), voices[1] * (speaker == 1)
    noise = 10 ** (noise_db / 20) * np.sqrt(np.mean(a[np.abs(a) > 1e-4] ** 2))
    near, way = 10 ** (crosstalk_db / 20), round(travel_s * RATE)
    first = a + near * np.roll(b, way) + noise * rng.normal(size=len(a))
    second = later(b + near * np.roll(a, way), offset_s, drift_ppm) + noise * rng.normal(size=len(a))
    return as_sound(first), as_sound(second)


@settings(max_examples=8, deadline=None)
@given(offset=st.floats(-15, 15), drift=st.floats(-150, 150), gain=st.floats(0.05, 1), seed=st.integers(0, 10**6))
def test_a_shifted_drifting_noisy_copy_comes_back_within_10_ms(offset, drift, gain, seed):
    rng = np.random.default_rng(seed)
    air = babble(60, seed, RATE)
    copy = -gain * later(air, offset, drift)  # polarity and level differ between recorders
    first = as_sound(air + 0.003 * rng.normal(size=len(air)))
    found = align_clocks(first, as_sound(copy + 0.003 * gain * rng.normal(size=len(air))))
    assert worst_error_s(found, offset, drift, 60) <= 0.010
    assert found.confidence > 0.9
    assert found.residual_s < 0.005


@pytest.mark.parametrize("crosstalk_db", [-20, -26, -30])
def test_crosstalk_is_enough(crosstalk_db):
    first, second = two_microphones(90, seed=5, crosstalk_db=crosstalk_db, noise_db=-45, offset_s=3.21, drift_ppm=40)
    found = align_clocks(first, second)
    assert worst_error_s(found, 3.21, 40, 90) <= 0.010
    assert found.travel_s == 0
    assert found.confidence > 0.9


def test_a_call_over_loudspeakers_is_halved():
    first, second = two_microphones(
        120, seed=7, crosstalk_db=-24, noise_db=-45, offset_s=-2.0, drift_ppm=30, travel_s=0.2
    )
    found = align_clocks(first, second)
    assert worst_error_s(found, -2.0, 30, 120) <= 0.010
    assert found.travel_s == pytest.approx(0.2, abs=0.002)


def test_no_crosstalk_is_refused():
    with pytest.raises(SyncNotFound, match="offset yourself"):
        align_clocks(*two_microphones(60, seed=6, crosstalk_db=-90, noise_db=-40, offset_s=1.0, drift_ppm=0))


@pytest.mark.parametrize("duration_s", [8, 20, 60])
def test_different_conversations_are_refused(duration_s):
    for seed in range(6):
        rng = np.random.default_rng(seed)
        voices = [babble(duration_s, 1000 + 2 * seed + k, RATE) for k in (0, 1)]
        first, second = (as_sound(v + 0.002 * rng.normal(size=len(v))) for v in voices)
        with pytest.raises(SyncNotFound):
            align_clocks(first, second)


def test_swapping_the_recordings_turns_the_line_round():
    air = babble(60, 77, RATE)
    pair = as_sound(air), as_sound(later(air, 4.0, 100))
    there, back = align_clocks(*pair), align_clocks(*pair[::-1])
    for time_s in (0.0, 20.0, 50.0):
        assert back.on_first(there.on_first(time_s)) == pytest.approx(time_s, abs=0.002)


def test_session_start_of_each_recording_counts():
    air = babble(30, 78, RATE)
    found = align_clocks(as_sound(air, start_s=2.0), as_sound(later(air, 1.0, 0), start_s=0.5))
    assert found.on_first(0.5) == pytest.approx(3.0, abs=0.002)


def test_other_rates_and_stereo(tmp_path):
    air = babble(20, 79, 16000)
    one = make_sound(tmp_path / "a.wav", np.stack([air, 0 * air]))
    found = align_clocks(one, load_sound(make_sound(tmp_path / "b.m4a", air[None, 16000:], codec="aac")))
    assert found.offset_s == pytest.approx(1.0, abs=0.01)


def test_too_little_sound_is_refused():
    with pytest.raises(SyncNotFound, match="5 s"):
        align_clocks(as_sound(babble(3, 1, RATE)), as_sound(babble(30, 1, RATE)))
    with pytest.raises(SyncNotFound, match="5 s"):
        align_clocks(as_sound(np.zeros(RATE * 30)), as_sound(babble(30, 1, RATE)))


@pytest.mark.media
def test_real_speech(media: Path, tmp_path):
    whole = load_sound(media / "audio_2spk" / "sample.wav")
    part = whole.samples[:, 16000 * 4 :].astype(np.float32) / 32768
    coded = make_sound(tmp_path / "call.mp3", part * 0.3, codec="mp3")
    found = align_clocks(whole, coded)
    assert found.offset_s == pytest.approx(4.0, abs=0.01)
    with pytest.raises(SyncNotFound):
        align_clocks(whole, media / "audio_2spk" / "frint980428.wav")
    with pytest.raises(SyncNotFound):
        align_clocks(whole, media / "video" / "L_talks_R_silent.mp4")
