"""Angles of head and eyes, and a face freed of its head pose; used by the cues gaze, face, head and posture.

Sign conventions, for a picture that is not mirrored: yaw is positive toward the person's own left (right in the
picture), pitch downward, roll with the head tipped toward the person's own right shoulder (counter-clockwise in the
picture). All are 0 where the face looks straight into the camera.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cuetrack.people.tracks import FaceTrack

Floats = npt.NDArray[np.float64]


def rotations(matrix: npt.ArrayLike) -> Floats:
    """Return the pure rotations (n, 3, 3) of face matrices (n, 4, 4), scale removed; NaN where not finite."""
    given = np.asarray(matrix, dtype=np.float64)[:, :3, :3]
    good = np.isfinite(given).all(axis=(1, 2)) & (np.abs(np.linalg.det(np.nan_to_num(given))) > 1e-9)
    out = np.full(given.shape, np.nan)
    u, _, vt = np.linalg.svd(given[good])
    flip = np.ones((int(good.sum()), 1, 3))
    flip[:, 0, 2] = np.sign(np.linalg.det(u @ vt))
    out[good] = (u * flip) @ vt
    return out


def angles(rotation: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Return yaw, pitch and roll in degrees of rotations (n, 3, 3) in MediaPipe's axes (x right, y up, z out)."""
    r = np.asarray(rotation, dtype=np.float64)
    yaw = np.arctan2(r[:, 0, 2], r[:, 2, 2])
    pitch = np.arctan2(-r[:, 1, 2], np.hypot(r[:, 0, 2], r[:, 2, 2]))
    roll = np.arctan2(r[:, 1, 0], r[:, 1, 1])
    return np.degrees(yaw), np.degrees(pitch), np.degrees(roll)


def upright(matrix: npt.ArrayLike) -> tuple[Floats, float, float]:
    """Return rotations (n, 3, 3) as if this person's usual face were level, and its usual pitch and roll in degrees.

    The canonical face differs from every real one, which tips the measured head by several degrees (6 to 7 on rendered
    faces that look straight ahead); turned about that tipped axis, a roll of 10 degrees reads as 1.2 degrees of yaw.
    The usual tip, up to 15 degrees, is taken as the face's shape; add it to have the angles as measured.
    """
    measured = rotations(matrix)
    _, pitch, roll = angles(measured)
    if not np.isfinite(pitch).any():
        return measured, 0.0, 0.0
    usual_pitch, usual_roll = (float(np.clip(np.nanmedian(a), -15.0, 15.0)) for a in (pitch, roll))
    return measured @ of_angles(0.0, usual_pitch, usual_roll)[0].T, usual_pitch, usual_roll


def nearness(matrix: npt.ArrayLike) -> Floats:
    """Return how large the face is in the picture, (n,) in 1/cm: one over its distance, which assumes a camera angle.

    Only its changes mean something. Missing where the matrix is.
    """
    distance = np.abs(np.asarray(matrix, dtype=np.float64)[:, 2, 3])
    return np.where(distance > 1e-6, 1.0 / np.maximum(distance, 1e-6), np.nan)


def of_angles(yaw_deg: npt.ArrayLike, pitch_deg: npt.ArrayLike, roll_deg: npt.ArrayLike = 0.0) -> Floats:
    """Return rotations (n, 3, 3) whose `angles` are these."""
    yaw, pitch, roll = np.broadcast_arrays(
        *(np.atleast_1d(np.radians(np.asarray(a, dtype=np.float64))) for a in (yaw_deg, pitch_deg, roll_deg))
    )
    zero, one = np.zeros_like(yaw), np.ones_like(yaw)
    cy, sy, cp, sp, cr, sr = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch), np.cos(roll), np.sin(roll)
    about_y = np.stack([cy, zero, sy, zero, one, zero, -sy, zero, cy], -1).reshape(-1, 3, 3)
    about_x = np.stack([one, zero, zero, zero, cp, -sp, zero, sp, cp], -1).reshape(-1, 3, 3)
    about_z = np.stack([cr, -sr, zero, sr, cr, zero, zero, zero, one], -1).reshape(-1, 3, 3)
    out: Floats = about_y @ about_x @ about_z
    return out


def direction(yaw_deg: npt.ArrayLike, pitch_deg: npt.ArrayLike) -> Floats:
    """Return unit vectors (n, 3) pointing where these angles look (x right, y up, z toward the camera)."""
    yaw, pitch = np.radians(np.asarray(yaw_deg, np.float64)), np.radians(np.asarray(pitch_deg, np.float64))
    out: Floats = np.stack([np.cos(pitch) * np.sin(yaw), -np.sin(pitch), np.cos(pitch) * np.cos(yaw)], axis=-1)
    return out


def look_angles(vectors: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return yaw and pitch in degrees of direction vectors (n, 3); the inverse of `direction`."""
    v = np.asarray(vectors, dtype=np.float64)
    yaw = np.degrees(np.arctan2(v[:, 0], v[:, 2]))
    return yaw, np.degrees(np.arctan2(-v[:, 1], np.hypot(v[:, 0], v[:, 2])))


def between(a: npt.ArrayLike, b: npt.ArrayLike) -> Floats:
    """Return the angle in degrees between unit vectors, row by row."""
    dot = np.sum(np.asarray(a, np.float64) * np.asarray(b, np.float64), axis=-1)
    out: Floats = np.degrees(np.arccos(np.clip(dot, -1.0, 1.0)))
    return out


def unrotated(face: FaceTrack, indices: tuple[int, ...]) -> Floats:
    """Return mesh points (n, k, 3) turned back by the head's rotation, in px, x right, y up, z out.

    A point's offset from another then no longer changes when the head turns, up to the mesh's own depth error.
    """
    turned = rotations(face.matrix)
    out = np.empty((len(turned), len(indices), 3))
    for k, index in enumerate(indices):  # one after the other: all at once took twice the memory
        np.einsum("nj,nji->ni", face.at(index) * np.array([1.0, -1.0, -1.0]), turned, out=out[:, k])
    return out
