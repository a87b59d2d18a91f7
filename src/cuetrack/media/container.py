"""Opening a recording: the one place that turns what FFmpeg says into words for the person at the keyboard."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from cuetrack.errors import MediaNotFound, MediaUnreadable

_LISTS_OF_OTHER_FILES = {"hls", "dash", "concat", "sdp", "rtsp", "image2", "imf", "webm_dash_manifest"}
_MP4 = (b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip", b"pnot")


@contextmanager
def opened(path: str | Path) -> Iterator[Any]:
    """Open a recording for reading and yield the PyAV container; nothing but this one file is ever touched.

    Raises MediaNotFound (missing, a folder) or MediaUnreadable (empty, not a recording, cut off, no permission).
    """
    import av

    file = _existing(path)
    try:
        # "file:" keeps a name such as "a:b.mp4" from being taken for a network address.
        container = av.open(f"file:{file}", metadata_errors="replace", options={"protocol_whitelist": "file"})
    except PermissionError as error:
        raise MediaUnreadable(f"{file}: you may not read this file; change its permissions and try again") from error
    except (av.FFmpegError, ValueError, OSError) as error:
        raise MediaUnreadable(f"{file}: {_why_unreadable(file)}") from error
    with container:
        if _LISTS_OF_OTHER_FILES & set(container.format.name.split(",")):
            raise MediaUnreadable(f"{file}: this is a list of other files, not a recording; give the recording itself")
        yield container


def picture_stream(container: Any) -> Any | None:
    """Return the stream that shows the people, None if there is none; cover pictures of sound files do not count."""
    from av.stream import Disposition

    found = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic and s.codec_context]
    best = container.streams.best("video") if found else None
    return best if best in found else next(iter(found), None)


def sound_streams(container: Any) -> list[Any]:
    """Return every sound stream that has a decoder, the one a player would choose first."""
    found = [s for s in container.streams.audio if s.codec_context]
    best = container.streams.best("audio") if found else None
    return sorted(found, key=lambda s: s is not best)


def first_pts_s(container: Any) -> float:
    """Return the container's clock in seconds where session time is 0: the first pts over its picture and sound."""
    streams = [s for s in [picture_stream(container), *sound_streams(container)] if s is not None]
    starts = [float(s.start_time * s.time_base) for s in streams if s.start_time is not None]
    return min(starts, default=0.0)


def seek_before(container: Any, stream: Any, time_s: float) -> None:
    """Move to a place from which everything of a stream from container time `time_s` on can be decoded.

    A container that cannot seek stays where it is, at the start.
    """
    import av

    with suppress(av.FFmpegError):
        container.seek(math.floor(time_s / stream.time_base), backward=True, stream=stream)


def _existing(path: str | Path) -> Path:
    file = Path(path).expanduser()
    try:
        if file.is_dir():
            raise MediaNotFound(f"{file}: expected a recording, this is a folder; name the file inside it")
        if not file.exists():
            raise MediaNotFound(f"{file}: there is no such file; check the name and the folder")
    except OSError as error:
        raise MediaNotFound(f"{file}: this is not a name a file can have ({error.strerror})") from error
    if not file.is_file():
        raise MediaNotFound(f"{file}: expected a recording, this is a device or a pipe; save it to a file first")
    if file.stat().st_size == 0:
        raise MediaUnreadable(f"{file}: the file is empty (0 bytes); copy or export the recording again")
    return file.absolute()


def _why_unreadable(file: Path) -> str:
    """Say from its first bytes why a file could not be opened."""
    with file.open("rb") as stream:
        head = stream.read(4096)
    if not any(head):
        return "the file begins with nothing but zeros, as after a broken copy; copy it again"
    if head[4:8] in _MP4:
        if not _has_mp4_index(file):
            return (
                "the recording was cut off before its index ('moov') was written, so nothing in it can be found; "
                "copy it again, or have the recorder or a repair tool finish it"
            )
        return "the recording's index is damaged; copy or export it again"
    printable = sum(32 <= byte < 127 or byte in b"\t\r\n" for byte in head)
    if printable > 0.95 * len(head):
        return "expected a recording, this file holds text; was it renamed or saved under a wrong name?"
    return "expected a recording (mp4, mov, mkv, webm, avi, wav, m4a, mp3, flac …), this is something else or damaged"


def _has_mp4_index(file: Path) -> bool:
    """Tell whether an mp4 file holds its index, by walking its top-level boxes."""
    size = file.stat().st_size
    with file.open("rb") as stream:
        at = 0
        while at + 8 <= size:
            stream.seek(at)
            header = stream.read(16)
            length = int.from_bytes(header[:4], "big")
            if header[4:8] == b"moov":
                return at + length <= size
            if length == 1:
                length = int.from_bytes(header[8:16], "big")
            if length < 8:
                return False
            at += length
    return False
