"""How every figure looks: one palette that colour-blind readers can tell apart and that survives grey print."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import plotly.graph_objects as go

_LINE = 92
"""Letters of a line under the title: what a notebook's cell can hold."""
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
    second_ink: str
    pair: str
    moment: str
    mark: str
    low: str
    high: str

    def person(self, index: int) -> str:
        """Return the colour of the first (0) or second (1) person."""
        return self.second if index else self.first

    def name_ink(self, index: int) -> str:
        """Return the colour a person's name is written in: as `person`, dark enough to read."""
        return self.second_ink if index else self.first

    def diverging(self) -> list[tuple[float, str]]:
        """Return a colour scale through the paper: below chance, chance, above chance, the last darkest in grey."""
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
    second_ink="#a34d00",
    pair="#454f59",
    moment="rgba(230, 176, 46, 0.26)",
    mark="#f6e0a4",
    low="#4a90bb",
    high="#8a3a00",
)
DARK = Theme(
    paper="#12181e",
    ink="#e7edf2",
    muted="#9ba8b4",
    grid="#2c363f",
    usual="#1e2730",
    first="#63aee4",
    second="#ffb566",
    second_ink="#ffb566",
    pair="#c3ccd5",
    moment="rgba(230, 176, 46, 0.22)",
    mark="#5b4a1c",
    low="#3f83b3",
    high="#ffb25e",
)


def theme(dark: bool) -> Theme:
    """Return the dark or the light theme."""
    return DARK if dark else LIGHT


def dress(
    figure: go.Figure,
    look: Theme,
    *,
    title: str,
    height: int,
    said: Sequence[str] = (),
    above_px: int = 0,
    duration_s: float | None = None,
) -> go.Figure:
    """Give a figure the common look: `said` under its title, `above_px` kept free above its first row.

    With `duration_s` its x axes are session time. `height` is that of what is drawn, without the title.
    """
    lines = [part for line in said for part in textwrap.wrap(line, _LINE)]
    top = 50 + 17 * len(lines) + above_px
    figure.update_layout(
        title={"text": f"<b>{title}</b>",
               "subtitle": {"text": "<br>".join(lines), "font": {"size": 12, "color": look.muted}},
               "x": 0, "xref": "paper", "y": 1, "yref": "container", "yanchor": "top", "font": {"size": 16},
               "pad": {"t": 14}},
        height=top + height + 44,
        paper_bgcolor=look.paper,
        plot_bgcolor=look.paper,
        font={"family": FONT, "size": 12, "color": look.ink},
        margin={"l": 128, "r": 28, "t": top, "b": 44},
        hoverlabel={"bgcolor": look.paper, "bordercolor": look.muted, "align": "left",
                    "font": {"color": look.ink, "family": FONT, "size": 13}},
        hoverdistance=40,
        showlegend=False,
    )  # fmt: skip
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


def headline(figure: go.Figure, row: int, left: str, right: str, look: Theme, *, colour: str = "") -> None:
    """Write above a row what it shows (left) and what is to be said of it (right)."""
    for text, x, ink in ((left, 0.0, colour or look.ink), (right, 1.0, look.muted)):
        if text:
            figure.add_annotation(
                text=text, x=x, xref="paper", y=1.0, yref=f"y{row if row > 1 else ''} domain", yanchor="bottom",
                xanchor="right" if x else "left", showarrow=False, font={"size": 12, "color": ink},
            )  # fmt: skip


def shade(figure: go.Figure, spans: Sequence[tuple[float, float]], rows: Sequence[int], look: Theme) -> None:
    """Shade stretches of time behind rows."""
    band = {"type": "rect", "fillcolor": look.moment, "line": {"width": 0}, "layer": "below"}
    _add(figure, [{**band, "x0": a, "x1": b, **_of(row)} for row in rows for a, b in on_axis([*spans]).tolist()])


def edges(figure: go.Figure, spans: Sequence[tuple[float, float]], row: int, look: Theme) -> None:
    """Draw the edges of stretches of time over a row that shading would be hidden in, as a map."""
    line = {"type": "line", "line": {"color": look.ink, "width": 1, "dash": "dot"}}
    times = on_axis([t for span in spans for t in span]).tolist()
    _add(figure, [{**line, "x0": t, "x1": t, **_of(row)} for t in times])


def _of(row: int) -> dict[str, Any]:
    number = row if row > 1 else ""
    return {"xref": f"x{number}", "yref": f"y{number} domain", "y0": 0, "y1": 1}


def _add(figure: go.Figure, shapes: list[dict[str, Any]]) -> None:
    figure.layout.shapes = [*(figure.layout.shapes or ()), *shapes]  # at once: one by one they cost seconds
