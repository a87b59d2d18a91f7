"""`cuetrack unlock`: a locked session as a folder again."""

from __future__ import annotations

from pathlib import Path

import click

from cuetrack.cli import show
from cuetrack.cli.passphrase import passphrase


@click.command("unlock")
@click.argument("session", type=click.Path(path_type=Path))
@click.option("--passphrase-file", "file", type=click.Path(path_type=Path), help="Read it from a file's first line.")
@click.option("--quiet", is_flag=True, help="No progress.")
def command(session: Path, file: Path | None, quiet: bool) -> None:
    """Decrypt SESSION (or SESSION.locked) into its folder again."""
    from cuetrack.store import audit
    from cuetrack.store.sealed import unlock

    word = passphrase(file, confirm=False)
    with show.progress_bar(quiet) as progress:
        folder = unlock(session, word, progress=lambda done: progress("unlocking", done))
    audit.note(folder, "unlock")
    click.echo(f"unlocked: {folder}")
