"""Sound of a recording on the session clock, at one rate, with its gaps marked.

    for block in read_sound("042.mp4"):          # one after the other, constant memory
        hear(block.time_s, block.samples)
    sound = load_sound("042.mp4")                # 16-bit samples, 115 MB per channel and hour at 16 kHz
    sound.mono(), sound.channel(0)               # float32 in -1..1

A stretch that is missing, damaged or not a number is a gap: `read_sound` jumps in time there, `load_sound` holds
zeros there and lists it in `gaps`. Sample counts are trusted for 30 ms against pts, then pts wins.
`cuetrack.media.stored` keeps hours of sound outside memory.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from cuetrack.errors import MediaUnreadable
from cuetrack.media.container import first_pts_s, opened, seek_before, sound_streams
from cuetrack.media.probe import LONGEST_S
from cuetrack.terms import Span

Floats = npt.NDArray[np.float32]

SLACK_S = 0.03
"""How far pts and the count of samples may disagree before it is a gap: above any container's rounding of pts."""
LONGEST_GAP_S = 3600.0
"""A longer gap is damage: it would be held as silence, gigabytes of it where times jump by most of a day."""
_BLOCK_S = 1.0
_PLANES = 8  # PyAV reads only so many planes of a frame and crashes at the next; more channels come interleaved
_LOUDEST = 1e4  # full scale is 1; what is beyond this, or is not a number, was not recorded


class Raw(Protocol):
    """A channel (n,) of int16, or of float in -1..1: an array, or samples kept outside memory (`media.stored`)."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a sample."""

    def __len__(self) -> int: ...
    def __getitem__(self, part: slice, /) -> npt.NDArray[Any]: ...


@dataclass(frozen=True, slots=True)
class SoundBlock:
    """A stretch of sound without a gap: `time_s` of its first sample, `samples` float32 (channels, n) in -1..1."""

    time_s: float
    samples: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """A whole recording's sound: `samples` int16 (channels, n) at `rate_hz`, the first one at session time `start_s`.

    In `gaps` (session time) nothing was recorded or it did not decode; the samples there are 0.
    """

    start_s: float
    rate_hz: int
    samples: npt.NDArray[np.int16]
    gaps: tuple[Span, ...] = ()

    @property
    def duration_s(self) -> float:
        """Length in seconds, gaps included."""
        return float(self.samples.shape[1] / self.rate_hz)

    @property
    def end_s(self) -> float:
        """Session time after the last sample."""
        return self.start_s + self.duration_s

    @property
    def channels(self) -> Sequence[Raw]:
        """Its channels, (n,) of int16 each."""
        return list(self.samples)

    def channel(self, index: int) -> Floats:
        """Return one channel, float32 (n,) in -1..1."""
        return np.asarray(self.samples[index].astype(np.float32) / np.float32(32768))

    def mono(self) -> Floats:
        """Return the mean of all channels, float32 (n,) in -1..1."""
        return np.asarray(self.samples.mean(axis=0, dtype=np.float32) / np.float32(32768), dtype=np.float32)

    def between(self, start_s: float, end_s: float) -> Sound:
        """Return the part between two session times, without a copy; shorter where the recording does not reach."""
        first = min(max(0, round((start_s - self.start_s) * self.rate_hz)), self.samples.shape[1])
        last = max(first, round((end_s - self.start_s) * self.rate_hz))
        part = self.samples[:, first:last]
        begin = self.start_s + first / self.rate_hz
        end = begin + part.shape[1] / self.rate_hz
        kept = (Span(max(g.start_s, begin), min(g.end_s, end)) for g in self.gaps if g.overlap_s(Span(begin, end)) > 0)
        return Sound(begin, self.rate_hz, part, tuple(kept))


