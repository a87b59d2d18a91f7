"""What was measured when, and how sure it is: one row per cue and person over the session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cuetrack.moments.shown import confidence_over, least_gap_s
from cuetrack.people.filters import runs
from cuetrack.plot.decimate import LIMIT, joined
from cuetrack.plot.theme import clock_format, dress, hatched, on_axis, theme
from cuetrack.terms import PAIR

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from cuetrack.session import Session

_WHILE = {"voice": "voice (while speaking)", "response": "response (replies)"}
"""Cues that are there only now and then by their nature."""


def coverage(session: Session, *, dark: bool = False) -> go.Figure:
    """Draw confidence over time for every cue and person; hatched is not measured, the share is at the right."""
    return draw_coverage(
        session.samples, people=session.people, duration_s=session.duration_s, title=session.name, dark=dark
    )


def draw_coverage(
    samples: Mapping[str, pd.DataFrame],
    *,
    people: Sequence[str],
    duration_s: float,
    title: str = "",
    dark: bool = False,
) -> go.Figure:
    """Draw coverage from samples tables by cue name."""
    import plotly.graph_objects as go

    look = theme(dark)
    rows: list[tuple[str, str]] = []
    for person in (*people, PAIR):
        own = [(person, cue) for cue in sorted(samples) if (samples[cue]["person"] == person).any()]
        rows += [(person, ""), *own] if own else []
    columns = max(20, min(300, LIMIT // max(1, len(rows)), int(duration_s)))
    edges = np.linspace(0.0, duration_s, columns + 1)
    nothing = np.full(columns, np.nan)
    cells = [
        confidence_over(cue, samples[cue], person, columns=columns, duration_s=duration_s) if cue else nothing
        for person, cue in rows
    ]
    figure = go.Figure(
        go.Heatmap(
            x=on_axis((edges[1:] + edges[:-1]) / 2), y=np.arange(len(rows)),
            z=np.array(cells, dtype=np.float32).reshape(-1, columns), zmin=0, zmax=1,
            colorscale=look.sequential(), xgap=0, ygap=3, text=[[f"{p}: {c}"] * columns for p, c in rows],
            colorbar={"title": {"text": "confidence"}, "thickness": 10, "outlinewidth": 0, "tickvals": [0, 0.5, 1],
                      "xref": "container", "x": 1.0, "xanchor": "right", "y": 1, "yanchor": "top",
                      "len": 220, "lenmode": "pixels"},
            hovertemplate=f"<b>%{{text}}</b>, %{{x|{clock_format(duration_s)}}}<br>confidence %{{z:.2f}}"
            "<extra></extra>",
        )
    )  # fmt: skip
    for k, ((_, cue), row) in enumerate(zip(rows, cells, strict=True)):
        if not cue:
            continue
        gaps = [(float(edges[a]), float(edges[b])) for a, b in runs(~np.isfinite(row))]
        gaps = joined([(a, b) for a, b in gaps if b - a >= least_gap_s(cue)])
        if gaps:
            figure.add_trace(hatched(gaps, k - 0.42, k + 0.42, look))
        figure.add_annotation(
            text=f"{np.isfinite(row).mean():.0%}", x=1.0, xref="paper", y=k, xanchor="left", xshift=6,
            showarrow=False, font={"size": 12, "color": look.ink},
        )  # fmt: skip
    dress(
        figure, look, title=f"{title}: what was measured, and how sure", duration_s=duration_s,
        said=["hatched: not measured; right: share of the session with a value"], height=22 * len(rows),
    )  # fmt: skip
    figure.update_yaxes(
        range=[len(rows) - 0.5, -0.5], showgrid=False, tickvals=list(range(len(rows))),
        ticktext=[_WHILE.get(cue, cue) if cue else f"<b>{person}</b>" for person, cue in rows],
    )  # fmt: skip
    figure.update_xaxes(range=on_axis([0.0, duration_s]).tolist(), showgrid=False)
    figure.update_layout(margin={"l": 160, "r": 136})
    return figure
