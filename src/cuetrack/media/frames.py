"""Frames of a recording, decoded once, for every engine that asks for its own rate.

    reader = FrameReader("042.mp4", {"face": 15, "torso": 10, "pose": 7.5})
    for frame in reader:                 # one decode; only frames that someone asked for arrive
        if "face" in frame.due: look(frame.rgb)
        if "torso" in frame.due: measure(frame.luma)
    reader.gaps, reader.warnings         # complete once the loop has ended

Time comes from pts alone. What cannot be decoded is a gap, never a repaired or repeated frame. Memory does not grow
with the recording, as long as the caller does not keep frames.

Threads: iterate a reader in one thread. A `Frame` may be handed to any other thread and outlives the reader; `rgb` and
`luma` may be read from several threads at once, each is converted once, one conversion of a reader at a time. A frame
holds a picture of the decoder, so bound the queue it waits in.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from cuetrack.errors import MediaUnreadable
from cuetrack.media.container import first_pts_s, opened, picture_stream, seek_before
from cuetrack.media.upright import Turn, square_size, turn_of
from cuetrack.terms import Span

Picture = npt.NDArray[np.uint8]

_STILL_S = 1.0  # no new frame for so long is a gap, whatever the reason
_MISTRUST_S = 10.0  # after damage, wait at most so long for a frame that needs no other to decode
_LUMA_FIRST = ("yuv4", "yuvj4", "nv12", "nv21", "nv16", "gray")


class Frame:
    """One picture: `time_s` session time, `size_px` upright (width, height), `due` the names of the rates that take it.

    `rgb` and `luma` are made when first asked for, see the module for threads; `picture` is what the decoder gave, not
    turned upright.
    """

    __slots__ = ("_converter", "_luma", "_rgb", "due", "picture", "size_px", "time_s")

    def __init__(self, time_s: float, due: frozenset[str], picture: Any, converter: _Converter) -> None:
        self.time_s = time_s
        self.due = due
        self.size_px = converter.turn.size(*converter.size)
        self.picture = picture
        self._converter = converter
        self._rgb: Picture | None = None
        self._luma: Picture | None = None

    @property
    def is_upright(self) -> bool:
        """Whether `picture` needs no turning."""
        return self._converter.turn == Turn()

    @property
    def rgb(self) -> Picture:
        """The picture upright, uint8 (H, W, 3), contiguous."""
        if self._rgb is None:
            with self._converter.lock:
                if self._rgb is None:
                    self._rgb = self._converter.rgb(self.picture)
        return self._rgb

    @property
    def luma(self) -> Picture:
        """Its brightness upright, uint8 (H, W), as coded (usually 16..235); read-only, often without a copy."""
        if self._luma is None:
            with self._converter.lock:
                if self._luma is None:
                    self._luma = self._converter.luma(self.picture)
        return self._luma


class FrameReader:
    """Reads the picture of a recording once and says of each frame which of several named rates it is due for.

    `rates_hz` maps a name to frames per second, or to None for every frame; a rate above the recording's own takes
    every frame. From `start_s` up to, not including, `end_s` (session seconds). After the loop `gaps` lists where
    there is no picture (damage, or a second and more without a new frame), `warnings` says what else was odd.
    `one_thread` decodes in the thread that iterates: slower, in two thirds of the processor time.

    Iterating raises MediaNotFound, or MediaUnreadable where there is no picture or, in a recording read whole, no frame
    can be used; in a part of one that is a gap.
    """

    def __init__(
        self,
        path: str | Path,
        rates_hz: Mapping[str, float | None],
        *,
        start_s: float = 0.0,
        end_s: float | None = None,
        one_thread: bool = False,
    ) -> None:
        for name, rate in rates_hz.items():
            if rate is not None and not rate > 0:
                raise ValueError(f"rate {name}: expected frames per second above 0, got {rate}")
        self.path = Path(path)
        self.rates_hz = dict(rates_hz)
        self.start_s = start_s
        self.end_s = end_s
        self.one_thread = one_thread
        self.gaps: list[Span] = []
        self.warnings: list[str] = []
        self._pixel_shape: Fraction | None = None

    def __iter__(self) -> Iterator[Frame]:
        self.gaps, self.warnings = [], []
        slots = dict.fromkeys(self.rates_hz, -math.inf)
        converter: _Converter | None = None
        for time_s, picture in self._good_pictures():
            due = []
            for name, rate in self.rates_hz.items():
                slot = math.inf if rate is None else math.floor(time_s * rate + 0.5)
                if slot > slots[name] or rate is None:
                    slots[name] = slot
                    due.append(name)
            if not due:
                continue
            if converter is None:
                converter = _Converter(picture, self._pixel_shape)
            elif not converter.fits(picture):
                self._warn_once("the picture changes size on the way; every frame is scaled to the first one's size")
            yield Frame(time_s, frozenset(due), picture, converter)

    def _good_pictures(self) -> Iterator[tuple[float, Any]]:
        """Yield (session time, decoded picture) in rising time, without damaged ones, and note the gaps."""
        end = math.inf if self.end_s is None else self.end_s
        last, damaged_at = self.start_s, math.inf  # damaged_at: the last good time before damage, inf if all is well
        seen = disordered = 0
        with opened(self.path) as container:
            stream = picture_stream(container)
            if stream is None:
                raise MediaUnreadable(f"{self.path}: expected a picture, there is only sound")
            self._pixel_shape = stream.sample_aspect_ratio
            zero = first_pts_s(container)
            length = _end_s(stream) - zero
            from_s = zero + self.start_s if self.start_s > 0 else None
            for picture in _pictures(container, stream, from_s, "NONE" if self.one_thread else "AUTO"):
                if picture is None or picture.is_corrupt:
                    damaged_at = min(damaged_at, last)
                    continue
                if picture.pts is None:
                    self._warn_once("some frames carry no time and were left out")
                    continue
                time_s = picture.pts * float(picture.time_base) - zero
                if time_s >= end:
                    break
                if time_s < self.start_s:
                    damaged_at = math.inf if picture.key_frame else damaged_at
                    continue
                if damaged_at < math.inf and not picture.key_frame and time_s - damaged_at < _MISTRUST_S:
                    continue
                if seen and time_s <= last:
                    disordered += 1
                    continue
                if damaged_at < math.inf or time_s - last > _STILL_S:
                    self._note_gap(last, time_s, damaged_at < math.inf)
                last, damaged_at, seen = time_s, math.inf, seen + 1
                yield time_s, picture
            if self.gaps and container.format.name == "avi":
                self._warn_once("an avi file counts its frames: times after damage may be too early")
        if disordered:
            self.warnings.append(f"{disordered} frames came out of order and were left out")
        if damaged_at < math.inf or min(end, length) - last > _STILL_S:
            self._note_gap(last, min(end, length), damaged_at < math.inf)
        if not seen and self.start_s == 0 and self.end_s is None:
            reason = "; ".join(self.warnings) or "it holds none"
            raise MediaUnreadable(f"{self.path}: no frame of the picture can be used: {reason}; export it again")

    def _note_gap(self, start: float, end: float, damaged: bool) -> None:
        if damaged:
            self._warn_once("parts of the picture are damaged and were left out")
        if start < end < math.inf:
            self.gaps.append(Span(start, end))

    def _warn_once(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)


def read_frames(
    path: str | Path, *, rate_hz: float | None = None, start_s: float = 0.0, end_s: float | None = None
) -> Iterator[Frame]:
    """Yield frames at `rate_hz` (None: every frame) between two session times; `FrameReader` also tells the gaps."""
    return iter(FrameReader(path, {"frame": rate_hz}, start_s=start_s, end_s=end_s))


def sample_frames(path: str | Path, n: int, duration_s: float) -> list[Frame]:
    """Return up to `n` frames spread evenly over a recording, taken at key frames where those lie close enough.

    For a quick look: a recording of hours costs about as much as one of seconds. Raises as `FrameReader` does.
    """
    step = duration_s / n
    found: dict[float, Frame] = {}
    for index in range(n):
        target = (index + 0.5) * step
        frame = _key_frame_near(path, target)
        if frame is None or abs(frame.time_s - target) > step / 2:
            frame = next(read_frames(path, start_s=target), None)
        if frame is not None:
            found.setdefault(frame.time_s, frame)
    if not found:
        found = {f.time_s: f for f in [next(read_frames(path))]}
    return [found[t] for t in sorted(found)]


def _key_frame_near(path: str | Path, time_s: float) -> Frame | None:
    """Return the key frame that a player would go to from a session time, None if there is none."""
    with opened(path) as container:
        stream = picture_stream(container)
        if stream is None:
            raise MediaUnreadable(f"{path}: expected a picture, there is only sound")
        stream.codec_context.skip_frame = "NONKEY"
        zero = first_pts_s(container)
        for picture in _pictures(container, stream, zero + time_s + _STILL_S, threads="NONE"):
            if picture is not None and picture.pts is not None and not picture.is_corrupt:
                at = picture.pts * float(picture.time_base) - zero
                return Frame(at, frozenset(), picture, _Converter(picture, stream.sample_aspect_ratio))
    return None


def _end_s(stream: Any) -> float:
    """Return the container time at which a stream says it ends, infinity if it does not say."""
    if stream.duration is None or stream.start_time is None:
        return math.inf
    return float((stream.start_time + stream.duration) * stream.time_base)


def _pictures(container: Any, stream: Any, from_s: float | None, threads: str = "AUTO") -> Iterator[Any | None]:
    """Yield decoded pictures in the order shown, and None wherever a packet did not decode."""
    import av

    stream.thread_type = threads
    if from_s is not None:
        seek_before(container, stream, from_s - _STILL_S)
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:  # the file ends in the middle, or its reader lost its way
            yield None
            return
        if packet is None:
            return
        if packet.is_corrupt:
            yield None
        try:
            yield from packet.decode()
        except av.FFmpegError:
            yield None


class _Converter:
    """From a decoder's picture to upright arrays of one size; one for all frames of a reader, behind its lock."""

    def __init__(self, picture: Any, pixel_shape: Fraction | None) -> None:
        from av.video.reformatter import VideoReformatter

        self.lock = Lock()
        self.turn: Turn = turn_of(picture)
        self.stored = (picture.width, picture.height)
        self.size = square_size(picture, pixel_shape)
        self._reformatter = VideoReformatter()

    def fits(self, picture: Any) -> bool:
        """Tell whether a picture has the stored size of the first one."""
        return (picture.width, picture.height) == self.stored

    def rgb(self, picture: Any) -> Picture:
        """Return a picture upright as RGB."""
        return self.turn.apply(self._scaled(picture, "rgb24").to_ndarray())

    def luma(self, picture: Any) -> Picture:
        """Return the brightness plane upright, without a copy where the picture is stored upright in 8 bits."""
        if (picture.width, picture.height) != self.size or not _has_luma_plane(picture.format):
            picture = self._scaled(picture, "yuv420p")
        plane = picture.planes[0]
        rows = np.frombuffer(plane, dtype=np.uint8).reshape(-1, plane.line_size)
        luma = self.turn.apply(rows[: plane.height, : plane.width])
        luma.flags.writeable = False
        return luma

    def _scaled(self, picture: Any, pixel_format: str) -> Any:
        width, height = self.size
        # One thread: several cost a fifth more processor time for a millisecond that nobody waits for.
        return self._reformatter.reformat(picture, width=width, height=height, format=pixel_format, threads=1)


def _has_luma_plane(pixel_format: Any) -> bool:
    return bool(pixel_format.name.startswith(_LUMA_FIRST) and pixel_format.components[0].bits == 8)
