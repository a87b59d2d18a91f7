"""A script as conversation: who holds the floor, answers when and how long, breaks in, nods along with a sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from cuetrack import tables
from cuetrack.simulate.archetypes import SOUNDS
from cuetrack.simulate.script_curves import generator, levels

if TYPE_CHECKING:
    from cuetrack.simulate.script import Script

_HZ = 10.0
_STEERING = (
    "latency_s", "turn_s", "talk_share", "minimal_share", "unanswered_share", "interruptions_per_min",
    "backchannels_per_min",
)  # fmt: skip
_LONG_SILENCE = 0.03  # of the transitions; about 17 silences of 3 s and more in 50 minutes, as PICS counted
_OVERLAPPING = 0.12  # of the answers begin before the other ends, even in calm talk
_SHORTEST_S = 0.3

Row = dict[str, object]


class _Talk:
    """The running conversation: where time and floor are, and the rows so far."""

    def __init__(self, script: Script) -> None:
        self.duration_s = script.duration_s
        self.names = [p.name for p in script.people]
        commanded = levels(script, _HZ)
        self.level = {p: {c: commanded[p][c] for c in _STEERING} for p in self.names}
        self.rng = generator(script, "turns")
        self.rows: list[Row] = []
        self.free_from = dict.fromkeys(self.names, 0.0)  # nobody speaks over themselves
        share = {p: commanded[p]["talk_share"] for p in self.names}
        first, second = self.names
        self.may = {
            first: (share[first] > 0.05) & (share[second] < 0.95),
            second: (share[second] > 0.05) & (share[first] < 0.95),
        }
        self.holds = {p: share[p] >= 0.95 for p in self.names}

    def at(self, person: str, channel: str, time_s: float) -> float:
        values = self.level[person][channel]
        return float(values[min(int(time_s * _HZ), values.size - 1)])

    def allowed(self, person: str, time_s: float) -> bool:
        values = self.may[person]
        return bool(values[min(int(time_s * _HZ), values.size - 1)])

    def held(self, person: str, time_s: float) -> bool:
        values = self.holds[person]
        return bool(values[min(int(time_s * _HZ), values.size - 1)])

    def until(self, on: dict[str, npt.NDArray[np.bool_]], person: str, time_s: float) -> float:
        """Return when a flag that is now up goes down."""
        later = np.flatnonzero(~on[person][int(time_s * _HZ) :])
        return (int(time_s * _HZ) + int(later[0])) / _HZ if later.size else self.duration_s

    def other(self, person: str) -> str:
        return self.names[1] if person == self.names[0] else self.names[0]

    def say(self, label: str, start: float, end: float, person: str, toward: str = "") -> None:
        self.rows.append({
            "start_s": start, "end_s": end, "person": person, "toward": toward or self.other(person), "label": label,
        })  # fmt: skip


def turns(script: Script) -> pd.DataFrame:
    """Return the conversation of a script as a spans table, see `Script.turns`."""
    talk = _Talk(script)
    rng = talk.rng
    time, speaker, answering = 0.4, talk.names[int(rng.integers(2))], False
    while time < script.duration_s - _SHORTEST_S:
        if not talk.allowed(speaker, time):
            speaker, answering = talk.other(speaker), False
        if not talk.allowed(speaker, time):
            time += 1 / _HZ
            continue
        end, broken = _turn(talk, speaker, time, answering)
        time, speaker, answering = _next(talk, speaker, time, end, broken)
    return _table(script, talk)


def _turn(talk: _Talk, speaker: str, start: float, answering: bool) -> tuple[float, bool]:
    """Add one turn and return its end, and whether the other broke in before it."""
    rng, other = talk.rng, talk.other(speaker)
    broken = False
    if talk.held(speaker, start):
        end = talk.until(talk.holds, speaker, start)
    else:
        if answering and rng.random() < talk.at(speaker, "minimal_share", start):
            length = float(rng.uniform(_SHORTEST_S, 1.2))
        else:
            median = talk.at(speaker, "turn_s", start) * talk.at(speaker, "talk_share", start) / 0.5
            length = max(float(median * np.exp(0.7 * rng.standard_normal())), _SHORTEST_S)
        end = min(start + length, talk.until(talk.may, speaker, start))
        break_ins = talk.at(other, "interruptions_per_min", start) * (end - start) / 60
        if end - start > 2 and rng.random() < 1 - np.exp(-break_ins) and talk.allowed(other, end):
            end, broken = start + float(rng.uniform(0.5, 0.95)) * (end - start), True
    end = max(min(end, talk.duration_s), start + 0.1)
    talk.say("turn", start, end, speaker)
    _stretches(talk, speaker, start, end)
    talk.free_from[speaker] = end
    if not broken:
        _backchannels(talk, other, start, end)
    return end, broken


def _stretches(talk: _Talk, speaker: str, start: float, end: float) -> None:
    """Cut a turn into inter-pausal units."""
    here = start
    while end - here > 3.5:
        stop = here + float(np.clip(2.2 * np.exp(0.4 * talk.rng.standard_normal()), 0.8, end - here - 1.2))
        talk.say("ipu", here, stop, speaker)
        here = stop + float(talk.rng.uniform(0.25, 0.7))
    talk.say("ipu", here, end, speaker)


def _backchannels(talk: _Talk, listener: str, start: float, end: float) -> None:
    here = max(start + 1.0, talk.free_from[listener])
    pace = talk.at(listener, "backchannels_per_min", start) / 60
    while pace > 0:
        here += 0.8 + float(talk.rng.exponential(1 / pace))
        length = float(talk.rng.uniform(0.25, 0.5))
        if here + length > end - 0.7 or not talk.allowed(listener, here):
            return
        talk.say("backchannel", here, here + length, listener)
        talk.free_from[listener] = here + length


def _next(talk: _Talk, speaker: str, start: float, end: float, broken: bool) -> tuple[float, str, bool]:
    """Return when the next turn starts, whose it is, and whether it is an answer."""
    rng, other = talk.rng, talk.other(speaker)
    if broken:
        overlap = min(float(rng.uniform(0.5, 1.0)), 0.5 * (end - start))
        begin = max(end - overlap, talk.free_from[other])
        talk.say("interruption", begin, max(end, begin), other)
        return begin, other, False
    if talk.held(speaker, max(end - 0.05, 0)) or not talk.allowed(other, end):
        answered = talk.allowed(other, end)
    else:
        answered = bool(rng.random() >= talk.at(other, "unanswered_share", end))
    if talk.held(other, end):  # who is to hold the floor takes it at once
        return max(end + 0.2, talk.free_from[other]), other, False
    if not answered:
        return end + float(rng.uniform(1.0, 3.0)), speaker, False
    median = talk.at(other, "latency_s", end)
    gap = median + abs(median) * (np.exp(0.6 * rng.standard_normal()) - 1) if median else 0.1 * rng.standard_normal()
    if median > 0 and rng.random() < _OVERLAPPING * np.exp(1 - max(median, 0.6) / 0.6):
        gap = -float(rng.uniform(0.05, 0.4))
    if rng.random() < _LONG_SILENCE:
        gap = 3.0 + float(rng.exponential(2.5))
    gap = max(float(gap), -0.6 * (end - start))
    return max(end + gap, talk.free_from[other], start + 0.1), other, True


def _table(script: Script, talk: _Talk) -> pd.DataFrame:
    sounds: list[Row] = [
        {"start_s": e.start_s, "end_s": e.end_s, "person": e.person, "toward": talk.other(e.person), "label": e.sound}
        for e in script.effects()
        if e.sound in SOUNDS
    ]
    rows = _without(talk.rows, sounds)
    table = tables.spans([{**r, "score": 1.0, "source": "script"} for r in rows + sounds])
    turns = _merged(table[table["label"] == "turn"])
    rest = table[table["label"] != "turn"]
    between = [*pauses(rest[rest["label"] == "ipu"]), *overlaps(rest[rest["label"].isin(["ipu", "backchannel"])])]
    return tables.join([turns, rest, tables.spans([{**r, "score": 1.0, "source": "script"} for r in between])])


def _without(rows: list[Row], sounds: list[Row]) -> list[Row]:
    """Return the rows with words cut out where the same person laughs, coughs or sighs."""
    kept = rows
    for sound in sounds:
        start, end = float(sound["start_s"]), float(sound["end_s"])  # type: ignore[arg-type]
        cut: list[Row] = []
        for row in kept:
            first, last = float(row["start_s"]), float(row["end_s"])  # type: ignore[arg-type]
            words = row["label"] in ("ipu", "backchannel") and row["person"] == sound["person"]
            if not words or last <= start or first >= end:
                cut.append(row)
                continue
            if start - first >= 0.15:
                cut.append({**row, "end_s": start})
            if last - end >= 0.15:
                cut.append({**row, "start_s": end})
        kept = cut
    return kept


def _merged(turns: pd.DataFrame) -> pd.DataFrame:
    """Join turns of one person that no turn of the other separates."""
    group = (turns["person"] != turns["person"].shift()).cumsum()
    merged = turns.groupby(group, sort=False).agg({**dict.fromkeys(turns.columns, "first"), "end_s": "max"})
    return merged.reset_index(drop=True)


def pauses(ipus: pd.DataFrame) -> list[Row]:
    """Return silences of .25 s and more between stretches, with who spoke before and after."""
    rows: list[Row] = []
    ordered = ipus.sort_values("start_s")
    spoke_until, speaker = -1.0, ""
    for start, end, person in zip(ordered["start_s"], ordered["end_s"], ordered["person"], strict=True):
        if speaker and start - spoke_until >= 0.25:
            rows.append({
                "start_s": spoke_until, "end_s": start, "person": speaker, "toward": person, "label": "pause",
            })  # fmt: skip
        if end > spoke_until:
            spoke_until, speaker = end, person
    return rows


def overlaps(said: pd.DataFrame) -> list[Row]:
    """Return stretches of .2 s and more in which both sound; the person came in second."""
    rows: list[Row] = []
    ordered = said.sort_values("start_s")
    last: dict[str, float] = {}
    for start, end, person, toward in zip(
        ordered["start_s"], ordered["end_s"], ordered["person"], ordered["toward"], strict=True
    ):
        until = min(last.get(toward, 0.0), end)
        if until - start >= 0.2:
            rows.append({"start_s": start, "end_s": until, "person": person, "toward": toward, "label": "overlap"})
        last[person] = max(last.get(person, 0.0), end)
    return rows
