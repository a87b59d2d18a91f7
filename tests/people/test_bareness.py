"""A face under a beard or glasses is believed less; skin and light take nothing away here."""

import numpy as np
import pytest

from cuetrack.people.bareness import UNDER_COVER, bareness, beardless, without_rims
from cuetrack.people.boxes import Box
from cuetrack.people.face import FaceEngine
from cuetrack.simulate.appearance import Appearance
from cuetrack.simulate.picture import Renderer


def seen(look: str = "first", light: float = 0.0, **how: float | bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return picture, brightness and mesh of a drawn face."""
    import cv2

    rgb = np.ascontiguousarray(Renderer(look, Appearance(**how)).frame({"light_side": light})[:, :, ::-1])
    engine = FaceEngine()
    (face,) = engine.read(rgb, Box(200, 60, 470, 360), 0)
    engine.close()
    return rgb, cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), face.mesh_px


@pytest.mark.parametrize("skin", [0.0, 1.0])
@pytest.mark.parametrize("look", ["first", "second"])
def test_beard_and_glasses_are_told_from_skin_and_light(look: str, skin: float) -> None:
    assert bareness(*seen(look, skin=skin)) > 0.97
    assert bareness(*seen(look, light=1.0, skin=skin)) > 0.97
    rgb, luma, mesh = seen(look, skin=skin, beard=True)
    assert beardless(rgb, mesh) < 0.5 < without_rims(luma, mesh)
    rgb, luma, mesh = seen(look, skin=skin, glasses=True)
    assert without_rims(luma, mesh) < 0.5 < beardless(rgb, mesh)
    assert bareness(*seen(look, skin=skin, beard=True, glasses=True)) < ((1 + UNDER_COVER) / 2) ** 2


def test_without_colour_nothing_is_said_of_a_beard() -> None:
    grey = np.random.default_rng(0).integers(40, 200, (200, 200, 1), np.uint8).repeat(3, axis=2)
    mesh = np.random.default_rng(1).uniform(20, 180, (478, 3)).astype(np.float32)
    assert beardless(grey, mesh) == 1.0


def test_beyond_the_border_of_the_picture_nothing_is_said() -> None:
    grey = np.full((200, 200, 3), 90, np.uint8)
    for away in (-500, 500):
        mesh = np.random.default_rng(1).uniform(20, 180, (478, 3)).astype(np.float32) + away
        assert bareness(grey, grey[:, :, 0].copy(), mesh) == 1.0
