"""Fundamental frequency of a voice, by the swift-f0 network."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from cuetrack.media.audio import Raw
from cuetrack.people.activity import SILENT_DB, close_gaps, short_level
from cuetrack.people.windows import HOP, RATE_HZ, as_wave, row_count, runs

Floats = npt.NDArray[np.floating]

_NET_HOP = 256
_LOWEST_HZ, _HIGHEST_HZ = 60.0, 700.0
_WANTED_PEAK = 0.1
_UNIT = 1280  # samples: a whole number of the network's hops and of rows
_REACH = 5120  # samples on either side; the answers are the same to the last bit as with four times as many
_LONGEST, _LONGEST_GAP, _AROUND = 250, 12, 2  # units of 80 ms: longest stretch, gap that is bridged, seam around
_OVER_BACKGROUND_DB = 3.0  # voice 5 dB above the background raises the level by 6
_UNDER_LOUD_DB = 25.0  # … and is never so far below the loud part


def track_pitch(samples: Raw, *, voiced_above: float = 0.6) -> tuple[Floats, Floats]:
    """Measure F0 every 10 ms: (F0 in Hz, NaN where unvoiced; how sure it is voiced 0..1), both (rows,).

    `samples` is one channel at 16 kHz. The network answers every 16 ms; between two voiced answers F0 runs straight in
    octaves. At 0.6 noise of 5 to 10 dB SNR costs the least voicing error without losing voice in clean sound. Quiet
    recordings are raised first, because the network calls anything peaking below -60 dB silent. Stretches that stay
    at the channel's background are not looked at.
    """
    from swift_f0 import SwiftF0

    detector = SwiftF0(threads=1, spin=False)  # not kept: it holds on to 160 MB from its first stretch to its end
    total = row_count(samples)
    f0 = np.full(total, np.nan, np.float32)
    sure = np.zeros(total, np.float32)
    gain = _gain(samples)
    for first, last in _stretches(samples):
        low = max(0, first * _UNIT - _REACH)
        wave = as_wave(samples[low : last * _UNIT + _REACH])
        if len(wave) < _NET_HOP:
            continue
        answer = detector.detect(wave * gain, RATE_HZ, _LOWEST_HZ, _HIGHEST_HZ)
        rows = slice(first * _UNIT // HOP, min(last * _UNIT // HOP, total))
        own = slice(rows.start - low // HOP, rows.stop - low // HOP)
        hz, voicing = _on_grid(answer.pitch_hz, answer.confidence, own)
        f0[rows] = np.where(voicing > voiced_above, hz, np.nan)
        sure[rows] = voicing
    return f0, sure


def _stretches(samples: Raw) -> Iterator[tuple[int, int]]:
    """Yield (first, last) unit of every stretch of at most 20 s that is not background alone for a second or more."""
    level = short_level(samples)
    sounding = level[level > SILENT_DB]
    if not len(sounding):
        return
    background, loud = np.percentile(sounding, (10, 95))
    least = min(background + _OVER_BACKGROUND_DB, loud - _UNDER_LOUD_DB)
    rows = _UNIT // HOP
    loudest = np.pad(level, (0, -len(level) % rows), constant_values=SILENT_DB).reshape(-1, rows).max(axis=1)
    heard = close_gaps(loudest > least, _LONGEST_GAP)
    for start, stop in runs(heard):
        end = min(len(heard), stop + _AROUND)
        for first in range(max(0, start - _AROUND), end, _LONGEST):
            yield first, min(first + _LONGEST, end)


def _gain(samples: Raw) -> np.float32:
    """Return the factor that lifts a quiet recording to an ordinary level, 1 for others."""
    scale = 32768.0 if samples.dtype == np.int16 else 1.0
    step = max(1, len(samples) // 1_000_000)
    peak = float(np.percentile(np.abs(samples[::step].astype(np.float64)), 99.5)) / scale if len(samples) else 0.0
    return np.float32(min(_WANTED_PEAK / peak, 100.0) if 0 < peak < _WANTED_PEAK else 1.0)


def _on_grid(hz: Floats, voicing: Floats, own: slice) -> tuple[Floats, Floats]:
    """Move the network's 16 ms answers to the 10 ms rows."""
    place = np.arange(own.start, own.stop) * (HOP / _NET_HOP)
    last = len(hz) - 1
    before = np.minimum(place.astype(int), last)
    after = np.minimum(before + 1, last)
    part = np.clip(place - before, 0, 1)
    # Across an octave jump or the edge of a voiced stretch the nearer answer counts, not a mean of both.
    smooth = (np.minimum(voicing[before], voicing[after]) > 0.5) & (np.abs(np.log2(hz[after] / hz[before])) < 0.25)
    between = np.exp2((1 - part) * np.log2(hz[before]) + part * np.log2(hz[after]))
    nearest = np.where(part < 0.5, hz[before], hz[after])
    return np.where(smooth, between, nearest), (1 - part) * voicing[before] + part * voicing[after]
