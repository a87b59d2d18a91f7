"""`cuetrack models`: the model files, where they are and whether they are the right ones."""

from __future__ import annotations

import click

from cuetrack.cli import show


@click.group("models")
def command() -> None:
    """List, fetch or verify the model files."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
def list_models(as_json: bool) -> None:
    """Show every model file, its licence, and whether it is here."""
    from cuetrack.people import weights

    found = [
        {"name": s.name, "file": str(s.path) if s.path else None, "ok": s.ok, "licence": s.licence, "bytes": s.size}
        for s in weights.status()
    ]
    if as_json:
        show.as_json(found)
        return
    rows = [[str(f["name"]), "here" if f["ok"] else "missing", str(f["licence"]), str(f["file"] or "–")] for f in found]
    show.table("Model files", ["name", "state", "licence", "file"], rows)


@command.command("fetch")
def fetch() -> None:
    """Fetch the model files that are missing; each counts only if its SHA-256 is the expected one."""
    from cuetrack.people import weights

    with show.progress_bar() as progress:
        weights.fetch(progress=lambda name, done: progress(f"fetching {name}", done))
    click.echo("all model files are here")


@command.command("verify")
def verify() -> None:
    """Check every model file that is here against its expected SHA-256."""
    from cuetrack.people import weights

    weights.verify()
    click.echo("every model file here is the expected one")
