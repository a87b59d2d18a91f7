"""What a recording holds, before anything is measured from it.

Session time 0 is the file's first pts over its picture and sound streams: they keep the offset they have to each
other, and no time comes from anything but pts.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cuetrack.errors import MediaUnreadable
from cuetrack.media.container import first_pts_s, opened, picture_stream, sound_streams
from cuetrack.media.upright import turn_of

_PACKETS_LOOKED_AT = 300


@dataclass(frozen=True, slots=True)
class VideoStream:
    """The picture: `width_px`, `height_px` upright; `rotation_deg` clockwise turn that was needed to make it so.

    `rate_hz` is frames over time, `steady_rate_hz` one over the usual step between frames; they differ, and
    `is_variable` is true, where frames come unevenly. `start_s` is the session time of the first frame.
    """

    codec: str
    width_px: int
    height_px: int
    rotation_deg: int
    rate_hz: float
    steady_rate_hz: float
    is_variable: bool
    start_s: float
    pixel_format: str


@dataclass(frozen=True, slots=True)
class AudioStream:
    """One sound track: `channels`, `rate_hz`, and `start_s`, the session time of its first sample."""

    codec: str
    channels: int
    rate_hz: int
    start_s: float
    title: str


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What one file holds. `first_pts_s` is the file's own clock at session time 0; `duration_s` counts from there.

    `video` is None for sound only; `audio` lists every sound track, the one a player would choose first.
    `warnings` names streams that are there but cannot be used.
    """

    path: Path
    size_bytes: int
    container: str
    duration_s: float
    first_pts_s: float
    video: VideoStream | None
    audio: tuple[AudioStream, ...]
    warnings: tuple[str, ...]


def probe(path: str | Path) -> MediaInfo:
    """Look into a recording: container, streams, sizes, rates, times; decodes one frame of each stream.

    Raises MediaNotFound, or MediaUnreadable where neither picture nor sound can be decoded.
    """
    warnings: list[str] = []
    with opened(path) as container:
        start = first_pts_s(container)
        picture, sounds = picture_stream(container), sound_streams(container)
        duration = container.duration / 1e6 if container.duration else 0.0
        name = container.format.name
        unknown = [s for s in container.streams if s.type in ("video", "audio") and s.codec_context is None]
    for stream in unknown:
        warnings.append(f"a {_word(stream.type)} stream has a codec that is not known here")
    if picture is None and not sounds:
        found = "; ".join(warnings) or "there is none of either"
        raise MediaUnreadable(f"{path}: expected a picture or a sound stream, {found}; export it as mp4 or wav")
    video = _look_at_picture(path, start, warnings) if picture is not None else None
    audio = tuple(a for i in range(len(sounds)) if (a := _listen(path, i, start, warnings)) is not None)
    if video is None and not audio:
        raise MediaUnreadable(f"{path}: nothing in it can be decoded ({'; '.join(warnings)}); export it again")
    file = Path(path).expanduser().absolute()
    if duration <= 0:
        duration = _length_s(path, start)
    return MediaInfo(file, file.stat().st_size, name, duration, start, video, audio, tuple(warnings))


def pts_table(path: str | Path) -> npt.NDArray[np.float64]:
    """Return the session time in seconds of every frame of the picture, shape (n,), rising; nothing is decoded.

    Raises MediaUnreadable if the file has no picture or its frames carry no times.
    """
    with opened(path) as container:
        stream = picture_stream(container)
        if stream is None:
            raise MediaUnreadable(f"{path}: expected a picture, there is only sound")
        times = _packet_times(container, stream)
        start = first_pts_s(container)
    if not len(times):
        raise MediaUnreadable(f"{path}: the frames carry no times; copy the recording into an mp4 or mkv file first")
    return times - start


def sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits, read in pieces."""
    with Path(path).expanduser().open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _look_at_picture(path: str | Path, start: float, warnings: list[str]) -> VideoStream | None:
    with opened(path) as container:
        stream = picture_stream(container)
        times = _packet_times(container, stream, limit=_PACKETS_LOOKED_AT)
    frame = _first_decoded(path, picture_stream)
    assert stream is not None
    codec = stream.codec_context.name
    if frame is None:
        reason = "no frames" if not len(times) else "no frame that decodes"
        warnings.append(f"the picture ({codec}) holds {reason}")
        return None
    turn = turn_of(frame)
    width, height = turn.size(frame.width, frame.height)
    step = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    steady = 1 / step if step > 0 else float(stream.guessed_rate or 0)
    rate = _average_rate(stream.average_rate, times) or steady
    first = frame.time if frame.time is not None else (times[0] if len(times) else start)
    return VideoStream(
        codec=codec,
        width_px=width,
        height_px=height,
        rotation_deg=turn.clockwise_deg,
        rate_hz=rate,
        steady_rate_hz=steady,
        is_variable=_is_variable(times, rate),
        start_s=float(first) - start,
        pixel_format=frame.format.name,
    )


def _listen(path: str | Path, index: int, start: float, warnings: list[str]) -> AudioStream | None:
    frame = _first_decoded(path, lambda c: sound_streams(c)[index])
    with opened(path) as container:
        stream = sound_streams(container)[index]
        codec, title = stream.codec_context.name, str(stream.metadata.get("title", ""))
    if frame is None:
        warnings.append(f"sound track {index + 1} ({codec}) holds nothing that decodes")
        return None
    first = frame.time if frame.time is not None else start
    return AudioStream(codec, frame.layout.nb_channels, frame.sample_rate, float(first) - start, title)


def _first_decoded(path: str | Path, choose: Any) -> Any | None:
    """Return the first frame of a stream that decodes, None if none does."""
    import av

    with opened(path) as container:
        stream = choose(container)
        try:
            for packet in container.demux(stream):
                try:
                    for frame in packet.decode():
                        return frame
                except av.FFmpegError:
                    continue
        except av.FFmpegError:
            return None
    return None


def _packet_times(container: Any, stream: Any, limit: int | None = None) -> npt.NDArray[np.float64]:
    """Return the sorted container times of a stream's packets; a file cut off at the end gives those it has."""
    import av

    ticks: list[int] = []
    try:
        for packet in islice(container.demux(stream), limit):
            tick = packet.pts if packet.pts is not None else packet.dts
            if tick is not None and packet.size and not packet.is_discard:
                ticks.append(tick)
    except av.FFmpegError:
        pass
    return np.unique(np.array(ticks, dtype=np.int64)).astype(np.float64) * float(stream.time_base)


def _average_rate(stated: Fraction | None, times: npt.NDArray[np.float64]) -> float:
    """Return frames per second, as the container states it for the whole file if it is plausible, else as seen."""
    seen = (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else 0.0
    if stated and (not seen or seen / 4 < float(stated) < seen * 4):
        return float(stated)
    return float(seen)


def _is_variable(times: npt.NDArray[np.float64], rate_hz: float) -> bool:
    """Tell whether frames come unevenly: steps spread beyond the rounding of the clock, or rates disagree by 2 %."""
    if len(times) < 3:
        return False
    steps = np.diff(times)
    usual = float(np.median(steps))
    spread = float(np.quantile(np.abs(steps - usual), 0.95))
    return spread > max(0.2 * usual, 0.0021) or abs(rate_hz * usual - 1) > 0.02


def _length_s(path: str | Path, start: float) -> float:
    """Return how long a recording without a stated length is, from its last packet."""
    import av

    end = start
    with opened(path) as container:
        try:
            for packet in container.demux():
                if packet.pts is not None and packet.size:
                    end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base))
        except av.FFmpegError:
            pass
    return end - start


def _word(kind: str) -> str:
    return "picture" if kind == "video" else "sound"
