"""Which frame lies nearest to a time, by its own timestamp, without decoding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cuetrack.errors import MediaError
from cuetrack.media.container import first_pts_s, opened, picture_stream, seek_before

_WHOLE_FILE_FROM = 100
_PAST_S = 2.0


def nearest_pts_us(path: str | Path, times_s: Sequence[float]) -> list[int] | None:
    """Return for each session time the timestamp of the nearest frame, in microseconds on the file's own clock.

    None where the file has no picture. Frames are found by their packets: few times by seeking, many by one pass.
    Raises MediaNotFound or MediaUnreadable.
    """
    with opened(path) as container:
        stream = picture_stream(container)
        if stream is None:
            return None
        zero, step = first_pts_s(container), float(stream.time_base)
        if len(times_s) >= _WHOLE_FILE_FROM:
            every = _pts(container, stream, None)
            return [_nearest(every, zero + t, step) for t in times_s]
        found = []
        for time_s in times_s:
            seek_before(container, stream, zero + time_s)
            found.append(_nearest(_pts(container, stream, zero + time_s + _PAST_S), zero + time_s, step))
        return found


def anchors(media: Sequence[Mapping[str, Any]], times_ms: Sequence[int]) -> list[list[dict[str, Any]]]:
    """Return for each session time what finds it again in each recording: its SHA-256 and the nearest frame's time.

    `media` is the list of recordings in `session.toml`. Each anchor is `{"media": sha256, "pts_us": integer}`, the
    timestamp in microseconds on the file's own clock; a recording that is not in its place, or has no picture, gives
    none.
    """
    found: list[list[dict[str, Any]]] = [[] for _ in times_ms]
    for known in media:
        stretch = 1 + float(known.get("drift_ppm", 0)) * 1e-6
        own_s = [(t / 1000 - float(known.get("offset_s", 0))) / stretch for t in times_ms]
        try:
            stamps = nearest_pts_us(str(known.get("path", "")), own_s)
        except MediaError:
            continue
        for anchor, pts_us in zip(found, stamps or (), strict=bool(stamps)):
            anchor.append({"media": str(known.get("sha256", "")), "pts_us": pts_us})
    return found


def _pts(container: Any, stream: Any, until_s: float | None) -> np.ndarray[Any, Any]:
    """Return timestamps in ticks from here on, past a time far enough that reordered frames are in it."""
    import av

    ticks: list[int] = []
    try:
        for packet in container.demux(stream):
            tick = packet.pts if packet.pts is not None else packet.dts
            if tick is None or not packet.size or packet.is_discard:
                continue
            ticks.append(tick)
            if until_s is not None and tick * stream.time_base > until_s:
                break
    except av.FFmpegError:
        pass
    return np.unique(np.array(ticks, dtype=np.int64))


def _nearest(ticks: np.ndarray[Any, Any], at_s: float, step_s: float) -> int:
    if not len(ticks):
        return round(at_s * 1e6)
    return round(int(ticks[np.argmin(np.abs(ticks * step_s - at_s))]) * step_s * 1e6)
