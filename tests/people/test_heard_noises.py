import numpy as np
import pytest
from scipy.signal import resample_poly

from cuetrack.people.speech import listen
from cuetrack.simulate import room, voice


@pytest.fixture(scope="module")
def heard():
    count = 2400
    sounds = [(5.0, 7.0, "laugh"), (10.0, 10.6, "cough"), (14.0, 16.0, "sigh")]
    speech = [(1, 4), (8, 9.5), (11, 13.5), (17, 20), (20.5, 23)]
    made = voice.voice(
        speech,
        sounds,
        f0_hz=150 * 2 ** (np.sin(np.arange(count) / 60) / 6),
        level_db=np.full(count, -24.0),
        rate_syl_per_s=np.full(count, 4.3),
        seed=2,
    )
    wave = resample_poly(made.samples + room.noise(len(made.samples), -62.0, 1), 2, 3).astype(np.float32)
    return listen({"a": wave}, ["a"]).speech["a"].spans, sounds, speech


@pytest.mark.parametrize("which", [0, 1, 2])
def test_laugh_cough_and_sigh_are_named(heard, which):
    spans, sounds, _ = heard
    start, end, label = sounds[which]
    rows = spans[(spans["label"] == label) & (spans["start_s"] < end) & (spans["end_s"] > start)]
    covered = np.clip(np.minimum(rows["end_s"], end) - np.maximum(rows["start_s"], start), 0, None).sum()
    assert covered >= 0.5 * (end - start)


def test_they_are_not_speech_and_speech_is_not_them(heard):
    spans, sounds, speech = heard
    said = spans[spans["label"] == "speech"]

    def shared(rows, start, end):
        return np.clip(np.minimum(rows["end_s"], end) - np.maximum(rows["start_s"], start), 0, None).sum()

    assert sum(shared(said, a, b) for a, b, _ in sounds) <= 0.3
    assert sum(shared(said, a, b) for a, b in speech) >= 0.93 * sum(b - a for a, b in speech)
    noises = spans[spans["label"].isin(["laugh", "cough", "sigh"])]
    assert sum(shared(noises, a, b) for a, b in speech) <= 0.3
