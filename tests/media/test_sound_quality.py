"""What was done to a sound is what is said about it."""

from pathlib import Path

import numpy as np
import pytest
from recordings import babble

from cuetrack.media.audio import Sound, load_sound
from cuetrack.media.sound_quality import describe_sound
from cuetrack.terms import Span

RATE = 16000


def stereo(*channels, gaps=()):
    return Sound(0.0, RATE, np.clip(np.rint(np.stack(channels) * 32767), -32768, 32767).astype(np.int16), gaps)


@pytest.fixture(scope="module")
def voices():
    """Two people taking turns of three seconds, half a minute, faint noise."""
    rng = np.random.default_rng(4)
    turn = (np.arange(30 * RATE) // (3 * RATE)) % 2 == 0
    a, b = babble(30, 1) * turn, babble(30, 2) * ~turn
    return a, b, 0.0005 * rng.normal(size=(2, len(a)))


def test_a_person_per_channel(voices):
    a, b, noise = voices
    found = describe_sound(stereo(a + 0.05 * b + noise[0], 0.3 * (b + 0.05 * a) + noise[1]))
    assert found.layout == "apart"
    assert found.leakage_db == pytest.approx(-26, abs=6)
    assert not any(c.is_silent for c in found.channels)


def test_a_mono_mix_in_two_channels(voices):
    a, b, noise = voices
    mix = a + b + noise[0]
    found = describe_sound(stereo(mix, 0.5 * mix))
    assert found.layout == "same"
    assert found.similarity > 0.99
    assert describe_sound(stereo(mix)).layout == "one"


def test_a_room_in_stereo_is_mixed(voices):
    a, b, noise = voices
    assert describe_sound(stereo(a + 0.7 * b + noise[0], 0.7 * a + b + noise[1])).layout == "mixed"


def test_a_silent_channel(voices):
    a, b, noise = voices
    found = describe_sound(stereo(a + b, 0 * a))
    assert [c.is_silent for c in found.channels] == [False, True]
    assert describe_sound(stereo(a, noise[1])).channels[1].is_silent  # a steady hiss says nothing either


@pytest.mark.parametrize(("gain", "limit", "clips"), [(1, 1, False), (20, 1, True), (20, 0.4, True), (0.5, 1, False)])
def test_clipping(voices, gain, limit, clips):
    found = describe_sound(stereo(np.clip(gain * voices[0], -limit, limit)))
    assert (found.channels[0].clipped > 0.05) == clips
    assert clips or found.channels[0].clipped < 0.01


@pytest.mark.parametrize("snr_db", [10, 25, 40])
def test_noise(voices, snr_db):
    a, b, _ = voices
    mix = a + b
    speech = np.sqrt(np.mean(mix[np.abs(mix) > 0.01] ** 2))
    noise = np.random.default_rng(0).normal(size=len(mix)) * speech * 10 ** (-snr_db / 20)
    assert describe_sound(stereo(mix + noise)).channels[0].snr_db == pytest.approx(snr_db, abs=6)


def test_a_telephone_ends_at_its_band(voices):
    white = np.random.default_rng(0).normal(size=(1, 30 * RATE)) * (0.01 + np.abs(voices[0]))
    spectrum = np.fft.rfft(white)
    spectrum[:, np.fft.rfftfreq(white.shape[1], 1 / RATE) > 3400] = 0
    assert describe_sound(stereo(np.fft.irfft(spectrum)[0])).channels[0].bandwidth_hz == pytest.approx(3400, abs=250)
    assert describe_sound(stereo(white[0])).channels[0].bandwidth_hz > 7800


def test_gaps_do_not_count(voices):
    mix = voices[0] + voices[1] + voices[2][0]
    holed = mix.copy()
    holed[5 * RATE : 25 * RATE] = 0
    found = describe_sound(stereo(holed, gaps=(Span(5.0, 25.0),))).channels[0]
    assert found.floor_db == pytest.approx(describe_sound(stereo(mix)).channels[0].floor_db, abs=3)


@pytest.mark.media
def test_real_sound(media: Path):
    talk = describe_sound(load_sound(media / "audio_2spk" / "sample.wav"))
    assert talk.layout == "one"
    assert not talk.channels[0].is_silent
    clip = describe_sound(load_sound(media / "video" / "L_talks_R_silent.mp4"))
    assert clip.layout == "same"
    assert describe_sound(load_sound(media / "video" / "WolfgangLanger_Pexels.mp4", 48000)).channels[0].is_silent
