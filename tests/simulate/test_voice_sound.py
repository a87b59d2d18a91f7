"""Voices are what was commanded, by Praat and by plain arithmetic."""

import numpy as np
import pytest

from cuetrack.simulate import short_script, sound, voice
from cuetrack.simulate.voice import FRAME_HZ, RATE_HZ, Sound

SECONDS = 8


def spoken(f0: float = 150.0, level: float = -24.0, rate: float = 4.0, spread: float = 2.0) -> Sound:
    time = np.arange(SECONDS * FRAME_HZ) / FRAME_HZ
    return voice.voice(
        [(1.0, 4.0), (5.0, 7.5)],
        [],
        f0_hz=f0 * 2 ** (spread * np.sin(2 * np.pi * 0.4 * time) / 12),
        level_db=np.full(time.shape, level),
        rate_syl_per_s=np.full(time.shape, rate),
        seed=3,
    )


@pytest.mark.parametrize("f0", [95.0, 150.0, 280.0])
def test_praat_hears_the_commanded_pitch(f0: float) -> None:
    import parselmouth

    said = spoken(f0)
    pitch = parselmouth.Sound(said.samples.astype(float), RATE_HZ).to_pitch(0.01, 60, 500)
    heard, times = pitch.selected_array["frequency"], pitch.xs()
    frame = np.minimum(np.round(times * FRAME_HZ).astype(int), len(said.f0_hz) - 1)
    both = (heard > 0) & np.isfinite(said.f0_hz[frame])
    cents = 1200 * np.log2(heard[both] / said.f0_hz[frame][both])
    assert both.sum() > 300
    assert np.median(np.abs(cents)) < 6
    assert np.mean(np.abs(cents) > 100) < 0.005


@pytest.mark.parametrize("level", [-38.0, -24.0, -17.0])
def test_level_is_exact(level: float) -> None:
    part = spoken(level=level).samples[int(1.5 * RATE_HZ) : int(3.5 * RATE_HZ)]
    assert 20 * np.log10(np.sqrt(np.mean(part.astype(float) ** 2))) == pytest.approx(level, abs=0.3)


@pytest.mark.parametrize("rate", [2.0, 4.5, 7.0])
def test_syllables_come_at_their_rate_with_deep_valleys(rate: float) -> None:
    said = spoken(rate=rate)
    nuclei = said.syllable_s[said.syllable_s < 4.0]
    assert np.diff(nuclei) == pytest.approx(1 / rate, abs=0.02)
    loud = np.sqrt(np.convolve(said.samples.astype(float) ** 2, np.ones(240) / 240, "same"))
    peaks = loud[(nuclei * RATE_HZ).astype(int)]
    valleys = loud[((nuclei[:-1] + nuclei[1:]) / 2 * RATE_HZ).astype(int)]
    assert 20 * np.log10(np.median(peaks) / np.median(valleys)) > 12


def test_silence_outside_speech_and_sounds_inside_their_spans() -> None:
    said = spoken()
    assert not said.samples[int(4.1 * RATE_HZ) : int(4.9 * RATE_HZ)].any()
    assert np.isnan(said.f0_hz[: FRAME_HZ - 1]).all()
    for label, level in voice.SOUND_DB.items():
        made = voice.noise_of(label, 1.2, 180.0, np.random.default_rng(0)).astype(float)
        assert len(made) == round(1.2 * RATE_HZ)
        assert 20 * np.log10(np.sqrt(np.mean(made**2))) == pytest.approx(level, abs=1.0)
    with pytest.raises(ValueError, match="expected a sound"):
        voice.noise_of("sneeze", 1.0, 180.0, np.random.default_rng(0))


def test_a_script_speaks_when_its_turns_say_and_crosstalk_is_as_weak_as_asked() -> None:
    script = short_script()
    voices = sound.voices(script)
    turns = script.turns()
    quiet = sound.recorded(voices, floor_db=-90)
    names = list(voices)
    for name in names:
        time = np.arange(len(voices[name].samples)) / RATE_HZ
        own = np.zeros(time.shape, dtype=bool)
        for row in turns[turns["person"] == name].itertuples():
            if row.label in {"ipu", "backchannel", "laugh", "cough", "sigh"}:
                own |= (time >= row.start_s - 0.02) & (time < row.end_s + 0.02)
        assert not voices[name].samples[~own].any()
        assert voices[name].samples[own].any()
    leaky = sound.recorded(voices, floor_db=-90, crosstalk_db=-20)
    other = voices[names[1]].samples.astype(float)
    let_in = leaky[names[0]].astype(float) - quiet[names[0]]
    assert 20 * np.log10(np.std(let_in) / np.std(other)) == pytest.approx(-20, abs=0.3)
