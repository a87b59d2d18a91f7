"""`cuetrack bundle`: one reviewer's work as a file, taken to another machine and merged there."""

from __future__ import annotations

from pathlib import Path

import click

from cuetrack.cli.naming import file_part
from cuetrack.decisions.bundle import SUFFIX, read_bundle, write_bundle
from cuetrack.decisions.record import Record
from cuetrack.errors import NotEnoughData
from cuetrack.session import Session, open_session
from cuetrack.store import audit
from cuetrack.store.consent import refuse_if_withdrawn


@click.group("bundle")
def command() -> None:
    """Carry a reviewer's work between two machines: export it there, merge it here; nothing is ever overwritten."""


@command.command("export")
@click.argument("session", type=click.Path(path_type=Path))
@click.option("--reviewer", help="Whose work; may be left out where only one person reviewed.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="File to write; else SESSION/export/NAME.REVIEWER.review.json."
)
def export(session: Path, reviewer: str | None, out: Path | None) -> None:
    """Write one reviewer's events of SESSION to a file."""
    opened = open_session(session)
    refuse_if_withdrawn(opened.description, session)
    if not opened.folder.review.is_file():
        raise NotEnoughData(f"{opened.name}: nobody has reviewed this session yet; `cuetrack review` opens it")
    with Record(opened.folder.review, read_only=True) as record:
        names = record.reviewers()
        if reviewer is None and len(names) != 1:
            raise click.UsageError(f"say whose work with --reviewer: {', '.join(names) or 'nobody reviewed it'}")
        who = reviewer or names[0]
        if who not in names:
            raise NotEnoughData(f"{opened.name} holds nothing by {who!r}; reviewers: {', '.join(names) or 'nobody'}")
        bundle = record.bundle(who, media_of(opened))
    path = out or opened.folder.path / "export" / f"{opened.name}.{file_part(who)}{SUFFIX}"
    write_bundle(path, bundle)
    audit.note(session, "export", format="bundle")
    click.echo(f"wrote {path}: {len(bundle['events'])} events of {who}")


@command.command("merge")
@click.argument("session", type=click.Path(path_type=Path))
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def merge(session: Path, files: tuple[Path, ...]) -> None:
    """Add the events in FILES that SESSION does not hold yet."""
    opened = open_session(session)
    with Record(opened.folder.review) as record:
        for note in record.notes:
            click.echo(f"note: {note}", err=True)
        for file in files:
            added = record.merge(read_bundle(file), media_of(opened))
            click.echo(f"{file.name}: {added} new events")
        click.echo(f"{opened.name} now holds the work of {', '.join(record.reviewers()) or 'nobody'}")


def media_of(session: Session) -> list[str]:
    """Return the SHA-256 of a session's recordings."""
    return [str(m["sha256"]) for m in session.description.get("media", []) if m.get("sha256")]
