"""Bad recordings: small real containers made here, then damaged or written wrongly in every way that a file can be.

for name, path in corpus(folder, n=2000, seed=0): ...    # the same seed makes the same files; one lies there at a time
"""

from __future__ import annotations

import random
import shutil
import struct
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SEEDS = {
    "h264.mp4": ("libx264", "yuv420p", "aac"),
    "h264.mkv": ("libx264", "yuv420p", "libopus"),
    "hevc.mov": ("libx265", "yuv420p", "pcm_s16le"),
    "vp9.webm": ("libvpx-vp9", "yuv420p", "libopus"),
    "mpeg4.avi": ("mpeg4", "yuv420p", "libmp3lame"),
    "mjpeg.mov": ("mjpeg", "yuvj420p", "pcm_s16le"),
    "mpeg2.ts": ("mpeg2video", "yuv420p", "mp2"),
    "h264.flv": ("libx264", "yuv420p", "aac"),
    "talk.wav": (None, "", "pcm_s16le"),
    "float.wav": (None, "", "pcm_f32le"),
    "talk.flac": (None, "", "flac"),
    "talk.mp3": (None, "", "libmp3lame"),
    "talk.m4a": (None, "", "aac"),
    "talk.ogg": (None, "", "libopus"),
}
RATE_HZ = 48_000


def corpus(folder: Path, n: int, seed: int, first: int = 0) -> Iterator[tuple[str, Path]]:
    """Yield (what was done, file) for recordings `first` to `n`; a file is removed once the next one is asked for."""
    folder.mkdir(parents=True, exist_ok=True)
    seeds = make_seeds(folder / "good")
    written = list(WRITTEN.items())
    for number in range(first, n):
        rng = random.Random(f"{seed} {number}")
        if number < len(written):
            what, make = written[number]
            path = make(folder, rng)
        else:
            source = rng.choice(list(seeds.values()))
            if rng.random() < 0.12:
                what, path = "absurd times", absurd_times(source, folder, rng)
            else:
                what, damage = rng.choice(list(DAMAGE.items()))
                path = folder / f"{number:05d}{source.suffix}"
                path.write_bytes(damage(source.read_bytes(), rng, seeds))
            what = f"{what}, {source.name}"
        yield what, path
        path.unlink(missing_ok=True)


