"""A first look at a recording in a process of its own, so that a crash or hang in a codec is an error message.

    info = tried("042.mp4")      # probed, and stretches of every stream decoded, in a child process

The child runs under a time limit and, where the system knows one, a memory limit. Damage that decoders survive is
nothing to report here: readers mark it as gaps. What kills or stops the child is a `MediaUnreadable` in the parent.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from cuetrack import errors
from cuetrack.errors import MediaError, MediaUnreadable
from cuetrack.media.container import opened, picture_stream, seek_before
from cuetrack.media.probe import AudioStream, MediaInfo, VideoStream, probe
from cuetrack.processes import command, environment, how_it_ended

TIME_LIMIT_S = 180.0
MEMORY_LIMIT_BYTES = 8 << 30
"""Address space of the child; a picture of 8192 by 4320 with a decoder's whole memory of pictures needs a quarter."""
_PLACES, _PACKETS = 8, 60


def tried(
    path: str | Path,
    *,
    decode: bool = True,
    time_limit_s: float = TIME_LIMIT_S,
    memory_limit_bytes: int = MEMORY_LIMIT_BYTES,
) -> MediaInfo:
    """Return what `probe` says of a recording, after a child process has opened it and decoded parts of it.

    `decode` False leaves that out. Raises MediaError as `probe` does, and MediaUnreadable where the child
    crashed, ran into its time limit or its memory limit.
    """
    file = Path(path).expanduser()
    order = json.dumps({"path": str(path), "decode": decode, "memory": memory_limit_bytes})
    try:
        child = subprocess.run(
            command("cuetrack.media.guarded"),
            input=order.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=time_limit_s,
            env=environment(),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise MediaUnreadable(
            f"{file}: a first look at it did not end within {time_limit_s:.0f} s; it is damaged in a way that holds "
            "the decoder up, or its disk is very slow. Copy it to a local disk, or export it again"
        ) from None
    return _understood(child.returncode, child.stdout, file)


def _understood(code: int, answer: bytes, file: Path) -> MediaInfo:
    """Return what the child found, or raise what it raised or what became of it."""
    try:
        told = json.loads(answer.splitlines()[-1])
    except (ValueError, IndexError):
        raise MediaUnreadable(
            f"{file}: reading it ends in {how_it_ended(code)}, most likely in a codec; it is damaged, or of a kind "
            "that the decoder cannot take. Export it again as mp4 (H.264, AAC), or with another program"
        ) from None
    if "error" in told:
        raised = getattr(errors, told["error"], MediaUnreadable)
        raise raised(told["message"])
    info = told["info"]
    video = VideoStream(**info["video"]) if info["video"] else None
    audio = tuple(AudioStream(**a) for a in info["audio"])
    return MediaInfo(
        **{**info, "path": Path(info["path"]), "video": video, "audio": audio, "warnings": tuple(info["warnings"])}
    )


def _child() -> None:
    """Do the work of `tried` for the order on standard input and print one line of JSON."""
    order = json.loads(sys.stdin.buffer.read())
    _limit_memory(order["memory"])
    answer: dict[str, Any]
    try:
        info = probe(order["path"])
        if order["decode"]:
            _decode_stretches(info)
        answer = {"info": {**asdict(info), "path": str(info.path)}}
    except MediaError as error:
        answer = {"error": type(error).__name__, "message": str(error)}
    except MemoryError:
        answer = {
            "error": "MediaUnreadable",
            "message": f"{order['path']}: reading it needs more than {order['memory'] >> 20} MB of memory; it is "
            "damaged, or its pictures are far too large. Export it again at a usual size",
        }
    except Exception as error:  # whatever else a damaged file makes a library raise
        said = f"{type(error).__name__}: {error}"
        message = f"{order['path']}: it could not be looked at ({said}); it is damaged. Export it again"
        answer = {"error": "MediaUnreadable", "message": message}
    sys.stdout.buffer.write(b"\n" + json.dumps(answer).encode() + b"\n")
    sys.stdout.buffer.flush()


def _limit_memory(limit_bytes: int) -> None:
    if sys.platform == "linux":  # elsewhere the limit is not kept or not known
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_AS)
        limit = limit_bytes if most == resource.RLIM_INFINITY else min(limit_bytes, most)
        resource.setrlimit(resource.RLIMIT_AS, (limit, most))


def _decode_stretches(info: MediaInfo) -> None:
    """Decode a few packets of every stream at places spread over the recording, each from the key frame before it."""
    from cuetrack.media.audio import read_sound

    for place in range(_PLACES):
        start = place * info.duration_s / _PLACES
        if info.video:
            _decode_pictures(info, start)
        for track in range(len(info.audio)):
            with contextlib.suppress(MediaError):  # the readers will say so again, where it matters
                for _ in read_sound(info.path, start_s=start, end_s=start + 1.0, track=track):
                    pass


def _decode_pictures(info: MediaInfo, start_s: float) -> None:
    import av

    with opened(info.path) as container:
        stream: Any = picture_stream(container)
        stream.thread_type = "AUTO"
        seek_before(container, stream, info.first_pts_s + start_s)
        with contextlib.suppress(av.FFmpegError):
            for packet in islice(container.demux(stream), _PACKETS):
                with contextlib.suppress(av.FFmpegError):
                    for number, picture in enumerate(packet.decode()):
                        if not number and packet.is_keyframe:
                            picture.to_ndarray(format="rgb24")


if __name__ == "__main__":
    _child()
