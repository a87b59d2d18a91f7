"""`cuetrack batch`: many recordings, one folder of sessions."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cuetrack.cli import show


@click.command("batch")
@click.argument("study", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the session folders.")
@click.option("--jobs", type=click.IntRange(1), help="Sessions at once; half the cores if not given.")
@click.option("--scheduler", metavar="ADDRESS", help="Run on this Dask cluster instead of here.")
@click.option("--fast", is_flag=True, help="Fewer pictures per second.")
@click.option("--dry-run", is_flag=True, help="Check the manifest and list the sessions, make nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
def command(
    study: Path, out: Path, jobs: int | None, scheduler: str | None, fast: bool, dry_run: bool, as_json: bool
) -> None:
    """Analyse every recording of STUDY: a manifest (.csv, .toml) or a folder of recordings.

    The manifest is checked whole before anything starts. What is done already is not made again; a session that
    fails is listed with its reason and the others go on.
    """
    from cuetrack.batch.manifest import read_study
    from cuetrack.batch.run import Outcome, run_batch

    entries = read_study(study)
    if dry_run:
        rows = [[e.session, ", ".join(str(m) for m in e.media.values()), e.dyad] for e in entries]
        show.table(f"{len(entries)} sessions", ["session", "media", "dyad"], rows)
        return

    def say(outcome: Outcome) -> None:
        if not as_json:
            what = outcome.reason or f"{outcome.moments} moments, coverage {outcome.coverage:.0%}"
            click.echo(f"{outcome.session}: {outcome.state} in {outcome.seconds:.0f} s, {what}")

    with show.progress_bar(as_json) as progress:
        table = run_batch(
            entries,
            out,
            settings={"picture": {"fast": fast}},
            jobs=jobs,
            scheduler=scheduler,
            progress=progress,
            finished=say,
        )
    if as_json:
        show.as_json(show.records(table))
    failed = int((table["state"] == "failed").sum())
    if not as_json:
        click.echo(f"{len(table) - failed} of {len(table)} sessions done; the table is {out / 'batch.parquet'}")
    sys.exit(1 if failed else 0)
