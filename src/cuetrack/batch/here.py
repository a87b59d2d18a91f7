"""Sessions on this machine: as many processes at once as asked for and as the memory bound has room for."""

from __future__ import annotations

import os
import queue
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cuetrack.batch.child import Child
from cuetrack.batch.entry import Entry
from cuetrack.batch.memory import SESSION_BYTES, free_bytes, room
from cuetrack.batch.outcome import Outcome
from cuetrack.processes import resident_bytes

CORES_PER_SESSION = 2
"""The picture stage keeps about two cores busy, so a machine takes half as many sessions at once as it has cores."""
_LOOK_S = 1.0
_SHARE_OF_FREE = 0.9


class Here:
    """The processes of a batch on this machine.

    `moved` is called with the share done of every session at work, `ended` with each outcome.
    """

    def __init__(
        self,
        out: Path,
        settings: Mapping[str, Any],
        *,
        jobs: int | None,
        memory_bytes: float | None,
        moved: Callable[[Mapping[str, float]], None],
        ended: Callable[[Outcome], None],
    ) -> None:
        self._out, self._settings = out, settings
        self._jobs = jobs or max(1, (os.cpu_count() or 1) // CORES_PER_SESSION)
        self._bound = memory_bytes or _SHARE_OF_FREE * free_bytes()
        self._need = SESSION_BYTES
        self._moved, self._ended = moved, ended
        self._working: list[Child] = []

    def run(self, entries: Sequence[Entry]) -> None:
        """Measure every entry; whatever ends this ends the processes too."""
        waiting = list(entries)
        news: queue.Queue[Child] = queue.Queue()
        try:
            while waiting or self._working:
                while waiting and len(self._working) < room(self._bound, self._need, self._jobs):
                    self._working.append(Child(waiting.pop(0), self._out, self._settings, news))
                self._wait(news)
                for child in [c for c in self._working if c.outcome]:
                    self._working.remove(child)
                    if child.stopped == _FOR_ROOM:
                        waiting.insert(0, child.entry)
                    elif child.outcome:
                        self._need = max(self._need, child.outcome.peak_memory_gb * 1e9)
                        self._ended(child.outcome)
                self._keep_bound()
                self._moved({c.entry.session: c.done for c in self._working})
        finally:
            for child in self._working:
                child.stop("stopped")

    def _wait(self, news: queue.Queue[Child]) -> None:
        """Wait until something is heard, then take all there is."""
        try:
            news.get(timeout=_LOOK_S)
            while True:
                news.get_nowait()
        except queue.Empty:
            for child in self._working:
                child.stop_if_hung()

    def _keep_bound(self) -> None:
        """Where all processes hold more than the bound, stop the youngest: it starts again when there is room."""
        held = [resident_bytes(child.pid) for child in self._working]
        if sum(held) <= self._bound:
            return
        self._need = max(self._need, *held)
        alone = len(self._working) == 1
        limit = f"it needs more than the {self._bound / 1e9:.2f} GB of memory it may take; allow more, or use fast"
        self._working[-1].stop(limit if alone else _FOR_ROOM)


_FOR_ROOM = "stopped to make room"
