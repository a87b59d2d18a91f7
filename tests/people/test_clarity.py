"""A face that stands out less in the picture is believed less."""

import numpy as np
import pytest

from cuetrack.people.boxes import Box
from cuetrack.people.clarity import clarity, contrast
from cuetrack.simulate.appearance import Appearance
from cuetrack.simulate.picture import Renderer

FACE = Box(272, 120, 398, 290)


def luma(skin: float = 0.0, size: float = 1.0, **command: float) -> np.ndarray:
    import cv2

    picture = cv2.cvtColor(Renderer("first", Appearance(skin=skin)).frame(command), cv2.COLOR_BGR2GRAY)
    return cv2.resize(picture, None, fx=size, fy=size, interpolation=cv2.INTER_AREA)


def test_light_and_skin_and_noise_order_clarity() -> None:
    bright, dim, dark, both = (
        clarity(luma(skin, luma=light), FACE) for skin, light in ((0.0, 1.0), (0.0, 0.45), (1.0, 1.0), (1.0, 0.45))
    )
    assert bright > 0.95
    assert bright > dim > both
    assert bright > dark > both
    assert both < 0.75
    assert clarity(luma(1.0, luma=0.3, grain=8.0), FACE) < 0.5


def test_noise_alone_is_no_contrast() -> None:
    noise = np.random.default_rng(0).normal(60, 10, (480, 640)).clip(0, 255).astype(np.uint8)
    assert contrast(noise, FACE) < 0.5


@pytest.mark.parametrize("size", [0.5, 2.0])
def test_the_size_of_the_face_matters_little(size: float) -> None:
    box = Box(*(size * v for v in (FACE.left, FACE.top, FACE.right, FACE.bottom)))
    assert contrast(luma(size=size), box) == pytest.approx(contrast(luma(), FACE), rel=0.25)


def test_a_face_outside_the_picture_is_not_believed() -> None:
    assert clarity(luma(), Box(700, 10, 800, 100)) == 0.0
