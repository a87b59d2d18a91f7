"""`cuetrack lock`: a session folder under a passphrase."""

from __future__ import annotations

from pathlib import Path

import click

from cuetrack.cli import show
from cuetrack.cli.passphrase import passphrase


@click.command("lock")
@click.argument("session", type=click.Path(path_type=Path))
@click.option("--passphrase-file", "file", type=click.Path(path_type=Path), help="Read it from a file's first line.")
@click.option("--quiet", is_flag=True, help="No progress.")
def command(session: Path, file: Path | None, quiet: bool) -> None:
    """Encrypt SESSION into one file, SESSION.locked, and remove the folder.

    Without the passphrase nobody can read it again, you neither: there is no way back and no reset. The recording
    outside the folder is not touched. Scripts may set CUETRACK_PASSPHRASE.
    """
    from cuetrack.store import audit
    from cuetrack.store.sealed import lock

    word = passphrase(file, confirm=True)
    audit.note(session, "lock") if (session / "session.toml").is_file() else None
    with show.progress_bar(quiet) as progress:
        locked = lock(session, word, progress=lambda done: progress("locking", done))
    click.echo(f"locked: {locked}")
    click.echo("The recording itself is not in it; keep it on an encrypted disk.")
