"""Voices are what was commanded, by Praat and by plain arithmetic."""

from dataclasses import replace

import numpy as np
import pytest

from cuetrack.simulate import demo_script, short_script, sound, voice
from cuetrack.simulate.script import Event
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
    quiet = sound.recorded(script, voices, floor_db=-90)
    names = list(voices)
    for name in names:
        time = np.arange(len(voices[name].samples)) / RATE_HZ
        own = np.zeros(time.shape, dtype=bool)
        for row in turns[turns["person"] == name].itertuples():
            if row.label in {"ipu", "backchannel", "laugh", "cough", "sigh"}:
                own |= (time >= row.start_s - 0.02) & (time < row.end_s + 0.02)
        assert not voices[name].samples[~own].any()
        assert voices[name].samples[own].any()
    leaky = sound.recorded(script, voices, floor_db=-90, crosstalk_db=-20)
    other = voices[names[1]].samples.astype(float)
    let_in = leaky[names[0]].astype(float) - quiet[names[0]]
    assert 20 * np.log10(np.std(let_in) / np.std(other)) == pytest.approx(-20, abs=0.3)


def heard_with(event: str, **output: float) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], np.ndarray]:
    """Return recorded channels with and without an event from 10 to 20 s, and where it is in force."""
    base = short_script()
    calm = replace(base, events=(), duration_s=30.0, output=replace(base.output, **output))
    with_it = replace(calm, events=(Event(10.0, 20.0, "client", event),))
    channels = [sound.recorded(s, sound.voices(calm)) for s in (calm, with_it)]
    time = np.arange(len(channels[0]["client"])) / RATE_HZ
    return channels[0], channels[1], (time > 12.0) & (time < 18.0)


def test_a_dropout_is_digital_silence() -> None:
    calm, heard, inside = heard_with("audio_dropout")
    assert not heard["client"][inside].any()
    assert calm["client"][inside].any()
    outside = np.roll(inside, 12 * RATE_HZ)
    assert np.array_equal(heard["client"][outside], calm["client"][outside])


def test_crosstalk_lets_the_other_in_by_20_db_and_only_while_it_lasts() -> None:
    base = replace(short_script(), events=())
    other = sound.voices(base)["therapist"].samples.astype(float)
    calm, heard, inside = heard_with("crosstalk")
    let_in = (heard["client"].astype(float) - calm["client"])[inside]
    assert 20 * np.log10(np.std(let_in) / np.std(other[inside])) == pytest.approx(-20, abs=0.5)
    assert np.abs(heard["client"] - calm["client"])[: 8 * RATE_HZ].max() == 0
    assert np.array_equal(heard["therapist"], calm["therapist"])


@pytest.mark.parametrize("event", ["phone_buzz", "doorbell"])
def test_what_rings_is_in_every_channel_and_is_nobodys_speech(event: str) -> None:
    calm, heard, _ = heard_with(event)
    for name in calm:
        rung = heard[name].astype(float) - calm[name]
        assert np.std(rung[10 * RATE_HZ : 12 * RATE_HZ]) > 10 ** (-45 / 20)
        assert not rung[: 9 * RATE_HZ].any()
    turns = replace(short_script(), events=(Event(10.0, 14.0, "both", event),)).turns()
    assert not set(turns["label"]) & {"bell", "buzz"}


@pytest.mark.parametrize("late_s", [0.3, -0.2])
def test_late_sound_is_late(late_s: float) -> None:
    on_time, _, _ = heard_with("cough")
    late, _, _ = heard_with("cough", sound_late_s=late_s)
    shift = round(abs(late_s) * RATE_HZ)
    first, second = (on_time, late) if late_s > 0 else (late, on_time)
    assert np.array_equal(second["client"][shift:], first["client"][:-shift])


def test_speech_sounds_to_the_end_of_its_stretch() -> None:
    """The last syllable ends where the truth says that the person stops: within 40 ms at 20 dB below its peak."""
    script = demo_script()
    said, turns = sound.voices(script), script.turns()
    late = []
    for row in turns[turns["label"] == "ipu"].itertuples():
        first, last = round(row.start_s * RATE_HZ), round(row.end_s * RATE_HZ)
        wave = np.abs(said[row.person].samples[first:last])
        heard = np.flatnonzero(wave > 0.1 * wave.max())
        late.append(row.end_s - (first + heard[-1]) / RATE_HZ)
    assert np.median(late) < 0.04
    assert np.quantile(late, 0.95) < 0.08


def test_the_rate_of_the_truth_is_the_syllables_said() -> None:
    said = spoken(rate=4.5)
    counted = ((said.syllable_s >= 1) & (said.syllable_s < 4)).sum() / 3
    assert said.rate_syl_per_s[150:350] == pytest.approx(counted)
    assert np.isnan(said.rate_syl_per_s[420:490]).all()
