"""The lanes of the pair's drawing: replies one by one, and each synchrony signal against chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cuetrack.moments.shown import unit
from cuetrack.people.filters import runs
from cuetrack.plot.decimate import LIMIT, joined, kept
from cuetrack.plot.theme import Theme, clock_format, filled, hatched, headline, on_axis

if TYPE_CHECKING:
    import plotly.graph_objects as go

_MOST_Z = 5.0
_LEAST_GAP_S = 15.0
_MOST_OFFSET_S = 6.0


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane: the signal drawn as a line, a second one drawn thin beside it, its range and what it is called."""

    signal: str
    name: str
    said: str
    low: float
    high: float
    beside: str = ""

    def in_(self, table: pd.DataFrame) -> bool:
        """Say if a synchrony table knows anything of this lane."""
        return self.signal in table and bool(np.isfinite(table[self.signal].to_numpy(float)).any())


_ALIKE = "z; line: alike (+) or opposite (−), dots: either"
LANES = (
    Lane("motion_sync_z", "movement", _ALIKE, -_MOST_Z, _MOST_Z, "motion_abs_z"),
    Lane("head_sync_z", "head", "z", -_MOST_Z, _MOST_Z, "head_abs_z"),
    Lane("face_sync_z", "face", "z", -_MOST_Z, _MOST_Z, "face_abs_z"),
    Lane("voice_sync_z", "voice", "z; neighbouring turns sound alike (+)", -_MOST_Z, _MOST_Z),
    Lane("breathing_sync_z", "breathing", "z", -_MOST_Z, _MOST_Z, "breathing_abs_z"),
    Lane("motion_lead_s", "who moved first", "s, only where steady; above 0: {first}", -5, 5),
    Lane("mutual_gaze", "both gaze toward each other, likely", "share of the time", 0, 1),
    Lane("mirroring", "postures change the same way", "+1 as in a mirror, −1 opposite", -1, 1),
)


def lane(
    figure: go.Figure,
    table: pd.DataFrame | None,
    known: Lane,
    people: Sequence[str],
    row: int,
    duration_s: float,
    look: Theme,
) -> None:
    """Add one lane of the synchrony table; z beyond chance is filled, gaps are hatched."""
    if table is None:
        return
    ordered = table.sort_values("time_s", kind="stable")
    time, values = ordered["time_s"].to_numpy(float), ordered[known.signal].to_numpy(float)
    is_z = known.signal.endswith("_z")
    if is_z:
        figure.add_trace(filled([(0.0, duration_s)], -2, 2, look.usual), row=row, col=1)
        for side in (1, -1):
            _beyond(figure, time, values, side, row, look)
    if known.beside in ordered:
        beside = ordered[known.beside].to_numpy(float)
        _line(
            figure, time, beside, known, row, duration_s, {"color": look.muted, "width": 1, "dash": "dot"}, "either way"
        )
    _line(figure, time, values, known, row, duration_s, {"color": look.pair, "width": 1.5}, known.name)
    stretches = ((float(time[a]), float(time[b - 1])) for a, b in runs(~np.isfinite(values)))
    gaps = joined([(start, end) for start, end in stretches if end - start >= _LEAST_GAP_S])
    if gaps and known.signal != "motion_lead_s":
        figure.add_trace(hatched(gaps, known.low, known.high, look), row=row, col=1)
    headline(figure, row, f"<b>{known.name}</b>", known.said.format(first=people[0]), look)
    ticks = [-2, 2] if is_z else [known.low, known.high]
    figure.update_yaxes(
        range=[known.low * 1.05, known.high * 1.05], tickvals=ticks,
        ticktext=[f"{t:g}".replace("-", "−") for t in ticks], showgrid=False, row=row, col=1,
    )  # fmt: skip


def _line(
    figure: go.Figure,
    time: np.ndarray,
    values: np.ndarray,
    known: Lane,
    row: int,
    duration_s: float,
    line: dict[str, object],
    name: str,
) -> None:
    import plotly.graph_objects as go

    at = kept(values)
    figure.add_trace(
        go.Scatter(
            x=on_axis(time[at]), y=np.clip(values[at], known.low, known.high), customdata=values[at].astype(np.float32),
            mode="lines", connectgaps=False, name=name, line=line,
            hovertemplate=f"{known.name}, %{{x|{clock_format(duration_s)}}}: %{{customdata:.2f}} {unit(known.signal)}"
            f"<extra>{'' if name == known.name else name}</extra>",
        ),
        row=row, col=1,
    )  # fmt: skip


def _beyond(figure: go.Figure, time: np.ndarray, values: np.ndarray, side: int, row: int, look: Theme) -> None:
    """Fill what lies beyond chance on one side; above is darker than below, so that grey print tells them apart."""
    import plotly.graph_objects as go

    at = kept(values, LIMIT // 2)
    x, base = on_axis(time[at]), np.full(len(at), 2.0 * side)
    y = np.clip(values[at], -_MOST_Z, _MOST_Z)
    out = np.where(side * y > 2, y, base)
    if not (side * y > 2).any():
        return
    figure.add_trace(go.Scatter(x=x, y=base, mode="lines", line={"width": 0}, hoverinfo="skip"), row=row, col=1)
    figure.add_trace(
        go.Scatter(
            x=x, y=out, mode="lines", line={"width": 0}, fill="tonexty", hoverinfo="skip",
            fillcolor=look.high if side > 0 else look.low,
        ),
        row=row, col=1,
    )  # fmt: skip


def replies(
    figure: go.Figure, response: pd.DataFrame, people: Sequence[str], row: int, duration_s: float, look: Theme
) -> None:
    """Add every reply as a mark: how long after the other stopped it began, below 0 where the two overlapped."""
    import plotly.graph_objects as go

    for who, person in enumerate(people[:2]):
        own = response[response["person"] == person].iloc[-LIMIT:]
        offset = own["transfer_offset_s"].to_numpy(float)
        figure.add_trace(
            go.Scatter(
                x=on_axis(own["time_s"]), y=np.clip(offset, -_MOST_OFFSET_S, _MOST_OFFSET_S), mode="markers",
                name=person,
                customdata=np.stack([offset, own["reply_s"].to_numpy(float)], axis=1).astype(np.float32),
                marker={"color": look.person(who), "size": 6, "symbol": ("circle", "diamond-open")[who]},
                hovertemplate=f"<b>{person}</b> %{{x|{clock_format(duration_s)}}}<br>began %{{customdata[0]:+.1f}} s "
                "after the other stopped<br>reply of %{customdata[1]:.1f} s<extra></extra>",
            ),
            row=row, col=1,
        )  # fmt: skip
    names = [f"<span style='color:{look.name_ink(n)}'>{'●◇'[n]} {p}</span>" for n, p in enumerate(people[:2])]
    headline(figure, row, f"<b>replies</b>  {'  '.join(names)}", "s after the other stopped; below 0: overlap", look)
    figure.add_hline(y=0, line={"color": look.muted, "width": 1, "dash": "dot"}, row=row, col=1)
    reach = min(_MOST_OFFSET_S, max(1.0, float(np.nanmax(np.abs(response["transfer_offset_s"].to_numpy(float))))))
    low = max(-reach, min(0.0, float(np.nanmin(response["transfer_offset_s"].to_numpy(float)))))
    figure.update_yaxes(range=[low - 0.3, reach + 0.3], nticks=4, row=row, col=1)
