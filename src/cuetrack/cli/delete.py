"""`cuetrack delete`: remove everything a session holds."""

from __future__ import annotations

from pathlib import Path

import click

from cuetrack.errors import SessionNotFound


@click.command("delete")
@click.argument("session", type=click.Path(path_type=Path))
@click.option("--recording", "recordings", is_flag=True, help="Delete the original recording, too.")
@click.option("--yes", is_flag=True, help="Do not ask, for scripts.")
def command(session: Path, recordings: bool, yes: bool) -> None:
    """Delete SESSION: cues, moments, tracks, decisions, reports, exports and playable copies, with its folder.

    A receipt with hashes and the time is kept in your data folder. The original recording stays unless you ask.
    """
    from cuetrack.review.preferences import Preferences
    from cuetrack.store.erase import erase, inventory, was_deleted

    try:
        found = inventory(session)
    except SessionNotFound:
        receipt = was_deleted(session)
        if receipt is None:
            raise
        click.echo(f"{session} was deleted before; receipt: {receipt}")
        return
    click.echo(f"{session}: {len(found.files)} files, {found.size_bytes / 1e6:.1f} MB, will be deleted")
    if found.foreign:
        click.echo(f"among them, not made by cuetrack: {', '.join(found.foreign)}")
    for file in found.recordings:
        click.echo(
            f"the recording {file} {'will be deleted, too' if recordings else 'stays: add --recording to delete it'}"
        )
    if not yes and not click.confirm("Delete?", default=False):
        click.echo("nothing was deleted")
        return
    receipt = erase(session, recordings=recordings)
    for place in {session, session.absolute(), session.resolve()}:
        Preferences().forget(place)
    click.echo(f"deleted; receipt: {receipt}")
    click.echo("Not reached from here: backups, exports you moved elsewhere, and what a disk keeps of deleted files.")
