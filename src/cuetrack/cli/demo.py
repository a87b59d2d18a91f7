"""`cuetrack demo`: a simulated session with known truth, analysed and shown beside that truth."""

from __future__ import annotations

import time
from pathlib import Path

import click
import pandas as pd

from cuetrack.cli import show
from cuetrack.cli.info import print_summary
from cuetrack.cli.moments import print_moments

NEAR_S = 15.0
"""A ranked moment is set beside a scripted event if its peak lies within this many seconds of it."""


@click.command("demo")
@click.option(
    "--script", type=click.Path(path_type=Path), help="A script of your own (TOML) instead of the shipped one."
)
@click.option("--out", type=click.Path(path_type=Path), default=Path("sample_media"), show_default=True)
@click.option("--quiet", is_flag=True, help="No progress.")
def command(script: Path | None, out: Path, quiet: bool) -> None:
    """Make a session of two rendered people with known truth, analyse it, and print moments beside the true events."""
    from cuetrack import simulate
    from cuetrack.people.engines import hush
    from cuetrack.pipeline import analyze

    started = time.monotonic()
    chosen = simulate.load_script(script) if script else simulate.demo_script()
    video = out / f"{script.stem if script else 'demo'}.mp4"
    hush()
    with show.progress_bar(quiet) as progress:
        truth = simulate.render(chosen, video, progress=lambda done: progress("rendering", done))
        people = {p.name: p.place for p in chosen.people}
        session = analyze(video, people=people, progress=progress)
    print_summary(session)
    print_moments(session)
    print_beside(session.moments, truth.events)
    click.echo(f"\n{time.monotonic() - started:.0f} s in all. Open next:")
    click.echo(f"  {session.folder.report}   (the report, in any browser)")
    click.echo(f"  {video}   (the recording)")


def print_beside(moments: pd.DataFrame, events: pd.DataFrame) -> None:
    """Print every scripted event with the ranked moment whose peak lies in or near it."""
    ranked = moments[~moments["control"]]
    rows = []
    for event in show.rows(events):
        near = ranked[(ranked["peak_s"] >= event.start_s - NEAR_S) & (ranked["peak_s"] <= event.end_s + NEAR_S)]
        found = "; ".join(f"#{m.rank} {show.clock(m.peak_s)} {m.person}: {m.title}" for m in show.rows(near))
        rows.append([show.clocks(event.start_s, event.end_s), event.person, event.label, found or "–"])
    show.table("True events of the script beside the ranked moments", ["when", "who", "event", "moment"], rows)
