"""Ranked candidates for a second look: `find_moments`, with patterns as data and chance measured in the recording."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cuetrack.moments.find import Moments, find_moments, usual

VERSION = "7"
__all__ = ["VERSION", "Moments", "find_moments", "usual"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from cuetrack.moments import find

        return getattr(find, name)
    raise AttributeError(f"module {__name__} has no attribute {name}")