def read_sound(
    path: str | Path, *, rate_hz: int | None = 16000, start_s: float = 0.0, end_s: float | None = None, track: int = 0
) -> Iterator[SoundBlock]:
    """Yield the sound in blocks of about a second, resampled to `rate_hz` (None: as recorded), every channel kept.

    `track` counts `MediaInfo.audio`. A block that does not begin where the one before ended follows a gap.
    Raises MediaNotFound, or MediaUnreadable where there is no such track or nothing in it decodes.
    """
    end = math.inf if end_s is None else end_s
    heard = False
    with opened(path) as container:
        streams = sound_streams(container)
        if track >= len(streams):
            raise MediaUnreadable(f"{path}: expected sound track {track + 1}, the recording has {len(streams)}")
        zero = first_pts_s(container)
        pieces: list[Floats] = []
        begin = n = 0.0
        for time_s, rate, samples in _resampled(container, streams[track], zero, rate_hz, start_s, end):
            heard = True
            if pieces and (abs(time_s - begin - n / rate) > 0.5 / rate or n >= _BLOCK_S * rate):
                yield SoundBlock(begin, np.concatenate(pieces, axis=1))
                pieces = []
            if not pieces:
                begin, n = time_s, 0
            pieces.append(samples)
            n += samples.shape[1]
        if pieces:
            yield SoundBlock(begin, np.concatenate(pieces, axis=1))
    if not heard and start_s == 0:
        raise MediaUnreadable(f"{path}: sound track {track + 1} holds nothing that decodes; export the recording again")


def load_sound(
    path: str | Path, rate_hz: int = 16000, *, start_s: float = 0.0, end_s: float | None = None, track: int = 0
) -> Sound:
    """Load a recording's sound as 16-bit samples, every channel, resampled to `rate_hz`; see `read_sound`."""
    store = np.zeros((0, 0), dtype=np.int16)
    first_s, filled = start_s, 0
    gaps: list[Span] = []
    for piece in placed_sound(path, rate_hz, start_s=start_s, end_s=end_s, track=track):
        first_s, n = piece.first_s, piece.at + piece.samples.shape[1]
        gaps += piece.gap
        if n > store.shape[1]:  # zeros that were never written cost no memory, so room is made generously
            grown = np.zeros((piece.samples.shape[0], max(n, 2 * store.shape[1], 60 * rate_hz)), dtype=np.int16)
            if filled:
                grown[:, :filled] = store[:, :filled]
            store = grown
        store[:, piece.at : n] = piece.samples
        filled = max(filled, n)
    return Sound(first_s, rate_hz, store[:, :filled], tuple(gaps))


@dataclass(frozen=True, slots=True)
class Piece:
    """16-bit samples (channels, n) that belong at sample `at` of a sound that begins at `first_s`, after a `gap`."""

    first_s: float
    at: int
    samples: npt.NDArray[np.int16]
    gap: tuple[Span, ...]


def placed_sound(
    path: str | Path, rate_hz: int, *, start_s: float = 0.0, end_s: float | None = None, track: int = 0
) -> Iterator[Piece]:
    """Yield the sound piece by piece with its place; raises MediaUnreadable where its times jump by hours."""
    first_s, filled = math.nan, 0
    for block in read_sound(path, rate_hz=rate_hz, start_s=start_s, end_s=end_s, track=track):
        first_s = first_s if filled else block.time_s
        at = max(round((block.time_s - first_s) * rate_hz), 0)
        n = at + block.samples.shape[1]
        if n > LONGEST_S * rate_hz or (filled and at - filled > LONGEST_GAP_S * rate_hz):
            raise MediaUnreadable(
                f"{path}: the times of its sound jump from {(first_s + filled / rate_hz) / 3600:,.1f} to "
                f"{block.time_s / 3600:,.1f} hours; they are damaged, or it holds two recordings: export it again, or "
                "cut it in two"
            )
        gap = (Span(first_s + filled / rate_hz, block.time_s),) if at > filled else ()
        samples = np.clip(np.rint(block.samples * 32768), -32768, 32767).astype(np.int16)
        yield Piece(first_s, at, samples, gap)
        filled = max(filled, n)


