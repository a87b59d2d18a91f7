"""Breathing from the chest's movement in the picture: rate, depth, holds and sighs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cuetrack import tables
from cuetrack.cues.registry import cue
from cuetrack.people import breath, filters
from cuetrack.people.tracks import FaceTrack, SoundTrack, SpeechTrack, TorsoTrack
from cuetrack.terms import Signal

_HZ = breath.CHEST_HZ
_SHOULDERS_MM = 380.0
_SLOWEST_MM_PER_S, _FASTEST_MM_PER_S = 14.0, 30.0
_TWITCH_S = 2.0  # a movement so short, with what is left out before and after it, does not end a hold


@cue(
    version="2",
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
    sound: SoundTrack | None = None,
    *,
    window_s: float = 30.0,
    least_clear: float = 0.35,
    hold_s: float = 6.0,
    hold_share: float = 0.65,
    hold_clear: float = 0.4,
    sigh_factor: float = 1.9,
    heard_sigh_factor: float = 1.2,
    least_mm: float = 0.25,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure breathing from the vertical movement of chest and shoulders, at 10 samples per second.

    `chest_mm` is the movement over the shoulder width (taken as 380 mm), band-passed 0.1-0.5 Hz. Rate is the peak of
    a spectrum over `window_s` (see `cuetrack.people.breath`) read only from samples without speech or large movement,
    NaN where less than a third is left or one breathing rhythm explains less than `least_clear` of what moves. Depth is
    the size of the movement over its own 5-minute median. A hold is at least `hold_s` in which the chest moves slower
    than `hold_share` of usual, twitches of up to 2 s let pass, within 20 s of breathing at least `hold_clear` clear. A
    sigh is one breath `sigh_factor` times as high as usual within a minute, or `heard_sigh_factor` times with half a
    second or more of voiceless breath in the person's own sound. Confidence is the picture's quality, less in movement,
    speech and where breathing stands out little. Rate from video: Chatterjee et al. 2018; a sigh is usually taken as
    twice a breath, of which drift hides some.
    """
    mm = -np.asarray(torso.chest_y_px, np.float64) * _SHOULDERS_MM / filters.middle(torso.shoulder_px)
    grid, chest = filters.even(torso.time_s, mm, _HZ)
    seen = np.isfinite(chest)
    still = _still(grid, chest, torso, face)
    silent = filters.speaking(grid, speech, pad_s=0.3) != 1
    centre, per_min, clear = breath.breath_rate(chest, _HZ, usable=still & silent, window_s=window_s)
    rate = np.where(seen, _between(grid, centre, np.where(clear >= least_clear, per_min, np.nan)), np.nan)
    sure = _between(grid, centre, clear)
    calm = filters.band(breath.stitched(chest, _HZ, still), _HZ, breath.LOW_HZ, breath.HIGH_HZ)
    size = np.where(still, breath.envelope(calm, _HZ), np.nan)
    usual = filters.level(grid, np.where(silent, size, np.nan), 300.0)
    depth = np.clip(filters.smooth(grid, size, 2.0) / np.maximum(usual, least_mm), 0, 20)
    quality = np.interp(grid, torso.time_s, np.nan_to_num(torso.quality)) if grid.size else grid
    samples = tables.samples(
        grid,
        torso.person,
        {
            "chest_mm": np.clip(filters.band(chest, _HZ, breath.LOW_HZ, breath.HIGH_HZ), -200, 200),
            "breath_rate_per_min": np.clip(rate, 6, 30),
            "breath_depth": depth,
        },
        quality * np.where(still, 1.0, 0.3) * np.where(silent, 1.0, 0.6) * np.clip(1.5 * np.nan_to_num(sure), 0.2, 1.0),
    )
    # A hold is one only beside breathing that can be told from other movement.
    rhythm = filters.level(grid, np.nan_to_num(sure), 40.0, 1.0) >= hold_clear if grid.size else still
    good = still & silent & rhythm & (usual > least_mm)
    found = [("hold", *s) for s in _holds(grid, chest, good, hold_s, hold_share)]
    unheard = sigh_factor if sound is None else 1.3 * sigh_factor
    factor = np.where(_exhales(grid, sound, silent), heard_sigh_factor, unheard)
    found += [("sigh", *s) for s in _sighs(grid, np.where(seen, calm, np.nan), still, factor, least_mm)]
    rows = [
        {"start_s": a, "end_s": b, "person": torso.person, "label": label, "score": score, "source": "torso"}
        for label, a, b, score in found
    ]
    return samples, tables.spans(rows)


