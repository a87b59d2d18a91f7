"""`cuetrack review`: the local page on which people watch, judge and note."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("review")
@click.argument("sessions", nargs=-1, type=click.Path(path_type=Path), metavar="[SESSION|FOLDER…]")
@click.option("--port", default=0, help="Port on this computer; a free one if not given.")
@click.option("--no-browser", is_flag=True, help="Only print the one-time address.")
def command(sessions: tuple[Path, ...], port: int, no_browser: bool) -> None:
    """Open SESSION, or every session in FOLDER, for review in the browser; without either, the start page.

    On the start page a recording can be added or the simulated example tried. Nothing leaves this computer.
    """
    open_app(sessions, port=port, browser=not no_browser)


def open_app(sessions: tuple[Path, ...] = (), *, port: int = 0, browser: bool = True) -> None:
    """Serve the app until Ctrl-C."""
    from cuetrack.people.engines import hush
    from cuetrack.review.serve import serve

    hush()

    def say(address: str) -> None:
        click.echo(f"cuetrack is open at {address}")
        click.echo("The address works once; Enter gives a new one. Ctrl-C here ends it. `cuetrack --help` shows more.")

    serve(list(sessions), port=port, browser=browser, say=say)
