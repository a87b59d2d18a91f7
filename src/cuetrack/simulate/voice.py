"""Source-filter voices whose pitch, level, syllables and timing are exactly known.

A Rosenberg pulse train (Rosenberg 1971, J. Acoust. Soc. Am. 49:583) with phase-integrated F0 passes three moving
formant resonators; syllables are raised cosines with deep valleys, some begin with unvoiced noise. Sighs, laughs and
coughs are shaped noise and pulses. It sounds like babbling, not like words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cuetrack.simulate.script_curves import syllable_phase

Floats = npt.NDArray[np.float64]

RATE_HZ = 24_000
FRAME_HZ = 100
"""Samples per second of sound, and of the curves that steer it."""

_VOWELS = np.array([[730, 1190, 2550], [530, 1840, 2480], [390, 1990, 2550], [570, 840, 2410], [440, 1120, 2340],
                    [660, 1720, 2410], [490, 1350, 1690]], dtype=np.float64)  # fmt: skip
"""F1-F3 in Hz: mean vowels of Peterson & Barney (1952)."""
_BANDWIDTHS = (80.0, 110.0, 160.0)
_BLOCK_S = 0.008
_OPEN, _CLOSE = 0.40, 0.16  # shares of a period in which the Rosenberg pulse rises and falls
_VOICED_FROM = 0.05  # of a syllable's envelope: below it nothing voiced is left to measure
SOUND_DB = {"sigh": -38.0, "laugh": -20.0, "cough": -20.0}
"""RMS level of the sounds that are not speech, dB re full scale."""


@dataclass(frozen=True, slots=True)
class Sound:
    """One person's sound with its truth.

    `samples` (n,) float32 at RATE_HZ; at FRAME_HZ `f0_hz`, `level_db` and `rate_syl_per_s` (m,), NaN where unvoiced
    or silent; `syllable_s` times of syllable nuclei.
    """

    samples: npt.NDArray[np.float32]
    f0_hz: Floats
    level_db: Floats
    rate_syl_per_s: Floats
    syllable_s: Floats


def voice(
    speech: Sequence[tuple[float, float]],
    sounds: Sequence[tuple[float, float, str]],
    *,
    f0_hz: Floats,
    level_db: Floats,
    rate_syl_per_s: Floats,
    tract: float = 1.0,
    seed: int = 0,
) -> Sound:
    """Return the sound of one person.

    `speech` are (start_s, end_s) stretches, `sounds` adds a label of "sigh", "laugh" or "cough"; the curves are (m,) at
    FRAME_HZ and settle the length; `tract` scales the formants (1.15 for a shorter vocal tract).
    """
    count = len(f0_hz) * RATE_HZ // FRAME_HZ
    out = np.zeros(count, dtype=np.float32)
    f0, level, rate = (np.full(len(f0_hz), np.nan) for _ in range(3))
    syllables = []
    rng = np.random.default_rng([seed, 71])
    for start_s, end_s in speech:
        first, last = round(start_s * FRAME_HZ), min(round(end_s * FRAME_HZ), len(f0_hz))
        if last - first < 5:
            continue
        part = slice(first, last)
        piece, envelope, nuclei = _utterance(f0_hz[part], level_db[part], rate_syl_per_s[part], tract, rng)
        begin = first * RATE_HZ // FRAME_HZ
        out[begin : begin + len(piece)] += piece
        f0[first:last] = np.where(envelope > _VOICED_FROM, f0_hz[first:last], np.nan)
        level[first:last] = level_db[first:last]
        rate[first:last] = rate_syl_per_s[first:last] * len(nuclei) / (rate_syl_per_s[part].sum() / FRAME_HZ)
        syllables.append(first / FRAME_HZ + nuclei)
    for start_s, end_s, label in sounds:
        begin = round(start_s * RATE_HZ)
        piece = noise_of(label, end_s - start_s, float(f0_hz[min(int(start_s * FRAME_HZ), len(f0_hz) - 1)]), rng)
        piece = piece[: max(count - begin, 0)]
        out[begin : begin + len(piece)] += piece
    return Sound(out, f0, level, rate, np.concatenate([*syllables, np.empty(0)]))


def noise_of(label: str, seconds: float, f0_hz: float, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Return the sound of a sigh, a laugh or a cough of this length at its level of SOUND_DB."""
    n = max(round(seconds * RATE_HZ), 8)
    time = np.arange(n) / RATE_HZ
    if label == "sigh":
        rise = np.clip(time / 0.25, 0, 1) * np.exp(-np.clip(time - 0.25, 0, None) / max(seconds / 2.5, 0.1))
        shaped = _band(rng.standard_normal(n), 400, 2600) * rise
    elif label == "laugh":
        burst = (0.5 - 0.5 * np.cos(2 * np.pi * 4.8 * time)) ** 2
        pitch = f0_hz * 2 ** (6 / 12) * np.exp(-0.15 * time)
        shaped = _formants(
            _pulses(pitch) + 0.35 * _band(rng.standard_normal(n), 800, 6000), np.tile(_VOWELS[0], (n, 1))
        )
        shaped = shaped / (np.sqrt(np.mean(shaped**2)) + 1e-12) * burst
    elif label == "cough":
        single = min(0.35, seconds / 2)
        since = np.mod(time, max(seconds / 2, single))
        burst = np.clip(since / 0.012, 0, 1) * np.exp(-since / (single / 3))
        shaped = _band(rng.standard_normal(n), 250, 7000) * burst
    else:
        raise ValueError(f"expected a sound of {sorted(SOUND_DB)}, got {label!r}")
    shaped *= np.clip((seconds - time) / 0.02, 0, 1)
    loud = 10 ** (SOUND_DB[label] / 20) / (np.sqrt(np.mean(shaped**2)) + 1e-12)
    return np.asarray(np.clip(shaped * loud, -0.99, 0.99), dtype=np.float32)