def make_seeds(folder: Path, seconds: float = 2.0) -> dict[str, Path]:
    """Write the good recordings and return them by name."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (picture, pixels, sound) in SEEDS.items():
        if not (folder / name).exists():
            write(folder / name, picture, pixels, sound, frames=round(25 * seconds), seconds=seconds)
    return {name: folder / name for name in SEEDS}


def write(
    path: Path,
    picture: str | None = "libx264",
    pixels: str = "yuv420p",
    sound: str | None = "aac",
    *,
    frames: int = 50,
    seconds: float = 2.0,
    size: tuple[int, int] = (160, 96),
    hz: int = 25,
    rate_hz: int = RATE_HZ,
    tags: dict[str, str] | None = None,
) -> Path:
    """Write a recording of noise and moving light."""
    rng = np.random.default_rng(0)
    with av.open(str(path), "w") as out:
        out.metadata.update(tags or {})
        video = voice = None
        if picture:
            options = {"preset": "ultrafast"} if picture == "libx264" else {}
            if picture == "libx265":
                options = {"preset": "ultrafast", "x265-params": "log-level=none"}
            if picture.startswith("libvpx"):
                options = {"deadline": "realtime", "cpu-used": "8"}
            video = out.add_stream(picture, rate=hz, options=options)
            video.width, video.height, video.pix_fmt, video.gop_size = *size, pixels, 12
        if sound:
            voice = out.add_stream(sound, rate=rate_hz, layout="stereo")
        out.start_encoding()
        if video:
            shade = rng.integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
            for number in range(frames):
                frame = av.VideoFrame.from_ndarray(np.roll(shade, number * 2, axis=1), format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, hz)
                out.mux(video.encode(frame.reformat(format=pixels)))
            out.mux(video.encode(None))
        if voice:
            kind = voice.format.name, "stereo", rate_hz
            fitting = av.AudioResampler(*kind, frame_size=voice.codec_context.frame_size)
            total = round(seconds * rate_hz)
            for first in range(0, total, rate_hz):
                shape = (1, 2 * min(rate_hz, total - first))
                loudness = 3000 if seconds < 60 else 0
                noise = rng.normal(0, loudness, shape).astype(np.int16)
                piece = av.AudioFrame.from_ndarray(noise, format="s16", layout="stereo")
                piece.sample_rate, piece.pts, piece.time_base = rate_hz, first, Fraction(1, rate_hz)
                for fitted in fitting.resample(piece):
                    out.mux(voice.encode(fitted))
            for fitted in fitting.resample(None):
                out.mux(voice.encode(fitted))
            out.mux(voice.encode(None))
    return path


# Damage to the bytes of a good file --------------------------------------------------------------------------------


def _flip(data: bytes, rng: random.Random, seeds: dict[str, Path], *, first: int = 0, share: float = 1.0) -> bytes:
    spoilt = bytearray(data)
    last = max(first + 1, int(len(data) * share))
    for _ in range(rng.choice([1, 4, 30, 300, 3000])):
        spoilt[rng.randrange(first, last)] ^= 1 << rng.randrange(8)
    return bytes(spoilt)


def _head(data: bytes, rng: random.Random, seeds: dict[str, Path]) -> bytes:
    return _flip(data, rng, seeds, share=min(1.0, 2000 / len(data)))


def _tail(data: bytes, rng: random.Random, seeds: dict[str, Path]) -> bytes:
    return _flip(data, rng, seeds, first=max(0, len(data) - 4000))


def _cut(data: bytes, rng: random.Random, seeds: dict[str, Path]) -> bytes:
    return data[: rng.randrange(0, len(data))]


def _no_head(data: bytes, rng: random.Random, seeds: dict[str, Path]) -> bytes:
    return data[rng.randrange(1, len(data)) :]


def _splice(data: bytes, rng: random.Random, seeds: dict[str, Path]) -> bytes:
    other = rng.choice(list(seeds.values())).read_bytes()
    return data[: rng.randrange(len(data))] + other[rng.randrange(len(other)) :]


def _hole(data: bytes, rng: random.Random, seeds: dict[str, Path]) -> bytes:
    a, b = sorted(rng.randrange(len(data)) for _ in range(2))
    filler = rng.choice([b"", bytes(b - a), rng.randbytes(b - a), b"\xff" * (b - a)])
    return data[:a] + filler + data[b:]


def _shuffle(data: bytes, rng: random.Random, seeds: dict[str, Path]) -> bytes:
    piece = rng.choice([188, 512, 4096])
    pieces = [data[i : i + piece] for i in range(0, len(data), piece)]
    head, rest = pieces[:1], pieces[1:]
    rng.shuffle(rest)
    return b"".join(head + rest)


def _again(data: bytes, rng: random.Random, seeds: dict[str, Path]) -> bytes:
    a, b = sorted(rng.randrange(len(data)) for _ in range(2))
    return data[:b] + data[a:b] * rng.choice([1, 3, 20]) + data[b:]


def _number(data: bytes, rng: random.Random, seeds: dict[str, Path]) -> bytes:
    """Overwrite whole numbers in the file's index with the largest, the smallest and other awkward ones."""
    spoilt = bytearray(data)
    index = data.find(b"moov")
    near = range(max(0, index), len(data) - 8) if index >= 0 and rng.random() < 0.8 else range(min(3000, len(data) - 8))
    for _ in range(rng.choice([1, 2, 8])):
        at = rng.choice(near)
        value = rng.choice([0, 1, 2, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFF, 1 << 24, rng.getrandbits(32)])
        spoilt[at : at + 4] = struct.pack(rng.choice("<>") + "I", value)
    return bytes(spoilt)


