"""Patterns are data: which cues, in which direction, with which weight. One TOML file each, in `patterns/`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from cuetrack.errors import PatternError
from cuetrack.store.files import read_text

CHANNELS = ("timing", "voice", "gaze", "face", "posture", "breathing", "gesture", "pair")
CHANNEL_WEIGHTS: Mapping[str, float] = {
    "timing": 0.22,
    "voice": 0.18,
    "gaze": 0.14,
    "face": 0.14,
    "posture": 0.10,
    "breathing": 0.08,
    "gesture": 0.07,
    "pair": 0.07,
}
"""How much a channel counts unless a pattern says otherwise; judgement after the literature, timing strongest."""
CHANNEL_OF_CUE: Mapping[str, str] = {
    "turns": "timing",
    "speaking": "timing",
    "response": "timing",
    "voice": "voice",
    "gaze": "gaze",
    "face": "face",
    "head": "gesture",
    "posture": "posture",
    "breathing": "breathing",
    "gesture": "gesture",
    "synchrony": "pair",
}
MODALITY: Mapping[str, str] = {
    "timing": "timing",
    "voice": "voice",
    "gaze": "face",
    "face": "face",
    "posture": "body",
    "breathing": "body",
    "gesture": "body",
    "pair": "pair",
}
"""What a channel is measured from: channels of one modality fail together."""
DIRECTIONS = ("+", "-", "either", "return")
KINDS = ("shift", "return", "nuisance")
WHO = ("own", "partner", "pair")
WINDOW_S = 20.0
"""Seconds over which evidence is averaged unless a pattern says otherwise."""
_WINDOWS_S, _MOST_BEFORE_S = (5.0, 180.0), 60.0


@dataclass(frozen=True, slots=True)
class Term:
    """One cue signal of a pattern: of whom, in which direction it speaks for the pattern, in which channel.

    `direction` is "+" (above usual), "-" (below), "either" (far from usual on any side) or "return" (nearer to usual
    than before). `weight` is 0..1. Of the terms `needed` one at least must speak, else the title would not be true;
    those needed `together` count only where all of them do. What is needed may have spoken up to `before_s` ago.
    """

    cue: str
    signal: str
    direction: str
    weight: float
    who: str
    channel: str
    source: str
    needed: bool = False
    together: bool = False
    before_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Without:
    """How a pattern is told where none of its needed terms could be measured: `title`, and signals of which one speaks.

    Without it such a pattern is not told at all.
    """

    title: str
    needed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A named combination of cue signals: a shift, a return toward usual, or a nuisance that counts against both.

    `title` is printed and names movement, voice and timing only. `family` groups patterns ("quieter", "forceful", …).
    `min_channels` channels must speak before there is a candidate; `weights` are the channel weights. It is not told
    where either person shows one of the patterns in `yields_to` about as strongly: they say more. Evidence is averaged
    over `window_s`.
    """

    id: str
    title: str
    kind: str
    family: str
    min_channels: int
    source: str
    terms: tuple[Term, ...]
    weights: Mapping[str, float]
    without: Without | None = None
    yields_to: tuple[str, ...] = ()
    window_s: float = WINDOW_S


_KEYS = {
    "id", "title", "kind", "family", "min_channels", "source", "term", "channels", "without", "yields_to", "window_s",
}  # fmt: skip


def load_patterns(folder: str | Path | None = None) -> tuple[Pattern, ...]:
    """Return the patterns of a folder of TOML files, or the shipped ones, in the order of their file names.

    Raises PatternError naming file and fault.
    """
    if folder is None:
        found = sorted(
            (f for f in (files("cuetrack.moments") / "patterns").iterdir() if f.name.endswith(".toml")),
            key=lambda f: f.name,
        )
        texts = [(f.name, f.read_text(encoding="utf-8")) for f in found]
    else:
        path = Path(folder)
        if not path.exists():
            raise PatternError(f"expected a pattern file or a folder of them, found nothing at {path}")
        paths = sorted(path.glob("*.toml")) if path.is_dir() else [path]
        texts = [(p.name, _text_of(p)) for p in paths]
    patterns = tuple(read_pattern(text, name=name) for name, text in texts)
    ids = [p.id for p in patterns]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    if twice:
        raise PatternError(f"two patterns share the id {', '.join(twice)}; give each its own")
    if not any(p.kind != "nuisance" for p in patterns):
        raise PatternError("expected at least one pattern of kind shift or return, got none")
    return patterns


def _text_of(path: Path) -> str:
    try:
        return read_text(path, most_mb=1)
    except (OSError, ValueError) as error:
        raise PatternError(f"{path}: expected a pattern in TOML, could not read it ({error})") from error


