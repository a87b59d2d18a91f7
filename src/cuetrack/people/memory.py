"""Keep the memory of engines and threads small: few pools, and what they freed goes back to the system."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

_M_ARENA_MAX = -8  # glibc's malloc.h


def share_memory() -> None:
    """Let all threads of this process take memory from two pools; glibc's pool a thread held 30 to 40 MB more.

    Before the first thread starts. Does nothing where the C library has no such setting.
    """
    if choose := _from_c("mallopt"):
        choose(_M_ARENA_MAX, 2)


def give_back_memory() -> None:
    """Hand freed memory back to the system: glibc keeps some 280 MB that the engines freed, arrow its tables."""
    arrow: Any = sys.modules.get("pyarrow")
    if arrow is not None:
        arrow.default_memory_pool().release_unused()
    if trim := _from_c("malloc_trim"):
        trim(0)


def _from_c(name: str) -> Any:
    """Return a function of the C library, None where it has none of that name."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform.startswith("linux") else None
