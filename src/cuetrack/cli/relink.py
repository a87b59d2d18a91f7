"""`cuetrack relink`: where a session's recordings are now."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("relink")
@click.argument("session", type=click.Path(path_type=Path))
@click.argument("recordings", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RECORDING…")
def command(session: Path, recordings: tuple[Path, ...]) -> None:
    """Tell SESSION where its recordings are after they were renamed or moved.

    RECORDING is a file or a folder to look in. A file counts only if it is, byte for byte, the one that was analysed.
    """
    from cuetrack.pipeline.relink import relink

    for before, now in relink(session, recordings).items():
        click.echo(f"{Path(before).name}: now {now}")
