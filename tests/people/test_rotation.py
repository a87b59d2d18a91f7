import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cuetrack.people import rotation

degrees = st.floats(-60, 60)


@given(degrees, degrees, degrees, st.floats(0.2, 5))
def test_angles_of_a_rotation_are_those_it_was_made_of_whatever_its_scale(yaw, pitch, roll, scale):
    matrix = np.eye(4)[None].copy()
    matrix[:, :3, :3] = scale * rotation.of_angles(yaw, pitch, roll)
    found = np.array(rotation.angles(rotation.rotations(matrix))).ravel()
    np.testing.assert_allclose(found, [yaw, pitch, roll], atol=1e-6)


@given(degrees, degrees)
def test_look_angles_and_directions_lead_back_to_each_other(yaw, pitch):
    found = np.array(rotation.look_angles(np.atleast_2d(rotation.direction(yaw, pitch)))).ravel()
    np.testing.assert_allclose(found, [yaw, pitch], atol=1e-6)


@given(degrees, st.floats(-12, 12), st.floats(-12, 12))
def test_a_turn_about_a_tipped_face_is_read_as_the_turn_it_is(yaw, tip, lean):
    """Most of the time the face looks straight ahead and reads as tipped; then it turns."""
    true = rotation.of_angles(np.array([0.0] * 9 + [yaw]), 0.0)
    matrix = np.tile(np.eye(4), (10, 1, 1))
    matrix[:, :3, :3] = true @ rotation.of_angles(0.0, tip, lean)[0]
    level, _, _ = rotation.upright(matrix)
    found = np.array(rotation.angles(level))[:, -1]
    np.testing.assert_allclose(found, [yaw, 0, 0], atol=1e-6)


def test_missing_matrices_stay_missing():
    matrix = np.tile(np.eye(4), (3, 1, 1))
    matrix[1] = np.nan
    assert np.isnan(rotation.rotations(matrix)[1]).all()
    assert np.isfinite(rotation.rotations(matrix)[[0, 2]]).all()
