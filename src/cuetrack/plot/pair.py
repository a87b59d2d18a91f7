"""The two together: lag map against surrogates, turns, replies, and everything the synchrony cue says, a lane each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from cuetrack.errors import NotEnoughData
from cuetrack.plot import reading
from cuetrack.plot.decimate import joined, overlapping_joined
from cuetrack.plot.lagmap import draw_lag_map
from cuetrack.plot.pair_lanes import LANES, lane, replies
from cuetrack.plot.theme import dress, edges, filled, headline, on_axis, shade, theme
from cuetrack.synchrony import Synchrony
from cuetrack.synchrony.pair import moved_together

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from cuetrack.session import Session

MAPPED = {
    "movement": ("gesture", ("motion_sw_per_s", "motion_energy")),
    "head": ("head", ("head_speed_deg_per_s",)),
    "face": ("face", ("expressivity_per_s",)),
}
"""What a lag map can be drawn of: cue and signals."""
_ROW_PX = 96


def pair(session: Session, *, of: str = "movement", surrogates: int = 100, dark: bool = False) -> go.Figure:
    """Draw the lag map of both people's movement, head or face, their turns and replies, and the synchrony signals.

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
        people=session.people,
        duration_s=session.duration_s,
        turns=session.all_spans().get("turns"),
        response=samples.get("response"),
        moments=reading.ranked(session),
        title=session.name,
        of=of,
        dark=dark,
    )


def draw_pair(
    together: tuple[float, Synchrony] | None,
    table: pd.DataFrame | None,
    *,
    people: Sequence[str],
    duration_s: float,
    turns: pd.DataFrame | None = None,
    response: pd.DataFrame | None = None,
    moments: pd.DataFrame | None = None,
    title: str = "",
    of: str = "movement",
    dark: bool = False,
) -> go.Figure:
    """Draw a pair from a lag map, a synchrony table, turns and replies, of which any may be missing."""
    from plotly.subplots import make_subplots

    look = theme(dark)
    lanes = [] if table is None else [known for known in LANES if known.in_(table)]
    replied = response if response is not None and len(response) else None
    heights = [1.9] * (together is not None) + [0.36] * (turns is not None) + [0.9] * (replied is not None)
    heights += [0.62] * len(lanes)
    spacing = 26 / (_ROW_PX * (sum(heights) + 0.3 * len(heights)))
    figure = make_subplots(rows=len(heights), cols=1, shared_xaxes=True, row_heights=heights, vertical_spacing=spacing)
    row = 0
    if together is not None:
        row += 1
        draw_lag_map(
            figure, together, sorted(people), look, row=row, duration_s=duration_s,
            colorbar={"len": 1.9 / sum(heights), "y": 1.0, "yanchor": "top", "x": 1.0},
        )  # fmt: skip
        headline(figure, row, f"<b>{of} of both</b>, by lag", "+ −: beyond ±2 (about 1 in 20 by chance)", look)
    if turns is not None:
        row += 1
        for who, person in enumerate(people[:2]):
            own = turns[(turns["label"] == "turn") & (turns["person"] == person)]
            spans = joined(list(zip(own["start_s"], own["end_s"], strict=True)))
            if spans:
                figure.add_trace(filled(spans, 0.55 - 0.5 * who, 0.95 - 0.5 * who, look.person(who)), row=row, col=1)
        headline(figure, row, "<b>turns</b>", "", look)
        figure.update_yaxes(
            tickvals=[0.75, 0.25], ticktext=list(people[:2]), range=[0, 1], showgrid=False, row=row, col=1
        )
    if replied is not None:
        row += 1
        replies(figure, replied, people, row, duration_s, look)
    for known in lanes:
        row += 1
        lane(figure, table, known, sorted(people), row, duration_s, look)
    if moments is not None:
        spans = overlapping_joined(list(zip(moments["start_s"], moments["end_s"], strict=True)))
        mapped = together is not None
        shade(figure, spans, range(1 + mapped, len(heights) + 1), look)
        if mapped:
            edges(figure, spans, 1, look)
    dress(
        figure, look, title=f"{title}: the two together", duration_s=duration_s,
        said=[
            "z: against other times of the same session (surrogates); grey band: chance, within ±2; "
            "hatched: not measured; yellow: moments"
        ],
        above_px=20, height=int(_ROW_PX * (sum(heights) + 0.3 * len(heights))),
    )  # fmt: skip
    figure.update_layout(margin={"l": 128, "r": 76})
    figure.update_xaxes(range=on_axis([0.0, duration_s]).tolist())
    return figure
