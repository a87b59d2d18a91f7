"""The process that measures one session, seen from whoever started it."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cuetrack.batch.entry import Entry
from cuetrack.batch.outcome import Outcome, failed
from cuetrack.batch.work import order
from cuetrack.processes import command, environment, how_it_ended

SILENT_S = 900.0
"""A picture stage that stands still for so long is hung in a codec; a part of a recording takes seconds."""
_SHARES = {"clocks": (0.0, 0.0), "picture": (0.0, 0.8), "sound": (0.8, 0.1), "cues": (0.9, 0.05)}
"""Where in a session's work a stage begins, and how much of the work it is."""
_GOES_ON = "what was finished is kept, run the batch again to go on with it"


class Child:
    """A session's process: `done` is the share of it that is done, `outcome` is there once it has ended.

    Whenever something was heard of it, it puts itself into `news`.
    """

    def __init__(self, entry: Entry, out: Path, settings: Mapping[str, Any], news: queue.Queue[Child]) -> None:
        self.entry = entry
        self.done = 0.0
        self.outcome: Outcome | None = None
        self.stopped = ""
        self._news = news
        self._began = self._heard = time.monotonic()
        self._stage = ""
        self._process = subprocess.Popen(
            command("cuetrack.batch.work"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
            text=True,
            encoding="utf-8",
        )
        threading.Thread(target=self._listen, args=(order(entry, out, settings),), daemon=True).start()

    @property
    def pid(self) -> int:
        """Id of the process."""
        return self._process.pid

    def stop(self, why: str) -> None:
        """End the process now; `why` becomes the reason of its outcome."""
        self.stopped = why
        self._process.kill()

    def stop_if_hung(self) -> None:
        """End the process if its picture stage has stood still for `SILENT_S`."""
        if self._stage == "picture" and time.monotonic() - self._heard > SILENT_S:
            self.stop(f"no picture came out of the recording for {SILENT_S / 60:.0f} minutes; export it again as mp4")

    def _listen(self, words: str) -> None:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin
        assert stdout
        told: Outcome | None = None
        try:
            stdin.write(words)
            stdin.flush()
            for line in stdout:
                message = json.loads(line)
                if "outcome" in message:
                    told = Outcome(**message["outcome"])
                else:
                    self._note(message["stage"], float(message["done"]))
        except (OSError, ValueError):
            pass  # it ended in the middle of a line; its exit code says how
        code = self._process.wait()
        with contextlib.suppress(OSError):  # an order that nobody read
            stdin.close()
        stdout.close()
        self.outcome = told or self._lost(code)
        self._news.put(self)

    def _note(self, stage: str, done: float) -> None:
        self._heard, self._stage = time.monotonic(), stage if done < 1.0 else ""
        start, share = _SHARES.get(stage, (0.95, 0.05))
        self.done = max(self.done, start + share * done)
        self._news.put(self)

    def _lost(self, code: int) -> Outcome:
        why = self.stopped or f"its process ended in {how_it_ended(code)}; {_GOES_ON}"
        return failed(self.entry, why, time.monotonic() - self._began)


def run_child(entry: Entry, out: Path, settings: Mapping[str, Any]) -> Outcome:
    """Measure one session in a process of its own and wait for how it ended."""
    news: queue.Queue[Child] = queue.Queue()
    child = Child(entry, out, settings, news)
    try:
        while child.outcome is None:
            try:
                news.get(timeout=5.0)
            except queue.Empty:
                child.stop_if_hung()
    finally:
        if child.outcome is None:
            child.stop("stopped")
    return child.outcome
