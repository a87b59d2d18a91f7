"""What cuetrack is for, said once before its first work: asked at a terminal, printed into a script's log."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from cuetrack.errors import StoreError
from cuetrack.intended import statement

_VERBS = ("", "analyze", "demo", "batch", "review")
_SILENT = ("--quiet", "--json", "--dry-run", "--help", "-h", "--version")


def state_intended_use(words: Sequence[str]) -> None:
    """State intended use and limits before the first work, once; a script is told and never held up.

    At a terminal the user must say that they have read it, or nothing is done. `--quiet` and `--json` say nothing.
    """
    verb = next((w for w in words if not w.startswith("-")), "")
    if verb not in _VERBS or any(w in _SILENT for w in words):
        return
    known = acknowledgement()
    asked = sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()
    if known.get("read") or (known.get("told") and not asked):
        return
    click.echo(f"{statement()}\n", err=True)
    if not asked:
        _keep({**known, "told": _today()})
        return
    try:
        agreed = click.confirm("I have read this and use cuetrack only so", default=False, err=True)
    except click.exceptions.Abort:
        agreed = False
    if not agreed:
        click.echo("cuetrack: nothing was done. `cuetrack about` shows this text again.", err=True)
        sys.exit(1)
    _keep({**known, "read": _today()})


def acknowledgement() -> dict[str, Any]:
    """Return when this user was told (`told`) and when they said that they read it (`read`), ISO dates."""
    from cuetrack.store.files import read_json

    try:
        return read_json(_path()) if _path().is_file() else {}
    except (StoreError, OSError):
        return {}


def _keep(known: dict[str, Any]) -> None:
    """Remember it; where the user's configuration cannot be written, it is said again next time."""
    from cuetrack.store.files import write_json

    try:
        write_json(_path(), known)
    except StoreError:
        return


def _today() -> str:
    return dt.datetime.now().astimezone().date().isoformat()


def _path() -> Path:
    import platformdirs

    return Path(platformdirs.user_config_dir("cuetrack", appauthor=False)) / "intended-use.json"
