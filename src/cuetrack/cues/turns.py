"""Who has the floor: speech, turns, pauses, overlaps, interruptions and backchannels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from cuetrack import tables
from cuetrack.cues.registry import cue
from cuetrack.people.tracks import SpeechTrack
from cuetrack.terms import Span

LABELS = ("speech", "ipu", "turn", "pause", "overlap", "interruption", "backchannel", "laugh", "cough", "sigh")

_SLACK_S = 1e-6
"""What rounding of times may do to a length: it must not decide where a definition draws a line."""


@dataclass(frozen=True, slots=True)
class _Talk:
    """A stretch of one person's talk: an inter-pausal unit or a turn."""

    person: str
    start_s: float
    end_s: float
    score: float
    kind: str = "ipu"

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s


@cue(version="1", spans=LABELS, pair=True)
def turns(
    speech: Mapping[str, SpeechTrack],
    *,
    ipu_gap_s: float = 0.2,
    pause_s: float = 0.25,
    turn_gap_s: float = 3.0,
    overlap_s: float = 0.2,
    backchannel_s: float = 1.0,
    floor_kept_s: float = 1.0,
    reply_stop_s: float = 0.7,
    interruption_lead_s: float = 0.5,
    interruption_yield_s: float = 2.0,
    interruption_keeps_s: float = 1.0,
) -> pd.DataFrame:
    """Say who has the floor, from when each person speaks.

    - `ipu`: speech whose gaps are shorter than `ipu_gap_s`.
    - `backchannel`: a listener's ipu of at most `backchannel_s`: the partner spoke within `floor_kept_s` before it, is
      silent around it for less than `reply_stop_s`, and goes on within `floor_kept_s` of its end.
    - `turn`: ipus of one person that no floor of the partner separates; a joint silence of `turn_gap_s` ends it.
    - `pause`: nobody speaks for at least `pause_s`; `person` had the floor before, `toward` has it after.
    - `overlap`: both speak for at least `overlap_s`; `person` came in, `toward` was speaking.
    - `interruption`: `person` starts `interruption_lead_s` or more before `toward` stops, who stops within
      `interruption_yield_s`, and talks on for at least `interruption_keeps_s`.
    - `laugh cough sigh`: as heard.

    After SCIENCE.md section 1; silence outside what was heard of both is no pause. `score` is how sure the speech is.
    """
    people = sorted(speech)
    rows = [row for person in people for row in _heard_rows(speech[person])]
    units = {p: _units(speech[p], ipu_gap_s) for p in people}
    rows += [_row(unit, "ipu") for p in people for unit in units[p]]
    if len(people) == 2:
        both = _floors(units, people, backchannel_s, floor_kept_s, reply_stop_s)
        floors = sorted((u for u in both if u.kind == "ipu"), key=lambda u: (u.start_s, u.end_s))
        rows += [_row(u, "backchannel", _other(u.person, people)) for u in both if u.kind == "backchannel"]
        heard = _heard_of_both(speech, people)
        rows += [_row(t, "turn", _other(t.person, people)) for t in _turns(floors, turn_gap_s)]
        rows += list(_pauses(units, floors, heard, pause_s))
        rows += list(_overlaps(units, people, overlap_s))
        rows += list(
            _interruptions(units, floors, people, interruption_lead_s, interruption_yield_s, interruption_keeps_s)
        )
    else:
        rows += [_row(t, "turn") for p in people for t in _turns(units[p], turn_gap_s)]
    return tables.spans(rows)


def _heard_rows(track: SpeechTrack) -> Iterator[dict[str, object]]:
    for span in track.spans.to_dict("records"):
        if span["label"] in ("speech", "laugh", "cough", "sigh"):
            yield {**{str(k): v for k, v in span.items()}, "person": track.person, "source": track.source}


def _units(track: SpeechTrack, gap_s: float) -> list[_Talk]:
    """Merge speech across short gaps into inter-pausal units."""
    units: list[_Talk] = []
    for span in track.spans[track.spans["label"] == "speech"].to_dict("records"):
        start, end, score = span["start_s"], span["end_s"], span["score"] * track.confidence
        if units and start - units[-1].end_s < gap_s - _SLACK_S:
            last = units[-1]
            length = last.duration_s + (end - start)
            mean = (last.score * last.duration_s + score * (end - start)) / length if length else last.score
            units[-1] = replace(last, end_s=max(last.end_s, end), score=mean)
        else:
            units.append(_Talk(track.person, start, end, score))
    return units