def read_pattern(text: str, *, name: str = "pattern") -> Pattern:
    """Return the pattern written in TOML `text`; raise PatternError saying what is wrong and what would be right.

    >>> text = 'id="louder"\\ntitle="louder"\\nsource="example"\\n'
    >>> read_pattern(text + '[[term]]\\ncue="voice"\\nsignal="level_db"\\ndirection="+"').kind
    'shift'
    """
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise PatternError(f"{name}: not valid TOML: {error}") from error
    _only(data, _KEYS, name)
    kind = _one_of(data.get("kind", "shift"), KINDS, f"{name}: kind")
    weights = dict(CHANNEL_WEIGHTS)
    for channel, value in _table(data.get("channels", {}), f"{name}: channels").items():
        weights[_one_of(channel, CHANNELS, f"{name}: channels")] = _number(value, f"{name}: channels.{channel}")
    rows = data.get("term", [])
    if not isinstance(rows, list) or not rows:
        raise PatternError(f"{name}: expected at least one [[term]], got none")
    terms = tuple(_term(_table(r, f"{name}: term"), f"{name}: term {i + 1}") for i, r in enumerate(rows))
    least = data.get("min_channels", 3)
    if not isinstance(least, int) or not 1 <= least <= len(CHANNELS):
        raise PatternError(f"{name}: min_channels must be a whole number 1..{len(CHANNELS)}, got {least!r}")
    return Pattern(
        id=_text(data, "id", name),
        title=_text(data, "title", name),
        kind=kind,
        family=str(data.get("family", kind)),
        min_channels=least,
        source=_text(data, "source", name),
        terms=terms,
        weights=weights,
        without=_without(data["without"], terms, f"{name}: without") if "without" in data else None,
        yields_to=_ids(data.get("yields_to", []), f"{name}: yields_to"),
        window_s=_number(data.get("window_s", WINDOW_S), f"{name}: window_s", *_WINDOWS_S),
    )


def _without(value: object, terms: tuple[Term, ...], place: str) -> Without:
    row = _table(value, place)
    _only(row, {"title", "needed"}, place)
    signals = {t.signal for t in terms}
    needed = row.get("needed")
    if not isinstance(needed, list) or not needed or not all(isinstance(s, str) and s in signals for s in needed):
        raise PatternError(f"{place}: expected needed = [signals of the pattern's own terms], got {needed!r}")
    return Without(_text(row, "title", place), tuple(needed))


def _term(row: Mapping[str, Any], place: str) -> Term:
    _only(row, {"cue", "signal", "direction", "weight", "who", "channel", "source", "needed", "before_s"}, place)
    cue = _text(row, "cue", place)
    channel = row.get("channel", CHANNEL_OF_CUE.get(cue))
    if channel is None:
        raise PatternError(f'{place}: cue {cue} has no channel of its own; add channel = "…" ({", ".join(CHANNELS)})')
    weight = _number(row.get("weight", 1.0), f"{place}: weight")
    if not 0 < weight <= 1:
        raise PatternError(f"{place}: weight must lie above 0 and not above 1, got {weight:g}")
    needed = _one_of(row.get("needed", False), (False, True, "together"), f"{place}: needed")
    before_s = _number(row.get("before_s", 0), f"{place}: before_s", 0, _MOST_BEFORE_S)
    if before_s and needed == "False":
        raise PatternError(f"{place}: before_s says when a needed term may have spoken; add needed = true")
    return Term(
        cue=cue,
        signal=_text(row, "signal", place),
        direction=_one_of(row.get("direction"), DIRECTIONS, f"{place}: direction"),
        weight=weight,
        who=_one_of(row.get("who", "own"), WHO, f"{place}: who"),
        channel=_one_of(channel, CHANNELS, f"{place}: channel"),
        source=str(row.get("source", "")),
        needed=needed != "False",
        together=needed == "together",
        before_s=before_s,
    )


def _ids(value: object, place: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
        raise PatternError(f"{place}: expected a list of ids of patterns, got {value!r}")
    return tuple(value)


def _only(row: Mapping[str, Any], known: Iterable[str], place: str) -> None:
    unknown = sorted(set(row) - set(known))
    if unknown:
        raise PatternError(f"{place}: unknown key {', '.join(unknown)}; known are {', '.join(sorted(known))}")


def _table(value: object, place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise PatternError(f"{place}: expected a table, got {value!r}")
    return value


def _text(row: Mapping[str, Any], key: str, place: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value:
        raise PatternError(f'{place}: expected {key} = "…", got {value!r}')
    return value


def _number(value: object, place: str, low: float = 0, high: float = 1) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise PatternError(f"{place}: expected a number {low:g}..{high:g}, got {value!r}")
    return float(value)


def _one_of(value: object, allowed: tuple[str | bool, ...], place: str) -> str:
    if value not in allowed:
        raise PatternError(f"{place}: expected one of {', '.join(map(str, allowed))}, got {value!r}")
    return str(value)
