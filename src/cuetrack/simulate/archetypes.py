"""The named events a script can hold: archetypes of shifts and returns, negatives, conditions and their parts.

They are data: `scripts/kinds.toml`, magnitudes at strength 1.0 as changes from the person's own baseline.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from cuetrack.simulate.script_channels import CHANNELS, Change, read_change

FAMILIES = ("quieter", "forceful", "return", "surface", "negative", "condition", "part")
"""What a kind is to a detector: two sorts of shift, two of what follows, what must not be flagged, and the rest."""

SOUNDS = ("laugh", "cough", "sigh")
"""The sounds of a kind that are a person's own; others ring in the room."""


@dataclass(frozen=True, slots=True)
class Part:
    """A kind within a kind: `at` is a share of the event's length, `who` is "person" or "partner"."""

    kind: str
    at: float
    seconds: float
    who: str = "person"


@dataclass(frozen=True, slots=True)
class Kind:
    """One named event.

    `own` and `partner` change channels (rendered media, and the turns both simulators share), `own_signals` and
    `partner_signals` change cues of a session simulated without media. `seconds` is the usual length (0, 0 is the whole
    session), `delay_s` how long the person's own changes wait, `excludes` the group of which one person can do one.
    """

    name: str
    family: str
    summary: str
    seconds: tuple[float, float]
    own: Mapping[str, Change]
    partner: Mapping[str, Change]
    own_signals: Mapping[str, Change]
    partner_signals: Mapping[str, Change]
    parts: tuple[Part, ...]
    who: str
    excludes: str
    sound: str
    ramp_s: float | None
    delay_s: tuple[float, float]


@cache
def kinds() -> Mapping[str, Kind]:
    """Return every named event by name.

    >>> kinds()["confrontation"].family
    'forceful'
    """
    text = (files("cuetrack.simulate") / "scripts" / "kinds.toml").read_text(encoding="utf-8")
    return {name: _kind(name, row) for name, row in tomllib.loads(text).items()}


def names(*families: str) -> tuple[str, ...]:
    """Return the names of the kinds of these families, in the order of the file."""
    return tuple(name for name, kind in kinds().items() if kind.family in families)


def _kind(name: str, row: Mapping[str, object]) -> Kind:
    given = dict(row)
    changes = {}
    for part in ("own", "partner", "own_signals", "partner_signals"):
        written = given.pop(part, {})
        assert isinstance(written, dict)
        changes[part] = {key: read_change(value) for key, value in written.items()}
        unknown = set(changes[part]) - set(CHANNELS)
        assert part.endswith("_signals") or not unknown, f"{name}.{part}: no channel {sorted(unknown)}"
    low, high = _pair(given.pop("seconds"))
    first, last = _pair(given.pop("delay_s", (0.0, 0.0)))
    ramp = given.pop("ramp_s", None)
    return Kind(
        name=name,
        family=str(given.pop("family")),
        summary=str(given.pop("summary")),
        seconds=(low, high),
        parts=tuple(Part(**p) for p in given.pop("parts", ())),  # type: ignore[attr-defined]
        who=str(given.pop("who", "person")),
        excludes=str(given.pop("excludes", "")),
        sound=str(given.pop("sound", "")),
        ramp_s=None if ramp is None else float(ramp),  # type: ignore[arg-type]
        delay_s=(first, last),
        **changes,
    )


def _pair(value: object) -> tuple[float, float]:
    assert isinstance(value, (list, tuple))
    return float(value[0]), float(value[1])
