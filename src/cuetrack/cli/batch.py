"""`cuetrack batch`: many recordings, one folder of sessions."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cuetrack.cli import show

if TYPE_CHECKING:
    from cuetrack.batch.outcome import Outcome
    from cuetrack.batch.pace import Pace


@click.command("batch")
@click.argument("study", type=click.Path(path_type=Path), metavar="STUDY|MANIFEST")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the session folders.")
@click.option("--jobs", type=click.IntRange(1), help="Sessions at once; half the cores if not given.")
@click.option(
    "--memory", "memory_gb", type=click.FloatRange(0, min_open=True), metavar="GB",
    help="Memory that all sessions together may hold; nine tenths of what is free if not given.",
)  # fmt: skip
@click.option(
    "--scheduler", metavar="ADDRESS", help="Run on this Dask cluster instead of here: tcp://HOST:PORT or its file."
)
@click.option("--fast", is_flag=True, help="Fewer pictures per second.")
@click.option(
    "--tracks/--no-tracks", "keep_tracks", default=None,
    help="Keep the points of faces and bodies, or remove them once the cues are made.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Check the manifest and list the sessions, make nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
def command(
    study: Path,
    out: Path,
    jobs: int | None,
    memory_gb: float | None,
    scheduler: str | None,
    fast: bool,
    keep_tracks: bool | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Analyse every recording of a study: a MANIFEST (.csv, .toml) or a folder of recordings.

    The manifest is checked whole before anything starts. What is done already is not made again; a session that
    fails is listed with its reason and the others go on. Ends with 1 if any failed.
    """
    from cuetrack.batch.manifest import read_study
    from cuetrack.batch.run import run_batch

    entries = read_study(study)
    if dry_run:
        rows = [[e.session, ", ".join(map(str, e.media.values())), e.dyad] for e in entries]
        show.table(f"{len(entries)} sessions", ["session", "media", "dyad"], rows)
        return
    settings: dict[str, Any] = {"picture": {"fast": fast}}
    if keep_tracks is not None:
        settings["keep_tracks"] = keep_tracks

    def say(outcome: Outcome, pace: Pace) -> None:
        if not as_json:
            click.echo(_line(outcome, pace, len(entries)))

    with show.progress_bar(as_json) as progress:
        table = run_batch(
            entries,
            out,
            settings=settings,
            jobs=jobs,
            memory_gb=memory_gb,
            scheduler=scheduler,
            progress=progress,
            finished=say,
        )
    failed = int((table["state"] == "failed").sum())
    if as_json:
        show.as_json(show.records(table))
    else:
        click.echo(f"{len(table) - failed} of {len(table)} sessions done; to read: {out / 'batch.md'}")
    sys.exit(1 if failed else 0)


def _line(outcome: Outcome, pace: Pace, count: int) -> str:
    """Return what one session came to, and how long the rest will take."""
    what = outcome.reason or f"{outcome.moments} moments, coverage {outcome.coverage:.0%}"
    how = f"{outcome.state} in {outcome.seconds:.0f} s" if outcome.made else "done before"
    left_s = pace.left_s()
    left = "" if left_s is None or pace.count == count else f"; {_length(left_s)} left"
    return f"[{pace.count}/{count}] {outcome.session}: {how}, {what}{left}"


def _length(seconds: float) -> str:
    minutes = math.ceil(seconds / 60)
    if minutes <= 1:
        return "less than a minute"
    return f"about {minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"about {minutes} min"
