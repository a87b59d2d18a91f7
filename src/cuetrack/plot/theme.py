"""How every figure looks: one palette that colour-blind readers can tell apart and that survives grey print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import plotly.graph_objects as go

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours of a figure. The first person's is darker than the second's, so that both stay apart without colour."""

    paper: str
    ink: str
    muted: str
    grid: str
    usual: str
    first: str
    second: str
    pair: str
    moment: str
    low: str
    high: str

    def person(self, index: int) -> str:
        """Return the colour of the first (0) or second (1) person."""
        return self.second if index else self.first

    def diverging(self) -> list[tuple[float, str]]:
        """Return a colour scale through the paper: below chance, chance, above chance."""
        return [(0.0, self.low), (0.5, self.paper), (1.0, self.high)]

    def sequential(self) -> list[tuple[float, str]]:
        """Return a colour scale from unsure to sure."""
        return [(0.0, self.usual), (1.0, self.first)]


LIGHT = Theme(
    paper="#ffffff",
    ink="#1d2730",
    muted="#5c6975",
    grid="#dde2e7",
    usual="#eef1f4",
    first="#0a4f78",
    second="#d9750f",
    pair="#454f59",
    moment="rgba(230, 176, 46, 0.26)",
    low="#0a4f78",
    high="#b8560a",
)
DARK = Theme(
    paper="#12181e",
    ink="#e7edf2",
    muted="#9ba8b4",
    grid="#2c363f",
    usual="#1e2730",
    first="#63aee4",
    second="#ffb566",
    pair="#c3ccd5",
    moment="rgba(230, 176, 46, 0.22)",
    low="#63aee4",
    high="#ff9d3d",
)


def theme(dark: bool) -> Theme:
    """Return the dark or the light theme."""
    return DARK if dark else LIGHT


def dress(figure: go.Figure, look: Theme, *, title: str, height: int, duration_s: float | None = None) -> go.Figure:
    """Give a figure the common look; with `duration_s` its x axes are session time."""
    figure.update_layout(
        title={"text": title, "x": 0, "xref": "paper", "font": {"size": 16}, "pad": {"l": 0}},
        height=height,
        paper_bgcolor=look.paper,
        plot_bgcolor=look.paper,
        font={"family": FONT, "size": 12, "color": look.ink},
        margin={"l": 128, "r": 28, "t": 64, "b": 44},
        hoverlabel={"bgcolor": look.paper, "bordercolor": look.muted, "font": {"color": look.ink, "family": FONT}},
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1.0, "yanchor": "bottom"},
        showlegend=False,
    )
    figure.update_xaxes(gridcolor=look.grid, zeroline=False, linecolor=look.grid, tickcolor=look.grid)
    figure.update_yaxes(gridcolor=look.grid, zeroline=False, linecolor=look.grid, tickcolor=look.grid)
    if duration_s is not None:
        figure.update_xaxes(**time_axis(duration_s))
    return figure


MIDNIGHT_MS = 946_684_800_000.0
"""Where session time begins on a date axis (1 January 2000): plotly takes small numbers for years."""


def time_axis(duration_s: float) -> dict[str, Any]:
    """Return the settings of an axis of session time; its values are milliseconds, see `on_axis`."""
    return {"type": "date", "tickformat": clock_format(duration_s), "hoverformat": clock_format(duration_s)}


def clock_format(duration_s: float) -> str:
    """Return how session time is printed: minutes and seconds, hours where there are any."""
    return "%-H:%M:%S" if duration_s >= 3600 else "%M:%S"


def on_axis(time_s: Any) -> Any:
    """Return session seconds as milliseconds of a date axis, which prints them as a clock at every zoom."""
    return np.asarray(time_s, dtype=np.float64) * 1000.0 + MIDNIGHT_MS


def hatched(spans: Sequence[tuple[float, float]], low: float, high: float, look: Theme) -> go.Scatter:
    """Return a trace that hatches stretches of time between two heights: nothing was measured there."""
    return _boxes(spans, low, high, {"fillpattern": {"shape": "/", "fgcolor": look.muted, "size": 6, "solidity": 0.14}})


def filled(spans: Sequence[tuple[float, float]], low: float, high: float, colour: str, **more: Any) -> go.Scatter:
    """Return a trace that fills stretches of time between two heights."""
    return _boxes(spans, low, high, {"fillcolor": colour, **more})


def _boxes(spans: Sequence[tuple[float, float]], low: float, high: float, more: dict[str, Any]) -> go.Scatter:
    import plotly.graph_objects as go

    x = on_axis([v for start, end in spans for v in (start, start, end, end, np.nan)])
    y = [v for _ in spans for v in (low, high, high, low, np.nan)]
    settings: dict[str, Any] = {"fillcolor": "rgba(0,0,0,0)", "hoverinfo": "skip", **more}
    return go.Scatter(x=x, y=y, fill="toself", mode="none", showlegend=False, **settings)
