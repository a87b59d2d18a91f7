"""The video stage in a process of its own: the engines' memory ends with it, and a crash in them is an error message.

    report = watch_apart(views, folder)     # as `watch.watch`

The child takes its order as a line of JSON on standard input, answers with lines of JSON, and ends when standard input
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
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cuetrack import errors
from cuetrack.errors import CuetrackError, MediaUnreadable
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
    """Follow everyone in the views and keep their tracks in a folder, as `watch` does, in a process of its own.

    Raises what `watch` raises, MediaUnreadable where a codec or an engine crashed, and MemoryError where the process
    was ended from outside.
    """
    order = {
        "views": [{**asdict(view), "path": str(view.path)} for view in views],
        "folder": str(folder),
        "settings": asdict(settings or WatchSettings()),
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
            if "done" in told and progress:
                progress(told["done"], told["total"])
            answer = answer if "done" in told else told
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
