"""A whole session on one page: both people mirrored around the time axis, turns, moments and the two together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cuetrack.moments.measure import Measured
from cuetrack.moments.shown import LANES, clock, gaps_s, label, seen, unit
from cuetrack.plot import reading
from cuetrack.plot.decimate import joined, kept, overlapping_joined
from cuetrack.plot.lagmap import draw_lag_map
from cuetrack.plot.theme import Theme, clock_format, dress, edges, filled, hatched, headline, on_axis, theme
from cuetrack.synchrony import Synchrony
from cuetrack.synchrony.pair import moved_together

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from cuetrack.session import Session

_FIRST_LANE, _HALF, _MOST_Z = 1.25, 0.44, 3.0
_LEVEL, _LEVELS = 0.72, 3


def timeline(session: Session, *, signals: Sequence[str] = LANES, dark: bool = False) -> go.Figure:
    """Draw a session: each person's signals as z against their own usual, turns, moments, and the pair's lag map.

    The first person is above the time axis, the second below. Hover shows natural units and the usual; hatching is
    where nothing was measured; the grey band is within one own spread of usual. Raises NotEnoughData without cues.
    """
    found = reading.measured(session)
    spans = session.all_spans()
    together = None
    if "gesture" in session.samples:
        together = moved_together(
            session.samples["gesture"],
            ("motion_sw_per_s", "motion_energy"),
            speaking=session.samples.get("speaking"),
            rate_hz=5.0,
            surrogates=50,
        )
    return draw_timeline(
        found,
        turns=spans.get("turns"),
        moments=reading.ranked(session),
        together=together,
        signals=signals,
        title=session.name,
        dark=dark,
    )


def draw_timeline(
    found: Measured,
    *,
    turns: pd.DataFrame | None = None,
    moments: pd.DataFrame | None = None,
    together: tuple[float, Synchrony] | None = None,
    signals: Sequence[str] = LANES,
    title: str = "",
    dark: bool = False,
) -> go.Figure:
    """Draw a timeline from plain tables; `together` is the start and the lag map of `moved_together`."""
    from plotly.subplots import make_subplots

    look, duration_s = theme(dark), float(len(found.time_s))
    marks = [] if moments is None else _marks(moments, apart_s=0.022 * duration_s)
    levels = 1 + max((level for *_, level in marks), default=0)
    lanes = [s for s in signals if any(found.row(s, p) is not None for p in found.people)]
    heights = [0.84, 0.16] if together else [1.0]
    figure = make_subplots(rows=len(heights), cols=1, shared_xaxes=True, row_heights=heights, vertical_spacing=0.08)
    reach = _FIRST_LANE + len(lanes) - 0.45
    if moments is not None:
        _shade(figure, moments, reach, look)
    people = [p for p in found.people if p]
    for who, person in enumerate(people):
        side = -1 if who else 1
        for k, signal in enumerate(lanes):
            _lane(figure, found, signal, person, side * (_FIRST_LANE + k), look, who)
        if turns is not None:
            _turns(figure, turns, person, side, look.person(who))
        figure.add_annotation(
            text=f"<b>{person}</b>", x=0, xref="paper", xanchor="right", xshift=-8, y=side * 0.32, showarrow=False,
            font={"color": look.name_ink(who), "size": 13},
        )  # fmt: skip
    figure.add_hline(y=0, line={"color": look.ink, "width": 1})
    if marks:
        figure.add_trace(_numbers(marks, reach, look), row=1, col=1)
    if together:
        pair = sorted(people)
        draw_lag_map(
            figure, together, pair, look, row=2, duration_s=duration_s,
            colorbar={"len": 0.17, "y": 0.0, "yanchor": "bottom", "x": 1.0, "tickfont": {"size": 11}},
        )  # fmt: skip
        spans = overlapping_joined([(float(str(m["start_s"])), float(str(m["end_s"]))) for m, _ in marks])
        edges(figure, spans, 2, look)
        headline(figure, 2, "<b>movement of both</b>", "+ −: beyond ±2 (about 1 in 20 by chance)", look)
    dress(
        figure,
        look,
        title=f"{title}: both people over the session",
        said=[
            "each lane: z against own usual from −3 to +3; grey band: within 1; hatched: not measured; "
            "numbers: moments by rank"
        ],
        height=40 + 31 * len(lanes) * len(people) + 14 * levels + (124 if together else 0),
        duration_s=duration_s,
    )
    centres = [side * (_FIRST_LANE + k) for side in (1, -1)[: len(people)] for k in range(len(lanes))]
    names = [label(s) for s in lanes] * len(people)
    lowest = -reach if len(people) > 1 else -0.3
    figure.update_yaxes(
        range=[lowest, reach + _LEVEL * levels], tickvals=centres, ticktext=names, showgrid=False, row=1
    )
    figure.update_xaxes(range=on_axis([0.0, duration_s]).tolist(), showticklabels=True)
    return figure


def _lane(figure: go.Figure, found: Measured, signal: str, person: str, y: float, look: Theme, who: int) -> None:
    """Add one signal of one person around height `y`."""
    import plotly.graph_objects as go

    ends = [(0.0, float(len(found.time_s)))]
    row = found.row(signal, person)
    if row is None:
        figure.add_trace(hatched(ends, y - _HALF, y + _HALF, look), row=1, col=1)
        return
    one = _HALF / _MOST_Z
    figure.add_trace(filled(ends, y - one, y + one, look.usual), row=1, col=1)
    z = np.where(seen(found, row), found.z[row], np.nan)
    at = kept(z)
    shown = y + np.clip(z[at], -_MOST_Z, _MOST_Z) * one
    values, usual = found.value[row][at], found.usual[row][at]
    name, suffix = f"{person}: {label(signal)}", f" {unit(signal)}".rstrip()
    figure.add_trace(
        go.Scatter(
            x=on_axis(found.time_s[at]), y=shown, mode="lines", line={"color": look.person(who), "width": 1.3},
            name=name, customdata=np.stack([z[at], values, usual], axis=1).astype(np.float32), connectgaps=False,
            hovertemplate=f"<b>{name}</b> %{{x|{clock_format(len(found.time_s))}}}<br>%{{customdata[1]:.2f}}{suffix}, "
            f"usually %{{customdata[2]:.2f}}{suffix}<br>z %{{customdata[0]:+.1f}}: mean of 10 s, slow drift off"
            "<extra></extra>",
        ),
        row=1, col=1,
    )  # fmt: skip
    gaps = joined(gaps_s(found, row))
    if gaps:
        figure.add_trace(hatched(gaps, y - _HALF, y + _HALF, look), row=1, col=1)


def _turns(figure: go.Figure, turns: pd.DataFrame, person: str, side: int, colour: str) -> None:
    rows = turns[(turns["label"] == "turn") & (turns["person"] == person)]
    spans = joined(list(zip(rows["start_s"], rows["end_s"], strict=True)))
    if spans:
        figure.add_trace(filled(spans, side * 0.1, side * 0.55, colour), row=1, col=1)


def _shade(figure: go.Figure, moments: pd.DataFrame, reach: float, look: Theme) -> None:
    spans = list(zip(moments["start_s"], moments["end_s"], strict=True))
    if spans:
        figure.add_trace(filled(joined(overlapping_joined(spans)), -reach, reach, look.moment), row=1, col=1)


def _numbers(marks: list[tuple[dict[str, object], int]], reach: float, look: Theme) -> go.Scatter:
    """Return the moments' numbers above the lanes; a click on one offers `[rank, start_s, end_s]` as its customdata."""
    import plotly.graph_objects as go

    rows = [row for row, _ in marks]
    spans = [(float(str(row["start_s"])), float(str(row["end_s"]))) for row in rows]
    said = [
        f"<b>moment {row['rank']}</b>, {clock(start)}–{clock(end)}<br>{row['person']}: {row['title']}"
        for row, (start, end) in zip(rows, spans, strict=True)
    ]
    return go.Scatter(
        x=on_axis([(start + end) / 2 for start, end in spans]),
        y=[reach + _LEVEL * (0.5 + level) for _, level in marks],
        mode="markers+text", text=[f"<b>{row['rank']}</b>" for row in rows], textfont={"color": look.ink, "size": 12},
        marker={"symbol": "square", "size": 17, "color": look.mark}, name="moments",
        hovertext=said, hovertemplate="%{hovertext}<extra></extra>",
        customdata=[[int(str(row["rank"])), *span] for row, span in zip(rows, spans, strict=True)],
    )  # fmt: skip


def _marks(moments: pd.DataFrame, apart_s: float) -> list[tuple[dict[str, object], int]]:
    """Return each moment with the level its number is written at, so that no two lie on each other."""
    last = [-np.inf] * _LEVELS
    marks = []
    for row in moments.sort_values("start_s", kind="stable").to_dict("records"):
        middle = (float(row["start_s"]) + float(row["end_s"])) / 2
        level = next((k for k in range(_LEVELS) if middle - last[k] >= apart_s), int(np.argmin(last)))
        last[level] = middle
        marks.append(({str(k): v for k, v in row.items()}, level))
    return marks
