"""Which recordings a browser can show, and the playable copies made in the background of those it cannot."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from cuetrack.errors import CuetrackError
from cuetrack.review.library import Item


class Playing:
    """Keeps one background job per recording that needs a copy; copies lie in the session's own folder."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: dict[Path, dict[str, Any]] = {}

    def playable(self, item: Item, path: Path) -> Path | None:
        """Return the file to serve: the recording itself or its finished copy, None while that is still being made."""
        if not path.is_file():
            return None
        if self._direct(path)[0]:
            return path
        copy = _copy_of(item, path)
        if copy.is_file():
            return copy
        self._start(path, copy)
        return None

    def state(self, item: Item, path: Path) -> dict[str, Any]:
        """Return what the page needs to play a recording: state, kind, frame times, and the clock's offset."""
        from cuetrack.media.probe import probe, pts_table

        if not path.is_file():
            return {"state": "missing", "why": f"{path.name} is not where it was; move it back or link it again"}
        ready = self.playable(item, path)
        job = self._jobs.get(_copy_of(item, path), {})
        known = next(m for m in item.session.description["media"] if Path(str(m["path"])) == path)
        answer = {
            "state": "ready" if ready else str(job.get("state", "waiting")),
            "why": str(job.get("why", "")) or self._direct(path)[1],
            "done": float(job.get("done", 0.0)),
            "person": str(known.get("person", "")),
            "offset_s": float(known.get("offset_s", 0.0)),
            "drift_ppm": float(known.get("drift_ppm", 0.0)),
        }
        if ready:
            info = probe(ready)
            times: list[float] = pts_table(ready).tolist() if info.video else []
            answer |= {
                "video": bool(info.video),
                "audio": bool(info.audio),
                "duration_s": info.duration_s,
                "first_pts_s": info.first_pts_s,
                "frames_s": [round(t, 6) for t in times],
            }
        return answer

    def _direct(self, path: Path) -> tuple[bool, str]:
        from cuetrack.media.probe import probe
        from cuetrack.media.proxy import browser_can_play

        return browser_can_play(probe(path))

    def _start(self, path: Path, copy: Path) -> None:
        with self._lock:
            if self._jobs.get(copy, {}).get("state") in ("making", "failed"):
                return
            job = {"state": "making", "done": 0.0, "why": ""}
            self._jobs[copy] = job
        threading.Thread(target=_make, args=(path, copy, job), daemon=True).start()


def _make(path: Path, copy: Path, job: dict[str, Any]) -> None:
    from cuetrack.media.proxy import make_proxy
    from cuetrack.store.files import make_folder

    try:
        make_folder(copy.parent)
        make_proxy(path, copy, progress=lambda done: job.update(done=done))
        job.update(state="ready", done=1.0)
    except CuetrackError as error:
        job.update(state="failed", why=str(error))


def _copy_of(item: Item, path: Path) -> Path:
    digest = next(key for key, known in item.media.items() if known == path)
    return item.session.folder.path / "proxy" / f"{digest}.mp4"