DAMAGE: dict[str, Callable[[bytes, random.Random, dict[str, Path]], bytes]] = {
    "bits flipped": _flip,
    "bits flipped in the header": _head,
    "bits flipped at the end": _tail,
    "cut off": _cut,
    "beginning lost": _no_head,
    "spliced": _splice,
    "hole": _hole,
    "pieces shuffled": _shuffle,
    "pieces repeated": _again,
    "numbers in the index": _number,
}


def absurd_times(source: Path, folder: Path, rng: random.Random) -> Path:
    """Copy the packets of a recording with times that cannot be."""
    path = folder / f"times-{rng.getrandbits(32):08x}.{rng.choice(['mkv', 'mov', 'ts'])}"
    kind = rng.choice(["far", "negative", "scaled", "still", "back", "random", "jump", "tiny"])
    with av.open(str(source)) as given, av.open(str(path), "w", options={"strict": "-2"}) as out:
        try:
            streams = {s.index: out.add_stream_from_template(s) for s in given.streams if s.type in ("video", "audio")}
            for number, packet in enumerate(given.demux()):
                if packet.pts is None or packet.stream.index not in streams:
                    continue
                times = {
                    "far": packet.pts + (1 << 40),
                    "negative": packet.pts - (1 << 30),
                    "scaled": packet.pts * 1_000_003,
                    "still": 0,
                    "back": 100_000 - packet.pts,
                    "random": rng.getrandbits(36),
                    "jump": packet.pts + (1 << 34) * (number > 20),
                    "tiny": packet.pts // 1000,
                }
                packet.pts = packet.dts = times[kind]
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
        except (av.FFmpegError, ValueError, OverflowError):
            pass  # the writer may refuse; what it wrote until then is a bad file too
    return path


# Files written wrongly or strangely --------------------------------------------------------------------------------


def _wav(channels: int, rate_hz: int, samples: np.ndarray, kind: int = 1, bits: int = 16) -> bytes:
    body = samples.tobytes()
    block = channels * bits // 8
    form = struct.pack(
        "<HHIIHH", kind, channels & 0xFFFF, rate_hz, (rate_hz * block) & 0xFFFFFFFF, block & 0xFFFF, bits
    )
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def _wave_file(name: str, channels: int, rate_hz: int, samples: np.ndarray, kind: int = 1, bits: int = 16):
    def make(folder: Path, rng: random.Random) -> Path:
        path = folder / name
        path.write_bytes(_wav(channels, rate_hz, samples, kind, bits))
        return path

    return make


def _written(name: str, **how: object) -> Callable[[Path, random.Random], Path]:
    def make(folder: Path, rng: random.Random) -> Path:
        return write(folder / name, **how)  # type: ignore[arg-type]

    return make


def _bytes(name: str, content: bytes) -> Callable[[Path, random.Random], Path]:
    def make(folder: Path, rng: random.Random) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return make


def _stretched(name: str, sound_s: float, frames: int) -> Callable[[Path, random.Random], Path]:
    def make(folder: Path, rng: random.Random) -> Path:
        return write(folder / name, "libx264", "yuv420p", "flac", frames=frames, hz=5, seconds=sound_s, rate_hz=8000)

    return make


