"""`cuetrack import`: marks made in another program become a reviewer's own moments."""

from __future__ import annotations

from pathlib import Path

import click

from cuetrack.cli import show
from cuetrack.decisions.record import Record
from cuetrack.export import FORMATS, format_of, read
from cuetrack.export.into_record import bring_in, choose
from cuetrack.session import open_session
from cuetrack.store import audit
from cuetrack.store.consent import refuse_if_withdrawn


@click.command("import")
@click.argument("session", type=click.Path(path_type=Path))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "format_name", type=click.Choice(list(FORMATS)), help="Else told from the file's name.")
@click.option("--reviewer", default="", help="Whose marks they are; else each tier's own annotator.")
@click.option("--tier", "tiers", multiple=True, help="Take this tier only; may be given several times.")
@click.option("--blind", is_flag=True, help="Who coded it saw neither others' work nor the ranked moments.")
@click.option("--submit", is_flag=True, help="The work is finished: agreement may be computed from it.")
@click.option("--dry-run", is_flag=True, help="Only say what would be taken in.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
def command(
    session: Path, file: Path, format_name: str | None, reviewer: str, tiers: tuple[str, ...], blind: bool,
    submit: bool, dry_run: bool, as_json: bool,
) -> None:  # fmt: skip
    """Take marks from FILE (ELAN, Praat TextGrid, BORIS, WebVTT, CSV, parquet) into the review record of SESSION.

    Each mark becomes an own moment of the reviewer, label and note as they are. What is not taken in is listed. The
    same file twice adds nothing.
    """
    opened = open_session(session)
    refuse_if_withdrawn(opened.description, session)
    name = format_name or format_of(file)
    annotations = read(file, name)
    taking = choose(annotations, reviewer=reviewer, tiers=tiers)
    notes = _foreign(annotations.provenance.get("recordings"), opened.description.get("media", []))
    found = {who: sum(len(t.marks) for t in kept) for who, kept in taking.by_reviewer.items()}
    added = dict.fromkeys(found, 0)
    if not dry_run:
        with Record(opened.folder.review) as record:
            notes += record.notes
            added = bring_in(record, opened, taking, file, format_name=name, blind=blind, submit=submit)
        audit.note(session, "import", format=name)
    if as_json:
        show.as_json({"format": name, "marks": found, "added": added, "not_taken_in": taking.left, "notes": notes})
        return
    for note in notes:
        click.echo(f"note: {note}", err=True)
    for who, count in found.items():
        tail = f"{count} marks, dry run" if dry_run else f"{added[who]} new moments of {count} marks"
        click.echo(f"{who}: {tail} from {', '.join(t.name for t in taking.by_reviewer[who])}")
    for what in taking.left:
        click.echo(f"  not taken in: {what}")


def _foreign(theirs: object, media: list[dict[str, object]]) -> list[str]:
    own = {str(m.get("sha256", "")) for m in media}
    if isinstance(theirs, list) and theirs and own and not own & set(map(str, theirs)):
        return ["the file was exported from a session of other recordings; times may not fit"]
    return []
