"""How much memory there is, and how much a process takes."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress
from pathlib import Path

SESSION_BYTES = 1.0e9
"""What a session is taken to need until one has shown more; measured in docs/benchmarks.md."""
_GROUP = Path("/sys/fs/cgroup")


def free_bytes() -> float:
    """Return the memory that can be had now: of the machine, or of the container where that has less."""
    if sys.platform == "linux":
        with suppress(OSError, ValueError, StopIteration):
            lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
            free = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
            return min(float(free), _container_bytes())
    if sys.platform == "win32":
        return _windows_bytes()
    return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")) / 2


def own_peak_bytes() -> float:
    """Return the most memory this process has held so far; 0 where the system does not tell."""
    with suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(float(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    if sys.platform == "darwin":
        import resource

        return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return 0.0


def room(bound_bytes: float, need_bytes: float, jobs: int) -> int:
    """Return how many sessions may run at once: as many as fit and no more than `jobs`, but at least one."""
    return max(1, min(jobs, int(bound_bytes // max(need_bytes, 1.0))))


def _container_bytes() -> float:
    with suppress(OSError, ValueError):
        most = (_GROUP / "memory.max").read_text(encoding="ascii").strip()
        if most != "max":
            return float(most) - float((_GROUP / "memory.current").read_text(encoding="ascii"))
    return float("inf")


def _windows_bytes() -> float:
    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_ulong), ("load", ctypes.c_ulong), ("total", ctypes.c_ulonglong),
            ("free", ctypes.c_ulonglong), ("rest", ctypes.c_ulonglong * 5),
        )  # fmt: skip

    status = Status(length=ctypes.sizeof(Status))
    getattr(ctypes, "windll").kernel32.GlobalMemoryStatusEx(ctypes.byref(status))  # noqa: B009 - unknown elsewhere
    return float(status.free)
