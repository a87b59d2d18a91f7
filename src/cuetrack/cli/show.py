"""How the verbs print: tables, clock times and progress, on a terminal or into a pipe."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from cuetrack.cli.supervise import Progress, alarmed

if TYPE_CHECKING:
    import pandas as pd


def clock(time_s: float) -> str:
    """Return a session time as 12:20 or 1:02:20."""
    whole = round(time_s)
    hours, minutes, seconds = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes:02d}:{seconds:02d}"


def clocks(start_s: float, end_s: float) -> str:
    """Return a stretch of session time as 12:20-12:41."""
    return f"{clock(start_s)}-{clock(end_s)}"


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a small table; columns whose every cell starts with a digit are set right."""
    if not rows:
        return
    click.echo(f"\n{title}")
    widths = [max(len(str(r[i])) for r in [head, *rows]) for i in range(len(head))]
    right = [all(str(r[i])[:1].isdigit() or r[i] in ("", "–") for r in rows) for i in range(len(head))]
    for row in [head, *rows]:
        cells = [str(c).rjust(w) if r else str(c).ljust(w) for c, w, r in zip(row, widths, right, strict=True)]
        click.echo("  " + "  ".join(cells).rstrip())


def as_json(content: Any) -> None:
    """Print JSON for scripts; missing numbers become null."""
    click.echo(json.dumps(_plain(content), ensure_ascii=False, indent=2))


def rows(frame: pd.DataFrame) -> Iterable[Any]:
    """Return a table's rows as named tuples."""
    return frame.itertuples()


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table's rows as dictionaries."""
    return [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]


@contextmanager
def progress_bar(quiet: bool = False) -> Iterator[Progress]:
    """Yield a progress callback: one live bar per stage on a terminal, a line per tenth elsewhere, nothing if quiet."""
    if quiet:
        yield alarmed(lambda stage, done: None)
    elif sys.stderr.isatty():
        with _live_bar() as live:
            yield alarmed(live)
    else:
        yield alarmed(_lines())


@contextmanager
def _live_bar() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description:<22}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True), redirect_stdout=sys.stdout.isatty()) as bars:
        tasks: dict[str, Any] = {}

        def show(stage: str, done: float) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=1.0)
            bars.update(tasks[stage], completed=done)

        yield show


def _lines() -> Progress:
    said: dict[str, int] = {}

    def show(stage: str, done: float) -> None:
        tenth = math.floor(done * 10)
        if tenth > said.get(stage, -1):
            said[stage] = tenth
            click.echo(f"{stage}: {tenth * 10} %", err=True)

    return show


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool | None) else str(value)
