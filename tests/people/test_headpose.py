"""The head pose fit gives back a known turn, and the rendered people's, wherever the face is in the picture."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuetrack.people import headpose

SIZE = (1280, 720)


def turn(yaw: float, pitch: float, roll: float) -> np.ndarray:
    y, p, r = np.radians([yaw, pitch, roll])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


angles = st.floats(-50, 50)


@settings(max_examples=50, deadline=None)
@given(angles, angles, angles, st.floats(50, 1200), st.floats(50, 650), st.floats(4, 20))
def test_a_turned_canonical_face_comes_back(yaw: float, pitch: float, roll: float, x: float, y: float, scale: float):
    index, _, canonical = headpose.canonical_face()
    rotated = canonical @ turn(yaw, pitch, roll).T * scale
    mesh = np.zeros((478, 3))
    mesh[index] = rotated * (1, -1, -1) + (x, y, 0)
    matrix = headpose.fit(headpose.fitted_points(mesh)[None], SIZE)[0]
    assert np.allclose(matrix[:3, :3], turn(yaw, pitch, roll), atol=1e-6)
    focal_px = 360 / np.tan(np.radians(31.5))
    assert matrix[2, 3] == pytest.approx(-focal_px / scale)
    assert matrix[:2, 3] == pytest.approx(((x - 640) / scale, (360 - y) / scale), abs=1e-6)


def test_rendered_turns_come_back_with_gain_near_one_and_speech_hardly_nods():
    from cuetrack.people.boxes import Box
    from cuetrack.people.face import FaceEngine
    from cuetrack.simulate.picture import Renderer

    renderer, engine, shown = Renderer("first"), FaceEngine(), iter(range(100))

    def pose(window: Box | None = None, **command: float) -> np.ndarray:
        at = next(shown)
        picture = np.ascontiguousarray(renderer.frame(command, at)[..., ::-1])
        (face,) = engine.read(picture, window or Box(0, 0, 640, 480), 40 * at)
        m = headpose.fit(headpose.fitted_points(face.mesh_px)[None], (640, 480))[0]
        return np.degrees([np.arctan2(m[0, 2], m[2, 2]), np.arcsin(-m[1, 2]), np.arctan2(m[1, 0], m[1, 1])])

    rest = pose()
    assert (pose(yaw_deg=12) - rest)[0] == pytest.approx(12, abs=1.5)
    assert (pose(yaw_deg=-12) - rest)[0] == pytest.approx(-12, abs=1.5)
    assert (pose(pitch_deg=8) - rest)[1] == pytest.approx(8, abs=1.5)
    assert (pose(roll_deg=10) - rest)[2] == pytest.approx(10, abs=1.5)
    assert np.abs(pose(jaw=1) - rest).max() < 2
    assert np.abs(pose(Box(120, 0, 520, 400)) - rest).max() < 1.5  # another crop, the same head
    engine.close()
