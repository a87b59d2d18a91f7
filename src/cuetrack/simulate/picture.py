"""One person's picture for a set of commands: expression, head and body, hand, light and camera noise."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache

import numpy as np
import numpy.typing as npt

from cuetrack.simulate import camera
from cuetrack.simulate.appearance import Appearance, glasses, skin_tone
from cuetrack.simulate.body_warp import BodyWarp
from cuetrack.simulate.face_warp import COLUMNS, ROWS, X0, Y0, FaceWarp
from cuetrack.simulate.portrait import AS_IT_IS, DESK_Y, HEIGHT, WIDTH, portrait

Bytes = npt.NDArray[np.uint8]

COMMANDS = ("yaw_deg", "pitch_deg", "roll_deg", "gaze_x", "gaze_y", "blink", "smile", "smile_eyes", "brow_raise",
            "brow_lower", "lip_press", "jaw", "lean", "slump_px", "breath_px", "hand_over_face", "luma", "light_side",
            "grain", "zoom", "camera_px")  # fmt: skip
_AT_ONE = ("luma", "grain", "zoom")
"""What a person's picture depends on; head angles as in `people.headpose`, the rest as in a script's channels."""
NOISE_SD = 1.6
VERSION = "1"


class Renderer:
    """Draws one person, 640x480; everything slow is made here, once.

    `look` is "first" or "second", `appearance` their skin, beard and glasses, `missing` what the camera leaves out:
    face or body.
    """

    def __init__(self, look: str = "first", appearance: Appearance = AS_IT_IS, missing: Collection[str] = ()) -> None:
        self._person = portrait(look, appearance)
        self._missing = missing
        self._face = FaceWarp(self._person)
        self._body = BodyWarp(self._person.points, mirrored=self._person.mirrored)
        self._canvas = self._person.bgra.copy()
        mouth = self._person.points[[13, 14], :2].mean(axis=0)
        self._mouth = (float(mouth[0]), float(mouth[1]))
        self._seed = 1 if self._person.mirrored else 0
        self._glasses: Bytes | None = None
        if appearance.glasses:
            whole = glasses(self._person.points, self._canvas.shape[:2])
            self._glasses = whole[Y0 : Y0 + ROWS, X0 : X0 + COLUMNS]

    @property
    def mirrored(self) -> bool:
        """Whether this person is drawn mirrored."""
        return self._person.mirrored

    def frame(self, command: Mapping[str, float], index: int = 0) -> Bytes:
        """Return the picture (480, 640, 3) BGR; absent commands are 0 or 1, as at rest. `index` picks the noise."""
        import cv2

        at = {name: float(command.get(name, 1.0 if name in _AT_ONE else 0.0)) for name in COMMANDS}
        patch = self._face.patch(at)
        self._canvas[Y0 : Y0 + ROWS, X0 : X0 + COLUMNS] = (
            patch if self._glasses is None else _worn(self._glasses, patch)
        )
        posture = {name: at[name] for name in ("lean", "slump_px", "breath_px")}
        x, y = self._body.maps(yaw_deg=at["yaw_deg"], pitch_deg=at["pitch_deg"], roll_deg=at["roll_deg"], **posture)
        person = cv2.remap(self._canvas, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        picture = _over(person, self._person.wall)
        if at["hand_over_face"] > 0:
            self._hand(picture, at["hand_over_face"], posture)
        picture[DESK_Y:] = _desk()
        picture = camera.lit(picture, at["luma"], at["light_side"])
        picture = camera.framed(picture, zoom=at["zoom"], aside_px=at["camera_px"], missing=self._missing)
        noise = _noise()[(7 * index + 3 * self._seed) % 5]
        if at["grain"] != 1.0:
            noise = cv2.multiply(noise, at["grain"])
        return np.asarray(cv2.add(picture, noise, dtype=cv2.CV_8U), dtype=np.uint8)

    def _hand(self, picture: Bytes, raised: float, posture: Mapping[str, float]) -> None:
        """Draw a hand coming up from below; at 1 its fingers cover the mouth."""
        x, y = self._body.position(*self._mouth, **posture)
        sprite = _sprite(self._person.mirrored, self._person.appearance.skin)
        rows, columns = sprite.shape[:2]
        top = round(HEIGHT + 10 - (HEIGHT + 10 - (y - 34)) * min(raised, 1.0))
        left = round(x - columns / 2)
        shown = slice(max(top, 0), min(top + rows, HEIGHT))
        if shown.stop <= shown.start:
            return
        part = sprite[shown.start - top : shown.stop - top]
        across = slice(max(left, 0), min(left + columns, WIDTH))
        part = part[:, across.start - left : across.stop - left]
        picture[shown, across] = _over(part, picture[shown, across])


def _worn(front: Bytes, patch: Bytes) -> Bytes:
    """Return premultiplied BGRA laid over premultiplied BGRA."""
    import cv2

    return np.dstack([_over(front, patch[..., :3]), cv2.max(front[..., 3], patch[..., 3])])


def _over(front: Bytes, behind: Bytes) -> Bytes:
    """Return premultiplied BGRA laid over a picture."""
    import cv2

    clear = cv2.bitwise_not(cv2.extractChannel(front, 3))
    rest = cv2.multiply(behind, cv2.merge((clear, clear, clear)), scale=1 / 255)
    return np.asarray(cv2.add(cv2.cvtColor(front, cv2.COLOR_BGRA2BGR), rest), dtype=np.uint8)


@cache
def _noise() -> npt.NDArray[np.int16]:
    rng = np.random.default_rng(20)
    return np.round(rng.normal(0, NOISE_SD, (5, HEIGHT, WIDTH, 3))).astype(np.int16)


@cache
def _desk() -> Bytes:
    rows = np.linspace(1.0, 0.8, HEIGHT - DESK_Y, dtype=np.float32)[:, None, None]
    return np.broadcast_to(rows * np.array([62, 84, 112], np.float32), (HEIGHT - DESK_Y, WIDTH, 3)).astype(np.uint8)


@cache
def _sprite(mirrored: bool, dark: float) -> Bytes:
    """Return a hand with forearm, fingers up, (340, 150, 4) premultiplied."""
    import cv2

    skin = np.array([128, 158, 205] if not mirrored else [108, 136, 184], dtype=np.float32) * skin_tone(dark)
    image = np.zeros((340, 150, 3), np.float32)
    mask = np.zeros((340, 150), np.uint8)
    sleeve = (52, 92, 212) if not mirrored else (150, 70, 40)
    fingers = ((44, 26, -6), (65, 14, -2), (86, 16, 3), (106, 30, 8))
    for x, top, lean in fingers:
        end = (x - lean, 96)
        cv2.line(mask, (x + lean, top + 9), end, 255, 20, cv2.LINE_AA)
    cv2.ellipse(mask, (75, 112), (42, 44), 0, 0, 360, 255, -1, cv2.LINE_AA)
    cv2.line(mask, (30, 118), (14, 76), 255, 20, cv2.LINE_AA)
    cv2.line(mask, (75, 140), (75, 200), 255, 54, cv2.LINE_AA)
    image[:] = skin * (1 - 0.12 * np.linspace(0, 1, 340, dtype=np.float32)[:, None, None])
    for x, top, lean in fingers[:-1]:
        cv2.line(image, (x + 11 + lean, top + 16), (x + 10 - lean, 88), tuple((skin * 0.72).tolist()), 2, cv2.LINE_AA)
    arm = np.zeros_like(mask)
    cv2.fillConvexPoly(arm, np.array([(42, 190), (108, 190), (126, 339), (24, 339)], np.int32), 255, cv2.LINE_AA)
    image[arm > 0] = sleeve
    mask = cv2.GaussianBlur(np.maximum(mask, arm), (0, 0), 0.9)
    image = cv2.GaussianBlur(image, (0, 0), 1.2) * (mask[..., None] / 255)
    sprite = np.dstack([np.clip(image, 0, 255).astype(np.uint8), mask])
    return np.ascontiguousarray(sprite[:, ::-1] if mirrored else sprite)
