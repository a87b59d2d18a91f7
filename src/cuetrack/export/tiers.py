"""What annotation tools call tiers: named rows of labelled spans, which every format here reads and writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd


@dataclass(frozen=True, slots=True)
class Mark:
    """One labelled span, in whole milliseconds of session time, half-open; `note` is free text."""

    start_ms: int
    end_ms: int
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Tier:
    """A named row of marks: `person` whom they are about, `rater` who made them ("" if a program did).

    `labels` are the labels to choose from, () where any may be given.
    """

    name: str
    marks: tuple[Mark, ...]
    person: str = ""
    rater: str = ""
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Annotations:
    """All tiers of one session, its media files (relative paths if possible) and its length.

    `provenance` says what all of it was made from, as plain data. `lost` lists in words what the format that was read
    could not carry.
    """

    tiers: tuple[Tier, ...]
    duration_ms: int
    media: tuple[Path, ...] = ()
    lost: tuple[str, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def tier(self, name: str) -> Tier:
        """Return a tier by name; raise KeyError if it is not there."""
        return next(t for t in self.tiers if t.name == name)


def tier_of(
    table: pd.DataFrame, name: str, *, person: str = "", note: str | None = None, labels: tuple[str, ...] = ()
) -> Tier:
    """Make a tier of a spans table; `note` names a text column to carry along, `labels` are those to choose from."""
    notes = table[note].astype(str) if note else [""] * len(table)
    marks = []
    starts, ends = ((table[c].to_numpy(float) * 1000).round().astype(int) for c in ("start_s", "end_s"))
    for start_ms, end_ms, label, text in zip(starts, ends, table["label"], notes, strict=True):
        marks.append(Mark(int(start_ms), max(int(end_ms), int(start_ms) + 1), str(label), text))
    return Tier(name, tuple(sorted(marks, key=order)), person, labels=labels)


def lanes(marks: Sequence[Mark]) -> list[list[Mark]]:
    """Spread marks over as few lanes as needed so that none overlap within a lane, for formats that forbid it."""
    spread: list[list[Mark]] = []
    for mark in sorted(marks, key=order):
        free = next((lane for lane in spread if lane[-1].end_ms <= mark.start_ms), None)
        if free is None:
            spread.append([mark])
        else:
            free.append(mark)
    return spread


def lane_names(name: str, count: int) -> Mapping[int, str]:
    """Return the names of a tier's lanes: the tier's own, then name#2, name#3, …"""
    return {i: name if i == 0 else f"{name}#{i + 1}" for i in range(count)}


def order(mark: Mark) -> tuple[int, int, str, str]:
    """Return what marks are sorted by: time, then words."""
    return mark.start_ms, mark.end_ms, mark.label, mark.note
