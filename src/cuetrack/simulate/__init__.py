"""Simulated sessions with known truth: scripts, rendered recordings, and whole sessions at the level of cues."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cuetrack.simulate.media import Rendered, cached, render
    from cuetrack.simulate.script import Script, demo_script, load_script, short_script
    from cuetrack.simulate.signals import simulate_session
    from cuetrack.simulate.truth import Truth

__all__ = [
    "Rendered",
    "Script",
    "Truth",
    "cached",
    "demo_script",
    "load_script",
    "render",
    "short_script",
    "simulate_session",
]

_HOMES = {
    "Rendered": "media", "cached": "media", "render": "media", "Truth": "truth", "Script": "script",
    "demo_script": "script", "load_script": "script", "short_script": "script", "simulate_session": "signals",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
