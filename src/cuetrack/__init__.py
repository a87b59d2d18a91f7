"""Measure nonverbal cues of two people in a recorded session and rank moments worth a second look.

    import cuetrack as ct
    session = ct.analyze("042.mp4", people={"client": "left", "therapist": "right"})
    session["gaze"], session.moments, ct.plot.timeline(session)

Names are loaded on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cuetrack import plot, simulate, synchrony
    from cuetrack.pipeline import analyze
    from cuetrack.pipeline.simulated import simulated_session
    from cuetrack.review.cell import watch
    from cuetrack.session import Session, open_session
    from cuetrack.study import Study, open_study

_HOME = {
    "Session": "cuetrack.session",
    "Study": "cuetrack.study",
    "analyze": "cuetrack.pipeline",
    "open_session": "cuetrack.session",
    "open_study": "cuetrack.study",
    "plot": "",
    "simulate": "",
    "simulated_session": "cuetrack.pipeline.simulated",
    "synchrony": "",
    "watch": "cuetrack.review.cell",
}

__all__ = [
    "Session",
    "Study",
    "analyze",
    "open_session",
    "open_study",
    "plot",
    "simulate",
    "simulated_session",
    "synchrony",
    "watch",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'cuetrack' has no attribute {name!r}")
    home = _HOME[name]
    value = getattr(importlib.import_module(home), name) if home else importlib.import_module(f"cuetrack.{name}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
