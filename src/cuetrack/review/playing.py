"""Which recordings a browser can show, and the playable copies made in the background of those it cannot."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np

from cuetrack.errors import CuetrackError
from cuetrack.review.library import Item

OUTLINE_HZ = 20
_OUTLINE_RATE_HZ = 8000


class Playing:
    """Keeps one background job per recording that needs a copy; copies lie in the session's own folder."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: dict[Path, dict[str, Any]] = {}
        self._outlines: dict[Path, bytes] = {}
        self._verdicts: dict[tuple[Path, int], tuple[bool, str]] = {}
        self._times: dict[tuple[Path, int], list[float]] = {}

    def playable(self, item: Item, path: Path) -> Path | None:
        """Return the file to serve: the recording, its copy or only its voice; None while a copy is made."""
        if not path.is_file():
            return None
        copy = _copy_of(item, path)
        if not copy.is_file() and not _voice_alone(item) and self._direct(path)[0] and copy not in self._jobs:
            return path
        if copy.is_file():
            return copy
        self.copy(item, path)
        return None

    def copy(self, item: Item, path: Path) -> None:
        """Start making a copy that browsers play, unless one is there or under way."""
        copy = _copy_of(item, path)
        with self._lock:
            if copy.is_file() or self._jobs.get(copy, {}).get("state") in ("making", "failed"):
                return
            job = {"state": "making", "done": 0.0, "why": ""}
            self._jobs[copy] = job
        threading.Thread(target=_make, args=(path, copy, job, not _voice_alone(item)), daemon=True).start()

    def state(self, item: Item, path: Path) -> dict[str, Any]:
        """Return what the page needs to play a recording: state, kind, frame times, and the clock's offset."""
        from cuetrack.media.probe import probe

        if not path.is_file():
            return {"state": "missing", "why": f"{path.name} is not where it was; move it back or link it again"}
        silent = item.settings()["pose_only"] and not item.settings()["pose_voice"]
        ready = None if silent else self.playable(item, path)
        job = self._jobs.get(_copy_of(item, path), {})
        known = next(m for m in item.session.description["media"] if Path(str(m["path"])) == path)
        answer = {
            "state": "ready" if ready else "silent" if silent else str(job.get("state", "waiting")),
            "why": str(job.get("why", "")) or self._direct(path)[1],
            "done": float(job.get("done", 0.0)),
            "person": str(known.get("person", "")),
            "offset_s": float(known.get("offset_s", 0.0)),
            "drift_ppm": float(known.get("drift_ppm", 0.0)),
        }
        if ready:
            info = probe(ready)
            answer |= {
                "video": bool(info.video),
                "audio": bool(info.audio),
                "copy": ready != path,
                "duration_s": info.duration_s,
                "first_pts_s": info.first_pts_s,
                "frames_s": self._frames_s(ready) if info.video else [],
            }
        return answer

    def outline(self, item: Item, path: Path) -> bytes:
        """Return the sound's least and greatest value per 1/20 s as pairs of signed bytes, b"" without sound."""
        from cuetrack.media.probe import probe

        if path not in self._outlines:
            self._outlines[path] = _outline(path) if path.is_file() and probe(path).audio else b""
        return self._outlines[path]

    def _direct(self, path: Path) -> tuple[bool, str]:
        """Return whether browsers play a file and why not; looked at once: every range asked for needs it."""
        from cuetrack.media.probe import probe
        from cuetrack.media.proxy import browser_can_play

        key = (path, path.stat().st_mtime_ns)
        if key not in self._verdicts:
            self._verdicts[key] = browser_can_play(probe(path))
        return self._verdicts[key]

    def _frames_s(self, path: Path) -> list[float]:
        from cuetrack.media.probe import pts_table

        key = (path, path.stat().st_mtime_ns)
        if key not in self._times:
            self._times[key] = [round(float(t), 6) for t in pts_table(path)]
        return self._times[key]


def _make(path: Path, copy: Path, job: dict[str, Any], picture: bool) -> None:
    from cuetrack.media.proxy import make_proxy
    from cuetrack.store.files import make_folder

    try:
        make_folder(copy.parent)
        make_proxy(path, copy, picture=picture, progress=lambda done: job.update(done=done))
        job.update(state="ready", done=1.0)
    except CuetrackError as error:
        job.update(state="failed", why=str(error))


def _outline(path: Path) -> bytes:
    from cuetrack.media.audio import read_sound

    step = _OUTLINE_RATE_HZ // OUTLINE_HZ
    low: dict[int, float] = {}
    high: dict[int, float] = {}
    for block in read_sound(path, rate_hz=_OUTLINE_RATE_HZ):
        first = round(block.time_s * _OUTLINE_RATE_HZ)
        mono = block.samples.mean(axis=0)
        cut = np.arange(first, first + len(mono)) // step
        for k in np.unique(cut):
            part = mono[cut == k]
            low[int(k)] = min(low.get(int(k), 0.0), float(part.min()))
            high[int(k)] = max(high.get(int(k), 0.0), float(part.max()))
    pairs = np.zeros((max(high, default=-1) + 1, 2))
    for k in high:
        pairs[k] = low[k], high[k]
    loudest = max(float(np.abs(pairs).max(initial=0.0)), 1e-6)
    return np.round(pairs / loudest * 127).astype(np.int8).tobytes()


def _voice_alone(item: Item) -> bool:
    return bool(item.settings()["pose_only"])


def _copy_of(item: Item, path: Path) -> Path:
    digest = next(key for key, known in item.media.items() if known == path)
    name = f"{digest}.voice.mp4" if _voice_alone(item) else f"{digest}.mp4"
    return item.session.folder.path / "proxy" / name
