"""Voices made from pulses and formants, whose pitch, level, syllables and turns are known exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

RATE_HZ = 16_000
VOWELS = (
    (730, 1090, 2440),
    (270, 2290, 3010),
    (530, 1840, 2480),
    (570, 840, 2410),
    (300, 870, 2240),
    (660, 1720, 2410),
)
Wave = npt.NDArray[np.float64]


def pulses(f0_hz: Wave, rng: np.random.Generator, *, jitter: float = 0.0, shimmer: float = 0.0) -> Wave:
    """Rosenberg pulses (differentiated) at F0 per sample, 0 where F0 is NaN."""
    out = np.zeros(len(f0_hz))
    phase, edge = np.cumsum(np.nan_to_num(f0_hz) / RATE_HZ), 0.0
    closed = np.floor(phase)
    starts = np.flatnonzero(np.diff(closed, prepend=closed[0]) > 0)
    del edge
    for at in starts:
        if not np.isfinite(f0_hz[at]):
            continue
        length = RATE_HZ / f0_hz[at]
        moved = (
            at + (1 - (phase[at] - closed[at]) - 1) * length + rng.normal(0, jitter * length)
            if jitter
            else (at - (phase[at] - closed[at]) * length)
        )
        n = np.arange(int(np.ceil(moved)), int(moved + 0.6 * length))
        n = n[(n >= 0) & (n < len(out))]
        t = (n - moved) / length
        up, down = 0.4, 0.16
        flow = np.where(
            t < up,
            0.5 * np.pi / up * np.sin(np.pi * t / up),
            -0.5 * np.pi / down * np.sin(0.5 * np.pi * (t - up) / down),
        )
        flow = np.where(t > up + down, 0.0, flow)
        out[n] += flow * (1 + rng.normal(0, shimmer) if shimmer else 1)
    return out


def formants(source: Wave, vowel_of: Sequence[tuple[float, ...]], block: int = 400, scale: float = 1.0) -> Wave:
    """Filter a source by one vowel's resonators per block."""
    from scipy.signal import lfilter

    out = source
    for k, width in enumerate((80, 100, 140)):
        state, done = np.zeros(2), np.zeros(len(out))
        for i, start in enumerate(range(0, len(out), block)):
            hz = vowel_of[min(i, len(vowel_of) - 1)][k] * scale
            radius, angle = np.exp(-np.pi * width / RATE_HZ), 2 * np.pi * hz / RATE_HZ
            a = [1, -2 * radius * np.cos(angle), radius**2]
            done[start : start + block], state = lfilter([sum(a)], a, out[start : start + block], zi=state)
        out = done
    return out


def talk(
    seconds: float, *, f0_hz: float, seed: int, level_db: float = -24.0, syllables_per_s: float = 4.3,
    span_st: float = 2.5, tract: float = 1.0, jitter: float = 0.005, shimmer: float = 0.03,
) -> tuple[Wave, Wave, Wave]:  # fmt: skip
    """Return speech-like sound, its F0 per sample (NaN unvoiced) and the times of its syllables."""
    rng = np.random.default_rng(seed)
    n = int(seconds * RATE_HZ)
    t = np.arange(n) / RATE_HZ
    melody = span_st / 2 * np.sin(2 * np.pi * 0.4 * t + rng.uniform(0, 6)) + span_st / 4 * np.sin(2 * np.pi * 1.1 * t)
    f0 = f0_hz * 2 ** (melody / 12)
    length = 1 / syllables_per_s
    at = np.arange(length / 2, seconds - length / 4, length)
    place = np.clip((t / length).astype(int), 0, len(at) - 1)
    inside = t / length - place
    consonant = rng.random(len(at)) < 0.45
    unvoiced = consonant[place] & (inside < 0.22)
    f0_heard = np.where(unvoiced, np.nan, f0)
    which = rng.integers(0, len(VOWELS), len(at))
    block = 160
    centre = np.minimum(np.arange(0, n, block) + block // 2, n - 1)
    sizes = np.array(VOWELS, float)
    goal = sizes[which[place[centre]]]
    smooth = np.array([np.convolve(np.pad(goal[:, k], 3, mode="edge"), np.ones(7) / 7, "valid") for k in range(3)]).T
    voice = formants(pulses(f0_heard, rng, jitter=jitter, shimmer=shimmer), [tuple(v) for v in smooth], block, tract)
    envelope = 0.12 + 0.88 * np.clip(np.sin(np.pi * np.clip(inside, 0, 1)), 0, 1) ** 1.2
    hiss = np.diff(rng.normal(0, 1, n + 1)) * 0.25 * np.where(unvoiced, np.sin(np.pi * inside / 0.22), 0)
    voice = voice / (np.sqrt(np.mean(voice**2)) + 1e-12)
    sound = voice * envelope + hiss
    edge = np.clip(np.minimum(t, seconds - t) / 0.015, 0, 1)
    sound = sound * edge
    sound *= 10 ** (level_db / 20) / np.sqrt(np.mean(sound**2))
    return sound, f0_heard, at


def conversation(
    turns: Sequence[tuple[str, float, float]], voices: dict[str, dict[str, float]], seconds: float, *, seed: int = 0,
    floor_db: float = -62.0,
) -> dict[str, npt.NDArray[np.float32]]:  # fmt: skip
    """Return one channel per person for turns of (person, start_s, end_s)."""
    rng = np.random.default_rng(seed)
    n = int(seconds * RATE_HZ)
    out = {name: rng.normal(0, 10 ** (floor_db / 20), n) for name in voices}
    for i, (person, start, end) in enumerate(turns):
        sound, _, _ = talk(end - start, seed=seed * 1000 + i, **voices[person])
        first = int(start * RATE_HZ)
        out[person][first : first + len(sound)] += sound
    return {name: wave.astype(np.float32) for name, wave in out.items()}
