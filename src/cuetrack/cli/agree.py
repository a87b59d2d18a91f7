"""`cuetrack agree`: how far reviewers agree, once all of them have submitted."""

from __future__ import annotations

from pathlib import Path

import click

from cuetrack.agreement.report import Report, report
from cuetrack.cli import show
from cuetrack.coded import coded_session
from cuetrack.errors import NotEnoughData
from cuetrack.session import open_session
from cuetrack.study import open_study


@click.command("agree")
@click.argument("sessions", metavar="SESSION|STUDY", type=click.Path(path_type=Path))
@click.option("--reviewers", default="", help="Whom to compare, as R1,R2; else everyone.")
@click.option(
    "--draws", default=1000, show_default=True, type=click.IntRange(0, 100_000), help="Resamples for intervals."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
def command(sessions: Path, reviewers: str, draws: int, as_json: bool) -> None:
    """Compare the reviewers of SESSION, or of every session in the folder STUDY.

    Each number comes with a 95 % interval and what it rests on; what cannot be estimated says why. What each one means
    is in docs/agreement.md. Opens only for sessions that everyone compared has submitted.
    """
    only = tuple(name.strip() for name in reviewers.split(",") if name.strip())
    single = (sessions / "session.toml").is_file()
    study = None if single else open_study(sessions)
    opened = [open_session(sessions)] if study is None else [study.session(name) for name in study.names]
    coded, left_out = [], []
    for session in opened:
        try:
            coded.append(coded_session(session, only))
        except NotEnoughData as error:
            if single:
                raise
            left_out.append(str(error))
    if not coded:
        raise NotEnoughData("no session can be compared: " + "; ".join(left_out))
    found = report(coded, count=draws)
    if as_json:
        show.as_json({**found.plain(), "left_out": left_out})
        return
    print_report(found, left_out)


def print_report(found: Report, left_out: list[str]) -> None:
    """Print every section with its numbers, then what belongs to it."""
    click.echo(f"{', '.join(found.reviewers)}; {len(found.sessions)} session(s). {found.how}")
    for why in left_out:
        click.echo(f"left out: {why}")
    for number, section in enumerate(found.sections, 1):
        pairs = any(row.who for row in section.rows)
        head = ["what", "who", "estimate [95 %]"] if pairs else ["what", "estimate [95 %]"]
        rows = [[row.measure, *([row.who] if pairs else []), str(row.estimate)] for row in section.rows]
        show.table(f"{number}. {section.title}: {section.question}", head, rows)
        for name, table in section.tables.items():
            if table:
                columns = list(table[0])
                show.table(name, columns, [[_cell(c, row[c]) for c in columns] for row in table])
        for remark in section.remarks:
            click.echo(f"  {remark}")
    click.echo("\nEach coefficient, its formula and its limits: docs/agreement.md")


def _cell(column: str, value: object) -> str:
    return show.clock(value) if column.endswith("_s") and isinstance(value, float) else str(value)
