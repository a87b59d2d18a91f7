"""Processes of our own: Python modules that take an order on standard input and answer line by line.

Standard input stays open while whoever gave the order is there; when it ends, so does the work.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TextIO


def command(module: str) -> list[str]:
    """Return the command that runs a module with this Python."""
    return [sys.executable, "-m", module]


def environment(**more: str) -> dict[str, str]:
    """Return this process's environment, in which another Python finds the same packages."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), **more}


def own_voice() -> TextIO:
    """Return what was standard output; whatever a library prints from now on is not for who gave the order."""
    say = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", buffering=1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    return say


def end_with_giver() -> None:
    """From now on end this process when standard input ends: whoever gave the order is gone."""

    def wait() -> None:
        while os.read(0, 1024):
            pass
        os._exit(130)

    threading.Thread(target=wait, name="giver", daemon=True).start()


def how_it_ended(code: int) -> str:
    """Say in words how a process ended that ended badly, from its exit code (negative: a signal)."""
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"a crash ({signal.Signals(-code).name})"
    return f"a crash (code {code & 0xFFFFFFFF:#x})" if code > 255 or code < 0 else f"a stop (code {code})"


def was_killed(code: int) -> bool:
    """Say if a process was ended from outside by SIGKILL, as a system does when memory runs out."""
    return code == -getattr(signal, "SIGKILL", 9)


def resident_bytes(pid: int) -> float:
    """Return what a process and those it started hold in memory now; 0 where the system does not tell."""
    held = 0.0
    with contextlib.suppress(OSError, ValueError, IndexError):
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        held = float(pages * os.sysconf("SC_PAGE_SIZE"))
        for thread in Path(f"/proc/{pid}/task").iterdir():
            children = (thread / "children").read_text(encoding="ascii").split()
            held += sum(resident_bytes(int(child)) for child in children)
    return held
