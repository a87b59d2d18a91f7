"""Run a verb that decodes recordings in a process of its own, so that a crash in native code ends in a sentence.

The parent waits, hands signals on and says how a child ended that could not say so itself. The child ends when its
parent is gone, and when no picture has come for `SILENT_S` seconds of the picture stage.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Protocol

from cuetrack.processes import command, environment, how_it_ended, was_killed


class Progress(Protocol):
    """Called with the stage's name and the share of it that is done, 0..1."""

    def __call__(self, stage: str, done: float) -> None:
        """Show that this share of the stage is done."""


VERBS = ("analyze", "check", "demo", "batch", "redact")
"""The verbs that decode recordings or run the engines."""
SILENT_S = 900.0
_MARK = "CUETRACK_SUPERVISED_BY"
_PARENT_LOOK_S = 1.0


def is_child() -> bool:
    """Say whether this process works for a parent that started it."""
    return _MARK in os.environ


def wants_child(words: Sequence[str]) -> bool:
    """Say whether this command line is to run in a child process: it decodes, and is not the child already."""
    verb = next((w for w in words if not w.startswith("-")), "")
    return verb in VERBS and not is_child() and not os.environ.get("CUETRACK_DEBUG")


def run_child(words: Sequence[str]) -> tuple[int, str]:
    """Run the command line in a child process; return its exit code and what happened, if it could not say it."""
    with tempfile.TemporaryDirectory(prefix="cuetrack-") as place:
        note = Path(place) / "note"
        marked = environment(**{_MARK: f"{os.getpid()} {note}"})
        child = subprocess.Popen([*command("cuetrack.cli"), *words], env=marked)
        code = _wait(child)
        hung = note.is_file() and note.stat().st_size > 0
    return (1 if hung or code < 0 or code > 255 else code), _said(code, hung)


def join_parent() -> None:
    """In the child: end when the parent is gone, and note it if the process hangs while it decodes."""
    parent, _, note = os.environ.get(_MARK, "").partition(" ")
    if not parent:
        return

    def watch() -> None:
        while os.getppid() == int(parent):
            time.sleep(_PARENT_LOOK_S)
        os._exit(130)

    if os.name == "posix":
        threading.Thread(target=watch, name="parent", daemon=True).start()
    _Alarm.note = note


class _Alarm:
    note: str = ""


def alarmed(progress: Progress, silent_s: float = SILENT_S) -> Progress:
    """Return the progress callback with an alarm: in a supervised child, a picture stage that stands still ends it."""
    if not _Alarm.note:
        return progress
    file = Path(_Alarm.note).open("w", encoding="utf-8")  # noqa: SIM115 - the alarm writes into it as the process ends

    def told(stage: str, done: float) -> None:
        if stage == "picture" and done < 1.0:
            faulthandler.dump_traceback_later(silent_s, exit=True, file=file)
        else:
            faulthandler.cancel_dump_traceback_later()
        progress(stage, done)

    return told


def _wait(child: subprocess.Popen[bytes]) -> int:
    """Wait for the child; Ctrl-C reaches it by itself, a request to end is handed on."""

    def hand_on(number: int, frame: FrameType | None) -> None:
        child.terminate()

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, hand_on)
    return child.wait()


def _said(code: int, hung: bool) -> str:
    goes_on = "What was finished is kept: the same command goes on from there"
    if hung:
        return (
            f"no picture came out of the recording for {SILENT_S / 60:.0f} minutes, so the run was stopped. {goes_on}; "
            "if it stops there again, export the recording again, or use another program to convert it."
        )
    if was_killed(code):
        return (
            "the process that did the work was ended from outside (SIGKILL), as a system does when memory runs out. "
            f"{goes_on}; close other programs first, or add --fast."
        )
    if code < 0 and -code in (signal.SIGINT, signal.SIGTERM):
        return f"stopped. {goes_on}."
    if code < 0 or code > 255:
        return (
            f"the process that did the work ended in {how_it_ended(code)} in native code (a codec or a model engine), "
            f"not in cuetrack. {goes_on}; if it ends there again, export the recording again as mp4 (H.264, AAC)."
        )
    return ""
