import numpy as np
import pytest
from pictures import seen, shifted, textured

from cuetrack.people import scene
from cuetrack.people.boxes import Box


def test_light_steps_are_told_against_one_second_before():
    light, picture = scene.Light(), textured()
    steps = []
    for i in range(40):
        frame = picture * (1.3 if i >= 20 else 1.0) * 0.7
        steps.append(light.read(frame.astype(np.uint8), i / 10)[1])
    assert max(map(abs, steps[:20])) < 0.01
    assert steps[20:30] == pytest.approx([0.3] * 10, abs=0.02)
    assert max(map(abs, steps[31:])) < 0.01


def test_a_cut_is_another_picture_not_a_light_step_and_not_a_moving_person():
    light, rng = scene.Light(), np.random.default_rng(0)
    picture, cuts = textured(), []
    for i in range(30):
        frame = picture.copy()
        frame[100:250, 60 + 4 * i : 180 + 4 * i] = textured(3)[100:250, 100:220]
        if i >= 10:
            frame *= 0.6
        if i >= 20:
            frame = textured(9)
        cuts.append(light.read(seen(frame, rng), i / 10)[2])
    assert np.flatnonzero(cuts).tolist() == [20]


def test_a_blank_picture_is_a_cut_once():
    light, rng = scene.Light(), np.random.default_rng(0)
    frames = [textured()] * 3 + [np.zeros((320, 440))] * 3 + [textured()] * 3
    cuts = [light.read(seen(f, rng, 0.5), i / 10)[2] for i, f in enumerate(frames)]
    assert np.flatnonzero(cuts).tolist() == [3, 6]


def test_the_camera_is_followed_past_a_moving_person():
    camera, rng, background = scene.Camera(), np.random.default_rng(0), textured(size=(360, 640))
    person = Box(240, 100, 400, 360)
    way_px = np.concatenate([np.zeros(10), np.linspace(0, 6, 20), np.full(10, 6.0)])
    summed, steps = [], []
    for i, way in enumerate(way_px):
        frame = shifted(background, way)
        frame[110:350, 250:390] = shifted(textured(3, (240, 140)), 3 * np.sin(i))
        step, y = camera.read(seen(frame, rng), i / 10, [person], cut=False)
        summed.append(y)
        steps.append(step)
    assert np.abs(np.array(summed) - way_px).max() < 0.3
    assert max(steps[1:9]) == 0
    assert np.mean(steps[12:28]) == pytest.approx(6 / 19, abs=0.05)


def test_tiles_leave_people_out():
    person = Box(200, 0, 440, 360)
    tiles = scene.background_tiles(textured(size=(360, 640)).astype(np.uint8), [person])
    assert tiles
    assert all(t.overlap(person) == 0 for t in tiles)
