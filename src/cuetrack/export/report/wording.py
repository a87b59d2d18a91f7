"""How lengths of time and chances are written on the page."""

from __future__ import annotations


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
