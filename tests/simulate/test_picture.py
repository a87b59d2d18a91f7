"""The drawn person does what was commanded: measured on the pixels, without the engines of the package."""

from typing import Any

import numpy as np
import pytest

from cuetrack.simulate.body_warp import BodyWarp, rotation
from cuetrack.simulate.picture import NOISE_SD, Renderer
from cuetrack.simulate.portrait import DESK_Y, HEIGHT, WIDTH, portrait
from cuetrack.simulate.truth import eye_angles


@pytest.fixture(scope="module", params=["first", "second"])
def person(request: pytest.FixtureRequest) -> Renderer:
    return Renderer(request.param)


def moved(person: Renderer, box: tuple[int, int, int, int], **command: float) -> tuple[float, float]:
    """Return how far a box of the picture moved right and down, by phase correlation with the person at rest."""
    import cv2

    x0, y0, x1, y1 = box
    window = cv2.createHanningWindow((x1 - x0, y1 - y0), cv2.CV_32F)
    pair = [cv2.cvtColor(person.frame(c), cv2.COLOR_BGR2GRAY)[y0:y1, x0:x1].astype(np.float32) for c in ({}, command)]
    (right, down), _ = cv2.phaseCorrelate(*pair, window)
    return right, down


def changed(person: Renderer, **command: float) -> Any:
    """Return where the picture changed by more than noise, (480, 640) bool."""
    import cv2

    pair = [cv2.GaussianBlur(person.frame(c), (0, 0), 2).astype(float) for c in ({}, command)]
    return np.abs(pair[1] - pair[0]).max(axis=2) > 5 * NOISE_SD


def test_a_frame_is_a_picture_and_the_same_every_time(person: Renderer) -> None:
    frame = person.frame({"smile": 0.4, "yaw_deg": 5.0}, 3)
    assert frame.shape == (HEIGHT, WIDTH, 3)
    assert frame.dtype == np.uint8
    assert np.array_equal(frame, person.frame({"smile": 0.4, "yaw_deg": 5.0}, 3))


def test_the_two_people_look_different() -> None:
    suit = [portrait(look).bgra[380:440, 200:400, :3].astype(float).mean(axis=(0, 1)) for look in ("first", "second")]
    assert suit[0][2] > suit[0][0] + 80  # orange
    assert suit[1][0] > suit[1][2] + 60  # blue
    with pytest.raises(ValueError, match="expected a look"):
        portrait("third")


@pytest.mark.parametrize(
    ("command", "rows"),
    [
        ({"jaw": 0.8}, (190, 320)),
        ({"smile": 1.0}, (180, 320)),
        ({"lip_press": 1.0}, (190, 320)),
        ({"brow_raise": 1.0}, (120, 180)),
        ({"brow_lower": 1.0}, (120, 190)),
        ({"blink": 1.0}, (140, 190)),
        ({"gaze_x": 0.8}, (145, 185)),
        ({"smile_eyes": 1.0}, (145, 205)),
    ],
)
def test_an_expression_changes_its_part_of_the_face_alone(
    person: Renderer, command: dict[str, float], rows: tuple[int, int]
) -> None:
    where = np.nonzero(changed(person, **command).any(axis=1))[0]
    assert where.size > 5
    assert where.min() >= rows[0]
    assert where.max() <= rows[1]


def test_shoulders_rise_with_breath_and_sink_with_slump(person: Renderer) -> None:
    box = (150, 310, 490, 410)
    assert moved(person, box, breath_px=3.0)[1] == pytest.approx(-3.0, abs=0.5)
    assert moved(person, box, breath_px=0.5)[1] == pytest.approx(-0.5, abs=0.2)
    assert moved(person, box, slump_px=8.0)[1] == pytest.approx(8.0, abs=1.2)


def test_the_face_turns_to_the_persons_own_left_and_down(person: Renderer) -> None:
    """Own left is right in the picture, for both people."""
    nose = (275, 130, 390, 250)
    assert moved(person, nose, yaw_deg=6.0)[0] > 3
    assert moved(person, nose, pitch_deg=6.0)[1] > 3
    middle = round(float(portrait("first").points[168, 0]))
    middle = WIDTH - 1 - middle if person.mirrored else middle
    left, right = ((x, 130, x + 48, 195) for x in (middle - 52, middle + 4))
    assert (
        moved(person, left, roll_deg=6.0)[1] > 0.5 > -0.5 > moved(person, right, roll_deg=6.0)[1]
    )  # counter-clockwise


def test_at_rest_every_pixel_stays_and_leaning_in_makes_larger() -> None:
    body = BodyWarp(portrait("first").points, mirrored=False)
    inner = (slice(4, -4), slice(4, -4))
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    at_x, at_y = body.maps()
    assert np.abs(at_x - x)[inner].max() < 0.01
    assert np.abs(at_y - y)[inner].max() < 0.01
    near_x, _ = body.maps(lean=0.10)
    assert np.gradient(near_x, axis=1)[inner].mean() == pytest.approx(1 / 1.10, abs=0.002)


def test_rotation_signs_are_those_of_the_head_cue() -> None:
    """x right, y down, z away: a face looks along -z."""
    ahead, up = np.array([0, 0, -1]), np.array([0, -1, 0])
    assert (rotation(20, 0, 0) @ ahead)[0] == pytest.approx(np.sin(np.radians(20)))
    assert (rotation(0, 20, 0) @ ahead)[1] == pytest.approx(np.sin(np.radians(20)))
    assert (rotation(0, 0, 20) @ up)[0] == pytest.approx(-np.sin(np.radians(20)))


def test_light_and_hand(person: Renderer) -> None:
    rest = person.frame({}).astype(float)
    assert person.frame({"luma": 0.6}).astype(float).mean() == pytest.approx(0.6 * rest.mean(), rel=0.02)
    hand = changed(person, hand_over_face=1.0)
    assert hand[205:235, 300:350].mean() > 0.5 or hand[205:235, 290:340].mean() > 0.5
    assert not hand[:150].any()
    assert not hand[DESK_Y + 10 :].any()


def test_eyes_turn_by_known_angles() -> None:
    yaw, pitch = eye_angles([0.0, 1.0, -1.0], [0.0, 1.0, -1.0])
    assert yaw[0] == pitch[0] == 0
    assert yaw[1] == pytest.approx(np.degrees(np.arcsin(9 / 12)))
    assert np.allclose(yaw[1:] + yaw[:0:-1], 0)
    assert 15 < pitch[1] < 30
