"""What is heard in the room and is nobody's: steady noise, a telephone that buzzes, a doorbell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cuetrack.simulate.voice import RATE_HZ

if TYPE_CHECKING:
    from cuetrack.simulate.script import Script

Samples = npt.NDArray[np.float32]

RING_DB = {"buzz": -38.0, "bell": -28.0}
"""RMS level of what rings, dB re full scale."""
_BUZZ_HZ, _BUZZ_ON_S, _BUZZ_EVERY_S = 165.0, 0.4, 0.6
_BELL = ((0.0, 659.0), (0.7, 523.0))  # ding, dong: when (s) and how high (Hz)


def noise(count: int, floor_db: float, seed: int) -> Samples:
    """Return steady room noise of this level, gently falling towards high frequencies."""
    from scipy.signal import lfilter

    steady = lfilter([1.0], [1.0, -0.7], np.random.default_rng([seed, 72]).standard_normal(count))
    return np.asarray(steady / np.sqrt(np.mean(steady**2)) * 10 ** (floor_db / 20), dtype=np.float32)


def rings(script: Script, count: int) -> Samples:
    """Return the ringing of a script's events, (count,) at RATE_HZ: all microphones hear it alike."""
    out = np.zeros(count, dtype=np.float32)
    heard = {(e.sound, e.start_s, e.end_s) for e in script.effects() if e.sound in RING_DB}
    for label, start_s, end_s in sorted(heard):
        begin = round(start_s * RATE_HZ)
        piece = ring(label, end_s - start_s)[: max(count - begin, 0)]
        out[begin : begin + len(piece)] += piece
    return out


def ring(label: str, seconds: float) -> Samples:
    """Return a "buzz" or a "bell" of this length at its level of RING_DB."""
    time = np.arange(max(round(seconds * RATE_HZ), 8)) / RATE_HZ
    if label == "buzz":
        tone = sum(np.sin(2 * np.pi * _BUZZ_HZ * k * time) / k for k in (1, 2, 3))
        shaped = tone * (np.mod(time, _BUZZ_EVERY_S) < _BUZZ_ON_S)
    else:
        shaped = np.zeros_like(time)
        for at_s, pitch_hz in _BELL:
            since = np.maximum(time - at_s, 0.0)
            strike = np.exp(-since / 0.5) * (time >= at_s) * np.clip(since / 0.005, 0, 1)
            shaped += strike * sum(np.sin(2 * np.pi * pitch_hz * k * since) / k**2 for k in (1, 2, 4))
    shaped = shaped * np.clip((seconds - time) / 0.02, 0, 1)
    return np.asarray(shaped * 10 ** (RING_DB[label] / 20) / np.sqrt(np.mean(shaped**2)), dtype=np.float32)
