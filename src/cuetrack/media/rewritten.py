"""A new recording from the pictures and sound of an old one, with nothing else of it: no tags, no dates, no names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cuetrack.errors import StoreError
from cuetrack.media.audio import read_sound
from cuetrack.media.frames import FrameReader
from cuetrack.media.probe import MediaInfo
from cuetrack.media.proxy import from_sample, merged

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

RATE_HZ = 24000
_CLOCK = Fraction(1, 90000)
_CONTENT = {"mp4": "mp4", "m4a": "ipod"}


def rewrite(
    info: MediaInfo,
    out: Path,
    *,
    picture: Callable[[float, Picture], Picture] | None,
    sound: Callable[[Iterable[Floats]], Iterator[Floats]] | None,
    progress: Callable[[float], None] = lambda done: None,
) -> None:
    """Write `out` (mp4, or m4a for sound alone) on the same clock; what is None is left out.

    `picture` turns (time in s, upright RGB) into another of the same size; `sound` turns blocks (channels, n) at 24 kHz
    into blocks that add up to the same length. Raises MediaError for the recording, StoreError for the disk.
    """
    import av

    kind = _CONTENT[out.suffix.removeprefix(".")]
    try:
        with av.open(f"file:{out.absolute()}", "w", format=kind, options={"fflags": "+bitexact"}) as container:
            streams = [
                _pictures(info, container, picture) if picture and info.video else None,
                _sounds(info, container, sound) if sound and info.audio else None,
            ]
            for time_s, packet in merged(*(s for s in streams if s is not None)):
                container.mux(packet)
                progress(min(max(time_s / max(info.duration_s, 1e-3), 0.0), 1.0))
    except OSError as error:
        raise StoreError(f"{out}: could not be written ({error.strerror or error}); is the disk full?") from error
    progress(1.0)


def _pictures(info: MediaInfo, out: Any, change: Callable[[float, Picture], Picture]) -> Iterator[tuple[float, Any]]:
    assert info.video is not None
    width, height = 2 * (info.video.width_px // 2), 2 * (info.video.height_px // 2)
    rate = Fraction(max(info.video.rate_hz, 1.0)).limit_denominator(1001)
    options = {"preset": "veryfast", "crf": "23", "bf": "0"}
    stream = out.add_stream("libx264", rate=rate, options=options)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.codec_context.time_base = _CLOCK
    stream.codec_context.gop_size = max(1, round(2 * rate))

    def packets() -> Iterator[tuple[float, Any]]:
        from av import VideoFrame

        for frame in FrameReader(info.path, {"all": None}):
            changed = np.ascontiguousarray(change(frame.time_s, frame.rgb)[:height, :width])
            shown = VideoFrame.from_ndarray(changed, format="rgb24").reformat(format="yuv420p")
            shown.pts, shown.time_base = round(frame.time_s / _CLOCK), _CLOCK
            for packet in stream.encode(shown):
                yield frame.time_s, packet
        for packet in stream.encode(None):
            yield info.duration_s, packet

    return packets()


def _sounds(
    info: MediaInfo, out: Any, change: Callable[[Iterable[Floats]], Iterator[Floats]]
) -> Iterator[tuple[float, Any]]:
    channels = 2 if info.audio[0].channels == 2 else 1
    layout = "stereo" if channels == 2 else "mono"
    stream = out.add_stream("aac", rate=RATE_HZ, layout=layout)

    def packets() -> Iterator[tuple[float, Any]]:
        from av import AudioFrame

        written = 0
        for samples in change(_on_clock(info.path, channels)):
            sound = np.ascontiguousarray(np.clip(samples, -1.0, 1.0), dtype=np.float32)
            frame = AudioFrame.from_ndarray(sound, format="fltp", layout=layout)
            frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, written, Fraction(1, RATE_HZ)
            written += sound.shape[1]
            for packet in stream.encode(frame):
                yield written / RATE_HZ, packet
        for packet in stream.encode(None):
            yield written / RATE_HZ, packet

    return packets()


def _on_clock(path: Path, channels: int) -> Iterator[Floats]:
    """Yield the sound from the file's time 0 on, silence where there is none, as one or two channels."""
    written = 0
    for block in read_sound(path, rate_hz=RATE_HZ):
        for samples in from_sample(written, block, RATE_HZ):
            two = samples if samples.shape[0] == channels else samples.mean(axis=0, keepdims=True)
            if two.shape[1]:
                written += two.shape[1]
                yield two
