"""Many sessions at a glance: every session's mean of each signal, both people beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cuetrack.errors import NotEnoughData
from cuetrack.moments.shown import LANES, label, unit
from cuetrack.plot.decimate import LIMIT
from cuetrack.plot.theme import dress, theme
from cuetrack.terms import PAIR

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from cuetrack.study import Study


def study(study: Study, *, signals: Sequence[str] = LANES, dark: bool = False) -> go.Figure:
    """Draw a study: one panel per signal, one point per session and person, a line joining the two of a session.

    It describes recordings, not people: no value is better than another, and people are not to be compared by it.
    """
    return draw_study(study.summary(), signals=signals, title=f"{len(study)} sessions", dark=dark)


def draw_study(
    summary: pd.DataFrame, *, signals: Sequence[str] = LANES, title: str = "", dark: bool = False
) -> go.Figure:
    """Draw a study from its summary: `session, person, signal, mean, sd`. Raises NotEnoughData without any signal."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    look = theme(dark)
    there = [s for s in signals if summary.loc[summary["signal"] == s, "mean"].notna().any()]
    if not there:
        raise NotEnoughData(f"the study has none of the signals {', '.join(signals)}; choose others with signals=")
    people = [str(p) for p in dict.fromkeys(summary["person"]) if p != PAIR][:2]
    columns = min(4, len(there))
    rows = -(-len(there) // columns)
    titles = [f"{label(s)} {unit(s)}".rstrip() for s in there]
    figure = make_subplots(
        rows=rows, cols=columns, subplot_titles=titles, vertical_spacing=0.34 / max(1, rows), horizontal_spacing=0.07
    )
    for k, signal in enumerate(there):
        at = {"row": k // columns + 1, "col": k % columns + 1}
        wide = summary[summary["signal"] == signal].pivot_table(index="session", columns="person", values="mean")
        wide = wide.reindex(columns=people).iloc[: LIMIT // 3]
        if len(people) == 2:
            x = np.tile([0.0, 1.0, np.nan], len(wide))
            y = np.column_stack([wide.to_numpy(float), np.full(len(wide), np.nan)]).ravel()
            figure.add_trace(
                go.Scatter(x=x, y=y, mode="lines", line={"color": look.grid, "width": 1}, hoverinfo="skip"), **at
            )
        for who, person in enumerate(people):
            figure.add_trace(
                go.Scatter(
                    x=np.full(len(wide), float(who)), y=wide[person], mode="markers", name=person,
                    text=list(wide.index), showlegend=k == 0, legendgroup=person,
                    marker={"color": look.person(who), "size": 7, "symbol": ("circle", "diamond")[who],
                            "line": {"width": 0.5, "color": look.paper}},
                    hovertemplate=f"%{{text}} {person}: %{{y:.2f}} {unit(signal)}<extra></extra>",
                ),
                **at,
            )  # fmt: skip
        figure.update_xaxes(tickvals=list(range(len(people))), ticktext=people, range=[-0.5, len(people) - 0.5], **at)
    dress(figure, look, title=title, height=110 + 230 * rows)
    figure.update_layout(margin={"l": 60, "t": 84}, showlegend=False)
    figure.update_xaxes(showgrid=False)
    return figure
