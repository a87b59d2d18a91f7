"""Arms and hands from pose landmarks, seen only where they can be; used by the cues posture and gesture."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cuetrack.people import filters
from cuetrack.people.tracks import BodyTrack

Floats = npt.NDArray[np.float64]
LEFT_WRIST, RIGHT_WRIST = 15, 16
_LEFT_HAND, _RIGHT_HAND = (15, 17, 19, 21), (16, 18, 20, 22)


def shoulder_px(body: BodyTrack) -> float:
    """Return the usual shoulder width in px, NaN if never seen."""
    points = body.points_px.astype(np.float64)
    return filters.middle(np.hypot(*(points[:, 11, :2] - points[:, 12, :2]).T))


def seen(body: BodyTrack, index: int, *, least: float = 0.5) -> filters.Flags:
    """Return where a landmark can be believed: visible, inside the frame, and steady enough to be one thing.

    MediaPipe's visibility alone is unreliable for hands (.70 measured with no hand in the picture), so a landmark that
    jumps more than 12 shoulder widths per second is not believed either.
    """
    time = np.asarray(body.time_s, dtype=np.float64)
    p = body.points_px[:, index, :2].astype(np.float64)
    wide, high = body.frame_size_px
    within = (p[:, 0] >= 0) & (p[:, 0] < wide) & (p[:, 1] >= 0) & (p[:, 1] < high)
    jump = np.hypot(*filters.speed(time, p).T) / max(shoulder_px(body), 1e-6)
    visible = filters.level(time, body.visibility[:, index], 0.3) >= least
    believed: filters.Flags = within & visible & (np.nan_to_num(jump, nan=np.inf) < 12.0)
    return believed


def hands(body: BodyTrack) -> list[tuple[Floats, filters.Flags]]:
    """Return for the left and the right hand its middle (n, 2) in px and where it is believed."""
    return [
        (body.points_px[:, list(hand), :2].astype(np.float64).mean(axis=1), seen(body, hand[0]))
        for hand in (_LEFT_HAND, _RIGHT_HAND)
    ]


def openness(body: BodyTrack) -> Floats:
    """Return the arms' spread, 0 (wrists crossed or together) to 1 (two shoulder widths apart), NaN out of sight."""
    p = body.points_px.astype(np.float64)
    apart = (p[:, LEFT_WRIST, 0] - p[:, RIGHT_WRIST, 0]) / max(shoulder_px(body), 1e-6)
    known = seen(body, LEFT_WRIST) & seen(body, RIGHT_WRIST)
    out: Floats = np.where(known, np.clip(apart / 2.0, 0.0, 1.0), np.nan)
    return out
