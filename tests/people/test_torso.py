import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import seen, shifted, textured

from cuetrack.people import torso
from cuetrack.people.boxes import Box

SHOULDERS = np.array([[300, 180], [140, 180]], dtype=np.float32)
RATE_HZ = 12.5


def follow(
    motion_px: np.ndarray, *, light_from: int | None = None, noise: float = 1.6
) -> tuple[np.ndarray, np.ndarray]:
    rng, picture, chest = np.random.default_rng(1), textured(), torso.Chest()
    read = []
    for i, y in enumerate(motion_px):
        frame = shifted(picture, float(y))
        if light_from is not None and i >= light_from:
            frame = frame * 0.6 + 10
        read.append(chest.read(seen(frame, rng, noise), SHOULDERS, i / RATE_HZ))
    y, quality = np.array(read).T
    return y, quality


@pytest.mark.parametrize("amplitude_px", [0.2, 0.5, 3.0])
def test_breathing_comes_back_to_a_tenth_of_a_pixel(amplitude_px: float):
    motion = amplitude_px * np.sin(2 * np.pi * 0.25 * np.arange(100) / RATE_HZ)
    y, quality = follow(motion)
    error = (y - y[0]) - (motion - motion[0])
    assert np.sqrt((error**2).mean()) < 0.06
    assert np.corrcoef(y, motion)[0, 1] > 0.98
    assert quality[1:].min() > 0.8


def test_down_is_positive_and_a_step_of_light_is_not_motion():
    motion = np.linspace(0, 5, 40)
    y, quality = follow(motion, light_from=20)
    assert np.abs((y - y[0]) - motion).max() < 0.15
    assert quality[1:].min() > 0.7


def test_references_that_are_renewed_do_not_drift():
    motion = 12 * np.sin(2 * np.pi * 0.1 * np.arange(150) / RATE_HZ)  # far enough to renew the reference many times
    y, _ = follow(motion)
    assert np.abs((y - y[0]) - motion).max() < 0.4


def test_a_flat_wall_gives_no_quality():
    chest, rng = torso.Chest(), np.random.default_rng(0)
    flat = np.full((320, 440), 128.0)
    qualities = [chest.read(seen(flat, rng, 0.5), SHOULDERS, i / RATE_HZ)[1] for i in range(5)]
    assert max(qualities) == 0


def test_a_restart_keeps_the_height_and_marks_the_sample():
    chest, rng = torso.Chest(), np.random.default_rng(0)
    for i in range(10):
        before, _ = chest.read(seen(shifted(textured(), 0.3 * i), rng), SHOULDERS, i / RATE_HZ)
    y, quality = chest.read(seen(textured(7), rng), SHOULDERS, 1.0, restart=True)
    assert y == before
    assert quality == 0


@settings(max_examples=20, deadline=None)
@given(st.floats(-4, 4), st.floats(-4, 4))
def test_a_patch_finds_any_shift(x_px: float, y_px: float):
    picture, rng = textured(), np.random.default_rng(3)
    patch = torso.Patch.at(seen(picture, rng), Box(150, 100, 290, 220), (0.0, 0.0), 0.0)
    assert patch is not None
    x, y, error = patch.moved(seen(shifted(picture, y_px, x_px), rng))
    assert x == pytest.approx(x_px, abs=0.15)
    assert y == pytest.approx(y_px, abs=0.15)
    assert error < 0.2


def test_looking_changes_neither_the_reference_nor_the_answer():
    rng = np.random.default_rng(4)
    patch = torso.Patch.at(seen(textured(), rng), Box(150, 100, 230, 180), (0.0, 0.0), 0.0)  # 80 suits the transform
    assert patch is not None
    reference = patch.reference.copy()
    elsewhere = seen(textured(7), rng)  # leaves much unexplained, so that another start is looked for
    answers = {patch.moved(elsewhere) for _ in range(3)}
    assert len(answers) == 1
    np.testing.assert_array_equal(patch.reference, reference)


def test_energy_counts_the_part_that_moved():
    rng = np.random.default_rng(0)
    before = textured()
    after = before.copy()
    after[100:200, 100:300] = textured(5)[100:200, 100:300]
    moved = (np.abs(after - before) >= 8).mean()
    assert torso.motion_energy(seen(after, rng, 0.5), seen(before, rng, 0.5)) == pytest.approx(moved, abs=0.02)


@pytest.mark.parametrize(("gain", "offset"), [(0.55, 0.0), (1.25, 0.0), (0.8, 30.0)])
def test_energy_does_not_take_light_for_motion(gain: float, offset: float):
    rng, picture = np.random.default_rng(0), textured()
    after = np.clip(picture * gain + offset, 0, 255)
    assert torso.motion_energy(seen(after, rng), seen(picture, rng)) < 0.02


def test_energy_of_nothing_is_missing():
    assert np.isnan(torso.motion_energy(np.zeros((0, 5), np.uint8), np.zeros((0, 5), np.uint8)))


def test_a_rendered_person_who_speaks_and_turns_breathes_all_the_same():
    import cv2
    from scipy.signal import butter, sosfiltfilt

    from cuetrack.simulate.picture import Renderer

    renderer, chest = Renderer("first"), torso.Chest()
    shoulders = np.array([[399, 304], [236, 261]], dtype=np.float32)  # as the pose model gave them
    time_s = np.arange(180) / RATE_HZ
    up_px = np.sin(2 * np.pi * 0.27 * time_s)
    read = []
    for i, t in enumerate(time_s):
        moves = {"jaw": 0.5 + 0.5 * np.sin(25 * t), "yaw_deg": 6 * np.sin(0.94 * t), "pitch_deg": 2 * np.sin(7.5 * t)}
        picture = renderer.frame({"breath_px": up_px[i], **moves}, i)
        read.append(chest.read(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), shoulders, float(t))[0])
    band = butter(2, (0.12, 0.7), "bandpass", fs=RATE_HZ, output="sos")
    seen_px, true_px = (sosfiltfilt(band, v)[20:-20] for v in (np.array(read), up_px))
    assert np.corrcoef(seen_px, true_px)[0, 1] < -0.97  # up in the picture is negative
    assert -np.polyfit(true_px, seen_px, 1)[0] == pytest.approx(0.9, abs=0.15)
