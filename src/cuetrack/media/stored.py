"""Hours of sound without hours of memory: 16-bit samples in a temporary file, of which parts are read when asked for.

sound = store_sound("042.mp4", folder)       # on the disk of `folder`, gone when nobody holds it any more
sound.channels[0][16_000:32_000]             # int16, the second second
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np
import numpy.typing as npt

from cuetrack.errors import StoreError
from cuetrack.media.audio import placed_sound
from cuetrack.terms import Span

Samples = npt.NDArray[np.int16]

_AT_ONCE = 1 << 20  # samples


class Stored:
    """One channel's 16-bit samples in a file without a name; slices of it are arrays. Threads may share it."""

    dtype = np.dtype(np.int16)

    def __init__(self, folder: Path) -> None:
        """Make a file on the disk of `folder`, which the system removes however this process ends.

        Raises StoreError where the folder cannot be written.
        """
        self._folder = folder
        with self._told():
            self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115
        weakref.finalize(self, self._file.close)
        self._count = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, part: slice) -> Samples:
        start, stop, step = part.indices(self._count)
        if step == 1:
            return self._read(start, max(stop, start))
        whole = _AT_ONCE // step * step or step
        found = [self._read(a, min(a + whole, stop))[::step] for a in range(start, stop, whole)]
        return np.concatenate([np.zeros(0, np.int16), *found])

    def put(self, at: int, samples: Samples) -> None:
        """Write samples at a place; what was never written before it is 0. Raises StoreError where the disk is full."""
        with self._told(), self._lock:
            self._file.seek(at * 2)
            rest = memoryview(samples.tobytes())
            while rest:
                rest = rest[self._file.write(rest) :]
        self._count = max(self._count, at + len(samples))

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(f"{self._folder}: no room to keep sound while it is heard: {error}") from error

    def _read(self, start: int, stop: int) -> Samples:
        out = bytearray(2 * (stop - start))
        rest = memoryview(out)
        with self._lock:
            self._file.seek(start * 2)
            while rest and (n := self._file.readinto(rest)):
                rest = rest[n:]
        return np.frombuffer(out, np.int16)


@dataclass(frozen=True, slots=True, eq=False)
class StoredSound:
    """A recording's sound outside memory, the first sample at session time `start_s`.

    In `gaps` (session time) nothing was recorded or it did not decode; the samples there are 0.
    """

    start_s: float
    rate_hz: int
    channels: tuple[Stored, ...]
    gaps: tuple[Span, ...] = ()


def store_sound(path: str | Path, folder: Path, rate_hz: int = 16_000) -> StoredSound:
    """Keep a recording's sound on the disk of `folder`, every channel; see `audio.read_sound` for what it raises."""
    channels: tuple[Stored, ...] = ()
    first_s = 0.0
    gaps: list[Span] = []
    for piece in placed_sound(path, rate_hz):
        channels = channels or tuple(Stored(folder) for _ in piece.samples)
        first_s = piece.first_s
        gaps += piece.gap
        for channel, samples in zip(channels, piece.samples, strict=True):
            channel.put(piece.at, samples)
    return StoredSound(first_s, rate_hz, channels, tuple(gaps))


def mixed(channels: tuple[Stored, ...], folder: Path) -> Stored:
    """Return the mean of channels, rounded to 16 bits; a single one is given back."""
    if len(channels) == 1:
        return channels[0]
    out = Stored(folder)
    for first, last in _parts(len(channels[0])):
        out.put(first, np.rint(np.mean([c[first:last] for c in channels], axis=0, dtype=np.float32)).astype(np.int16))
    return out


def stretched(samples: Stored, drift_ppm: float, folder: Path) -> Stored:
    """Return samples on a clock that runs `drift_ppm` slower, joined by lines; the same below 1 ppm."""
    if abs(drift_ppm) < 1.0 or len(samples) < 2:
        return samples
    count = round(len(samples) * (1 + drift_ppm * 1e-6))
    out = Stored(folder)
    for first, last in _parts(count):
        place = np.arange(first, last) * ((len(samples) - 1) / max(count - 1, 1))
        low = min(int(place[0]), len(samples) - 2)
        part = samples[low : int(place[-1]) + 2].astype(np.float64)
        out.put(first, np.rint(np.interp(place - low, np.arange(len(part)), part)).astype(np.int16))
    return out


def _parts(count: int) -> Iterator[tuple[int, int]]:
    return ((first, min(first + _AT_ONCE, count)) for first in range(0, count, _AT_ONCE))
