"""Reading a script strictly: one clear error naming line and field, never a guess."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any, NoReturn

from cuetrack.errors import ScriptError
from cuetrack.simulate.archetypes import kinds
from cuetrack.simulate.portrait import LOOKS
from cuetrack.simulate.script import BOTH, Event, Output, Person, Script
from cuetrack.simulate.script_channels import CHANNELS, Change, read_change

_TOP = ("name", "duration_s", "seed", "transition_s", "people", "events", "output")
_PERSON = ("name", "place", "role", "voice_f0_hz", "look", "defaults", "skin", "glasses", "beard")
_EVENT = ("start_s", "end_s", "person", "kind", "strength", "seed", "cues", "label", "ramp_s", "parts")
_OUTPUT = ("fps", "size", "layout", "sound", "codec", "mirrored", "missing", "sound_late_s")
_CHOICES = {
    "layout": ("two_person", "file_per_person"),
    "sound": ("stereo", "mono", "per_file"),
    "codec": ("h264", "mpeg4"),
    "missing": ("sound", "face", "body"),
}
_NUMBER = (int, float)


def read_script(text: str, name: str) -> Script:
    """Return the script in a TOML text; `name` stands in the errors. Raises ScriptError."""
    try:
        given = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ScriptError(f"{name}: not valid TOML: {error}") from error
    return _Reader(text, name).script(given)


class _Reader:
    def __init__(self, text: str, name: str) -> None:
        self.lines = text.splitlines()
        self.name = name

    def fail(self, section: str, number: int, field: str, message: str) -> NoReturn:
        line = self.line_of(section, number, field)
        where = f"{section}[{number}].{field}" if section in ("people", "events") else f"{section}.{field}".strip(".")
        raise ScriptError(f"{self.name}, line {line}, {where}: {message}")

    def line_of(self, section: str, number: int, field: str) -> int:
        """Return the 1-based line where a field stands, that of its section if it is missing."""
        head = re.compile(rf"^\s*\[\[?\s*{section}\s*\]?\]")
        starts = [i for i, line in enumerate(self.lines) if section and head.match(line)]
        first = starts[number] if number < len(starts) else 0
        for index in range(first, len(self.lines)):
            if index > first and section and self.lines[index].lstrip().startswith("["):
                break
            if re.search(rf"(?<![\w]){re.escape(field.rsplit('.', 1)[-1])}\s*=", self.lines[index]):
                return index + 1
        return first + 1

    def script(self, given: dict[str, Any]) -> Script:
        self.known("", 0, given, _TOP)
        duration = self.number("", 0, given, "duration_s", 1.0, 6 * 3600.0)
        people = [self.person(i, row) for i, row in enumerate(self.rows(given, "people"))]
        if len(people) != 2 or len({p.name for p in people}) != 2:
            self.fail("people", 0, "name", f"expected two people with two names, got {[p.name for p in people]}")
        if {p.place for p in people} != {"left", "right"}:
            self.fail("people", 1, "place", "expected one person left and one right")
        names = [p.name for p in people]
        events = [self.event(i, row, names, duration) for i, row in enumerate(self.rows(given, "events"))]
        self.possible(events)
        return Script(
            duration_s=duration,
            people=tuple(people),
            events=tuple(events),
            seed=self.whole("", 0, given, "seed", 0),
            name=self.text("", 0, given, "name", self.name.removesuffix(".toml")),
            transition_s=self.number("", 0, given, "transition_s", 0.0, 30.0, 2.0),
            output=self.output(given.get("output", {})),
        )

    def person(self, number: int, row: dict[str, Any]) -> Person:
        self.known("people", number, row, _PERSON)
        name = self.text("people", number, row, "name")
        if name in (BOTH, "pair", ""):
            self.fail("people", number, "name", f"{name!r} cannot be a person's name")
        place = self.text("people", number, row, "place")
        if place not in ("left", "right"):
            self.fail("people", number, "place", f"expected left or right, got {place!r}")
        defaults = row.get("defaults", {})
        self.table("people", number, "defaults", defaults)
        for channel in defaults:
            if channel not in CHANNELS:
                self.unknown("people", number, channel, "cue", CHANNELS)
            self.number("people", number, defaults, channel, CHANNELS[channel].low, CHANNELS[channel].high)
        look = self.whole("people", number, row, "look", 0 if place == "left" else 1)
        if look >= len(LOOKS):
            self.fail("people", number, "look", f"expected 0 or 1, got {look}")
        return Person(
            name,
            place,
            self.text("people", number, row, "role", name),
            self.number("people", number, row, "voice_f0_hz", 60.0, 400.0, 180.0),
            look,
            {k: float(v) for k, v in defaults.items()},
            self.number("people", number, row, "skin", 0.0, 1.0, 0.0),
            self.flag("people", number, row, "glasses", False),
            self.flag("people", number, row, "beard", False),
        )

    def event(self, number: int, row: dict[str, Any], names: list[str], duration: float) -> Event:
        self.known("events", number, row, _EVENT)
        start = self.number("events", number, row, "start_s", 0.0, duration)
        end = self.number("events", number, row, "end_s", 0.0, duration)
        if end <= start:
            self.fail("events", number, "end_s", f"ends at {end:g} s, which is not after its start at {start:g} s")
        person = self.text("events", number, row, "person")
        if person not in (*names, BOTH):
            self.unknown("events", number, "person", "person", (*names, BOTH), person)
        kind = self.text("events", number, row, "kind", "")
        if kind and kind not in kinds():
            self.unknown("events", number, "kind", "kind of event", kinds(), kind)
        cues = row.get("cues", {})
        self.table("events", number, "cues", cues)
        if not kind and not cues:
            self.fail("events", number, "kind", "expected a kind or cues, got neither")
        changes = {c: self.change(number, c, value) for c, value in cues.items()}
        ramp = self.number("events", number, row, "ramp_s", 0.0, 60.0) if "ramp_s" in row else None
        return Event(
            start, end, person, kind,
            self.number("events", number, row, "strength", 0.0, 3.0, 1.0),
            self.whole("events", number, row, "seed", 0),
            changes, self.text("events", number, row, "label", ""), ramp,
            self.flag("events", number, row, "parts", True),
        )  # fmt: skip

    def change(self, number: int, channel: str, value: object) -> Change:
        if channel not in CHANNELS:
            self.unknown("events", number, channel, "cue", CHANNELS)
        try:
            change = read_change(value)
        except ValueError as error:
            self.fail("events", number, channel, str(error))
        limits = CHANNELS[channel]
        low, high = limits.low, limits.high
        reach = high - low
        for v in change.values:
            fits = low <= v <= high if change.how == "to" else abs(v) <= (reach if change.how == "by" else 20.0)
            if not fits:
                self.fail("events", number, channel, f"{v:g} is out of range, expected {low:g}..{high:g} {limits.unit}")
        return change

    def output(self, given: Any) -> Output:
        self.table("output", 0, "", given)
        self.known("output", 0, given, _OUTPUT)
        for field in ("layout", "sound", "codec"):
            if field in given and given[field] not in _CHOICES[field]:
                self.unknown("output", 0, field, field, _CHOICES[field], given[field])
        missing = given.get("missing", [])
        if not isinstance(missing, list) or not set(missing) <= set(_CHOICES["missing"]):
            self.fail("output", 0, "missing", f"expected a list of {', '.join(_CHOICES['missing'])}, got {missing!r}")
        size = given.get("size", [640, 480])
        if not (isinstance(size, list) and len(size) == 2 and all(type(v) is int and 64 <= v <= 4096 for v in size)):
            self.fail("output", 0, "size", f"expected [width, height] in 64..4096 pixels, got {size!r}")
        plain = {k: given[k] for k in ("layout", "sound", "codec") if k in given}
        return Output(
            fps=self.number("output", 0, given, "fps", 5.0, 60.0, 25.0),
            size=(size[0], size[1]),
            mirrored=self.flag("output", 0, given, "mirrored", False),
            missing=tuple(missing),
            sound_late_s=self.number("output", 0, given, "sound_late_s", -1.0, 1.0, 0.0),
            **plain,
        )

    def possible(self, events: list[Event]) -> None:
        """Refuse what one person cannot do at the same time."""
        for later, b in enumerate(events):
            for a in events[:later]:
                together = a.person == b.person or BOTH in (a.person, b.person)
                if not together or a.end_s <= b.start_s or b.end_s <= a.start_s:
                    continue
                group_a = kinds()[a.kind].excludes if a.kind else ""
                group_b = kinds()[b.kind].excludes if b.kind else ""
                if group_a and group_a == group_b:
                    self.fail("events", later, "kind", f"{b.kind} cannot happen during {a.kind} ({a.start_s:g} to "
                              f"{a.end_s:g} s) to the same person; move one of them")  # fmt: skip
                for channel in a.cues.keys() & b.cues.keys():
                    one, two = a.cues[channel], b.cues[channel]
                    if one.how == two.how == "to" and one != two:
                        self.fail("events", later, channel, f"goes to {two.values[0]:g} while an event from "
                                  f"{a.start_s:g} to {a.end_s:g} s goes to {one.values[0]:g}")  # fmt: skip

    def rows(self, given: Mapping[str, Any], section: str) -> list[dict[str, Any]]:
        rows = given.get(section, [])
        if not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
            self.fail("", 0, section, f"expected tables under [[{section}]], got {rows!r:.80}")
        return rows

    def known(self, section: str, number: int, row: Mapping[str, Any], allowed: tuple[str, ...]) -> None:
        for field in row:
            if field not in allowed:
                self.fail(section, number, field, f"unknown key; known are {', '.join(allowed)}")

    def unknown(self, section: str, number: int, field: str, what: str, known: Any, got: object = None) -> NoReturn:
        self.fail(section, number, field, f"unknown {what} {got or field!r}; known are {', '.join(known)}")

    def table(self, section: str, number: int, field: str, value: object) -> None:
        if not isinstance(value, dict):
            self.fail(section, number, field, f"expected a table of key = value, got {value!r:.80}")

    def number(
        self, section: str, i: int, row: Mapping[str, Any], field: str, low: float, high: float, default: Any = None
    ) -> float:
        value = row.get(field, default)
        if isinstance(value, bool) or not isinstance(value, _NUMBER):
            what = "nothing" if value is None else repr(value)
            self.fail(section, i, field, f"expected a number, got {what}")
        if not low <= value <= high:
            self.fail(section, i, field, f"{value:g} is out of range, expected {low:g}..{high:g}")
        return float(value)

    def whole(self, section: str, i: int, row: Mapping[str, Any], field: str, default: int) -> int:
        value = row.get(field, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            self.fail(section, i, field, f"expected a whole number of 0 or more, got {value!r}")
        return value

    def flag(self, section: str, i: int, row: Mapping[str, Any], field: str, default: bool) -> bool:
        value = row.get(field, default)
        if not isinstance(value, bool):
            self.fail(section, i, field, f"expected true or false, got {value!r}")
        return value

    def text(self, section: str, i: int, row: Mapping[str, Any], field: str, default: str | None = None) -> str:
        value = row.get(field, default)
        if not isinstance(value, str):
            self.fail(section, i, field, f"expected a text, got {'nothing' if value is None else repr(value)}")
        return value
