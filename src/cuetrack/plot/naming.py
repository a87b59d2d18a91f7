"""How signals, times and numbers are written in figures."""

from __future__ import annotations

from functools import cache

from cuetrack.cues.registry import all_cues

_ENDINGS = (
    "_deg_per_s",
    "_sw_per_s",
    "_syl_per_s",
    "_per_min",
    "_per_s",
    "_deg",
    "_cm",
    "_mm",
    "_db",
    "_st",
    "_sd",
    "_s",
)


def label(signal: str) -> str:
    """Return a signal's name in words, without its unit.

    >>> label("breath_rate_per_min"), label("off_home_deg")
    ('breath rate', 'off home')
    """
    ending = next((e for e in _ENDINGS if signal.endswith(e) and signal != e), "")
    return signal.removesuffix(ending).replace("_", " ")


@cache
def units() -> dict[str, str]:
    """Return the printed unit of every declared signal."""
    return {s.name: s.unit for c in all_cues().values() for s in c.signals}


@cache
def noises() -> dict[str, float]:
    """Return the measurement noise of every declared signal."""
    return {s.name: s.noise for c in all_cues().values() for s in c.signals}


def unit(signal: str) -> str:
    """Return a signal's printed unit, "" where it has none."""
    return units().get(signal, "")


def clock(time_s: float) -> str:
    """Return session time as it is spoken.

    >>> clock(65), clock(3725)
    ('1:05', '1:02:05')
    """
    seconds = round(max(0.0, time_s))
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
