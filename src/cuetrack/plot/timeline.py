"""A whole session on one page: both people mirrored around the time axis, turns, moments and the two together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cuetrack.cues.synchrony import moved_together
from cuetrack.moments.measure import Measured
from cuetrack.moments.shown import LANES, clock, gaps_s, label, seen, unit
from cuetrack.plot import reading
from cuetrack.plot.decimate import in_blocks, joined, kept, overlapping_joined
from cuetrack.plot.theme import Theme, clock_format, dress, filled, hatched, on_axis, theme
from cuetrack.synchrony import Synchrony

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from cuetrack.session import Session

_FIRST_LANE, _HALF, _MOST_Z = 1.25, 0.44, 3.0


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
    lanes = [s for s in signals if any(found.row(s, p) is not None for p in found.people)]
    heights = [0.84, 0.16] if together else [1.0]
    figure = make_subplots(rows=len(heights), cols=1, shared_xaxes=True, row_heights=heights, vertical_spacing=0.07)
    reach = _FIRST_LANE + len(lanes) - 0.45
    if moments is not None:
        _shade(figure, moments, reach, duration_s, look)
    people = [p for p in found.people if p]
    for who, person in enumerate(people):
        side = -1 if who else 1
        for k, signal in enumerate(lanes):
            _lane(figure, found, signal, person, side * (_FIRST_LANE + k), look, who)
        if turns is not None:
            _turns(figure, turns, person, side, look.person(who))
        figure.add_annotation(
            text=f"<b>{person}</b>", x=0, xref="paper", xanchor="right", xshift=-8, y=side * 0.32, showarrow=False,
            font={"color": look.person(who), "size": 13},
        )  # fmt: skip
    figure.add_hline(y=0, line={"color": look.ink, "width": 1})
    if together:
        _lag_map(figure, together, look)
    dress(
        figure,
        look,
        title=title,
        height=150 + 31 * len(lanes) * len(people) + (110 if together else 0),
        duration_s=duration_s,
    )
    figure.add_annotation(
        text="z against own usual; band: within one own spread; hatched: not measured", x=1, xref="paper", y=1.0,
        yref="paper", xanchor="right", yanchor="bottom", yshift=6, showarrow=False,
        font={"size": 11, "color": look.muted},
    )  # fmt: skip
    centres = [side * (_FIRST_LANE + k) for side in (1, -1)[: len(people)] for k in range(len(lanes))]
    names = [label(s) for s in lanes] * len(people)
    lowest = -reach if len(people) > 1 else -0.3
    figure.update_yaxes(range=[lowest, reach + 0.6], tickvals=centres, ticktext=names, showgrid=False, row=1)
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
            f"usually %{{customdata[2]:.2f}}{suffix}<br>z %{{customdata[0]:+.1f}} against own usual<extra></extra>",
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


def _shade(figure: go.Figure, moments: pd.DataFrame, reach: float, duration_s: float, look: Theme) -> None:
    """Shade the moments, number them at the top and give their times on hover."""
    import plotly.graph_objects as go

    if moments.empty:
        return
    spans = list(zip(moments["start_s"], moments["end_s"], strict=True))
    figure.add_trace(filled(joined(overlapping_joined(spans)), -reach, reach, look.moment), row=1, col=1)
    marks = _marks(moments, apart_s=0.022 * duration_s)
    figure.add_trace(
        go.Scatter(
            x=on_axis([m[0] for m in marks]), y=[reach + 0.3] * len(marks), mode="text",
            text=[f"<b>{m[1]}</b>" for m in marks], textfont={"color": look.ink, "size": 12},
            hovertext=[m[2] for m in marks], hovertemplate="%{hovertext}<extra></extra>", name="moments",
            customdata=[m[0] for m in marks],
        ),
        row=1, col=1,
    )  # fmt: skip


def _marks(moments: pd.DataFrame, apart_s: float) -> list[tuple[float, str, str]]:
    """Return where to write which ranks, with what hover says; ranks too near each other share a place."""
    marks: list[tuple[float, str, str]] = []
    for row in moments.sort_values("start_s").to_dict("records"):
        start, end = float(row["start_s"]), float(row["end_s"])
        said = f"<b>moment {row['rank']}</b> {clock(start)}–{clock(end)}<br>{row['person']}: {row['title']}"
        if marks and (start + end) / 2 - marks[-1][0] < apart_s:
            at, ranks, before = marks[-1]
            marks[-1] = (at, f"{ranks} {row['rank']}", f"{before}<br>{said}")
        else:
            marks.append(((start + end) / 2, str(row["rank"]), said))
    return marks


def _lag_map(figure: go.Figure, together: tuple[float, Synchrony], look: Theme) -> None:
    import plotly.graph_objects as go

    figure.add_trace(go.Heatmap(**lag_map_cells(together, look)), row=2, col=1)
    figure.update_yaxes(title={"text": "lag s", "standoff": 4}, row=2, col=1, tickvals=[-4, 0, 4])
    figure.add_annotation(
        text="movement of both, z against chance; above 0 the second in alphabetical order follows", x=0, xref="paper",
        y=1.0, yref="y2 domain", xanchor="left", yanchor="bottom", showarrow=False,
        font={"size": 11, "color": look.muted},
    )  # fmt: skip


def lag_map_cells(together: tuple[float, Synchrony], look: Theme, *, most: int = 2000) -> dict[str, object]:
    """Return what a heat map of z against surrogates needs, with at most `most` cells."""
    start_s, found = together
    lags = min(21, len(found.lag_s))
    values = in_blocks(found.against.values, most // lags, lags)
    time = in_blocks(found.time_s[:, None], len(values), 1)[:, 0] + start_s
    lag = in_blocks(found.lag_s[:, None], lags, 1)[:, 0]
    return {
        "x": on_axis(time),
        "y": lag,
        "z": values.T.astype(np.float32),
        "zmid": 0,
        "zmin": -4,
        "zmax": 4,
        "colorscale": look.diverging(),
        "colorbar": {"title": {"text": "z"}, "thickness": 8, "len": 0.16, "y": 0.0, "yanchor": "bottom", "x": 1.0},
        "hovertemplate": "%{x}<br>lag %{y:.1f} s: z %{z:.1f} against surrogates<extra>movement of both</extra>",
    }