def _still(grid: filters.Floats, chest: filters.Floats, torso: TorsoTrack, face: FaceTrack | None) -> filters.Flags:
    """Return where neither chest nor head moves faster than breathing moves them, and not just before or after."""
    fast = np.abs(breath.velocity(chest, _HZ))
    limit = np.clip(6.0 * filters.middle(fast), _SLOWEST_MM_PER_S, _FASTEST_MM_PER_S)
    moving = fast > limit
    if face is not None and len(face.time_s) > 1 and grid.size:
        scale = _SHOULDERS_MM / filters.middle(torso.shoulder_px)
        nose = scale * np.asarray(face.at(1)[:, 1], dtype=np.float64)
        pace = np.abs(filters.speed(face.time_s, filters.smooth(face.time_s, nose, 0.3)))
        moving |= np.interp(grid, face.time_s, np.nan_to_num(pace)) > 60.0
    near = filters.level(grid, moving.astype(np.float64), 0.8, 1.0) if grid.size else moving
    still: filters.Flags = np.isfinite(chest) & ~(near > 0)
    return still


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
    grid: filters.Floats, chest: filters.Floats, good: filters.Flags, hold_s: float, share: float
) -> list[tuple[float, float, float]]:
    """Return (start, end, length) of stretches whose mean speed over 2 s stays under a share of the minute's usual."""
    pace = np.abs(breath.velocity(chest, _HZ))
    around = filters.level_mean(grid, np.where(good, pace, np.nan), 2.0)
    usual = filters.level(grid, around, 60.0, 0.6)
    slow = good & (around < share * usual)
    for first, stop in filters.runs(~good):
        if first > 0 and stop < grid.size and slow[first - 1] and slow[stop] and stop - first <= _TWITCH_S * _HZ:
            slow[first:stop] = True
    found = filters.spans_where(grid, slow, join_s=0.6)
    # The mean over 2 s is low only from about 0.4 s after the last breath to 0.4 s before the next; without a breath
    # before or after, at the ends of the recording, nothing was held.
    held = [(a - 0.4, b + 0.4, b - a + 0.8) for a, b in found if b - a + 0.8 >= hold_s]
    return [h for h in held if h[0] > grid[0] + 1.0 and h[1] < grid[-1] - 1.0]


def _exhales(grid: filters.Floats, sound: SoundTrack | None, silent: filters.Flags) -> filters.Flags:
    """Return where a breath may belong to 0.5-4 s of voiceless sound outside speech, 10 dB over the person's quiet."""
    if sound is None or len(sound.time_s) < 2 or grid.size < 2:
        return np.zeros(grid.shape, dtype=bool)
    level = np.asarray(sound.level_db, dtype=np.float64)
    talks = np.interp(sound.time_s, grid, (~silent).astype(np.float64)) > 0
    airy = (level > filters.middle(level, 0.2) + 10.0) & ~(np.asarray(sound.voicing) > 0.5) & ~talks
    spans = filters.spans_where(sound.time_s, airy, min_s=0.5, max_s=4.0, join_s=0.2)
    # The chest rises before the breath is heard going out.
    return filters.inside(grid, [(a - 2.0, b) for a, b in spans])


def _sighs(
    grid: filters.Floats, calm: filters.Floats, still: filters.Flags, factor: filters.Floats, least_mm: float
) -> list[tuple[float, float, float]]:
    """Return (start, end, times usual) of breaths at least `factor`, (n,), times as high as usual within a minute."""
    t0 = float(grid[0]) if grid.size else 0.0
    every = breath.breaths(calm, _HZ, least=2 * least_mm)
    found = []
    for k, (start, top, end, height) in enumerate(every):
        others = [b[3] for j, b in enumerate(every) if j != k and abs(b[1] - top) <= 60.0]
        if len(others) < 4 or end - start > 8.0:
            continue
        times = height / max(float(np.median(others)), least_mm)
        a, peak, b = (round(at * _HZ) for at in (start, top, end))
        if times >= factor[peak] and still[a : b + 1].mean() > 0.5:
            found.append((t0 + start, t0 + end, times))
    return found