def _resampled(
    container: Any, stream: Any, zero: float, rate_hz: int | None, start_s: float, end_s: float
) -> Iterator[tuple[float, int, Floats]]:
    """Yield (session time, rate, samples) within the asked span; runs without a gap share one resampler."""
    import av

    if start_s > 0:
        seek_before(container, stream, zero + start_s - 0.5)
    run: _Run | None = None
    layout = None
    for frame in _frames(container, stream):
        time_s = None if frame.pts is None else float(frame.pts * frame.time_base) - zero
        kind = (frame.sample_rate, frame.layout.name, frame.format.name)
        if run is not None and time_s is not None and time_s < run.expected_s - SLACK_S:
            continue  # sound that runs back over what was heard already
        if run is None or kind != run.kind or (time_s is not None and time_s > run.expected_s + SLACK_S):
            if run is not None:
                yield from _within(run.finish(), start_s, end_s)
            layout = layout or frame.layout.name
            at = time_s if time_s is not None else run.expected_s if run is not None else 0.0
            rate = rate_hz or frame.sample_rate
            plan = "fltp" if frame.layout.nb_channels <= _PLANES else "flt"
            run = _Run(at, kind, rate, av.AudioResampler(format=plan, layout=layout, rate=rate))
        if run.expected_s >= end_s:
            break
        yield from _within(run.push(frame), start_s, end_s)
    if run is not None:
        yield from _within(run.finish(), start_s, end_s)


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    """Yield decoded sound frames; damaged ones and those that hold no numbers are left out."""
    import av

    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:
            return
        if packet is None:
            return
        try:
            frames = packet.decode()
        except av.FFmpegError:
            continue
        for frame in frames:
            if not frame.is_corrupt and not _holds_no_numbers(frame):
                yield frame


def _holds_no_numbers(frame: Any) -> bool:
    if not frame.format.name.startswith(("flt", "dbl")) or (frame.format.is_planar and len(frame.planes) > _PLANES):
        return False
    return not bool((np.abs(frame.to_ndarray()) < _LOUDEST).all())


class _Run:
    """Sound without a gap on its way through one resampler; times are counted from the run's first pts."""

    def __init__(self, start_s: float, kind: tuple[int, str, str], rate: int, resampler: Any) -> None:
        self.start_s, self.kind, self.rate = start_s, kind, rate
        self._resampler = resampler
        self._taken = self._given = 0

    @property
    def expected_s(self) -> float:
        """Session time at which the next frame should begin."""
        return self.start_s + self._taken / self.kind[0]

    def push(self, frame: Any) -> Iterator[tuple[float, int, Floats]]:
        self._taken += frame.samples
        frame.pts = None  # the resampler would otherwise mend jumps by its own rules
        yield from self._out(self._resampler.resample(frame))

    def finish(self) -> Iterator[tuple[float, int, Floats]]:
        yield from self._out(self._resampler.resample(None) if self._taken else [])

    def _out(self, frames: list[Any]) -> Iterator[tuple[float, int, Floats]]:
        for frame in frames:
            samples = np.asarray(frame.to_ndarray(), dtype=np.float32)
            if not frame.format.is_planar:
                samples = samples.reshape(-1, frame.layout.nb_channels).T
            room = round(self._taken / self.kind[0] * self.rate) - self._given
            samples = samples[:, :room]  # the resampler's own tail would run past the end of the run
            if samples.shape[1]:
                yield self.start_s + self._given / self.rate, self.rate, samples
                self._given += samples.shape[1]


def _within(
    parts: Iterator[tuple[float, int, Floats]], start_s: float, end_s: float
) -> Iterator[tuple[float, int, Floats]]:
    """Cut parts to a span of session time."""
    for time_s, rate, samples in parts:
        skip = max(0, math.ceil((start_s - time_s) * rate - 1e-6))
        stop = samples.shape[1] if end_s == math.inf else math.ceil((end_s - time_s) * rate - 1e-6)
        kept = samples[:, skip : max(stop, 0)]
        if kept.shape[1]:
            yield time_s + skip / rate, rate, kept