def _utterance(
    f0_hz: Floats, level_db: Floats, rate: Floats, tract: float, rng: np.random.Generator
) -> tuple[npt.NDArray[np.float32], Floats, Floats]:
    """Return the samples of one stretch of speech, its syllable envelope at FRAME_HZ and its nuclei in s."""
    from scipy.ndimage import uniform_filter1d

    step = RATE_HZ // FRAME_HZ
    frames, n = len(f0_hz), len(f0_hz) * step
    place = np.arange(n) / step
    f0, rate_n, level_n = (np.interp(place, np.arange(frames), c) for c in (f0_hz, rate, level_db))
    phase = syllable_phase(rate_n, RATE_HZ)
    whole = round(float(phase[-1]))
    envelope = 0.5 - 0.5 * np.cos(2 * np.pi * phase)
    fade = np.clip(np.minimum(np.arange(n), n - np.arange(n)) / (0.012 * RATE_HZ), 0, 1)
    envelope *= fade
    number = np.minimum(phase.astype(int), whole - 1)
    vowels = _VOWELS[rng.integers(0, len(_VOWELS), whole + 2)] * tract
    within = phase - number
    blend = np.clip((within - 0.75) / 0.25, 0, 1)[:, None]
    targets = vowels[number] * (1 - blend) + vowels[number + 1] * blend
    voiced = _formants(_pulses(f0) + 0.003 * rng.standard_normal(n), targets)
    voiced = voiced / (np.sqrt(uniform_filter1d(voiced**2, int(0.02 * RATE_HZ) | 1)) + 1e-9) * envelope
    hiss = rng.random(whole + 1)[number] < 0.4
    onset = np.where(hiss & (within < 0.16), np.sin(np.pi * np.clip(within / 0.16, 0, 1)) ** 2, 0.0) * fade
    sound = voiced + 0.12 * onset * _band(rng.standard_normal(n), 2500, 8000)
    # The level is that of a whole syllable, so that it does not depend on where in one a frame falls.
    width = int(n / whole) | 1
    power = uniform_filter1d(sound**2, width, mode="constant")
    covered = uniform_filter1d(np.ones(n), width, mode="constant")
    sound *= 10 ** (level_n / 20) / np.sqrt(power / np.maximum(covered, 0.05) + 1e-9)
    nuclei = np.interp(np.arange(whole) + 0.5, phase, np.arange(n) / RATE_HZ)
    return np.clip(sound, -0.99, 0.99).astype(np.float32), envelope[::step], nuclei


def _pulses(f0_hz: Floats) -> Floats:
    """Return the derivative of Rosenberg pulses whose phase is the integral of F0."""
    phase = np.mod(np.cumsum(f0_hz) / RATE_HZ, 1.0)
    rising = 0.5 - 0.5 * np.cos(np.pi * phase / _OPEN)
    falling = np.cos(0.5 * np.pi * (phase - _OPEN) / _CLOSE)
    flow = np.where(phase < _OPEN, rising, np.where(phase < _OPEN + _CLOSE, falling, 0.0))
    return np.diff(flow, prepend=0.0)


def _formants(source: Floats, targets_hz: Floats) -> Floats:
    """Return the source through three resonators in series whose centres (n, 3) move in steps of 8 ms."""
    from scipy.signal import lfilter

    out = source
    block = int(_BLOCK_S * RATE_HZ)
    for formant, bandwidth in enumerate(_BANDWIDTHS):
        radius = np.exp(-np.pi * bandwidth / RATE_HZ)
        state = np.zeros(2)
        filtered = np.empty_like(out)
        for begin in range(0, len(out), block):
            angle = 2 * np.pi * targets_hz[begin, formant] / RATE_HZ
            poles = np.array([1.0, -2 * radius * np.cos(angle), radius**2])
            piece, state = lfilter([poles.sum()], poles, out[begin : begin + block], zi=state)
            filtered[begin : begin + block] = piece
        out = filtered
    return np.asarray(out)


def _band(noise: Floats, low_hz: float, high_hz: float) -> Floats:
    from scipy.signal import butter, sosfilt

    sections = butter(2, [low_hz, high_hz], btype="band", fs=RATE_HZ, output="sos")
    filtered = sosfilt(sections, noise)
    return np.asarray(filtered / (np.std(filtered) + 1e-12))
