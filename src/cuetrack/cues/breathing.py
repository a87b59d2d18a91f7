"""Breathing from the chest's movement in the picture: rate, depth, holds and sighs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cuetrack import tables
from cuetrack.cues.registry import cue
from cuetrack.people import breath, filters
from cuetrack.people.tracks import FaceTrack, SpeechTrack, TorsoTrack
from cuetrack.terms import Signal

_HZ = breath.CHEST_HZ
_SHOULDERS_MM = 380.0


@cue(
    version="1",
    signals=(
        Signal("chest_mm", "mm", -200, 200, "chest and shoulders higher, as after breathing in", noise=0.3),
        Signal("breath_rate_per_min", "1/min", 6, 30, "faster breathing", noise=0.5),
        Signal("breath_depth", "", 0, 20, "deeper breaths than usual", noise=0.15),
    ),
    spans=("hold", "sigh"),
)
def breathing(
    torso: TorsoTrack,
    face: FaceTrack | None = None,
    speech: SpeechTrack | None = None,
    *,
    window_s: float = 30.0,
    hold_s: float = 6.0,
    hold_share: float = 0.25,
    sigh_factor: float = 2.0,
    least_mm: float = 0.25,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure breathing from the vertical movement of chest and shoulders, at 10 samples per second.

    `chest_mm` is the movement over the shoulder width (taken as 380 mm), band-passed 0.1-0.5 Hz. Rate is the peak of
    a spectrum over `window_s` (see `cuetrack.people.breath`) read only from samples without speech or large movement,
    NaN where less than half is left or no breathing stands out. Depth is the size of the movement over its own 5-minute
    median. A hold is at least `hold_s` with less than `hold_share` of that size between clear breaths; a sigh one
    breath of `sigh_factor` times the median of the last minute. Confidence is the picture's quality, less in movement,
    speech and where breathing stands out little. Rate from video: Chatterjee et al. 2018; sigh: the usual 2x rule.
    """
    mm = -np.asarray(torso.chest_y_px, np.float64) * _SHOULDERS_MM / filters.middle(torso.shoulder_px)
    grid, chest = filters.even(torso.time_s, mm, _HZ)
    still = _still(grid, chest, torso, face)
    silent = filters.speaking(grid, speech, pad_s=0.3) != 1
    shown = filters.band(chest, _HZ, breath.LOW_HZ, breath.HIGH_HZ)
    centre, per_min, clear = breath.breath_rate(chest, _HZ, usable=still & silent, window_s=window_s)
    rate = _between(grid, centre, np.where(clear > 0.25, per_min, np.nan))
    sure = _between(grid, centre, clear)
    calm = np.where(still, filters.band(_bridged(chest, still), _HZ, breath.LOW_HZ, breath.HIGH_HZ), np.nan)
    size = breath.envelope(calm, _HZ)
    usual = filters.level(grid, np.where(silent, size, np.nan), 300.0)
    depth = np.clip(filters.smooth(grid, size, 2.0) / np.maximum(usual, least_mm), 0, 20)
    quality = np.interp(grid, torso.time_s, np.nan_to_num(torso.quality)) if grid.size else grid
    samples = tables.samples(
        grid,
        torso.person,
        {"chest_mm": np.clip(shown, -200, 200), "breath_rate_per_min": np.clip(rate, 6, 30), "breath_depth": depth},
        quality * np.where(still, 1.0, 0.3) * np.where(silent, 1.0, 0.6) * np.clip(2.0 * np.nan_to_num(sure), 0.2, 1.0),
    )
    t0 = float(grid[0]) if grid.size else 0.0
    rows = [
        {"start_s": a, "end_s": b, "person": torso.person, "label": label, "score": score, "source": "torso"}
        for label, found in (
            ("hold", _holds(grid, chest, still & silent, usual, hold_s, hold_share, least_mm)),
            ("sigh", _sighs(t0, calm, sigh_factor, least_mm)),
        )
        for a, b, score in found
    ]
    return samples, tables.spans(rows)


