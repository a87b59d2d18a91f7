"""What is to be scored: every pattern for every person, joined to the rows that were measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cuetrack.moments.measure import Measured
from cuetrack.moments.patterns import CHANNELS, MODALITY, Pattern
from cuetrack.terms import PAIR

LEAST = 0.15
"""Confidence below which something counts as not measured."""


class Unit(NamedTuple):
    """One piece of evidence: a row of the plan, the direction in which it is read, the seconds it is averaged over."""

    row: int
    direction: str
    window_s: float


class Needed(NamedTuple):
    """Units that must speak together, now or up to `before_s` ago."""

    units: tuple[int, ...]
    before_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Use:
    """A term of a pattern for one person: which evidence unit, with which weight."""

    unit: int
    weight: float
    term: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One pattern applied to one person: its measured channels with weights and uses.

    Of `needed` one must speak as a whole. `spread`: by channel, how much its evidence varies in this recording. Not
    `tellable`: nothing that it needs was measured.
    """

    pattern: int
    person: int
    channels: tuple[tuple[str, float, tuple[Use, ...]], ...]
    needed: tuple[Needed, ...]
    missing: tuple[str, ...]
    tellable: bool
    title: str
    spread: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Patterns joined to the measured rows: `units` are distinct; entries are pattern x person."""

    patterns: tuple[Pattern, ...]
    rows: tuple[int, ...]
    units: tuple[Unit, ...]
    entries: tuple[Entry, ...]
    gate_channels: tuple[int, ...]
    gate_modalities: int
    notes: tuple[str, ...]


def plan(patterns: Sequence[Pattern], measured: Measured) -> Plan:
    """Join patterns to what was measured; gates shrink, and say so, where a recording has few channels."""
    where = {(s, p): i for i, (_, s, p) in enumerate(measured.rows) if (measured.confidence[i] > LEAST).any()}
    units: dict[Unit, int] = {}
    rows: dict[int, int] = {}
    entries: list[Entry] = []
    for k, pattern in enumerate(patterns):
        for i, person in enumerate(measured.people):
            whose = {"own": person, "partner": measured.people[1 - i], "pair": PAIR}
            channels: dict[str, list[Use]] = {}
            missing: list[str] = []
            needed: list[Needed] = []
            instead: list[Needed] = []
            together: list[int] = []
            for t, term in enumerate(pattern.terms):
                row = where.get((term.signal, whose[term.who]))
                if row is None:
                    missing.append(term.signal)
                    continue
                local = rows.setdefault(row, len(rows))
                unit = units.setdefault(Unit(local, term.direction, pattern.window_s), len(units))
                needed += [Needed((unit,), term.before_s)] if term.needed and not term.together else []
                together += [unit] if term.together else []
                instead += [Needed((unit,))] if pattern.without and term.signal in pattern.without.needed else []
                channels.setdefault(term.channel, []).append(Use(unit, term.weight, t))
            listed = tuple((c, pattern.weights[c], tuple(channels[c])) for c in CHANNELS if c in channels)
            title = pattern.title
            asked = [term.before_s for term in pattern.terms if term.together]
            if together and len(together) == len(asked):
                needed.append(Needed(tuple(together), max(asked)))
            tellable = bool(needed) or not any(term.needed for term in pattern.terms)
            if not tellable and pattern.without and instead:
                tellable, needed, title = True, instead, pattern.without.title
            entries.append(Entry(k, i, listed, tuple(needed), tuple(missing), tellable, title, (1.0,) * len(listed)))
    present = {c for e in entries if patterns[e.pattern].kind != "nuisance" for c, _, _ in e.channels if c != "pair"}
    modalities = {MODALITY[c] for c in present}
    notes = []
    least = max(1, min(3, (len(present) + 2) // 2))
    if least < 3:
        notes.append(
            f"Only {len(present)} kinds of cues could be measured here; a moment needs {least} of them instead of 3."
        )
    if len(modalities) < 2:
        notes.append("All cues come from one source (sound or picture), so none can confirm the other.")
    gates = tuple(min(p.min_channels, least) for p in patterns)
    return Plan(
        tuple(patterns), tuple(rows), tuple(units), tuple(entries), gates, min(2, len(modalities)), tuple(notes)
    )
