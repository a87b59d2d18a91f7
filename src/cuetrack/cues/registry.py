"""How a cue declares itself, is found and is run.

    @cue(signals=(Signal("nod_rate_per_min", "1/min", 0, 120, "more nods"),), version="1")
    def nodding(face, *, window_s=4.0):
        '''Measure how often a person nods.'''

The signature is the declaration. Positional parameters are what the cue needs, by name, as pytest fixtures are:

- a track: `face`, `body`, `torso`, `sound`, `speech` (this person's) or `scene` (the picture's);
- `partner_` before a track's name: the other person's;
- another cue's name, with `_cue` appended where a track has the same name (`face_cue`): that cue's samples of this
  person; with `_spans` appended: its spans of this person.

A default of None makes one optional. Keyword-only parameters are settings and are saved with the result.
A cue with `pair=True` runs once for both: each track arrives as a dict by person, each table with both people in it.
A cue returns its samples table, or `(samples, spans)`; one without signals returns its spans table.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import entry_points
from typing import Any, TypeVar, cast

import pandas as pd

from cuetrack import tables
from cuetrack.errors import CuetrackError
from cuetrack.terms import PAIR, Signal

TRACKS = ("face", "body", "torso", "sound", "speech", "scene")
_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Cue:
    """A registered cue: its name (that of its module), what it needs, what it gives, and the function."""

    name: str
    version: str
    signals: tuple[Signal, ...]
    span_labels: tuple[str, ...]
    pair: bool
    needs: tuple[str, ...]
    optional: frozenset[str]
    settings: Mapping[str, Any]
    function: Callable[..., Any]

    @property
    def summary(self) -> str:
        """First sentence of the function's docstring."""
        return (inspect.getdoc(self.function) or "").split("\n", 1)[0]


@dataclass(frozen=True, slots=True)
class CueTables:
    """What running a cue gave: samples (None if it declares no signals), spans, and why people are missing."""

    samples: pd.DataFrame | None
    spans: pd.DataFrame
    missing: Mapping[str, str]


def cue(
    *, version: str, signals: Sequence[Signal] = (), spans: Sequence[str] = (), pair: bool = False
) -> Callable[[_F], _F]:
    """Declare a function to be the cue of its module and return it unchanged."""

    def declare(function: _F) -> _F:
        parameters = inspect.signature(function).parameters.values()
        inputs = [p for p in parameters if p.kind is not inspect.Parameter.KEYWORD_ONLY]
        settings = {p.name: p.default for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY}
        unset = [name for name, default in settings.items() if default is inspect.Parameter.empty]
        if unset:
            raise TypeError(f"cue {function.__name__}: settings need defaults: {', '.join(unset)}")
        declared = Cue(
            name=function.__module__.rsplit(".", 1)[-1],
            version=version,
            signals=tuple(signals),
            span_labels=tuple(spans),
            pair=pair,
            needs=tuple(p.name for p in inputs),
            optional=frozenset(p.name for p in inputs if p.default is None),
            settings=settings,
            function=function,
        )
        cast("Any", function).cue = declared
        return function

    return declare


@cache
def all_cues() -> Mapping[str, Cue]:
    """Return every cue by name, the package's own and those of the entry-point group `cuetrack.cues`, needs first."""
    package = importlib.import_module("cuetrack.cues")
    modules = [importlib.import_module(f"cuetrack.cues.{m.name}") for m in pkgutil.iter_modules(package.__path__)]
    modules += [entry.load() for entry in entry_points(group="cuetrack.cues")]
    found: dict[str, Cue] = {}
    for module in modules:
        for value in vars(module).values():
            declared = getattr(value, "cue", None)
            if isinstance(declared, Cue) and value.__module__ == module.__name__:
                found[declared.name] = declared
    graph = {name: sorted({n for need in c.needs if (n := cue_needed(need, found))}) for name, c in found.items()}
    try:
        return {name: found[name] for name in TopologicalSorter(graph).static_order()}
    except CycleError as error:
        raise CuetrackError(f"cues need each other in a circle: {' → '.join(error.args[1])}") from error


def cue_needed(need: str, known: Iterable[str]) -> str | None:
    """Return the name of the cue that a parameter asks for, None if it asks for a track."""
    name = need.removeprefix("partner_")
    if name in TRACKS:
        return None
    return next((n for n in (name, name.removesuffix("_cue"), name.removesuffix("_spans")) if n in known), None)


def run(
    cue: Cue,
    tracks: Mapping[str, Mapping[str, Any]],
    done: Mapping[str, CueTables],
    people: Sequence[str],
    settings: Mapping[str, Any] | None = None,
) -> CueTables:
    """Run one cue for everyone it can be run for; who cannot be measured is named with the reason.

    `tracks` maps track name to person to track (`scene` maps "scene" to one track); `done` holds cues run before.
    """
    chosen = {**cue.settings, **(settings or {})}
    unknown = set(chosen) - set(cue.settings)
    if unknown:
        names = ", ".join(sorted(unknown))
        raise CuetrackError(f"cue {cue.name} has no setting {names}; it has {', '.join(cue.settings)}")
    parts: list[pd.DataFrame] = []
    span_parts: list[pd.DataFrame] = [tables.spans()]
    missing: dict[str, str] = {}
    for person in [PAIR] if cue.pair else people:
        given = {need: _give(need, person, tracks, done, people) for need in cue.needs}
        absent = [n for n, value in given.items() if value is None and n not in cue.optional]
        if absent:
            missing[person] = "needs " + ", ".join(a.replace("_", " ") for a in absent)
            continue
        result = cue.function(*given.values(), **chosen)
        given.clear()  # an hour of a face is 65 MB: not held while the next one is read
        samples, spans = result if isinstance(result, tuple) else (result, None) if cue.signals else (None, result)
        if samples is not None:
            parts.append(tables.check_samples(samples, cue.signals, name=cue.name))
        if spans is not None:
            span_parts.append(tables.check_spans(spans, name=cue.name))
    joined = tables.join(parts or [_empty(cue)]) if cue.signals else None
    return CueTables(joined, tables.join(span_parts), missing)


def _give(
    need: str,
    person: str,
    tracks: Mapping[str, Mapping[str, Any]],
    done: Mapping[str, CueTables],
    people: Sequence[str],
) -> Any:
    """Return what a parameter asks for, None if it is not there."""
    if need == "scene":
        return tracks.get("scene", {}).get("scene")
    if need in TRACKS and person == PAIR:
        return dict(tracks.get(need, {})) or None
    partner = next((p for p in people if p != person), None)
    whose = partner if need.startswith("partner_") else person
    name = need.removeprefix("partner_")
    if name in TRACKS:
        return tracks.get(name, {}).get(whose) if whose else None
    asked = cue_needed(name, done)
    if asked is None:
        return None
    had = done[asked]
    if whose in had.missing or PAIR in had.missing:
        return None
    wants_spans = name.endswith("_spans") or had.samples is None
    frame = had.spans if wants_spans else had.samples
    if frame is None or person == PAIR:
        return frame
    rows = frame[frame["person"] == whose]
    return rows.reset_index(drop=True) if len(rows) or wants_spans else None


def _empty(cue: Cue) -> pd.DataFrame:
    return tables.samples([], "", {s.name: [] for s in cue.signals}, [])