def _still(grid: filters.Floats, chest: filters.Floats, torso: TorsoTrack, face: FaceTrack | None) -> filters.Flags:
    """Return where neither chest nor head moves far more than breathing does."""
    fast = np.abs(filters.speed(grid, filters.smooth(grid, chest, 0.5)))
    usual = filters.middle(fast)
    jerk = fast > max(6.0 * usual, 8.0)
    if face is not None:
        _, nose = filters.even(face.time_s, face.at(1)[:, 1], _HZ)
        nose = (
            np.interp(grid, face.time_s[0] + np.arange(nose.size) / _HZ, nose)
            if nose.size
            else np.full(grid.size, np.nan)
        )
        scale = _SHOULDERS_MM / filters.middle(torso.shoulder_px)
        jerk |= np.nan_to_num(np.abs(filters.speed(grid, filters.smooth(grid, nose * scale, 0.5)))) > 60.0
    near = filters.level(grid, jerk.astype(np.float64), 1.0, 1.0) if grid.size else jerk
    still: filters.Flags = np.isfinite(chest) & ~(near > 0)
    return still


def _bridged(x: filters.Floats, keep: filters.Flags) -> filters.Floats:
    """Return the series with a straight line across what is not kept."""
    good = keep & np.isfinite(x)
    if good.sum() < 2:
        return np.full(x.shape, np.nan)
    out: filters.Floats = np.interp(np.arange(x.size), np.flatnonzero(good), x[good])
    return out


def _between(grid: filters.Floats, centre_s: filters.Floats, values: filters.Floats) -> filters.Floats:
    """Return window values at the grid's times; outside the first and last centre the nearest holds."""
    if centre_s.size == 0 or grid.size == 0:
        return np.full(grid.shape, np.nan)
    at = grid - grid[0]
    line = np.interp(at, centre_s, values)
    nearest = values[np.clip(np.searchsorted(centre_s, at), 0, centre_s.size - 1)]
    out: filters.Floats = np.where(np.isfinite(line), line, nearest)
    return out


def _holds(
    grid: filters.Floats,
    chest: filters.Floats,
    good: filters.Flags,
    usual: filters.Floats,
    hold_s: float,
    share: float,
    least_mm: float,
) -> list[tuple[float, float, float]]:
    """Return stretches whose 2 s range stays small while breathing was clear within the 30 s before."""
    quiet = filters.smooth(grid, chest, 0.5)
    span = filters.level(grid, quiet, 2.0, 1.0) - filters.level(grid, quiet, 2.0, 0.0)
    clear_before = (
        pd.Series(np.where(good, span, np.nan)).rolling(int(30 * _HZ), min_periods=int(5 * _HZ)).median().to_numpy()
    )
    small = good & (span < share * 2 * usual) & (usual > 2 * least_mm) & (clear_before > usual)
    found = filters.spans_where(grid, small, join_s=0.5)
    # The 2 s range reaches 1 s into the breaths on both sides, so the still stretch itself is longer by about that.
    return [(a - 0.7, b + 0.7, b - a + 1.4) for a, b in found if b - a + 1.4 >= hold_s]


def _sighs(t0: float, calm: filters.Floats, factor: float, least_mm: float) -> list[tuple[float, float, float]]:
    """Return breaths at least `factor` times the median of the minute before."""
    every = breath.breaths(calm, _HZ, least=2 * least_mm)
    found = []
    for k, (start, top, size) in enumerate(every):
        before = [b[2] for b in every[:k] if start - b[0] <= 60.0]
        if len(before) >= 4 and size >= factor * float(np.median(before)):
            end = every[k + 1][0] if k + 1 < len(every) else top + (top - start)
            found.append((t0 + start, t0 + min(end, top + 4.0), size / float(np.median(before))))
    return found
