"""The direction a person usually looks in: the mode of their own gaze; used by the cue gaze."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cuetrack.people import filters

Floats = npt.NDArray[np.float64]


def direction(
    time_s: npt.ArrayLike,
    yaw_deg: npt.ArrayLike,
    pitch_deg: npt.ArrayLike,
    preferred: npt.ArrayLike,
    *,
    window_s: float = 240.0,
    hop_s: float = 30.0,
    least_s: float = 20.0,
    reach_deg: float = 15.0,
    bandwidth_deg: float = 3.0,
) -> tuple[Floats, Floats]:
    """Return the home yaw and pitch in degrees at each sample, (n,) each; NaN if nothing was seen.

    In a window of `window_s` every `hop_s`, the mode of gaze over `preferred` samples (while the partner speaks) if
    there are `least_s` of them, else over all; modes near the one before and the one of the whole recording count
    more, so that a long look away does not become home, while slow drift and a changed seat are followed.
    """
    time, yaw, pitch = (np.asarray(a, dtype=np.float64) for a in (time_s, yaw_deg, pitch_deg))
    good = np.isfinite(yaw) & np.isfinite(pitch)
    if not good.any():
        return np.full(time.shape, np.nan), np.full(time.shape, np.nan)
    liked = good & np.asarray(preferred, dtype=bool)
    per_s = max(filters.rate_hz(time), 1e-9)
    chosen = liked if liked.sum() >= least_s * per_s else good
    whole = _mode(yaw[chosen], pitch[chosen], None, reach_deg, bandwidth_deg)
    centres = np.arange(time[0], time[-1] + hop_s, hop_s)
    found = np.empty((len(centres), 2))
    near = whole
    for k, centre in enumerate(centres):
        part = (time >= centre - window_s / 2) & (time < centre + window_s / 2)
        best = liked & part if (liked & part).sum() >= least_s * per_s else good & part
        near = _mode(yaw[best], pitch[best], (near + whole) / 2, reach_deg, bandwidth_deg) if best.any() else near
        found[k] = near
    return np.interp(time, centres, found[:, 0]), np.interp(time, centres, found[:, 1])


def _mode(yaw: Floats, pitch: Floats, near: Floats | None, reach_deg: float, bandwidth_deg: float) -> Floats:
    """Return the densest (yaw, pitch), density weighted by nearness to a point."""
    cell = 1.0
    low = np.array([np.min(yaw), np.min(pitch)]) - 3 * bandwidth_deg
    shape = np.ceil((np.array([np.max(yaw), np.max(pitch)]) + 3 * bandwidth_deg - low) / cell).astype(int) + 1
    index = ((np.stack([yaw, pitch], axis=1) - low) / cell).astype(int)
    count = np.zeros(shape)
    np.add.at(count, (index[:, 0], index[:, 1]), 1.0)
    reach = np.arange(-int(3 * bandwidth_deg / cell), int(3 * bandwidth_deg / cell) + 1) * cell
    kernel = np.exp(-0.5 * (reach / bandwidth_deg) ** 2)
    for axis in (0, 1):
        count = np.apply_along_axis(lambda line: np.convolve(line, kernel, mode="same")[: len(line)], axis, count)
    first = low[0] + (np.arange(shape[0]) + 0.5) * cell
    second = low[1] + (np.arange(shape[1]) + 0.5) * cell
    if near is not None:
        distance = (first[:, None] - near[0]) ** 2 + (second[None, :] - near[1]) ** 2
        count = count * np.exp(-0.5 * distance / reach_deg**2)
    top = np.unravel_index(int(np.argmax(count)), count.shape)
    close = (np.abs(yaw - first[top[0]]) <= bandwidth_deg) & (np.abs(pitch - second[top[1]]) <= bandwidth_deg)
    if not close.any():
        return np.array([first[top[0]], second[top[1]]])
    return np.array([np.median(yaw[close]), np.median(pitch[close])])
