"""The lag map of two people: how alike they moved at every lag, against surrogates, and who follows whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cuetrack.plot.decimate import LIMIT, in_blocks
from cuetrack.plot.theme import Theme, clock_format, on_axis
from cuetrack.synchrony import Synchrony

if TYPE_CHECKING:
    import plotly.graph_objects as go

BEYOND = 2.0
"""Cells this many spreads of chance away carry a sign, so that the map can be read without colour."""
_MOST_Z = 4.0
_LAGS = 21


def draw_lag_map(
    figure: go.Figure,
    together: tuple[float, Synchrony],
    people: Sequence[str],
    look: Theme,
    *,
    row: int,
    duration_s: float,
    colorbar: dict[str, object],
) -> None:
    """Add the map of at most 2,000 cells to a row; `people` are sorted, a positive lag means the second follows."""
    import plotly.graph_objects as go

    first, second = people[:2]
    start_s, found = together
    lags = min(_LAGS, len(found.lag_s))
    values = in_blocks(found.against.values, LIMIT // lags, lags).T
    time = in_blocks(found.time_s[:, None], values.shape[1], 1)[:, 0] + start_s
    lag = in_blocks(found.lag_s[:, None], lags, 1)[:, 0]
    who = [f"{second} follows by {v:.1f} s" if v > 0 else f"{first} follows by {-v:.1f} s" for v in lag]
    who = ["at once" if abs(v) < 0.05 else text for v, text in zip(lag, who, strict=True)]
    figure.add_trace(
        go.Heatmap(
            x=on_axis(time), y=lag, z=values.astype(np.float32), zmid=0, zmin=-_MOST_Z, zmax=_MOST_Z,
            colorscale=look.diverging(), text=[[text] * len(time) for text in who],
            colorbar={"title": {"text": "z"}, "thickness": 10, "outlinewidth": 0, "tickvals": [-4, -2, 0, 2, 4],
                      "ticktext": ["−4", "−2", "chance", "+2", "+4"], **colorbar},
            hovertemplate=f"%{{x|{clock_format(duration_s)}}}, %{{text}}<br>z %{{z:+.1f}} against surrogates"
            "<extra></extra>",
        ),
        row=row, col=1,
    )  # fmt: skip
    for high, symbol in ((True, "cross-thin"), (False, "line-ew")):
        at = np.argwhere(values >= BEYOND if high else values <= -BEYOND)[:LIMIT]
        figure.add_trace(
            go.Scatter(
                x=on_axis(time[at[:, 1]]), y=lag[at[:, 0]], mode="markers", hoverinfo="skip", showlegend=False,
                marker={"symbol": symbol, "size": 5, "line": {"width": 1.1, "color": look.ink}},
            ),
            row=row, col=1,
        )  # fmt: skip
    reach = float(np.abs(found.lag_s).max())
    figure.update_yaxes(
        tickvals=[-0.6 * reach, 0, 0.6 * reach], ticktext=[f"{first} follows", "at once", f"{second} follows"],
        range=[-reach, reach], showgrid=False, row=row, col=1,
    )  # fmt: skip
