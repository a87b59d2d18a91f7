"""`cuetrack report`: the report page of a session."""

from __future__ import annotations

from pathlib import Path

import click

from cuetrack.session import open_session
from cuetrack.store import audit
from cuetrack.store.consent import refuse_if_withdrawn


@click.command("report")
@click.argument("session", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), help="Where to write it; report.html in the session if not given."
)
@click.option("--faces", is_flag=True, help="Embed small pictures of the faces (off by default).")
def command(session: Path, out: Path | None, faces: bool) -> None:
    """Write the report page of SESSION: one file that opens offline."""
    from cuetrack.export.report import write_report

    opened = open_session(session)
    refuse_if_withdrawn(opened.description, session)
    path = out or opened.folder.report
    write_report(opened, path, faces=faces)
    audit.note(session, "export", format="report with faces" if faces else "report")
    click.echo(f"wrote {path}")
