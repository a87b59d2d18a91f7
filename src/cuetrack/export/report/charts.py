"""The page's charts from measured signals: the whole session, one moment, and what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from cuetrack.export.report.svg import Drawing, binned
from cuetrack.moments.measure import Measured
from cuetrack.moments.shown import (
    LANES,
    clock,
    confidence_over,
    gaps_s,
    label,
    natural,
    seen,
    unit,
    usual_band,
)
from cuetrack.people.filters import runs
from cuetrack.terms import PAIR

_LEFT, _RIGHT, _WIDTH = 112.0, 14.0, 1000.0
_LANE, _MOST_Z = 30.0, 3.0
_COLUMNS = 440


def session_chart(found: Measured, turns: pd.DataFrame | None, moments: pd.DataFrame) -> str:
    """Draw both people mirrored around the time axis, as z against own usual, with turns and numbered moments."""
    lanes = [s for s in LANES if any(found.row(s, p) is not None for p in found.people)]
    duration = float(len(found.time_s))
    half = 30.0 + _LANE * len(lanes)
    people = [p for p in found.people if p]
    middle = (40.0 if len(moments) else 0.0) + half
    bottom = middle + (half if len(people) > 1 else 4.0)
    chart = Drawing(_WIDTH, bottom + 28, f"The session over time: {' and '.join(people)}", "chart")
    reached = [-_WIDTH] * 3
    for row in moments.sort_values("start_s").to_dict("records"):
        _shade(chart, row, duration, (middle - half, bottom), reached)
    for who, person in enumerate(people):
        side = -1 if who == 0 else 1
        for k, signal in enumerate(lanes):
            _lane(chart, found, signal, person, middle + side * (36 + _LANE * (k + 0.4)), duration, who)
        if turns is not None:
            spans = turns[(turns["label"] == "turn") & (turns["person"] == person)]
            x = [(_x(s, duration), _x(e, duration)) for s, e in zip(spans["start_s"], spans["end_s"], strict=True)]
            chart.boxes(x, middle - 18 if who == 0 else middle + 5, 13, f"fill{who}")
        chart.text(_LEFT - 8, middle - 8 if who == 0 else middle + 16, person, f"name text{who}", anchor="end")
    chart.line(_LEFT, middle, _WIDTH - _RIGHT, middle, "axis")
    _ticks(chart, 0.0, duration, lambda t: _x(t, duration), bottom + 14)
    return str(chart)


def moment_chart(
    found: Measured,
    moment: Mapping[str, Any],
    rows: Sequence[int],
    turns: pd.DataFrame | None,
    *,
    around_s: float,
) -> str:
    """Draw a moment with what came before and after: turns, then each of some rows in its own unit."""
    start, end = float(moment["start_s"]), float(moment["end_s"])
    first, last = max(0.0, start - around_s), min(float(len(found.time_s)), end + around_s)
    lane, top = 52.0, 64.0
    chart = Drawing(_WIDTH, top + lane * len(rows) + 22, f"Signals around the moment at {clock(start)}", "chart")

    def x(time: float) -> float:
        return 64.0 + (time - first) / max(1.0, last - first) * (_WIDTH - 64.0 - _RIGHT)

    chart.box(x(start), 18, x(end) - x(start), top + lane * len(rows) - 18, "moment")
    for text, at in (("before", (first + start) / 2), ("moment", (start + end) / 2), ("after", (end + last) / 2)):
        chart.text(x(at), 12, text, "small strong", anchor="middle")
    for who, person in enumerate(p for p in found.people if p):
        y = 24.0 + 17 * who
        chart.text(58, y + 10, person, f"small text{who}", anchor="end")
        if turns is not None:
            own = turns[(turns["label"] == "turn") & (turns["person"] == person)]
            own = own[(own["end_s"] > first) & (own["start_s"] < last)]
            spans = [(x(max(s, first)), x(min(e, last))) for s, e in zip(own["start_s"], own["end_s"], strict=True)]
            chart.boxes(spans, y, 12, f"fill{who}")
    for k, row in enumerate(rows):
        _natural(chart, found, row, top + lane * k, lane, (first, last), x)
    _ticks(chart, first, last, x, top + lane * len(rows) + 14)
    return str(chart)


def coverage_chart(samples: Mapping[str, pd.DataFrame], people: Sequence[str], duration_s: float) -> str:
    """Draw how sure each cue of each person is over time; empty is not measured."""
    rows = [(p, c) for p in (*people, PAIR) for c in sorted(samples) if (samples[c]["person"] == p).any()]
    chart = Drawing(_WIDTH, 18.0 * len(rows) + 22, "What was measured when, and how sure it is", "chart")
    columns = int(max(10, min(240, duration_s)))
    width = (_WIDTH - 150 - 56) / columns
    for k, (person, cue) in enumerate(rows):
        y = 18.0 * k
        sure = confidence_over(cue, samples[cue], person, columns=columns, duration_s=duration_s)
        chart.text(142, y + 12, f"{person}: {cue}", "small", anchor="end")
        levels = np.where(np.isfinite(sure), np.clip(np.ceil(sure * 5), 1, 5), 0).astype(int)
        for level in range(6):
            spans = [(150 + a * width, 150 + b * width) for a, b in runs(levels == level)]
            chart.boxes(spans, y + 2, 13, f"sure{level}")
        chart.text(_WIDTH - 50, y + 12, f"{(levels > 0).mean():.0%}", "small")
    _ticks(chart, 0.0, duration_s, lambda t: 150 + t / duration_s * columns * width, 18.0 * len(rows) + 14)
    return str(chart)


def _x(time_s: float, duration_s: float) -> float:
    return _LEFT + time_s / duration_s * (_WIDTH - _LEFT - _RIGHT)


def _shade(
    chart: Drawing, row: Mapping[Any, Any], duration: float, ends: tuple[float, float], reached: list[float]
) -> None:
    """Shade a moment and write its rank above, on the first of three lines where it fits."""
    start, end = _x(float(row["start_s"]), duration), _x(float(row["end_s"]), duration)
    hint = f"{row['rank']}. {row['person']}: {row['title']}, {clock(row['start_s'])}–{clock(row['end_s'])}"
    chart.box(start, ends[0], max(2.0, end - start), ends[1] - ends[0], "moment", hint=hint)
    at = (start + end) / 2
    line = next((k for k, x in enumerate(reached) if at - x >= 16), 2)
    reached[line] = at
    place = f"moment-{row['rank']}"
    chart.text(at, ends[0] - 4 - 12 * line, str(row["rank"]), "rank", anchor="middle", link=place)


def _lane(chart: Drawing, found: Measured, signal: str, person: str, y: float, duration: float, who: int) -> None:
    """Draw one signal of one person as z around height y, hatched where it was not measured."""
    one = 0.46 * _LANE / _MOST_Z
    chart.text(_LEFT - 8, y + 4, label(signal), "small", anchor="end")
    row = found.row(signal, person)
    if row is None:
        chart.box(_LEFT, y - 10, _WIDTH - _LEFT - _RIGHT, 20, "gap")
        return
    chart.box(_LEFT, y - one, _WIDTH - _LEFT - _RIGHT, 2 * one, "usual")
    z = binned(np.where(seen(found, row), np.clip(found.z[row], -_MOST_Z, _MOST_Z), np.nan), _COLUMNS)
    x = np.linspace(_x(0, duration), _x(duration, duration), len(z) + 1)[:-1]
    chart.boxes([(_x(a, duration), _x(b, duration)) for a, b in gaps_s(found, row)], y - 10, 20, "gap")
    chart.curve(x, y - z * one, f"line{who}")


def _natural(
    chart: Drawing, found: Measured, row: int, top: float, lane: float, shown: tuple[float, float], x: Any
) -> None:
    """Draw one signal in its own unit with the person's usual, between two heights."""
    _, signal, person = found.rows[row]
    who = found.people.index(person) if person in found.people else 2
    at = (found.time_s >= shown[0]) & (found.time_s <= shown[1])
    time, values = found.time_s[at], natural(found, row)[at]
    low, usual, high = usual_band(found, row)
    ends = [float(v) for v in (*values, low, usual, high) if np.isfinite(v)] or [0.0, 1.0]
    bottom, reach = min(ends), max(ends) - min(ends) or 1.0
    roof, floor = top + 17, top + lane - 5

    def y(value: Any) -> Any:
        return floor - (value - bottom) / reach * (floor - roof)

    measure = f" ({unit(signal)})" if unit(signal) else ""
    chart.text(64, top + 11, f"{person}: {label(signal)}{measure}", f"small strong text{who}")
    chart.text(58, y(bottom) + 3, _short(bottom), "tiny", anchor="end")
    chart.text(58, y(bottom + reach) + 3, _short(bottom + reach), "tiny", anchor="end")
    if np.isfinite(low) and high > low:
        chart.box(x(shown[0]), y(high), x(shown[1]) - x(shown[0]), y(low) - y(high), "usual")
    if np.isfinite(usual):
        chart.line(x(shown[0]), y(usual), x(shown[1]), y(usual), "typical")
    gaps = [(a, b) for a, b in runs(~np.isfinite(values)) if b - a >= 3]
    chart.boxes([(x(time[a]), x(time[b - 1] + 1)) for a, b in gaps], roof, floor - roof, "gap")
    chart.curve(np.array([x(t) for t in time]), y(values), f"line{who} thick")


def _ticks(chart: Drawing, first: float, last: float, x: Any, y: float) -> None:
    steps = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
    step = next((s for s in steps if (last - first) / s <= 10), 7200)
    for time in np.arange(np.ceil(first / step) * step, last + 0.5, step):
        anchor = "end" if x(time) > _WIDTH - 30 else "middle"
        chart.text(x(time), y, clock(time), "small", anchor=anchor)


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 20 else f"{value:.1f}" if abs(value) >= 1 else f"{value:.2g}"
