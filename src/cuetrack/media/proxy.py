"""Copies that a browser can play, on the session clock: time in the copy is session time."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from cuetrack.errors import StoreError
from cuetrack.media.audio import SoundBlock, read_sound
from cuetrack.media.container import first_pts_s, opened, picture_stream, sound_streams
from cuetrack.media.frames import Frame, FrameReader
from cuetrack.media.probe import MediaInfo, probe
from cuetrack.store.files import settle

_MP4, _MATROSKA = "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"
_PICTURES = {"h264", "vp8", "vp9", "av1"}
_PIXELS = {"yuv420p", "yuvj420p"}
_SOUNDS = {"aac", "mp3", "opus", "vorbis", "flac", "pcm_s16le"}
_SOUND_FILES = {"mp3", "wav", "flac", "ogg"}
_COPIED_PICTURES, _COPIED_SOUNDS = {"h264", "vp9", "av1"}, {"aac", "mp3", "opus", "flac"}
_WITH_TIMES = {_MP4, _MATROSKA, "mpegts", "flv", "live_flv"}  # containers whose packets carry pts
_HEIGHT_PX = 540
_CLOCK = Fraction(1, 90000)


def browser_can_play(info: MediaInfo) -> tuple[bool, str]:
    """Return whether browsers show and sound a recording as it is, and the reason in words if not.

    By white list of container and codecs, since browsers play some files black or mute without an error.
    """
    video, audio = info.video, info.audio[0] if info.audio else None
    if video and video.codec not in _PICTURES:
        return False, f"browsers do not show {video.codec} pictures"
    if video and video.pixel_format not in _PIXELS:
        return False, f"browsers may not show {video.pixel_format} pictures"
    if audio and audio.codec not in _SOUNDS:
        return False, f"browsers do not sound {audio.codec}"
    webm = info.container == _MATROSKA and info.path.suffix.lower() in (".webm", ".weba")
    if info.container == _MP4 or webm or (not video and info.container in _SOUND_FILES):
        return True, ""
    return False, f"browsers may not open {info.path.suffix.lower() or info.container} files"


def make_proxy(
    path: str | Path,
    out: str | Path,
    *,
    picture: bool = True,
    progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> bool:
    """Write a copy that browsers play (mp4, H.264 at most 540 high, AAC); return False if it was stopped.

    What browsers play already is copied as it is; the rest is encoded with a key frame each second and no B frames, so
    that seeking is quick and exact. `out` appears only when it is complete, readable by its owner alone.
    `progress` gets the share 0..1 done; without `picture` only the sound is kept. Raises MediaError if the recording,
    StoreError if the copy makes trouble.
    """
    info, out = probe(path), Path(out)
    part = out.with_name(f".{out.name}.part")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    except OSError as error:
        raise StoreError(f"{out.parent}: cannot write the playable copy there ({error.strerror})") from error
    try:
        if not picture:
            info = replace(info, video=None)
        done = _write(info, part, progress or (lambda share: None), should_stop or (lambda: False))
        if done:
            settle(part, out)
        return done
    except OSError as error:  # FFmpeg's errors of the disk are OSErrors too
        raise StoreError(f"{out}: the playable copy could not be written ({error}); is the disk full?") from error
    finally:
        part.unlink(missing_ok=True)


def _write(info: MediaInfo, part: Path, progress: Callable[[float], None], should_stop: Callable[[], bool]) -> bool:
    import av

    with av.open(f"file:{part.absolute()}", "w", format="mp4", options={"movflags": "+faststart"}) as out:
        packets = merged(*(p for p in (_picture_packets(info, out), _sound_packets(info, out)) if p is not None))
        for time_s, packet in packets:
            if should_stop():
                return False
            out.mux(packet)
            progress(min(max(time_s / max(info.duration_s, 1e-3), 0.0), 1.0))
    progress(1.0)
    return True


def _picture_packets(info: MediaInfo, out: Any) -> Iterator[tuple[float, Any]] | None:
    video = info.video
    if video is None:
        return None
    playable = video.codec in _COPIED_PICTURES and video.pixel_format in _PIXELS and video.rotation_deg == 0
    if playable and info.container in _WITH_TIMES:
        return _copied(info, out, picture_stream)
    scale = min(1.0, _HEIGHT_PX / video.height_px)
    width, height = (2 * max(1, round(side * scale / 2)) for side in (video.width_px, video.height_px))
    rate = Fraction(max(video.rate_hz, 1.0)).limit_denominator(1001)
    options = {"preset": "superfast", "crf": "25", "bf": "0", "forced-idr": "1"}
    stream = out.add_stream("libx264", rate=rate, options=options)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.codec_context.time_base = _CLOCK
    stream.codec_context.gop_size = math.ceil(2 * rate)
    return _encoded_picture(info.path, stream, width, height)


def _encoded_picture(path: Path, stream: Any, width: int, height: int) -> Iterator[tuple[float, Any]]:
    from av.video.frame import PictureType
    from av.video.reformatter import VideoReformatter

    reformatter, second = VideoReformatter(), -1
    for frame in FrameReader(path, {"all": None}):
        picture = reformatter.reformat(_upright(frame), width=width, height=height, format="yuv420p")
        picture.pts, picture.time_base = round(frame.time_s / _CLOCK), _CLOCK
        picture.pict_type = PictureType.I if int(frame.time_s) > second else PictureType.NONE
        second = int(frame.time_s)
        for packet in stream.encode(picture):
            yield frame.time_s, packet
    for packet in stream.encode(None):
        yield math.inf, packet


def _upright(frame: Frame) -> Any:
    from av import VideoFrame

    return frame.picture if frame.is_upright else VideoFrame.from_ndarray(frame.rgb, format="rgb24")


def _sound_packets(info: MediaInfo, out: Any) -> Iterator[tuple[float, Any]] | None:
    if not info.audio:
        return None
    if info.audio[0].codec in _COPIED_SOUNDS and info.container in _WITH_TIMES:
        return _copied(info, out, lambda container: sound_streams(container)[0])
    rate = 48000 if info.audio[0].rate_hz > 24000 else 24000
    stream = out.add_stream("aac", rate=rate, layout="stereo" if info.audio[0].channels == 2 else "mono")
    return _encoded_sound(info.path, stream, rate)


def _encoded_sound(path: Path, stream: Any, rate: int) -> Iterator[tuple[float, Any]]:
    """Encode the sound from session time 0 on; where there is a gap, silence keeps the clock."""
    from av import AudioFrame

    written = 0
    for block in read_sound(path, rate_hz=rate):
        for samples in from_sample(written, block, rate):
            two = samples if samples.shape[0] <= 2 else samples.mean(axis=0, keepdims=True)
            layout = "stereo" if two.shape[0] == 2 else "mono"
            frame = AudioFrame.from_ndarray(np.ascontiguousarray(two), format="fltp", layout=layout)
            frame.sample_rate, frame.pts, frame.time_base = rate, written, Fraction(1, rate)
            written += samples.shape[1]
            for packet in stream.encode(frame):
                yield written / rate, packet
    for packet in stream.encode(None):
        yield math.inf, packet


def from_sample(written: int, block: SoundBlock, rate: int) -> Iterator[Any]:
    """Yield silence up to the block, a second at most at a time, then what of the block is new."""
    ahead = round(block.time_s * rate) - written
    for done in range(0, max(ahead, 0), rate):
        yield np.zeros((block.samples.shape[0], min(ahead - done, rate)), dtype=np.float32)
    yield block.samples[:, max(-ahead, 0) :]


def _copied(info: MediaInfo, out: Any, choose: Callable[[Any], Any]) -> Iterator[tuple[float, Any]]:
    """Add a stream like one of the recording's and yield its packets, moved to the session clock."""
    with opened(info.path) as container:
        stream = out.add_stream_from_template(choose(container))

    def packets() -> Iterator[tuple[float, Any]]:
        with opened(info.path) as container:
            source = choose(container)
            back = round(first_pts_s(container) / source.time_base)
            for packet in container.demux(source):
                if packet.dts is None or packet.pts is None:
                    continue
                packet.pts -= back
                packet.dts -= back
                packet.stream = stream
                yield float(packet.dts * packet.time_base), packet

    return packets()


def merged(*streams: Iterator[tuple[float, Any]]) -> Iterator[tuple[float, Any]]:
    """Yield from several packet streams in the order of their times, as a container wants them."""
    import heapq

    return heapq.merge(*streams, key=lambda timed: timed[0])
