"""Arrays read from the engine's memory are the numbers that MediaPipe's own objects hold."""

import ctypes

import numpy as np
import pytest

from cuetrack.people import answers, engines
from cuetrack.simulate.picture import Renderer


def portrait(**command: float) -> np.ndarray:
    return np.ascontiguousarray(Renderer("first").frame(command, 0)[..., ::-1])


@pytest.fixture
def engine():
    opened = engines.face_landmarker(faces=2, video=True)
    yield opened
    opened.close()


def test_they_are_the_same_numbers(engine):
    objects = engines.face_landmarker(faces=2, video=True)
    for number, rgb in enumerate([portrait(), portrait(yaw_deg=8, jaw=0.5), np.zeros((480, 640, 3), np.uint8)]):
        picture, time_ms = engines.image(rgb), 40 * (number + 1)
        arrays = answers.faces(engine, picture, time_ms)
        wanted = answers.from_objects(objects.detect_for_video(picture, time_ms))
        assert len(arrays) == len(wanted) == (number < 2)
        for (points, scores), (other_points, other_scores) in zip(arrays, wanted, strict=True):
            assert points.shape == (478, 3)
            assert scores.shape == (52,)
            np.testing.assert_array_equal(points, other_points)
            np.testing.assert_array_equal(scores, other_scores)
    objects.close()


def test_this_mediapipe_is_read_without_its_objects():
    assert answers._structure() is not None


def test_another_version_is_read_by_its_objects(engine, monkeypatch):
    from mediapipe.tasks.python.vision import face_landmarker

    class Other(ctypes.Structure):
        _fields_ = [("faces", ctypes.c_void_p)]

    answers._structure.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(face_landmarker, "MpFaceLandmarkerResultC", Other)
        known = answers._structure()
    answers._structure.cache_clear()
    assert known is None
    monkeypatch.setattr(answers, "_structure", lambda: None)
    ((points, scores),) = answers.faces(engine, engines.image(portrait()), 40)
    assert points.shape == (478, 3)
    assert scores.shape == (52,)


def test_what_the_engine_refuses_is_an_error(engine):
    answers.faces(engine, engines.image(portrait()), 80)
    with pytest.raises((ValueError, RuntimeError)):
        answers.faces(engine, engines.image(portrait()), 40)
