"""The video stage in processes of its own: the engines' memory ends with them, and a crash in them is an error message.

    report = watch_apart(views, folder)     # as `watch.watch`

A child takes its order as a line of JSON on standard input, answers with lines of JSON, and ends when standard input
does. Finished parts stay, whatever becomes of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from cuetrack import errors
from cuetrack.errors import CuetrackError, MediaUnreadable
from cuetrack.people.memory import share_memory
from cuetrack.people.watch import Progress, View, WatchReport, WatchSettings, watch
from cuetrack.processes import command, end_with_giver, environment, how_it_ended, own_voice, was_killed

_GOES_ON = "What was finished is kept: the same again goes on from there"


def watch_apart(
    views: Sequence[View],
    folder: str | Path,
    *,
    settings: WatchSettings | None = None,
    progress: Progress | None = None,
) -> WatchReport:
    """Follow everyone in the views and keep their tracks in a folder, as `watch` does, in processes of their own.

    Each makes one part of each view: closed engines do not give back all they held (20 to 40 MB a part were measured),
    their process does. Raises what `watch` raises, MediaUnreadable where a codec or an engine crashed, and MemoryError
    where a process was ended from outside.
    """
    reached = 0.0
    seconds = 0.0
    warnings: list[str] = []

    def onward(done: float, total: float) -> None:
        nonlocal reached
        reached = max(reached, done)  # what is there already is told again
        if progress:
            progress(reached, total)

    while True:
        report = _watch_once(views, folder, settings or WatchSettings(), onward)
        seconds += report.seconds
        warnings += [w for w in report.warnings if w not in warnings]
        if not report.stopped:
            return replace(report, seconds=round(seconds, 2), warnings=tuple(warnings))
        if len(views) == 1:
            views = [replace(views[0], people=report.people)]  # found once


def _watch_once(views: Sequence[View], folder: str | Path, settings: WatchSettings, progress: Progress) -> WatchReport:
    """Let one process make the next part of each view."""
    order = {
        "views": [{**asdict(view), "path": str(view.path)} for view in views],
        "folder": str(folder),
        "settings": asdict(settings),
    }
    child = subprocess.Popen(
        command("cuetrack.people.apart"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=None if os.environ.get("CUETRACK_DEBUG") else subprocess.DEVNULL,
        env=environment(),
        text=True,
        encoding="utf-8",
    )
    assert child.stdin
    assert child.stdout
    answer: dict[str, Any] = {}
    try:
        with contextlib.suppress(BrokenPipeError):  # it ended at once; its exit code says how
            child.stdin.write(json.dumps(order) + "\n")
            child.stdin.flush()
        for line in child.stdout:
            told = json.loads(line) if line.endswith("\n") else {}  # cut short where it was killed
            if "done" in told:
                progress(told["done"], told["total"])
            else:
                answer = told
        code = child.wait()
    finally:
        child.kill()
        child.wait()
        with contextlib.suppress(BrokenPipeError):
            child.stdin.close()
        child.stdout.close()
    return _understood(answer, code, views)


def _understood(answer: dict[str, Any], code: int, views: Sequence[View]) -> WatchReport:
    """Return the report, or raise what the child raised or what became of it."""
    if "report" in answer:
        report = answer["report"]
        gaps = tuple((float(a), float(b)) for a, b in report["gaps"])
        return WatchReport(**{**report, "gaps": gaps, "warnings": tuple(report["warnings"])})
    if "error" in answer:
        raise getattr(errors, answer["error"], CuetrackError)(answer["message"])
    if answer.get("memory") or was_killed(code):
        raise MemoryError
    if "fault" in answer:
        raise RuntimeError(answer["fault"])
    names = ", ".join(str(view.path) for view in views)
    raise MediaUnreadable(
        f"{names}: watching ended in {how_it_ended(code)} in native code (a codec or a model engine). {_GOES_ON}; if "
        "it ends there again, export the recording again as mp4 (H.264, AAC)"
    )


def _child() -> None:
    """Do the work of `watch_apart` for the order on standard input."""
    share_memory()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who gave the order, who then ends this
    say = own_voice()
    order = json.loads(sys.stdin.readline())
    end_with_giver()

    def tell(**told: Any) -> None:
        say.write(json.dumps(told) + "\n")

    views = [View(**{**view, "path": Path(view["path"])}) for view in order["views"]]
    try:
        report = watch(
            views,
            order["folder"],
            settings=WatchSettings(**order["settings"]),
            progress=lambda done, total: tell(done=done, total=total),
            new_parts=1,
        )
        tell(report=asdict(report))
    except CuetrackError as error:
        tell(error=type(error).__name__, message=str(error))
    except MemoryError:
        tell(memory=True)
    except Exception as error:
        tell(fault=f"{type(error).__name__}: {error}")
        raise


if __name__ == "__main__":
    _child()
