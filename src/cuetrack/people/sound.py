"""One person's voice as arrays every 10 ms: pitch, level, quality, onsets and syllables."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from cuetrack.media.audio import Raw
from cuetrack.people.activity import hysteresis
from cuetrack.people.memory import give_back_memory
from cuetrack.people.perturbation import harmonicity, jitter_shimmer, prominence
from cuetrack.people.pitch import track_pitch
from cuetrack.people.syllables import nuclei
from cuetrack.people.tracks import SoundTrack
from cuetrack.people.windows import HOP, RATE_HZ, Block, Wave, blocks, framed, row_count

Floats = npt.NDArray[np.floating]

LEVEL_FLOOR_DB = -120.0
_LEVEL_WIDTH = int(RATE_HZ * 6.4 / 100)
_SYLLABLE_BAND_HZ = (250.0, 3000.0)
_MEASURES = ("level_db", "hnr_db", "cpps_db", "jitter", "shimmer", "onset")


def measure_sound(
    person: str, samples: Raw, *, start_s: float = 0.0, source: str = "own_channel", reliability: float = 1.0
) -> SoundTrack:
    """Measure one channel every 10 ms.

    `samples` (n,) int16 or float in -1..1 at 16 kHz, whose first sample is at `start_s`. F0 by swift-f0; level as
    Praat's intensity (64 ms Kaiser window) in dB re full scale; the rest as in `cuetrack.people.perturbation`.
    Works block by block: memory beyond the input stays under 200 MB for any length.
    """
    f0, voicing = track_pitch(samples)
    give_back_memory()
    rows = row_count(samples)
    out = {name: np.full(rows, np.nan, np.float32) for name in (*_MEASURES, "loud_db")}
    for block in blocks(samples):
        block_f0 = f0[block.first_row : block.first_row + row_count(block.wave)]
        for name, values in _measure_block(block, block_f0).items():
            out[name][block.rows] = values[block.own]
    give_back_memory()
    time = start_s + np.arange(rows) * (HOP / RATE_HZ)
    peaks = nuclei(out.pop("loud_db"), np.isfinite(f0))
    return SoundTrack(person, time, f0, voicing, **out, syllable_s=time[peaks], source=source, reliability=reliability)


def _measure_block(block: Block, f0: Floats) -> dict[str, Floats]:
    """Return every measure of a block's rows, those of voice quality only where they are its own."""
    wave, voiced = block.wave, np.isfinite(f0)
    own = np.zeros(len(f0), bool)
    own[block.own] = True
    # A run's jitter is one value from its middle: runs that reach into the block's own rows are measured whole.
    reaching_in = hysteresis(voiced + np.float32(voiced & own), 2, 1)
    jitter, shimmer = jitter_shimmer(wave, np.where(reaching_in, f0, np.nan))
    onset, loud = _spectral(wave)
    return {
        "level_db": level(wave),
        "hnr_db": harmonicity(wave, np.where(own, f0, np.nan)),
        "cpps_db": prominence(wave, voiced & own),
        "jitter": jitter,
        "shimmer": shimmer,
        "onset": onset,
        "loud_db": loud,
    }


def level(wave: Wave) -> Floats:
    """Return the level in dB re full scale every 10 ms, (rows,); digital silence is -120."""
    window = np.kaiser(_LEVEL_WIDTH, 20.24).astype(np.float32)
    cut = framed(wave, _LEVEL_WIDTH)
    mean = framed_mean(wave, _LEVEL_WIDTH)
    # Weighted mean square minus the squared local mean, without copying the overlapping windows.
    power = np.einsum("ij,ij,j->i", cut, cut, window) / window.sum() - mean**2
    return np.asarray(np.maximum(10 * np.log10(np.maximum(power, 1e-12)), LEVEL_FLOOR_DB), np.float32)


def framed_mean(wave: Wave, width: int) -> Floats:
    """Return the mean of each centred window, (rows,)."""
    return np.asarray(framed(wave, width).mean(axis=1))


def _spectral(wave: Wave) -> tuple[Floats, Floats]:
    """Return onset strength (rise of the log spectrum, mean over 40 bands) and loudness of the syllable band in dB."""
    from scipy import fft

    size = 512
    power = np.abs(fft.rfft(framed(wave, size) * np.hanning(size).astype(np.float32))) ** 2 / size**2
    hz = fft.rfftfreq(size, 1 / RATE_HZ)
    band = (hz >= _SYLLABLE_BAND_HZ[0]) & (hz <= _SYLLABLE_BAND_HZ[1])
    loud = 10 * np.log10(power[:, band].sum(axis=1) + 1e-12)
    edges = np.unique(np.rint(np.geomspace(3, size // 2, 33)).astype(int))
    bands = 10 * np.log10(np.add.reduceat(power, edges, axis=1) + 1e-9)
    rise = np.maximum(np.diff(bands, axis=0, prepend=bands[:1]), 0).mean(axis=1)
    return rise.astype(np.float32), loud.astype(np.float32)


def keep_rows(
    track: SoundTrack, keep: npt.NDArray[np.bool_], *, reliability: float, source: str, person: str
) -> SoundTrack:
    """Return the track with every row outside `keep` (rows,) missing, as for one voice of a mix."""
    gone: dict[str, Any] = {
        name: np.where(keep, getattr(track, name), np.nan).astype(np.float32) for name in (*_MEASURES, "f0_hz")
    }
    voicing = np.where(keep, track.voicing, 0).astype(np.float32)
    at = np.searchsorted(track.time_s, track.syllable_s - 0.005)
    own = keep[np.clip(at, 0, len(keep) - 1)] if len(keep) else np.zeros(0, bool)
    return dataclasses.replace(
        track,
        person=person,
        **gone,
        voicing=voicing,
        syllable_s=track.syllable_s[own],
        reliability=reliability,
        source=source,
    )


def rows_within(time_s: Floats, spans: Sequence[tuple[float, float]]) -> npt.NDArray[np.bool_]:
    """Return which times lie in any of the half-open spans."""
    inside = np.zeros(len(time_s), bool)
    for start, end in spans:
        inside[np.searchsorted(time_s, start) : np.searchsorted(time_s, end)] = True
    return inside
