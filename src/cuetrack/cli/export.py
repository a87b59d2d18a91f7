"""`cuetrack export`: a session's turns, spans and moments in the formats of other tools."""

from __future__ import annotations

from pathlib import Path

import click

from cuetrack.export import FORMATS, write
from cuetrack.session import open_session
from cuetrack.store import audit
from cuetrack.store.consent import refuse_if_withdrawn
from cuetrack.store.files import sweep_rests_of


@click.command("export")
@click.argument("session", type=click.Path(path_type=Path))
@click.option(
    "--format", "formats", multiple=True, type=click.Choice(list(FORMATS)), help="May be given several times."
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write into; else the session's own folder.")
def command(session: Path, formats: tuple[str, ...], out: Path | None) -> None:
    """Write turns, spans and moments of SESSION for ELAN, Praat, BORIS, video players or tables."""
    from cuetrack.export.session_tiers import session_tiers

    opened = open_session(session)
    refuse_if_withdrawn(opened.description, session)
    annotations = session_tiers(opened)
    for name in formats or ("elan",):
        path = (out or opened.folder.path / "export") / f"{opened.name}{FORMATS[name]}"
        lost = write(path, annotations, name)
        sweep_rests_of(path)
        audit.note(session, "export", format=name)
        click.echo(f"wrote {path}")
        for what in lost:
            click.echo(f"  not carried: {what}")