_NOISE = np.random.default_rng(1)
_NAN = np.full(96_000, np.nan, np.float32)
_SOME_NAN = np.where(np.arange(96_000) // 8000 % 2, np.nan, _NOISE.normal(0, 0.1, 96_000)).astype(np.float32)
_HUGE = np.full(96_000, 3e38, np.float32)
_FIRST = (_NOISE.normal(0, 3000, 96_000)).astype(np.int16)
_TAGS = {f"tag{i}": "x" * 100 for i in range(3000)}

WRITTEN: dict[str, Callable[[Path, random.Random], Path]] = {
    "no frame": _written("none.mp4", frames=0, sound=None),
    "no frame but sound": _written("none2.mkv", frames=0, sound="flac"),
    "one frame": _written("one.mp4", frames=1, sound=None),
    "one frame and sound": _written("one2.mkv", frames=1, sound="flac"),
    "two frames": _written("two.mp4", frames=2, sound=None),
    "1 by 1 px": _written("dot.mkv", picture="ffv1", size=(1, 1)),
    "2 by 2 px": _written("dot2.mkv", picture="libx264", size=(2, 2)),
    "16 by 4096 px": _written("tall.mkv", picture="mjpeg", pixels="yuvj420p", size=(16, 4096), frames=5),
    "8K": _written("8k.mkv", picture="mjpeg", pixels="yuvj420p", size=(7680, 4320), frames=5),
    "8K H.264": _written("8k.mp4", size=(7680, 4320), frames=4),
    "16K": _written("16k.mkv", picture="mjpeg", pixels="yuvj420p", size=(16000, 9000), frames=2),
    "1 frame a second": _written("slow.mp4", hz=1, frames=20, seconds=20.0),
    "240 frames a second": _written("fast.mp4", hz=240, frames=400),
    "3 hours of sound beside a minute of picture": _stretched("long.mkv", 3 * 3600.0, 300),
    "a minute of sound beside an hour of picture": _stretched("short.mkv", 60.0, 18_000),
    "48 channels": _wave_file("48.wav", 48, 48_000, np.tile(_FIRST, 48)),
    "255 channels": _wave_file("255.wav", 255, 8000, np.tile(_FIRST, 85)),
    "no channel": _wave_file("0.wav", 0, 48_000, _FIRST),
    "65535 channels": _wave_file("65535.wav", 65_535, 48_000, _FIRST),
    "only NaN": _wave_file("nan.wav", 1, 48_000, _NAN, 3, 32),
    "half NaN": _wave_file("some-nan.wav", 1, 48_000, _SOME_NAN, 3, 32),
    "infinite samples": _wave_file("inf.wav", 1, 48_000, np.full(96_000, np.inf, np.float32), 3, 32),
    "samples of 3e38": _wave_file("huge.wav", 1, 48_000, _HUGE, 3, 32),
    "1 sample a second": _wave_file("1hz.wav", 1, 1, _FIRST[:100]),
    "10 samples a second": _wave_file("10hz.wav", 1, 10, _FIRST),
    "2 GHz": _wave_file("2ghz.wav", 1, 2_000_000_000, _FIRST),
    "768 kHz": _wave_file("768k.wav", 1, 768_000, np.tile(_FIRST, 8)),
    "no sample": _wave_file("empty.wav", 2, 48_000, _FIRST[:0]),
    "one sample": _wave_file("one.wav", 1, 48_000, _FIRST[:1]),
    "huge title": _written("title.mp4", tags={"title": "x" * 2_000_000}),
    "3000 tags": _written("tags.mkv", tags=_TAGS),
    "odd characters in tags": _written("odd.mkv", tags={"title": "\u202e\x01\ud7ff\ufffd<script>"}),
    "empty": _bytes("empty.mp4", b""),
    "one byte": _bytes("byte.mp4", b"\x00"),
    "text": _bytes("text.mp4", b"notes of Monday\n" * 99),
    "html": _bytes("page.mp4", b"<!doctype html><html><body>403</body></html>"),
    "list of other files": _bytes(
        "list.mp4", b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:9/x.ts\n"
    ),
    "concat script": _bytes("concat.mp4", b"ffconcat version 1.0\nfile /etc/passwd\n"),
    "picture": _written("still.png", picture="png", pixels="rgb24", sound=None, frames=1),
    "zip": _bytes("zip.mp4", b"PK\x03\x04" + bytes(3000)),
}


def clean(folder: Path) -> None:
    """Remove everything."""
    shutil.rmtree(folder, ignore_errors=True)
