"""The two together: their lag map against surrogates, and everything the synchrony cue says, over the session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cuetrack.cues.synchrony import moved_together
from cuetrack.errors import NotEnoughData
from cuetrack.moments.shown import label, unit
from cuetrack.people.filters import runs
from cuetrack.plot import reading
from cuetrack.plot.decimate import joined, kept, overlapping_joined
from cuetrack.plot.theme import Theme, clock_format, dress, filled, hatched, on_axis, theme
from cuetrack.plot.timeline import lag_map_cells
from cuetrack.synchrony import Synchrony

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from cuetrack.session import Session

MAPPED = {
    "movement": ("gesture", ("motion_sw_per_s", "motion_energy")),
    "head": ("head", ("head_speed_deg_per_s",)),
    "face": ("face", ("expressivity_per_s",)),
}
"""What a lag map can be drawn of: cue and signals."""
_LINES = (
    ("motion_sync_z", "head_sync_z", "face_sync_z", "voice_sync_z", "breathing_sync_z"),
    ("motion_abs_z", "head_abs_z", "face_abs_z", "breathing_abs_z"),
    ("motion_lead_s",),
    ("mutual_gaze",),
    ("mirroring",),
)
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")


def pair(session: Session, *, of: str = "movement", surrogates: int = 100, dark: bool = False) -> go.Figure:
    """Draw the lag map of both people's movement, head or face against surrogates over the synchrony signals.

    Raises NotEnoughData where neither a lag map nor a synchrony table is there, ValueError for an unknown `of`.
    """
    if of not in MAPPED:
        raise ValueError(f"expected one of {', '.join(MAPPED)}, got {of!r}")
    cue, signals = MAPPED[of]
    samples = session.samples
    together = None
    if cue in samples:
        together = moved_together(
            samples[cue], signals, speaking=samples.get("speaking"), surrogates=surrogates, rate_hz=5.0,
            lag_s=2.0 if of == "face" else 5.0,
        )  # fmt: skip
    table = samples.get("synchrony")
    if together is None and (table is None or table.empty):
        raise NotEnoughData(f"{session.name}: too little of both people was measured to draw them together")
    return draw_pair(
        together,
        table,
        people=sorted(session.people),
        duration_s=session.duration_s,
        moments=reading.ranked(session),
        title=f"{session.name}: {of} of both against chance",
        dark=dark,
    )


def draw_pair(
    together: tuple[float, Synchrony] | None,
    table: pd.DataFrame | None,
    *,
    people: list[str],
    duration_s: float,
    moments: pd.DataFrame | None = None,
    title: str = "",
    dark: bool = False,
) -> go.Figure:
    """Draw a pair from a lag map and a synchrony table, either of which may be missing."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    look = theme(dark)
    panels = [] if table is None else [[s for s in names if s in table] for names in _LINES]
    panels = [names for names in panels if names]
    heights = ([2.0] if together else []) + [1.0] * len(panels)
    figure = make_subplots(rows=len(heights), cols=1, shared_xaxes=True, row_heights=heights, vertical_spacing=0.035)
    if together:
        cells = lag_map_cells(together, look)
        cells["colorbar"] = {"title": {"text": "z"}, "thickness": 10, "len": 0.3, "y": 1, "yanchor": "top"}
        figure.add_trace(go.Heatmap(**cells), row=1, col=1)
        figure.update_yaxes(title={"text": f"lag s<br>+ {people[1]} follows<br>− {people[0]} follows"}, row=1, col=1)
    for k, names in enumerate(panels):
        row = k + 1 + bool(together)
        if names[0].endswith("_z"):
            figure.add_trace(filled([(0.0, duration_s)], -2, 2, look.usual), row=row, col=1)
        for n, signal in enumerate(names):
            _line(figure, table, signal, row, n, len(names), duration_s, look)
        figure.update_yaxes(title={"text": _titles(names)}, nticks=4, row=row, col=1)
    if moments is not None:
        for start, end in overlapping_joined(list(zip(moments["start_s"], moments["end_s"], strict=True))):
            figure.add_vrect(
                x0=on_axis(start), x1=on_axis(end), fillcolor=look.moment, line_width=0, layer="below", row="all", col=1
            )
    dress(figure, look, title=title, height=130 + int(110 * sum(heights)), duration_s=duration_s)
    figure.update_layout(showlegend=True, legend={"y": 1.0, "traceorder": "normal"}, margin={"t": 88})
    figure.update_xaxes(range=on_axis([0.0, duration_s]).tolist())
    return figure


def _titles(names: list[str]) -> str:
    if len(names) == 1:
        return "<br>".join(filter(None, (label(names[0]), unit(names[0]))))
    return "z, with sign" if names[0].endswith("_sync_z") else "z, without sign"


def _line(
    figure: go.Figure,
    table: pd.DataFrame | None,
    signal: str,
    row: int,
    number: int,
    of: int,
    duration_s: float,
    look: Theme,
) -> None:
    import plotly.graph_objects as go

    if table is None:
        return
    time, values = table["time_s"].to_numpy(float), table[signal].to_numpy(float)
    at = kept(values)
    colours = (look.pair, look.first, look.second, look.muted, look.ink)
    figure.add_trace(
        go.Scatter(
            x=on_axis(time[at]), y=values[at], mode="lines", connectgaps=False, name=label(signal).replace(" z", ""),
            line={"color": colours[number % 5], "width": 0.9 if number else 1.6, "dash": _DASHES[number % 5]},
            showlegend=of > 1 and signal.endswith("_sync_z"),
            hovertemplate=f"{label(signal)} %{{x|{clock_format(duration_s)}}}: %{{y:.2f}} {unit(signal)}"
            "<extra></extra>",
        ),
        row=row, col=1,
    )  # fmt: skip
    if of == 1:
        known = values[np.isfinite(values)]
        low, high = (known.min(), known.max()) if len(known) else (0.0, 1.0)
        stretches = ((float(time[a]), float(time[b - 1])) for a, b in runs(~np.isfinite(values)))
        gaps = joined([(start, end) for start, end in stretches if end - start >= 15.0])
        if gaps:
            figure.add_trace(hatched(gaps, low, high if high > low else low + 1, look), row=row, col=1)
