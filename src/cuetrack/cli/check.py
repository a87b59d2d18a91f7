"""`cuetrack check`: what is wrong or will be weak, before hours are spent."""

from __future__ import annotations

import sys

import click

from cuetrack.cli import show
from cuetrack.cli.analyze import read_people, read_recordings

_SIGNS = {"problem": "x", "weak": "!", "ok": "+"}


@click.command("check")
@click.argument("recordings", nargs=-1, required=True, metavar="RECORDING…")
@click.option("--people", metavar="NAME=PLACE,…", help="Who sits where, e.g. client=left,therapist=right.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
def command(recordings: tuple[str, ...], people: str | None, as_json: bool) -> None:
    """Look at RECORDING for a few seconds and say what is wrong or will be weak.

    The exit code is 1 if there is a problem that will spoil the analysis.
    """
    from cuetrack.check import check
    from cuetrack.people.engines import hush

    hush()
    report = check(read_recordings(recordings), people=read_people(people))
    spoiled = any(f.level == "problem" for f in report.findings)
    if as_json:
        content = [
            {"level": f.level, "subject": f.subject, "text": f.text, "advice": f.advice} for f in report.findings
        ]
        show.as_json({"ok": not spoiled, "findings": content})
    else:
        for finding in report.findings:
            advice = f" {finding.advice}" if finding.advice else ""
            click.echo(f"{_SIGNS[finding.level]} {finding.subject}: {finding.text}{advice}")
        click.echo("\nx spoils the analysis, ! will be weak, + is fine")
    sys.exit(1 if spoiled else 0)
