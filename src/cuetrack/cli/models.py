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
        {
            "name": s.bundle.name,
            "state": s.state,
            "file": str(s.path),
            "licence": s.bundle.licence,
            "holds": s.bundle.holds,
        }
        for s in weights.status_of()
    ]
    if as_json:
        show.as_json(found)
        return
    show.table(
        "Model files",
        ["name", "state", "holds", "licence", "file"],
        [[f["name"], f["state"], f["holds"], f["licence"], f["file"]] for f in found],
    )


@command.command("fetch")
def fetch() -> None:
    """Fetch the model files that are missing; each counts only if its SHA-256 is the expected one."""
    from cuetrack.people import weights

    with show.progress_bar() as progress:
        weights.fetch(progress=lambda name, done, total: progress(f"fetching {name}", done / max(total, 1)))
    click.echo("all model files are here")


@command.command("verify")
def verify() -> None:
    """Check every model file that is here against its expected SHA-256."""
    from cuetrack.people import weights

    weights.verify()
    click.echo("every model file here is the expected one")
