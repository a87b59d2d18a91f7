"""Many sessions at a glance: every session's mean of each signal, both people beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cuetrack.errors import NotEnoughData
from cuetrack.moments.shown import label, unit
from cuetrack.plot.decimate import LIMIT
from cuetrack.plot.theme import dress, theme
from cuetrack.terms import PAIR

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from cuetrack.study import Study


SIGNALS = (
    "latency_s",
    "talk_share",
    "pitch_span_st",
    "articulation_syl_per_s",
    "toward_partner",
    "expressivity_per_s",
    "motion_sw_per_s",
    "breath_rate_per_min",
)
"""Signals whose mean over a session says something; level, pitch and lean are measured from a person's own middle."""


def study(study: Study, *, signals: Sequence[str] = SIGNALS, dark: bool = False) -> go.Figure:
    """Draw a study: one panel per signal, one point per session and person, a line joining the two of a session.

    It describes recordings, not people: no value is better than another, and people are not to be compared by it.
    """
    people = study.session(study.names[0]).people
    return draw_study(
        study.summary(signals=signals), signals=signals, people=people, title=f"{len(study)} sessions", dark=dark
    )


def draw_study(
    summary: pd.DataFrame,
    *,
    signals: Sequence[str] = SIGNALS,
    people: Sequence[str] = (),
    title: str = "",
    dark: bool = False,
) -> go.Figure:
    """Draw a study from its summary: `session, person, signal, mean, sd`. Raises NotEnoughData without any signal."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    look = theme(dark)
    there = [s for s in signals if summary.loc[summary["signal"] == s, "mean"].notna().any()]
    if not there:
        raise NotEnoughData(f"the study has none of the signals {', '.join(signals)}; choose others with signals=")
    there_are = [str(p) for p in dict.fromkeys(summary["person"]) if p != PAIR]
    people = [p for p in dict.fromkeys((*people, *there_are)) if p in there_are][:2]
    columns = min(4, len(there))
    rows = -(-len(there) // columns)
    titles = [f"<b>{label(s)}</b> {unit(s)}".rstrip() for s in there]
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
                go.Scatter(x=x, y=y, mode="lines", line={"color": look.muted, "width": 1}, opacity=0.45,
                           hoverinfo="skip"),
                **at,
            )  # fmt: skip
        for who, person in enumerate(people):
            figure.add_trace(
                go.Scatter(
                    x=np.full(len(wide), float(who)), y=wide[person], mode="markers", name=person,
                    text=list(wide.index), showlegend=k == 0, legendgroup=person,
                    marker={"color": look.person(who), "size": 8, "symbol": ("circle", "diamond")[who],
                            "line": {"width": 0.5, "color": look.paper}},
                    hovertemplate=f"%{{text}} {person}: %{{y:.2f}} {unit(signal)}<extra></extra>",
                ),
                **at,
            )  # fmt: skip
        figure.update_xaxes(tickvals=list(range(len(people))), ticktext=people, range=[-0.5, len(people) - 0.5], **at)
    dress(
        figure, look, title=f"{title}: means over each session", height=220 * rows,
        above_px=24,
        said=[
            "a point: one person in one session; a line joins the two of a session; "
            "they describe recordings, so compare within a person or a dyad, not people"
        ],
    )  # fmt: skip
    figure.update_layout(margin={"l": 60}, showlegend=False)
    figure.update_annotations(font={"size": 13})
    figure.update_xaxes(showgrid=False)
    return figure
