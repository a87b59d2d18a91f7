"""How signals, times and shares are written on the page."""

from __future__ import annotations

from functools import cache

from cuetrack.cues.registry import all_cues

_PER = ("_deg_per_s", "_sw_per_s", "_syl_per_s", "_per_min", "_per_s")
_ENDINGS = (*_PER, "_deg", "_cm", "_mm", "_db", "_st", "_sd", "_s")


def label(signal: str) -> str:
    """Return a signal's name in words, without its unit.

    >>> label("breath_rate_per_min")
    'breath rate'
    """
    ending = next((e for e in _ENDINGS if signal.endswith(e) and signal != e), "")
    return signal.removesuffix(ending).replace("_", " ")


@cache
def _units() -> dict[str, str]:
    return {s.name: s.unit for c in all_cues().values() for s in c.signals}


def unit(signal: str) -> str:
    """Return a signal's printed unit, "" where it has none."""
    return _units().get(signal, "")


def clock(time_s: float) -> str:
    """Return session time as it is spoken.

    >>> clock(65), clock(3725)
    ('1:05', '1:02:05')
    """
    seconds = round(max(0.0, float(time_s)))
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def length(seconds: float) -> str:
    """Return a length of time in words.

    >>> length(95), length(3000)
    ('1 min 35 s', '50 min')
    """
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    parts = [(hours, "h"), (minutes, "min"), (0 if hours or minutes >= 10 else rest, "s")]
    return " ".join(f"{n} {u}" for n, u in parts if n) or f"{seconds:.0f} s"


def chance(per_hour: float) -> str:
    """Return in words how often a moment as strong comes about by chance in this recording.

    >>> chance(0.4)
    'a moment this strong arises by chance about 0.4 times an hour in this recording'
    """
    if per_hour != per_hour:
        return "how often chance gives a moment this strong was not measured"
    often = "less than once in 20 hours" if per_hour < 0.05 else f"about {per_hour:.1f} times an hour"
    return f"a moment this strong arises by chance {often} in this recording"
