"""One moment in one drawing: what came before, the cues that spoke in their own units, and what came after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cuetrack.errors import StoreError
from cuetrack.moments.arcs import came_back
from cuetrack.moments.measure import Measured
from cuetrack.moments.shown import amount, clock, gaps_s, label, natural, telling_rows, unit, usual_band
from cuetrack.plot import reading
from cuetrack.plot.decimate import joined, kept
from cuetrack.plot.theme import Theme, clock_format, dress, filled, hatched, headline, on_axis, shade, theme
from cuetrack.terms import PAIR

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from cuetrack.session import Session

_LANE_PX = 74


def moment(
    session: Session, moment: pd.Series[Any], *, around_s: float = 60.0, lanes: int = 8, dark: bool = False
) -> go.Figure:
    """Draw one row of `session.moments` with `around_s` seconds on both sides, at most `lanes` signals.

    Signals are those that contributed most, each in its own unit over the person's usual (line) and its spread (band),
    with the time it came back to usual; then what the other did before. Raises StoreError without moments.
    """
    if "rank" not in moment or "start_s" not in moment:
        raise StoreError("expected a row of session.moments, as session.moments.iloc[0], with rank, start_s and end_s")
    found = reading.measured(session)
    rank = int(moment["rank"])
    evidence, arcs, others = session.evidence, session.arcs, reading.ranked(session)
    later = others.loc[others["start_s"] >= float(moment["end_s"]), "start_s"]
    return draw_moment(
        found,
        moment,
        evidence=evidence[evidence["rank"] == rank],
        arcs=arcs[arcs["rank"] == rank],
        turns=session.all_spans().get("turns"),
        until_s=float(later.min()) if len(later) else session.duration_s,
        around_s=around_s,
        lanes=lanes,
        dark=dark,
    )


def draw_moment(
    found: Measured,
    moment: pd.Series[Any],
    *,
    evidence: pd.DataFrame,
    arcs: pd.DataFrame,
    turns: pd.DataFrame | None = None,
    until_s: float | None = None,
    around_s: float = 60.0,
    lanes: int = 8,
    dark: bool = False,
) -> go.Figure:
    """Draw a moment from plain tables (see `moment`); a return to usual is looked for before `until_s`."""
    from plotly.subplots import make_subplots

    look = theme(dark)
    start, end = float(moment["start_s"]), float(moment["end_s"])
    first, last = max(0.0, start - around_s), min(float(len(found.time_s)), end + around_s)
    others = min(2, lanes - 1)
    rows = telling_rows(found, evidence, arcs, most=lanes - others, others=others)
    figure = make_subplots(
        rows=len(rows) + 1,
        cols=1,
        shared_xaxes=True,
        row_heights=[0.6] + [1.0] * len(rows),
        vertical_spacing=0.26 / (len(rows) + 1),
    )
    people = [p for p in found.people if p]
    if turns is not None:
        for who, person in enumerate(people):
            _turns(figure, turns, person, who, (first, last), look)
    until = float(len(found.time_s)) if until_s is None else until_s
    back = came_back(found, str(moment["person"]), start, end, until_s=until)
    told = {(str(e["person"]), str(e["signal"])): str(e["text"]) for e in evidence.to_dict("records")}
    for k, row in enumerate(rows):
        _lane(figure, found, row, k + 2, (first, last), look)
        _, signal, person = found.rows[row]
        returned = back.get(signal) if person == moment["person"] else None
        _back_at(figure, found, row, k + 2, (end, last), returned, look)
        ink = look.name_ink(found.people.index(person)) if person in found.people else look.pair
        headline(
            figure, k + 2, f"<b>{person}</b> {label(signal)}",
            _said(found, row, told, (start, end)) + _return(returned, end, last), look,
            colour=ink,
        )  # fmt: skip
        figure.update_yaxes(title={"text": unit(signal), "font": {"size": 12}}, nticks=3, row=k + 2, col=1)
    shade(figure, [(start, end)], range(1, len(rows) + 2), look)
    for text, middle in (("before", (first + start) / 2), ("moment", (start + end) / 2), ("after", (end + last) / 2)):
        figure.add_annotation(
            text=f"<b>{text}</b>", x=on_axis(middle), xref="x", y=1.0, yref="y domain", yanchor="bottom", yshift=4,
            showarrow=False, font={"color": look.muted},
        )  # fmt: skip
    title = f"{moment.get('rank', '')}. {moment['person']}: {moment.get('title', moment['label'])}"
    title += f", {clock(start)}–{clock(end)}"
    dress(
        figure, look, title=title, said=_around(moment), above_px=22, height=38 + _LANE_PX * len(rows),
        duration_s=float(len(found.time_s)),
    )  # fmt: skip
    figure.update_layout(margin={"l": 84})
    figure.update_yaxes(tickvals=[0.7, 0.3][: len(people)], ticktext=people, range=[0, 1], row=1, col=1)
    figure.update_xaxes(range=on_axis([first, last]).tolist())
    return figure


def _lane(figure: go.Figure, found: Measured, row: int, at: int, shown: tuple[float, float], look: Theme) -> None:
    import plotly.graph_objects as go

    _, signal, person = found.rows[row]
    inside = (found.time_s >= shown[0] - 1) & (found.time_s <= shown[1] + 1)
    time, values = found.time_s[inside], natural(found, row)[inside]
    low, middle, high = usual_band(found, row)
    if np.isfinite(low) and high > low:
        figure.add_trace(filled([shown], low, high, look.usual), row=at, col=1)
    if np.isfinite(middle):
        figure.add_trace(
            go.Scatter(x=on_axis(shown), y=[middle, middle], mode="lines", hoverinfo="skip",
                       line={"color": look.muted, "width": 1, "dash": "dot"}),
            row=at, col=1,
        )  # fmt: skip
    colour = look.person(found.people.index(person)) if person in found.people else look.pair
    keep = kept(values)
    suffix = f" {unit(signal)}".rstrip()
    figure.add_trace(
        go.Scatter(
            x=on_axis(time[keep]), y=values[keep], mode="lines", line={"color": colour, "width": 1.8},
            name=f"{person}: {label(signal)}", connectgaps=False,
            hovertemplate=f"%{{x|{clock_format(len(found.time_s))}}}: %{{y:.2f}}{suffix}, usually {middle:.2f}{suffix}"
            "<extra></extra>",
        ),
        row=at, col=1,
    )  # fmt: skip
    gaps = [(max(s, shown[0]), min(e, shown[1])) for s, e in gaps_s(found, row)]
    gaps = joined([(s, e) for s, e in gaps if e > s])
    known = values[np.isfinite(values)]
    ends = [v for v in (*known, low, middle, high) if np.isfinite(v)] or [0.0, 1.0]
    pad = 0.08 * (max(ends) - min(ends) or 1.0)
    figure.update_yaxes(range=[min(ends) - pad, max(ends) + pad], row=at, col=1)
    if gaps:
        figure.add_trace(hatched(gaps, min(ends) - pad, max(ends) + pad, look), row=at, col=1)


def _turns(
    figure: go.Figure, turns: pd.DataFrame, person: str, who: int, shown: tuple[float, float], look: Theme
) -> None:
    rows = turns[(turns["label"] == "turn") & (turns["person"] == person)]
    inside = rows[(rows["end_s"] > shown[0]) & (rows["start_s"] < shown[1])]
    spans = joined(list(zip(inside["start_s"], inside["end_s"], strict=True)))
    middle = 0.3 if who else 0.7
    if spans:
        figure.add_trace(filled(spans, middle - 0.14, middle + 0.14, look.person(who)), row=1, col=1)


def _back_at(
    figure: go.Figure,
    found: Measured,
    row: int,
    at: int,
    after: tuple[float, float],
    returned: float | None,
    look: Theme,
) -> None:
    """Mark where a signal came back to usual, if that is in view."""
    import plotly.graph_objects as go

    if returned is None or not after[0] <= returned <= after[1]:
        return
    figure.add_trace(
        go.Scatter(
            x=[on_axis(returned)], y=[usual_band(found, row)[1]], mode="markers", name="back to usual",
            marker={"symbol": "diamond", "size": 9, "color": look.ink, "line": {"width": 1, "color": look.paper}},
            hovertemplate=f"back to usual at {clock(returned)}, for a minute or more<extra></extra>",
        ),
        row=at, col=1,
    )  # fmt: skip


def _return(returned: float | None, end_s: float, last_s: float) -> str:
    """Return in words when a signal came back to usual, with the mark it has where that is in view."""
    if returned is None:
        return ""
    if not np.isfinite(returned):
        return " · not back"
    when = "at once" if returned - end_s < 1 else f"{returned - end_s:.0f} s after"
    return f" · {'◆ ' if returned <= last_s else ''}back {when}"


def _around(moment: pd.Series[Any]) -> list[str]:
    """Return what is said of the time before and after, a line each."""
    before, after, first = (str(moment.get(name, "") or "") for name in ("before", "after", "moved_first"))
    lines = [f"15 s before: {before}" if before else "", f"after: {after}" if after else ""]
    if first:
        lines[0] += ("; " if lines[0] else "") + ("both moved at once" if first == PAIR else f"{first} moved first")
    return [line for line in lines if line]


def _said(found: Measured, row: int, told: dict[tuple[str, str], str], span: tuple[float, float]) -> str:
    """Return the evidence in words; for the other person, their value before against their usual."""
    _, signal, person = found.rows[row]
    if (person, signal) in told:
        return told[person, signal]
    inside = (found.time_s >= span[0] - 15) & (found.time_s < span[0])
    values = found.value[row][inside]
    known = values[np.isfinite(values)]
    usual = amount(usual_band(found, row)[1], unit(signal))
    return f"{amount(known.mean(), unit(signal))} in the 15 s before; usually {usual}" if len(known) else "not measured"
