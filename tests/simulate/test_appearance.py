"""Other skin, glasses, beards, light and framing change the picture where they should, and nothing else."""

from typing import Any

import numpy as np
import pytest

from cuetrack.simulate.appearance import Appearance
from cuetrack.simulate.picture import Renderer

CHEEK, EYES, CHIN, SUIT, WALL, BROW = (
    (slice(215, 225), slice(295, 310)), (slice(165, 200), slice(280, 390)), (slice(248, 260), slice(322, 345)),
    (slice(400, 440), slice(220, 400)), (slice(300, 330), slice(20, 60)), (slice(120, 160), slice(310, 360)),
)  # fmt: skip


def seen(look: Appearance | None = None, missing: tuple[str, ...] = (), **command: float) -> Any:
    return Renderer("first", look or Appearance(), missing).frame(command).astype(float)


def test_dark_skin_darkens_skin_and_leaves_clothes_and_wall() -> None:
    plain, half, dark = (seen(Appearance(skin=s)) for s in (0.0, 0.5, 1.0))
    assert plain[CHEEK].mean() > 1.25 * half[CHEEK].mean() > 1.5 * dark[CHEEK].mean()
    for place in (SUIT, WALL):
        assert np.abs(plain[place] - dark[place]).mean() < 0.5


def test_glasses_lie_around_the_eyes_and_turn_with_the_head() -> None:
    def rims(**command: float) -> Any:
        return np.abs(seen(Appearance(glasses=True), **command) - seen(**command)).max(axis=2) > 60

    still, turned = rims(), rims(yaw_deg=15.0)
    assert still[EYES].mean() > 0.15
    assert still[CHIN].sum() == still[SUIT].sum() == 0
    middle = [np.flatnonzero(m.any(axis=0)).mean() for m in (still, turned)]
    assert middle[1] > middle[0] + 5  # yaw is to the own left, the picture's right


def test_a_beard_covers_the_jaw_and_moves_with_it() -> None:
    shaved, bearded = seen(), seen(Appearance(beard=True))
    assert bearded[CHIN].mean() < 0.5 * shaved[CHIN].mean()
    assert np.abs(bearded[BROW] - shaved[BROW]).mean() < 0.1
    lowest = [
        np.flatnonzero((np.abs(seen(Appearance(beard=True), jaw=j) - seen(jaw=j)).max(axis=2) > 60).any(axis=1)).max()
        for j in (0.0, 1.0)
    ]
    assert lowest[1] > lowest[0] + 8


@pytest.mark.parametrize(("side", "bright", "dark"), [(1.0, slice(345, 380), slice(285, 315)),
                                                      (-1.0, slice(285, 315), slice(345, 380))])  # fmt: skip
def test_light_from_the_own_left_leaves_the_other_side_dark(side: float, bright: slice, dark: slice) -> None:
    plain, lit = seen(), seen(light_side=side)
    share = lit[210:230] / np.maximum(plain[210:230], 1)
    assert share[:, bright].mean() > 0.75
    assert share[:, dark].mean() < 0.5


def test_grain_is_noise_of_its_size() -> None:
    noise = [seen(grain=g)[WALL] - seen(grain=0.0)[WALL] for g in (1.0, 6.0)]
    assert np.std(noise[0]) == pytest.approx(1.6, rel=0.1)
    assert np.std(noise[1]) == pytest.approx(9.6, rel=0.1)


def test_the_camera_zooms_shifts_and_leaves_out() -> None:
    import cv2

    plain = seen(grain=0.0).astype(np.uint8)
    knocked, closer = (seen(grain=0.0, **c).astype(np.uint8) for c in ({"camera_px": 20.0}, {"zoom": 1.1}))
    assert np.abs(knocked[:, 40:].astype(float) - plain[:, 20:-20]).mean() < 0.5
    wanted = cv2.resize(plain, None, fx=1.1, fy=1.1, interpolation=cv2.INTER_LINEAR)[24:504, 32:672]
    assert np.abs(closer.astype(float) - wanted).mean() < 2
    assert np.abs(seen(missing=("face",), grain=0.0)[:140] - plain[310:450]).mean() < 0.5
    assert np.abs(seen(missing=("body",), grain=0.0)[190:] - plain[:290]).mean() < 0.5
