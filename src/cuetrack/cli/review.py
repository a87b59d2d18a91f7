"""`cuetrack review`: the local page on which people watch, judge and note."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("review")
@click.argument("sessions", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="SESSION|FOLDER…")
@click.option("--port", default=0, help="Port on this computer; a free one if not given.")
@click.option("--no-browser", is_flag=True, help="Only print the one-time address.")
def command(sessions: tuple[Path, ...], port: int, no_browser: bool) -> None:
    """Open SESSION, or every session in FOLDER, for review in the browser. Nothing leaves this computer."""
    from cuetrack.review.serve import serve

    def say(address: str) -> None:
        click.echo(f"The review is open at {address}\nThe address works once. Ctrl-C here ends the review.")

    serve(list(sessions), port=port, browser=not no_browser, say=say)
