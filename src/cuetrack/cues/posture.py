"""How a person sits: leaning, slumping, turning, open or closed arms, and changes of seat."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cuetrack import tables
from cuetrack.cues.registry import cue
from cuetrack.people import arms, filters, rotation
from cuetrack.people.tracks import BodyTrack, FaceTrack
from cuetrack.terms import Signal

_LEFT, _RIGHT = 11, 12
_FACE_WEIGHT = 0.85


@cue(
    version="2",
    signals=(
        Signal("lean_cm", "cm", -200, 80, "closer to the camera than usual", noise=1.0),
        Signal("slump_cm", "cm", -100, 100, "shoulders lower than usual", noise=0.7),
        Signal("turn_deg", "deg", -180, 180, "the trunk turned toward the person's own left", noise=4.0),
        Signal("openness", "", 0, 1, "arms further apart", noise=0.05),
    ),
    spans=("reposition",),
)
def posture(
    body: BodyTrack,
    face: FaceTrack | None = None,
    *,
    distance_cm: float = 80.0,
    shoulders_cm: float = 38.0,
    smooth_s: float = 1.0,
    usual_s: float = 600.0,
    step_cm: float = 4.0,
    stay_s: float = 10.0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure lean, slump, trunk turn, arm openness and lasting changes of position.

    Lean is `distance_cm` * (1 - usual size / size), the size being mostly that of the face, fitted as a solid so
    that turning does not change it, and a little the shoulder width, which pose reads four times less steadily;
    where the two contradict each other confidence halves. Slump is the shoulders' height in the picture against
    usual, less what leaning moves it, scaled by a shoulder width of `shoulders_cm`. Usual is the median within
    `usual_s`. Openness is the arms' spread 0..1, NaN while the arms are out of sight. A reposition is a step of
    `step_cm` or more that is still there `stay_s` later. Confidence is the body's. Lean: +10 % width is 7.3 cm
    closer at 80 cm.
    """
    time = np.asarray(body.time_s, dtype=np.float64)
    shoulders = body.points_px[:, [_LEFT, _RIGHT], :2].astype(np.float64)
    world = body.world_m[:, [_LEFT, _RIGHT], :].astype(np.float64)
    turn = np.degrees(np.arctan2(world[:, 0, 2] - world[:, 1, 2], world[:, 0, 0] - world[:, 1, 0]))
    turn = filters.smooth(time, turn, smooth_s)
    width = np.linalg.norm(shoulders[:, 0] - shoulders[:, 1], axis=1)
    width = filters.smooth(time, np.where(width > 1.0, width, np.nan), smooth_s)
    lean, agree = _lean(time, width, face, distance_cm, usual_s, smooth_s)
    cm_per_px = shoulders_cm / filters.middle(width)
    # Coming closer moves everything away from the middle of the picture: shoulders below it would seem to sink.
    nearer = np.nan_to_num(1 - np.clip(lean, -0.5 * distance_cm, 0.5 * distance_cm) / distance_cm, nan=1.0)
    below_middle = (shoulders[:, :, 1].mean(axis=1) - body.frame_size_px[1] / 2) * nearer
    height = filters.smooth(time, below_middle * cm_per_px, smooth_s)
    slump = height - filters.level(time, height, usual_s)
    side = filters.smooth(time, shoulders[:, :, 0].mean(axis=1) * cm_per_px, smooth_s)
    samples = tables.samples(
        time,
        body.person,
        {
            "lean_cm": np.clip(lean, -200, 80),
            "slump_cm": np.clip(slump, -100, 100),
            "turn_deg": turn,
            "openness": arms.openness(body),
        },
        body.confidence * agree,
    )
    steps = _steps(time, np.stack([lean, slump, side], axis=1), step_cm, stay_s)
    rows = [
        {"start_s": a, "end_s": b, "person": body.person, "label": "reposition", "score": s, "source": "body"}
        for a, b, s in steps
    ]
    return samples, tables.spans(rows)


def _lean(
    time: filters.Floats,
    width: filters.Floats,
    face: FaceTrack | None,
    distance_cm: float,
    usual_s: float,
    smooth_s: float,
) -> tuple[filters.Floats, filters.Floats]:
    """Return lean in cm and a factor of confidence: 1 where shoulders and face agree, .5 where they contradict."""
    by_body = distance_cm * (1 - filters.level(time, width, usual_s) / width)
    if face is None or len(face.time_s) < 2:
        return by_body, np.full(time.shape, 0.7)
    near = rotation.nearness(face.matrix)
    near = filters.smooth(face.time_s, near, smooth_s)
    by_face = distance_cm * (1 - filters.level(face.time_s, near, usual_s) / near)
    by_face = np.interp(time, face.time_s, by_face)
    both = np.isfinite(by_face) & np.isfinite(by_body)
    lean = np.where(both, _FACE_WEIGHT * by_face + (1 - _FACE_WEIGHT) * by_body, by_body)
    contradict = (np.sign(by_face) != np.sign(by_body)) & (np.abs(by_face - by_body) > 4.0)
    return lean, np.where(both, np.where(contradict, 0.5, 1.0), 0.7)


def _steps(
    time: filters.Floats, place_cm: filters.Floats, step_cm: float, stay_s: float
) -> list[tuple[float, float, float]]:
    """Return (start, end, size in cm) of moves after which the place stays changed.

    The medians of `stay_s` before and after a sample are compared; the largest difference in a run is the step.
    """
    if len(time) < 3 or time[-1] - time[0] < 2 * stay_s:
        return []
    n = filters.width(time, stay_s)
    size = np.zeros(len(time))
    for column in place_cm.T:
        after = pd.Series(column[::-1]).rolling(n, min_periods=n // 2).median().to_numpy()[::-1]
        before = pd.Series(column).rolling(n, min_periods=n // 2).median().shift(1).to_numpy()
        spread = pd.Series(column).rolling(n, min_periods=n // 2).std().to_numpy()
        spread_after = pd.Series(column[::-1]).rolling(n, min_periods=n // 2).std().to_numpy()[::-1]
        difference = np.abs(after - before)
        size = np.fmax(size, np.where(difference > 2 * np.fmax(np.minimum(spread, spread_after), 0.1), difference, 0.0))
    found = []
    for start, stop in filters.runs(size >= step_cm):
        # Where the whole step lies between the two windows the difference is level: its middle is the step.
        high = np.flatnonzero(size[start:stop] >= 0.98 * size[start:stop].max())
        top = start + int(high[0] + high[-1]) // 2
        a, b = np.searchsorted(time, [time[top] - 1.0, time[top] + 1.0])
        found.append((float(time[a]), float(time[min(b, len(time) - 1)]), float(size[top])))
    return found
