"""Decoding in a thread of its own, a little ahead of who reads."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cuetrack.people.follow import Sample

_QUEUE = 1


class Feeder:
    """Runs an iterator in a thread of its own, a few items ahead; what it raises is raised where it is read."""

    def __init__(self, items: Iterator[list[Sample]]) -> None:
        self._queue: queue.Queue[list[Sample] | BaseException | None] = queue.Queue(_QUEUE)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._feed, args=(items,), name="cuetrack-decode", daemon=True)
        self._thread.start()

    def _feed(self, items: Iterator[list[Sample]]) -> None:
        try:
            for item in items:
                if not self._put(item):
                    return
            self._put(None)
        except BaseException as error:  # raised again by the reader
            self._put(error)

    def _put(self, item: list[Sample] | BaseException | None) -> bool:
        while not self._stopped.is_set():
            try:
                self._queue.put(item, timeout=0.1)
                return True
            except queue.Full:
                continue
        return False

    def __iter__(self) -> Iterator[list[Sample]]:
        while (item := self._queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        self._thread.join()
