"""Memory that engines freed goes back to the system, so that the next step does not come on top of it."""

from __future__ import annotations

import ctypes
import sys
from typing import Any


def give_back_memory() -> None:
    """Hand freed memory back to the system: glibc keeps some 280 MB that the engines freed, arrow its tables."""
    arrow: Any = sys.modules.get("pyarrow")
    if arrow is not None:
        arrow.default_memory_pool().release_unused()
    if sys.platform.startswith("linux"):
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