def _floors(
    units: Mapping[str, list[_Talk]], people: list[str], longest_s: float, kept_s: float, stop_s: float
) -> list[_Talk]:
    """Return every unit with its kind: `ipu` takes the floor, `backchannel` and `inside` do not."""
    out = []
    kept = kept_s - _SLACK_S
    for person in people:
        partner = units[_other(person, people)]
        for unit in units[person]:
            before = [p for p in partner if p.start_s < unit.start_s]
            after = [p for p in partner if p.end_s > unit.end_s]
            kind = "ipu"
            if before and after:
                inside = before[-1] is after[0]
                silent = 0.0 if inside else after[0].start_s - before[-1].end_s
                near = unit.start_s - before[-1].end_s < kept and after[0].start_s - unit.end_s < kept
                if unit.duration_s <= longest_s + _SLACK_S and silent < stop_s - _SLACK_S and near:
                    kind = "backchannel"
                elif inside:
                    kind = "inside"
            out.append(replace(unit, kind=kind))
    return out


def _turns(floors: list[_Talk], gap_s: float) -> list[_Talk]:
    """Join the units of one person that no floor of the other separates."""
    out: list[_Talk] = []
    for unit in floors:
        last = out[-1] if out else None
        if last and last.person == unit.person and unit.start_s - last.end_s < gap_s - _SLACK_S:
            score = (last.score + unit.score) / 2
            out[-1] = replace(last, end_s=max(last.end_s, unit.end_s), score=score)
        else:
            out.append(unit)
    return out


def _pauses(
    units: Mapping[str, list[_Talk]], floors: list[_Talk], heard: list[Span], shortest_s: float
) -> Iterator[dict[str, object]]:
    """Find joint silences between two floors."""
    spoken = sorted((u for talk in units.values() for u in talk), key=lambda u: u.start_s)
    end = None
    for unit in spoken:
        if end is not None and unit.start_s - end >= shortest_s - _SLACK_S:
            before = [f for f in floors if f.end_s <= end + _SLACK_S]
            after = [f for f in floors if f.start_s >= unit.start_s - _SLACK_S]
            whole = any(h.start_s <= end and unit.start_s <= h.end_s for h in heard)
            if before and after and whole:
                last = max(before, key=lambda f: f.end_s)
                yield _span(end, unit.start_s, last.person, after[0].person, "pause", min(last.score, after[0].score))
        end = unit.end_s if end is None else max(end, unit.end_s)


def _overlaps(units: Mapping[str, list[_Talk]], people: list[str], shortest_s: float) -> Iterator[dict[str, object]]:
    first, second = (units[p] for p in people)
    i = j = 0
    while i < len(first) and j < len(second):
        a, b = first[i], second[j]
        start, end = max(a.start_s, b.start_s), min(a.end_s, b.end_s)
        if end - start >= shortest_s - _SLACK_S:
            late, early = (a, b) if a.start_s >= b.start_s else (b, a)
            yield _span(start, end, late.person, early.person, "overlap", min(a.score, b.score))
        if a.end_s <= b.end_s:
            i += 1
        else:
            j += 1


def _interruptions(
    units: Mapping[str, list[_Talk]],
    floors: list[_Talk],
    people: list[str],
    lead_s: float,
    yield_s: float,
    keeps_s: float,
) -> Iterator[dict[str, object]]:
    for unit in floors:
        partner = _other(unit.person, people)
        for held in units[partner]:
            left_s = held.end_s - unit.start_s
            yielded = held.start_s < unit.start_s and lead_s - _SLACK_S <= left_s <= yield_s + _SLACK_S
            if not yielded or unit.end_s - held.end_s < keeps_s - _SLACK_S:
                continue
            back = any(held.end_s < p.start_s < held.end_s + keeps_s - _SLACK_S for p in units[partner])
            if not back:
                yield _span(unit.start_s, held.end_s, unit.person, partner, "interruption", min(unit.score, held.score))


def _heard_of_both(speech: Mapping[str, SpeechTrack], people: list[str]) -> list[Span]:
    first, second = (speech[p].heard for p in people)
    return [Span(max(a[0], b[0]), min(a[1], b[1])) for a in first for b in second if max(a[0], b[0]) < min(a[1], b[1])]


def _other(person: str, people: list[str]) -> str:
    return people[1] if person == people[0] else people[0]


def _row(talk: _Talk, label: str, toward: str = "") -> dict[str, object]:
    return _span(talk.start_s, talk.end_s, talk.person, toward, label, talk.score)


def _span(start_s: float, end_s: float, person: str, toward: str, label: str, score: float) -> dict[str, object]:
    return {
        "start_s": start_s, "end_s": end_s, "person": person, "toward": toward, "label": label, "score": score,
        "source": "turns",
    }  # fmt: skip
