"""What was measured when, and how sure it is: one row per cue and person over the session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cuetrack.moments.shown import confidence_over
from cuetrack.plot.decimate import LIMIT
from cuetrack.plot.theme import clock_format, dress, on_axis, theme
from cuetrack.terms import PAIR

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from cuetrack.session import Session


def coverage(session: Session, *, dark: bool = False) -> go.Figure:
    """Draw confidence over time for every cue and person; empty is not measured, the share is at the right."""
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
    wanted = [(p, cue) for p in (*people, PAIR) for cue in sorted(samples) if (samples[cue]["person"] == p).any()]
    columns = max(20, min(300, LIMIT // max(1, len(wanted)), int(duration_s)))
    edges = np.linspace(0.0, duration_s, columns + 1)
    cells = [
        confidence_over(cue, samples[cue], person, columns=columns, duration_s=duration_s) for person, cue in wanted
    ]
    names = [f"{person}: {cue}" for person, cue in wanted]
    figure = go.Figure(
        go.Heatmap(
            x=on_axis((edges[1:] + edges[:-1]) / 2), y=names, z=np.array(cells, dtype=np.float32).reshape(-1, columns),
            zmin=0, zmax=1, colorscale=look.sequential(), xgap=0, ygap=3,
            colorbar={"title": {"text": "confidence"}, "thickness": 10, "outlinewidth": 0},
            hovertemplate=f"%{{y}} %{{x|{clock_format(duration_s)}}}: confidence %{{z:.2f}}<extra></extra>",
        )
    )  # fmt: skip
    dress(
        figure,
        look,
        title=f"{title}: what was measured, and how sure",
        height=110 + 22 * len(names),
        duration_s=duration_s,
    )
    for name, row in zip(names, cells, strict=True):
        figure.add_annotation(
            text=f"{np.isfinite(row).mean():.0%}", x=1.0, xref="paper", y=name, xanchor="left", xshift=4,
            showarrow=False, font={"size": 11, "color": look.muted},
        )  # fmt: skip
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(range=on_axis([0.0, duration_s]).tolist(), showgrid=False)
    figure.update_layout(margin={"l": 160, "r": 110})
    figure.data[0].colorbar.x = 1.06
    return figure
