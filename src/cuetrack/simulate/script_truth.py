"""What a script's events do, and its truth as the project's own tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cuetrack import tables
from cuetrack.simulate.archetypes import Kind, kinds
from cuetrack.simulate.script_channels import Change

if TYPE_CHECKING:
    from cuetrack.simulate.script import Event, Script


@dataclass(frozen=True, slots=True)
class Effect:
    """What one event does to one person: changes of channels and of cues, drawn but not yet applied.

    `draws` maps channel to (change, drawn value); `signals` the same for cues. `seed` is that of the event.
    """

    person: str
    start_s: float
    end_s: float
    strength: float
    draws: Mapping[str, tuple[Change, float]]
    signals: Mapping[str, tuple[Change, float]]
    kind: str = ""
    family: str = "part"
    sound: str = ""
    ramp_s: float | None = None
    seed: int = 0


def effects(script: Script) -> list[Effect]:
    """Return every effect of a script, sorted by start: `both` and `partner` settled, parts unfolded."""
    found: list[Effect] = []
    for number, event in enumerate(script.events):
        people = [p.name for p in script.people] if event.person == "both" else [event.person]
        for person in people:
            found += _unfold(script, event, person, script.seed * 1009 + number if event.seed == 0 else event.seed)
    return sorted(found, key=lambda e: (e.start_s, e.end_s, e.person))


def _unfold(script: Script, event: Event, person: str, seed: int) -> list[Effect]:
    start, end = event.start_s, event.end_s
    if not event.kind:
        draws = _draw(event.cues, seed, "own")
        return [Effect(person, start, end, event.strength, draws, {}, ramp_s=event.ramp_s, seed=seed)]
    kind = kinds()[event.kind]
    found = _of_kind(script, kind, person, start, end, event, seed, "")
    for index, part in enumerate(kind.parts if event.parts else ()):
        who = person if part.who == "person" else script.partner(person).name
        first = min(start + part.at * (end - start), script.duration_s)
        last = min(first + part.seconds, script.duration_s)
        if last > first:
            found += _of_kind(script, kinds()[part.kind], who, first, last, event, seed, f"part{index} ")
    return found


def _of_kind(
    script: Script, kind: Kind, person: str, start_s: float, end_s: float, event: Event, seed: int, prefix: str
) -> list[Effect]:
    delay = Change("by", kind.delay_s).draw(seed, "delay") if kind.delay_s[1] > 0 else 0.0
    ramp = kind.ramp_s if event.ramp_s is None or prefix else event.ramp_s
    own = kind.own if prefix else {**kind.own, **event.cues}
    found = [Effect(
        person, min(start_s + delay, end_s), end_s, event.strength,
        _draw(own, seed, prefix + "own"), _draw(kind.own_signals, seed, prefix + "own_signals"),
        kind.name, kind.family, kind.sound, ramp, seed,
    )]  # fmt: skip
    if kind.partner or kind.partner_signals:
        signals = _draw(kind.partner_signals, seed, prefix + "partner_signals")
        found.append(Effect(
            script.partner(person).name, start_s, end_s, event.strength,
            _draw(kind.partner, seed, prefix + "partner"), signals,
            kind.name, kind.family, "", ramp, seed,
        ))  # fmt: skip
    return found


def _draw(changes: Mapping[str, Change], seed: int, part: str) -> dict[str, tuple[Change, float]]:
    return {name: (change, change.draw(seed, part, name)) for name, change in changes.items()}


def truth_spans(script: Script) -> pd.DataFrame:
    """Return the events as a spans table; free cues carry their own label, or "cues"."""
    rows: list[dict[str, object]] = []
    for event in script.events:
        for person in [p.name for p in script.people] if event.person == "both" else [event.person]:
            rows.append({
                "start_s": event.start_s, "end_s": event.end_s, "person": person,
                "toward": script.partner(person).name, "label": event.label or event.kind or "cues",
                "score": event.strength, "source": event.family,
            })  # fmt: skip
    return tables.spans(rows)


def truth_samples(script: Script, rate_hz: float) -> pd.DataFrame:
    """Return the command curves as a samples table."""
    curves = script.curves(rate_hz)
    time = np.arange(round(script.duration_s * rate_hz)) / rate_hz
    return tables.join([tables.samples(time, person, channels, 1.0) for person, channels in curves.items()])
