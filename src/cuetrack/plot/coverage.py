"""What was measured when, and how sure it is: one row per cue and person over the session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from cuetrack.plot.decimate import LIMIT
from cuetrack.plot.theme import clock_format, dress, on_axis, theme
from cuetrack.terms import PAIR
from cuetrack.timeline.align import to_grid
from cuetrack.timeline.gaps import reach_s

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
    cells = [binned_confidence(cue, samples[cue], person, edges) for person, cue in wanted]
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


def binned_confidence(
    cue: str, table: pd.DataFrame, person: str, edges: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return mean confidence within each of some equal stretches, NaN where nothing was measured.

    A row holds for as long as the timeline lets it: a window or a reply longer than a frame.
    """
    rows = table[(table["person"] == person) & (table["confidence"] > 0)]
    time, sure = rows["time_s"].to_numpy(np.float64), rows["confidence"].to_numpy(np.float32)
    reach = reach_s(cue, table.loc[table["person"] == person, "time_s"].to_numpy(np.float64))
    width = float(edges[1] - edges[0])
    grid, _ = to_grid(time, sure[:, None], sure, float(edges[0]), 1 / width, len(edges) - 1, reach)
    return grid[:, 0].astype(np.float64)
