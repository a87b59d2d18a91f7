"""Tiny recordings made on the spot: every frame carries its number as blocks of light, every sound its clicks.

The number is ten bits in a row of blocks along the top, so it survives any codec; clicks mark known times.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

BITS = 10
TIME_BASE = Fraction(1, 90000)


def numbered_picture(number: int, width: int = 320, height: int = 192) -> npt.NDArray[np.uint8]:
    """Return a grey picture (H, W, 3) with `number` written in its top third as white and black blocks."""
    picture = np.full((height, width, 3), 110, dtype=np.uint8)
    block = width // BITS
    for bit in range(BITS):
        shade = 235 if number >> bit & 1 else 20
        picture[: height // 3, bit * block : (bit + 1) * block] = shade
    picture[height // 2 :, : width // 4] = (200, 30, 30)  # red below left: tells which way is up
    return picture


def number_in(luma: npt.NDArray[np.uint8]) -> int:
    """Read back the number of a picture's brightness (H, W)."""
    height, width = luma.shape
    block = width // BITS
    row = luma[height // 8 : height // 4].mean(axis=0)
    return sum(
        1 << bit for bit in range(BITS) if row[bit * block + block // 4 : (bit + 1) * block - block // 4].mean() > 110
    )


def even_times(n: int, rate_hz: float, start_s: float = 0.0) -> list[float]:
    return [start_s + i / rate_hz for i in range(n)]


def make_video(
    path: Path,
    times_s: Sequence[float],
    *,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    sound: npt.NDArray[np.float32] | None = None,
    sound_rate_hz: int = 16000,
    sound_start_s: float = 0.0,
    sound_codec: str = "aac",
    gop: int = 12,
    b_frames: int = 0,
    picture: Callable[[int], npt.NDArray[np.uint8]] = numbered_picture,
    stated_rate_hz: int = 25,
    pixel_shape: Fraction | None = None,
) -> Path:
    """Write a video whose frame k shows number k at container time `times_s[k]`, and sound (channels, n) if given."""
    options = {"preset": "ultrafast", "bf": str(b_frames)} if codec == "libx264" else {}
    if codec == "libx265":
        options = {"preset": "ultrafast", "x265-params": f"log-level=none:bframes={b_frames}:keyint={gop}"}
    if codec.startswith("libvpx"):
        options = {"deadline": "realtime", "cpu-used": "8"}
    first = picture(0)
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=stated_rate_hz, options=options)
        stream.width, stream.height, stream.pix_fmt = first.shape[1], first.shape[0], pixel_format
        stream.gop_size = gop
        if pixel_shape:
            stream.codec_context.sample_aspect_ratio = pixel_shape
        by_rate = path.suffix == ".avi"
        if not by_rate:
            stream.codec_context.time_base = TIME_BASE
        voice = None
        if sound is not None:
            voice = out.add_stream(sound_codec, rate=sound_rate_hz, layout="stereo" if len(sound) == 2 else "mono")
            for packet in _sound_packets(voice, sound, sound_rate_hz, sound_start_s):
                out.mux(packet)
        out.start_encoding()
        for number, time_s in enumerate(times_s):
            frame = av.VideoFrame.from_ndarray(picture(number), format="rgb24").reformat(format=pixel_format)
            frame.pts = number if by_rate else round(time_s / TIME_BASE)
            frame.time_base = Fraction(1, stated_rate_hz) if by_rate else TIME_BASE
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def make_sound(path: Path, sound: npt.NDArray[np.float32], rate_hz: int = 16000, codec: str = "pcm_s16le") -> Path:
    """Write a sound file, `sound` (channels, n) in -1..1."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate_hz, layout="stereo" if len(sound) == 2 else "mono")
        for packet in _sound_packets(stream, sound, rate_hz, 0.0):
            out.mux(packet)
    return path


def clicks(seconds: float, at_s: Iterable[float], rate_hz: int = 16000, channels: int = 1) -> npt.NDArray[np.float32]:
    """Return near silence with a 2 ms click at each time, (channels, n)."""
    sound = np.zeros((channels, round(seconds * rate_hz)), dtype=np.float32)
    for time_s in at_s:
        at = round(time_s * rate_hz)
        sound[:, at : at + rate_hz // 500] = 0.8
    return sound


def babble(seconds: float, seed: int, rate_hz: int = 16000) -> npt.NDArray[np.float32]:
    """Return speech-like noise (n,): syllables at 4/s of buzzing harmonics in phrases with pauses."""
    rng = np.random.default_rng(seed)
    n = round(seconds * rate_hz)
    sound = np.zeros(n, dtype=np.float32)
    at = rng.uniform(0, 0.5)
    while at < seconds - 0.5:
        for _ in range(rng.integers(3, 12)):
            length = rng.uniform(0.1, 0.3)
            t = np.arange(int(length * rate_hz), dtype=np.float32) / rate_hz
            f0, glide = rng.uniform(90, 240), rng.uniform(-0.3, 0.3)
            peaks = rng.uniform((250, 900, 2000), (900, 2000, 3400))
            phase = 2 * np.pi * f0 * (t + glide * t**2 / 2)
            tone = np.zeros_like(t)
            for k in range(1, int(3800 / f0)):
                weight = np.exp(-((k * f0 - peaks) ** 2) / 2 / 150**2).sum() + 0.02
                tone += np.float32(weight) * np.sin(k * phase + np.float32(rng.uniform(0, 6.28)))
            tone += rng.normal(0, 0.3 if rng.random() < 0.4 else 0.03, len(t))
            tone *= np.hanning(len(t)) * rng.uniform(0.3, 1)
            first = int(at * rate_hz)
            part = sound[first : first + len(t)]
            part += 0.1 * tone[: len(part)]
            at += length * rng.uniform(0.8, 1.2)
            if at >= seconds - 0.5:
                break
        at += rng.uniform(0.3, 2.0)
    return sound


def turn_mp4(path: Path, out: Path, matrix: tuple[int, int, int, int]) -> Path:
    """Copy an mp4 and write (a, b, c, d) of its first track's display matrix, as a phone held upright would."""
    data = bytearray(path.read_bytes())
    at = data.find(b"tkhd") + 4 + 40  # version and flags 4, times and ids 20, reserved 8, layer … 8
    for index, value in zip((0, 1, 3, 4), matrix, strict=True):
        data[at + 4 * index : at + 4 * index + 4] = (value * 65536).to_bytes(4, "big", signed=True)
    out.write_bytes(bytes(data))
    return out


def spoil(path: Path, out: Path, share_from: float, share_to: float, seed: int = 0) -> Path:
    """Copy a file and overwrite a stretch of its bytes, given as shares of its length, with noise."""
    data = bytearray(path.read_bytes())
    first, last = int(share_from * len(data)), int(share_to * len(data))
    data[first:last] = np.random.default_rng(seed).bytes(last - first)
    out.write_bytes(bytes(data))
    return out


def cut_off(path: Path, out: Path, share: float) -> Path:
    """Copy the first part of a file."""
    shutil.copy(path, out)
    with out.open("r+b") as file:
        file.truncate(int(share * path.stat().st_size))
    return out


def clip(path: Path, out: Path, seconds: float, *, start_s: float = 0.0, sound_only: bool = False) -> Path:
    """Copy a stretch of a recording from a key frame on, its packets as they are."""
    with av.open(str(path)) as given, av.open(str(out), "w") as made:
        wanted = [s for s in given.streams if s.type == "audio" or not sound_only]
        streams = {s.index: made.add_stream_from_template(s) for s in wanted}
        for packet in given.demux(wanted):
            if packet.dts is None or not start_s <= packet.pts * packet.time_base < start_s + seconds:
                continue
            shift = round(start_s / packet.time_base)
            packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
            packet.stream = streams[packet.stream.index]
            made.mux(packet)
    return out


def _sound_packets(stream: av.AudioStream, sound: npt.NDArray[np.float32], rate_hz: int, start_s: float):
    kind = stream.codec_context.format.name
    layout = "stereo" if len(sound) == 2 else "mono"
    resampler = av.AudioResampler(format=kind, layout=layout, rate=rate_hz)
    step = 1024
    for at in range(0, sound.shape[1], step):
        part = np.ascontiguousarray(sound[:, at : at + step], dtype=np.float32)
        frame = av.AudioFrame.from_ndarray(part, format="fltp", layout=layout)
        frame.sample_rate = rate_hz
        frame.pts = round(start_s * rate_hz) + at
        frame.time_base = Fraction(1, rate_hz)
        for converted in resampler.resample(frame):
            yield from stream.encode(converted)
    yield from stream.encode(None)
