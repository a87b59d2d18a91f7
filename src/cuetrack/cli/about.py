"""`cuetrack about`: what cuetrack is for, what it must not be used for, and whether this user has read it."""

from __future__ import annotations

from importlib.metadata import version

import click

from cuetrack.cli.first_run import acknowledgement
from cuetrack.intended import statement


@click.command("about")
def command() -> None:
    """State intended use and limits."""
    click.echo(f"cuetrack {version('cuetrack')}\n\n{statement()}\n")
    read = acknowledgement().get("read")
    click.echo(
        f"Read and acknowledged on {read}." if read else "Not acknowledged yet: the first run at a terminal asks."
    )
