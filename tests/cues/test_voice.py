import numpy as np
import pytest

from cuetrack.cues.registry import run
from cuetrack.cues.voice import voice
from cuetrack.people.tracks import SoundTrack, SpeechTrack
from cuetrack.tables import spans


def sound(seconds=60.0, f0=None, level=None, syllables=4.0, reliability=1.0, start_s=0.0):
    n = int(seconds * 100)
    time = start_s + np.arange(n) * 0.01
    f0 = np.full(n, 150.0) if f0 is None else f0
    level = np.full(n, -24.0) if level is None else level
    voiced = np.isfinite(f0)
    full = np.where(voiced, 1.0, np.nan)
    return SoundTrack(
        "P", time, f0, voiced.astype(float), level, 15 * full, 12 * full, 0.01 * full, 0.05 * full, np.zeros(n),
        start_s + np.arange(0, seconds, 1 / syllables), "own_channel", reliability,
    )  # fmt: skip


def speech(stretches):
    rows = [{"start_s": a, "end_s": b, "person": "P", "label": "speech", "score": 1.0} for a, b in stretches]
    return SpeechTrack("P", spans(rows), "truth", 1.0, ((0.0, 60.0),))


def test_pitch_and_level_are_against_the_own_median():
    n = 6000
    high = np.arange(n) >= 4000
    table = voice(sound(f0=np.where(high, 150 * 2 ** (5 / 12), 150.0), level=np.where(high, -18.0, -24.0)))
    late = table[table["time_s"] > 41]
    assert late["pitch_st"].mean() == pytest.approx(5, abs=0.01)
    assert late["level_db"].mean() == pytest.approx(6, abs=0.01)
    assert table[table["time_s"] < 39]["pitch_st"].abs().max() < 0.01


def test_span_is_p90_less_p10_in_semitones():
    f0 = 150 * 2 ** (3 / 12 * np.sin(np.arange(6000) / 100 * 2 * np.pi))
    table = voice(sound(f0=f0))
    expected = np.percentile(3 * np.sin(np.linspace(0, 2 * np.pi, 10_000)), [10, 90])
    assert table["pitch_span_st"].median() == pytest.approx(expected[1] - expected[0], abs=0.1)


def test_an_octave_error_is_left_out():
    f0 = np.full(6000, 150.0)
    f0[1000] = 75
    f0[2000:2050] = 600
    table = voice(sound(f0=f0))
    assert table["pitch_st"].abs().max() < 0.01


def test_articulation_counts_syllables_in_speech_only():
    table = voice(sound(syllables=5), speech([(0, 10), (12, 30), (31, 60)]))
    assert table["articulation_syl_per_s"].median() == pytest.approx(5, abs=0.3)
    silent = table[table["time_s"].between(10.1, 11.8)]
    assert silent["articulation_syl_per_s"].isna().all()
    assert (silent["confidence"] == 0).all()


def test_nothing_voiced_is_nothing_known_and_a_call_is_less_sure():
    none = voice(sound(f0=np.full(6000, np.nan)))
    assert none.drop(columns=["time_s", "person", "confidence"]).isna().all(axis=None)
    assert voice(sound(reliability=0.3))["confidence"].max() < voice(sound())["confidence"].max()


def test_time_moves_and_nothing_else():
    f0 = 150 * 2 ** (np.sin(np.arange(6000) / 37) / 6)
    a, b = voice(sound(f0=f0)), voice(sound(f0=f0, start_s=100.0))
    assert np.allclose(b["time_s"] - a["time_s"], 100)
    for name in ("pitch_st", "pitch_span_st", "level_db"):
        assert np.allclose(a[name], b[name], equal_nan=True, atol=1e-4)


def test_it_runs_in_the_registry():
    result = run(voice.cue, {"sound": {"P": sound(5.0)}}, {}, ["P"])
    assert len(result.samples) == 50
