"""A passphrase, asked for without showing it, or read from a file or the environment; never a word of the command."""

from __future__ import annotations

import os
from pathlib import Path

import click

VARIABLE = "CUETRACK_PASSPHRASE"


def passphrase(file: Path | None, *, confirm: bool) -> str:
    """Return the passphrase: the first line of a file, else of the environment variable, else what the user types."""
    if file is not None:
        try:
            return file.read_text(encoding="utf-8-sig").splitlines()[0]
        except (OSError, ValueError, IndexError):
            raise click.UsageError(f"--passphrase-file {file}: expected a text file whose first line is it") from None
    if VARIABLE in os.environ:
        return os.environ[VARIABLE]
    typed: str = click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True)
    return typed
