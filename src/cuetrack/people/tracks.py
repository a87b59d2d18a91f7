"""What the engines saw and heard of one person: the arrays that every cue is measured from.

All times are seconds since session start, all picture coordinates are pixels of the full, upright frame
(x to the right, y down), all rows are native samples. A row that could not be measured is NaN with confidence 0.
Left and right are the person's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd  # 80 MB that the process which watches the picture has no use for

Floats = npt.NDArray[np.floating]

# MediaPipe face mesh indices that are kept: irises, both eyes, brows, lips, nose line, cheeks, face oval.
RIGHT_IRIS = (468, 469, 470, 471, 472)
LEFT_IRIS = (473, 474, 475, 476, 477)
RIGHT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
LEFT_EYE = (362, 382, 381, 380, 374, 373, 390, 249, 263, 466, 388, 387, 386, 385, 384, 398)
RIGHT_BROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
LEFT_BROW = (336, 296, 334, 293, 300, 276, 283, 282, 295, 285)
LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185,
        78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191)  # fmt: skip
NOSE = (168, 6, 197, 195, 5, 4, 1, 2, 98, 327)
CHEEKS = (50, 280, 117, 346, 205, 425)
OVAL = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149,
        150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)  # fmt: skip
FACE_POINTS: tuple[int, ...] = tuple(
    sorted({*RIGHT_IRIS, *LEFT_IRIS, *RIGHT_EYE, *LEFT_EYE, *RIGHT_BROW, *LEFT_BROW, *LIPS, *NOSE, *CHEEKS, *OVAL})
)
"""The kept MediaPipe indices, in stored order; `FaceTrack.at(index)` takes a MediaPipe index."""
_COLUMN_OF = {index: column for column, index in enumerate(FACE_POINTS)}

BLENDSHAPES: tuple[str, ...] = (
    "_neutral", "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff",
    "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight",
    "eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight",
    "eyeSquintLeft", "eyeSquintRight", "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen", "jawRight",
    "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight", "mouthFunnel",
    "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight", "mouthPucker",
    "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthSmileLeft",
    "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight",
    "noseSneerLeft", "noseSneerRight",
)  # fmt: skip
"""MediaPipe's blendshape names in the order of its output, which is the column order of `FaceTrack.blendshapes`."""
_SHAPE_OF = {name: column for column, name in enumerate(BLENDSHAPES)}


@dataclass(frozen=True, slots=True)
class FaceTrack:
    """One person's face: kept mesh points, blendshapes and head pose.

    Shapes: `time_s` (n,), `points_px` (n, len(FACE_POINTS), 3) float32, `blendshapes` (n, 52) in 0..1,
    `matrix` (n, 4, 4) canonical face to camera in cm, `confidence` (n,) 0..1 (found, large and clear enough,
    bare, sure who), `likeness` (n,) 0..1 how much the lower face looks like this person's own usual face
    (a hand or cup lowers it). Read from a folder, `points_px` stands for its array: indexed and given to numpy alike
    (`cuetrack.people.shelf.PackedPoints`).
    """

    person: str
    time_s: Floats
    points_px: Floats
    blendshapes: Floats
    matrix: Floats
    confidence: Floats
    likeness: Floats
    frame_size_px: tuple[int, int]

    def at(self, index: int) -> Floats:
        """Return the (n, 3) path in px of one MediaPipe face mesh index."""
        return self.points_px[:, _COLUMN_OF[index], :]

    def shape(self, name: str) -> Floats:
        """Return one blendshape over time, (n,); a name without Left/Right gives the mean of both sides."""
        if name in _SHAPE_OF:
            return self.blendshapes[:, _SHAPE_OF[name]]
        return (self.blendshapes[:, _SHAPE_OF[name + "Left"]] + self.blendshapes[:, _SHAPE_OF[name + "Right"]]) / 2


@dataclass(frozen=True, slots=True)
class BodyTrack:
    """One person's 33 MediaPipe pose landmarks.

    Shapes: `time_s` (n,), `points_px` (n, 33, 3), `world_m` (n, 33, 3) metres about the hips,
    `visibility` (n, 33) 0..1, `confidence` (n,) 0..1.
    """

    person: str
    time_s: Floats
    points_px: Floats
    world_m: Floats
    visibility: Floats
    confidence: Floats
    frame_size_px: tuple[int, int]


@dataclass(frozen=True, slots=True)
class TorsoTrack:
    """One person's motion read from pixels, because landmarks do not carry breathing.

    Shapes (n,): `time_s`; `chest_y_px` accumulated vertical motion of chest and shoulders (down is positive,
    common camera motion removed); `shoulder_px` shoulder width; `energy` share 0..1 of the person's region whose
    brightness changed (frame differencing, as motion energy analysis does); `quality` 0..1 of the chest reading.
    """

    person: str
    time_s: Floats
    chest_y_px: Floats
    shoulder_px: Floats
    energy: Floats
    quality: Floats


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """One person's voice, every 10 ms, from their own channel or from where they alone speak in a mix.

    Shapes (n,): `time_s`, `f0_hz` (NaN unvoiced), `voicing` 0..1, `level_db` (dB re full scale), `hnr_db`, `cpps_db`,
    `jitter` and `shimmer` (shares, NaN where no stable voiced run), `onset` spectral-flux onset strength.
    `syllable_s` (k,) times of syllable nuclei. `source` and `reliability` 0..1 say where it came from: compressed call
    audio makes level and voice quality less reliable, F0 not.
    """

    person: str
    time_s: Floats
    f0_hz: Floats
    voicing: Floats
    level_db: Floats
    hnr_db: Floats
    cpps_db: Floats
    jitter: Floats
    shimmer: Floats
    onset: Floats
    syllable_s: Floats
    source: str
    reliability: float


@dataclass(frozen=True, slots=True)
class SpeechTrack:
    """When one person speaks, as spans, with where that knowledge comes from.

    `spans` is a spans table, labels `speech`, `laugh`, `cough`, `breath`, `sigh`, `other_voice`, with a score 0..1;
    `source` is one of `own_channel`, `own_file`, `lips_and_sound`, `voice_clusters`, `truth`; `confidence` 0..1;
    outside `heard` (a list of (start_s, end_s)) nothing is known: silence there is missing, not silence.
    """

    person: str
    spans: pd.DataFrame
    source: str
    confidence: float
    heard: tuple[tuple[float, float], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class SceneTrack:
    """What the picture did that is nobody's cue.

    Shapes (n,): `time_s`, `luma` mean brightness 0..255, `luma_step` relative change against 1 s before,
    `camera_px` common shift of the background since the sample before, `cut` bool.
    """

    time_s: Floats
    luma: Floats
    luma_step: Floats
    camera_px: Floats
    cut: npt.NDArray[np.bool_]
