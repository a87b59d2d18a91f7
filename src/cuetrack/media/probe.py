"""What a recording holds, before anything is measured from it.

Session time 0 is the file's first pts over its picture and sound streams: they keep the offset they have to each
other, and no time comes from anything but pts.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cuetrack.errors import MediaUnreadable
from cuetrack.media.container import first_pts_s, opened, picture_stream, sound_streams
from cuetrack.media.upright import square_size, turn_of

LONGEST_S = 24 * 3600.0
"""No session lasts longer; times that say so are damaged."""
_PACKETS_LOOKED_AT = 300
_LEAST_PX, _MOST_PIXELS = 16, 8192 * 4608
_MOST_CHANNELS = 64  # what FFmpeg's resampler takes
_LEAST_HZ, _MOST_HZ = 2000, 768_000  # below and above it no voice was recorded: the header is damaged


@dataclass(frozen=True, slots=True)
class VideoStream:
    """The picture: `width_px`, `height_px` upright with square pixels, `rotation_deg` the clockwise turn it took.

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
        if "matroska" in name:  # its Duration counts from the file's own zero, not from the first pts
            duration -= start
        n_sounds, has_picture = len(sounds), picture is not None
        for stream in container.streams:
            if stream.type in ("video", "audio") and stream.codec_context is None:
                what = "picture" if stream.type == "video" else "sound track"
                warnings.append(f"a {what} has a codec that is not known here")
    if not has_picture and not n_sounds:
        found = "; ".join(warnings) or "there is none of either"
        raise MediaUnreadable(f"{path}: expected a picture or a sound stream, {found}; export it as mp4 or wav")
    video = _look_at_picture(path, start, warnings) if has_picture else None
    audio = tuple(a for i in range(n_sounds) if (a := _listen(path, i, start, warnings)) is not None)
    if video is None and not audio:
        raise MediaUnreadable(f"{path}: nothing in it can be used ({'; '.join(warnings)}); export it again")
    file = Path(path).expanduser().absolute()
    if not 0 < duration <= LONGEST_S:
        duration = _length_s(path, start)
    if duration > LONGEST_S:
        raise MediaUnreadable(
            f"{path}: its times span {duration / 3600:,.0f} hours, expected at most {LONGEST_S / 3600:.0f}: they are "
            "damaged, or several recordings were joined wrongly; export it again"
        )
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


def _look_at_picture(path: str | Path, start: float, warnings: list[str]) -> VideoStream | None:
    with opened(path) as container:
        stream: Any = picture_stream(container)
        times = _packet_times(container, stream, limit=_PACKETS_LOOKED_AT)
        rate = _average_rate(stream, times) or float(stream.guessed_rate or 0)
        codec, pixel_shape = stream.codec_context.codec.canonical_name, stream.sample_aspect_ratio
    frame = _first_decoded(path, picture_stream)
    if frame is None or not len(times):
        reason = "no frame that decodes" if frame is None else "frames without times: copy it into an mp4 file first"
        warnings.append(f"the picture ({codec}) holds {reason}")
        return None
    turn = turn_of(frame)
    width, height = turn.size(*square_size(frame, pixel_shape))
    if min(width, height) < _LEAST_PX or width * height > _MOST_PIXELS:
        known = f"expected at least {_LEAST_PX} px a side and no more than 8192 by 4608 px"
        warnings.append(f"the picture is {width} by {height} px: {known}")
        return None
    step = _usual_step_s(times)
    steady = 1 / step if step > 0 else rate
    first = frame.time if frame.time is not None else times[0]
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
        codec, title = stream.codec_context.codec.canonical_name, str(stream.metadata.get("title", ""))
    if frame is None:
        warnings.append(f"sound track {index + 1} ({codec}) holds nothing that decodes")
        return None
    if not _LEAST_HZ <= frame.sample_rate <= _MOST_HZ:
        known = f"expected {_LEAST_HZ} to {_MOST_HZ}"
        warnings.append(f"sound track {index + 1} says it has {frame.sample_rate} samples a second: {known}")
        return None
    if frame.layout.nb_channels > _MOST_CHANNELS:
        known = f"expected at most {_MOST_CHANNELS}"
        warnings.append(f"sound track {index + 1} has {frame.layout.nb_channels} channels: {known}")
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


def _average_rate(stream: Any, times: npt.NDArray[np.float64]) -> float:
    """Return frames per second over the whole file where it can be counted, else over its beginning."""
    if len(times) >= _PACKETS_LOOKED_AT and stream.frames and stream.duration:
        return float(stream.frames / (stream.duration * stream.time_base))
    return float((len(times) - 1) / (times[-1] - times[0])) if len(times) > 1 else 0.0


def _usual_step_s(times: npt.NDArray[np.float64]) -> float:
    """Return the usual step between frames, freed of the clock's rounding; 0 if there are no two frames."""
    if len(times) < 2:
        return 0.0
    steps = np.diff(times)
    middle = float(np.median(steps))
    return float(steps[np.abs(steps - middle) <= _unevenness_s(middle)].mean())


def _is_variable(times: npt.NDArray[np.float64], rate_hz: float) -> bool:
    """Tell whether frames come unevenly: steps spread beyond the rounding of the clock, or rates disagree by 2 %."""
    if len(times) < 3:
        return False
    usual = _usual_step_s(times)
    spread = float(np.quantile(np.abs(np.diff(times) - usual), 0.95))
    return spread > _unevenness_s(usual) or abs(rate_hz * usual - 1) > 0.02


def _unevenness_s(step_s: float) -> float:
    """Return how far two steps may differ and still count as even; many containers round pts to 1 ms."""
    return max(0.1 * step_s, 0.0021)


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
