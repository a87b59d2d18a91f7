"""`cuetrack demo`: a simulated session with known truth, analysed and shown beside that truth."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cuetrack.cli import show
from cuetrack.cli.info import print_summary
from cuetrack.cli.moments import print_moments

if TYPE_CHECKING:
    import pandas as pd

    from cuetrack.simulate.script import Script

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
        told = recorded(chosen, video)
        session = analyze(**told, progress=progress)
    print_summary(session)
    print_moments(session)
    print_beside(session.moments, truth.events)
    click.echo(f"\n{time.monotonic() - started:.0f} s in all. Open next:")
    click.echo(f"  {session.folder.report}   (the report, in any browser)")
    files = told["recordings"]
    for file in files.values() if isinstance(files, dict) else [files]:
        click.echo(f"  {file}   (the recording)")


def recorded(script: Script, video: Path) -> dict[str, Any]:
    """Return what `analyze` needs to be told of a rendered script: its files, who is where, whether it is mirrored."""
    from cuetrack.simulate.media import paths_of

    if script.output.layout == "file_per_person":
        told: dict[str, Any] = {
            "recordings": paths_of(script, video), "out": video.with_suffix(".cue"), "offset_s": 0.0,
        }  # fmt: skip
    else:
        other = {"left": "right", "right": "left"}
        places = {p.name: other[p.place] if script.output.mirrored else p.place for p in script.people}
        told = {"recordings": video, "people": places}
    return {**told, "settings": {"picture": {"mirrored": script.output.mirrored}}}


def print_beside(moments: pd.DataFrame, events: pd.DataFrame) -> None:
    """Print every scripted event with the ranked moment whose peak lies in or near it."""
    ranked = moments[~moments["control"]]
    rows = []
    for event in show.rows(events):
        near = ranked[(ranked["peak_s"] >= event.start_s - NEAR_S) & (ranked["peak_s"] <= event.end_s + NEAR_S)]
        found = "; ".join(f"#{m.rank} {show.clock(m.peak_s)} {m.person}: {m.title}" for m in show.rows(near))
        rows.append([show.clocks(event.start_s, event.end_s), event.person, event.label, found or "–"])
    show.table("True events of the script beside the ranked moments", ["when", "who", "event", "moment"], rows)
