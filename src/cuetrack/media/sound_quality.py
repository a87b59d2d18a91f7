"""What a recording's sound is good for, before a voice is measured from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from cuetrack.media.audio import Raw, Sound
from cuetrack.media.stored import StoredSound

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Layout = Literal["one", "same", "apart", "mixed"]

_FRAME_S = 0.05
_SILENCE_DB = -65.0
_STANDS_OUT_DB = 10.0
_LED_DB = 6.0
_AT_ONCE = 1200  # frames


@dataclass(frozen=True, slots=True)
class ChannelQuality:
    """One channel, levels in dB re full scale.

    `level_db` is the usual level of its louder stretches, `floor_db` that of its quietest, `snr_db` their distance;
    `clipped` is the share 0..1 of its louder 50 ms frames that hit the limit; `bandwidth_hz` is where its spectrum
    ends (call and telephone codecs cut at 4 or 8 kHz). `is_silent`: nothing in it stands out.
    """

    level_db: float
    floor_db: float
    snr_db: float
    clipped: float
    bandwidth_hz: float
    is_silent: bool


@dataclass(frozen=True, slots=True)
class SoundQuality:
    """A recording's channels and how they share two voices.

    `layout` is "one" (one channel), "same" (several with the same sound: a mono mix), "apart" (each of two has a voice
    that is weaker in the other) or "mixed" (anything else). `similarity` -1..1 is the correlation of the first two
    channels; `leakage_db` how much weaker, with each channel's own loudness as 0, a voice is in the other one's
    channel: both NaN for one channel, `leakage_db` NaN unless "apart".
    """

    channels: tuple[ChannelQuality, ...]
    layout: Layout
    similarity: float
    leakage_db: float


def describe_sound(sound: Sound | StoredSound) -> SoundQuality:
    """Describe the channels of a sound; samples inside its gaps do not count.

    Best given at the recording's own rate: resampling hides clipping and cuts the bandwidth.
    """
    frames = [Frames(channel, round(_FRAME_S * sound.rate_hz)) for channel in sound.channels]
    known = _outside_gaps(sound, len(frames[0]) if frames else 0)
    levels = [_levels_db(f) for f in frames]
    channels = tuple(_channel(f, level, known, sound.rate_hz) for f, level in zip(frames, levels, strict=True))
    if len(frames) < 2:
        return SoundQuality(channels, "one", np.nan, np.nan)
    similarity = _similarity(frames[0].signal, frames[1].signal)
    if similarity > 0.98:
        return SoundQuality(channels, "same", similarity, np.nan)
    silent = any(c.is_silent for c in channels[:2])
    leakage = np.nan if silent else _leakage_db(levels[0][known], levels[1][known], channels)
    return SoundQuality(channels, "mixed" if np.isnan(leakage) else "apart", similarity, leakage)


def _outside_gaps(sound: Sound | StoredSound, count: int) -> Mask:
    """Return which frames lie outside every gap."""
    known = np.ones(count, dtype=bool)
    for gap in sound.gaps:
        first, last = ((t - sound.start_s) / _FRAME_S for t in (gap.start_s, gap.end_s))
        known[max(int(first + 1e-6), 0) : max(int(np.ceil(last - 1e-6)), 0)] = False
    return known


@dataclass(frozen=True, slots=True)
class Frames:
    """A channel cut into whole frames of `step` samples, of which a minute at a time is read."""

    signal: Raw
    step: int

    def __len__(self) -> int:
        return len(self.signal) // self.step

    def waves(self, chosen: Mask | None = None) -> Iterator[Floats]:
        """Yield the chosen frames (n, step) as float32 in -1..1."""
        for first in range(0, len(self), _AT_ONCE):
            last = min(first + _AT_ONCE, len(self))
            if chosen is not None and not chosen[first:last].any():
                continue
            part = self.signal[first * self.step : last * self.step].reshape(-1, self.step)
            yield _wave(part if chosen is None else part[chosen[first:last]])


def _wave(frames: npt.NDArray[np.int16]) -> Floats:
    return np.asarray(frames.astype(np.float32) / np.float32(32768))


def _levels_db(frames: Frames) -> Floats:
    power = [np.einsum("ij,ij->i", w, w, dtype=np.float64) / w.shape[1] for w in frames.waves()]
    return np.asarray(10 * np.log10(np.concatenate([np.zeros(0), *power]) + 1e-12), dtype=np.float32)


def _channel(frames: Frames, levels: Floats, known: Mask, rate_hz: int) -> ChannelQuality:
    if not known.any():
        return ChannelQuality(np.nan, np.nan, np.nan, np.nan, np.nan, True)
    floor, top = (float(q) for q in np.quantile(levels[known], (0.1, 0.99)))
    loud = known & (levels > max(min(floor + _STANDS_OUT_DB, top - 1), _SILENCE_DB))
    level = float(np.median(levels[loud])) if loud.any() else top
    silent = top < _SILENCE_DB or top - floor < 3
    return ChannelQuality(
        level_db=level,
        floor_db=floor,
        snr_db=level - floor,
        clipped=0.0 if silent else _clipped(frames, loud),
        bandwidth_hz=np.nan if silent else _bandwidth_hz(frames, loud, rate_hz),
        is_silent=silent,
    )


def _clipped(frames: Frames, loud: Mask) -> float:
    """Return the share of loud frames with three samples running at the channel's own limit, where that is high."""
    peak = max((float(np.abs(wave).max()) for wave in frames.waves(loud)), default=0.0)
    if peak < 0.2:
        return 0.0
    count = 0
    for wave in frames.waves(loud):
        at_limit = np.abs(wave) >= min(0.995 * peak, 0.999)
        runs = at_limit[:, :-2] & at_limit[:, 1:-1] & at_limit[:, 2:]
        count += int(runs.any(axis=1).sum())
    return count / int(loud.sum()) if count > 1 else 0.0


