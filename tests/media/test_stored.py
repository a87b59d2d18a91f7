"""Sound kept outside memory is the sound that memory would hold."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recordings import make_sound

from cuetrack.errors import StoreError
from cuetrack.media.audio import Sound, load_sound
from cuetrack.media.sound_quality import describe_sound
from cuetrack.media.stored import Stored, mixed, store_sound, stretched


def kept(samples, folder):
    out = Stored(folder)
    out.put(0, samples)
    return out


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 400), st.slices(400))
def test_every_slice_is_an_arrays_slice(tmp_path_factory, count, part):
    if part.step is not None and part.step < 1:
        part = slice(part.start, part.stop)
    samples = np.random.default_rng(count).integers(-32768, 32767, count, dtype=np.int16)
    out = kept(samples, tmp_path_factory.getbasetemp())
    assert len(out) == count
    np.testing.assert_array_equal(out[part], samples[part])


def test_steps_go_on_across_what_is_read_at_once(tmp_path):
    samples = np.random.default_rng(3).integers(-9, 9, 2_300_001, dtype=np.int16)
    for step in (1, 2, 7, 1_000_003):
        np.testing.assert_array_equal(kept(samples, tmp_path)[5::step], samples[5::step])


def test_a_recording_is_kept_as_it_is_loaded(tmp_path):
    rng = np.random.default_rng(0)
    path = make_sound(tmp_path / "two.wav", (0.1 * rng.normal(size=(2, 44100 * 3))).astype(np.float32), 44100)
    stored, loaded = store_sound(path, tmp_path), load_sound(path)
    assert (stored.start_s, stored.rate_hz, stored.gaps) == (loaded.start_s, loaded.rate_hz, loaded.gaps)
    for channel, row in zip(stored.channels, loaded.samples, strict=True):
        np.testing.assert_array_equal(channel[:], row)
    assert describe_sound(stored) == describe_sound(loaded)
    assert [p.name for p in tmp_path.iterdir()] == ["two.wav"], "no name in the folder, so a kill leaves nothing"


def test_what_was_never_written_is_silence(tmp_path):
    out = Stored(tmp_path)
    out.put(5, np.array([7, 8], np.int16))
    np.testing.assert_array_equal(out[:], [0, 0, 0, 0, 0, 7, 8])


def test_a_mix_is_the_mean_of_the_channels_to_half_a_step(tmp_path):
    rng = np.random.default_rng(1)
    sound = Sound(0.0, 16000, rng.integers(-32768, 32767, (3, 1_500_000), dtype=np.int16))
    channels = tuple(kept(row, tmp_path) for row in sound.samples)
    assert np.abs(mixed(channels, tmp_path)[:] / 32768 - sound.mono()).max() <= 0.51 / 32768
    assert mixed(channels[:1], tmp_path) is channels[0]


@pytest.mark.parametrize("drift_ppm", [-800.0, 0.2, 35.0, 1200.0])
def test_a_drifting_clock_is_stretched_as_one_line_through_all_samples(drift_ppm, tmp_path):
    samples = np.random.default_rng(2).integers(-3000, 3000, 2_500_000, dtype=np.int16)
    count = len(samples) if drift_ppm < 1 and drift_ppm > -1 else round(len(samples) * (1 + drift_ppm * 1e-6))
    exact = np.interp(np.linspace(0, len(samples) - 1, count), np.arange(len(samples)), samples)
    made = stretched(kept(samples, tmp_path), drift_ppm, tmp_path)
    assert len(made) == count
    assert np.abs(made[:] - exact).max() <= 0.51


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path):
    with pytest.raises(StoreError, match="absent: no room to keep"):
        Stored(tmp_path / "absent")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_said_so(tmp_path):
    out = Stored(tmp_path)
    with open("/dev/full", "r+b", buffering=0) as out._file, pytest.raises(StoreError, match="no room to keep"):
        out.put(0, np.ones(10, np.int16))
