"""Draw one picture per cue for its page, from the simulated demonstration with its truth shaded.

    python tools/cue_pictures.py        writes docs/pictures/cue-NAME.png

Needs Chromium and playwright (the test extra). Nobody real is in these pictures.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
from PIL import Image
from plotly.subplots import make_subplots

import cuetrack as ct

OUT = Path(__file__).resolve().parents[1] / "docs" / "pictures"
COLOURS = {"therapist": "#b3591b", "client": "#0a4f78", "pair": "#333333"}
SIGNALS = {
    "gaze": ("toward_partner", "gaze_pitch_deg", "blink_rate_per_min"),
    "face": ("smile", "brow_lower", "expressivity_per_s"),
    "head": ("pitch_deg", "head_speed_deg_per_s", "nod_rate_per_min"),
    "posture": ("lean_cm", "slump_cm", "openness"),
    "gesture": ("motion_sw_per_s", "motion_energy", "self_touch"),
    "breathing": ("chest_mm", "breath_rate_per_min", "breath_depth"),
    "voice": ("pitch_st", "level_db", "articulation_syl_per_s"),
    "speaking": ("talk_share", "pause_share", "turn_s"),
    "response": ("transfer_offset_s", "reply_s", "intensity_sd"),
    "synchrony": ("motion_sync_z", "voice_sync_z", "mutual_gaze"),
}
WIDTH_PX, HEIGHT_PX = 900, 420


def main() -> None:
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        script = ct.simulate.demo_script()
        session = ct.simulated_session(script, Path(folder) / "demo.cue", surrogates=0)
        truth = script.truth_spans()
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH_PX, "height": HEIGHT_PX})
        for name in (*SIGNALS, "turns"):
            drawn = turns(session) if name == "turns" else lanes(session, name)
            shade(drawn, truth)
            path = Path(folder) / "figure.html"
            drawn.write_html(path, config={"staticPlot": True})
            page.goto(path.as_uri())
            page.wait_for_selector(".plot-container")
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(64)
            picture.save(OUT / f"cue-{name}.png", optimize=True)
        browser.close()


def lanes(session: ct.Session, cue: str) -> go.Figure:
    """Draw some of a cue's signals, one lane each, everyone in a colour of their own."""
    names = SIGNALS[cue]
    figure = make_subplots(rows=len(names), shared_xaxes=True, vertical_spacing=0.06)
    for row, signal in enumerate(names, 1):
        for person, mine in session[cue].groupby("person"):
            mode = "markers" if cue == "response" else "lines"
            figure.add_scatter(
                x=mine["time_s"], y=mine[signal].to_numpy(float), name=str(person), mode=mode, legendgroup=str(person),
                showlegend=row == 1, row=row, col=1, line={"color": COLOURS[str(person)], "width": 1.2},
                marker={"color": COLOURS[str(person)], "size": 6},
            )  # fmt: skip
        figure.update_yaxes(title={"text": signal, "font": {"size": 11}}, row=row, col=1)
    return dressed(figure)


def turns(session: ct.Session) -> go.Figure:
    """Draw who has the floor, and what lies between."""
    figure = go.Figure()
    spans = session["turns"]
    for label, opacity in (("turn", 0.85), ("backchannel", 0.5), ("overlap", 0.5), ("laugh", 0.35)):
        for person in session.people:
            mine = spans[(spans["label"] == label) & (spans["person"] == person)]
            figure.add_bar(
                base=mine["start_s"], x=mine["end_s"] - mine["start_s"], y=[f"{person} {label}"] * len(mine),
                orientation="h", name=f"{person} {label}", showlegend=False,
                marker={"color": COLOURS[person], "opacity": opacity},
            )  # fmt: skip
    figure.update_layout(barmode="overlay")
    return dressed(figure)


def dressed(figure: go.Figure) -> go.Figure:
    """Give a figure the plain look of the pages."""
    figure.update_layout(
        width=WIDTH_PX, height=HEIGHT_PX, margin={"l": 70, "r": 10, "t": 30, "b": 40}, plot_bgcolor="white",
        legend={"orientation": "h", "y": 1.1}, font={"family": "sans-serif"},
    )  # fmt: skip
    figure.update_xaxes(range=[0, 240], gridcolor="#e6e9ec")
    figure.update_yaxes(gridcolor="#e6e9ec", zerolinecolor="#c8ced4")
    figure.update_xaxes(title="s; shaded: where the script made the client shift", row=None, selector=-1)
    return figure


def shade(figure: go.Figure, truth: pd.DataFrame) -> None:
    """Shade the true shifts of the script."""
    for row in truth[truth["source"].isin(["quieter", "forceful"])].itertuples():
        figure.add_vrect(row.start_s, row.end_s, fillcolor="rgba(230,176,46,.25)", line_width=0, layer="below")


if __name__ == "__main__":
    main()