def _bandwidth_hz(frames: Frames, loud: Mask, rate_hz: int) -> float:
    """Return the highest frequency that holds more than a ten-millionth (-70 dB) of the strongest."""
    at = np.flatnonzero(loud)
    some = np.zeros(len(loud), dtype=bool)
    some[at[:: max(1, len(at) // 400)]] = True
    window = np.hanning(frames.step).astype(np.float32)
    power = [np.abs(np.fft.rfft(wave * window, axis=1)) ** 2 for wave in frames.waves(some)]
    spectrum = np.convolve(np.mean(np.concatenate(power), axis=0), np.ones(5) / 5, mode="same")
    strong = np.flatnonzero(spectrum > 1e-7 * spectrum.max())
    return float(strong[-1] / _FRAME_S)


def _similarity(a: Raw, b: Raw) -> float:
    products = np.zeros(3)
    for first in range(0, len(a), 1 << 20):
        x, y = (s[first : first + (1 << 20)].astype(np.float64) for s in (a, b))
        products += x @ y, x @ x, y @ y
    norm = float(np.sqrt(products[1] * products[2]))
    return float(products[0]) / norm if norm > 0 else 0.0


def _leakage_db(a: Floats, b: Floats, channels: tuple[ChannelQuality, ...]) -> float:
    """Return how far below its own channel a voice is in the other one, NaN if no voice is in each."""
    heard = np.maximum(a - channels[0].floor_db, b - channels[1].floor_db) > _STANDS_OUT_DB
    own_a, own_b = a[heard] - channels[0].level_db, b[heard] - channels[1].level_db
    lead = own_a - own_b
    led = np.abs(lead) > _LED_DB
    if not len(lead) or led.mean() < 0.6 or min((lead[led] > 0).mean(), (lead[led] < 0).mean()) < 0.03:
        return float("nan")
    loud = led & (np.maximum(own_a, own_b) > 0)  # quieter syllables leak less than the noise
    return -float(np.median(np.abs(lead[loud])))
