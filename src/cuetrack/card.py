"""How a session and a study show themselves in a notebook: one small table, plain HTML, nothing fetched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

Rows = Iterable[Sequence[str]]

_CELL = "padding:1px 10px 1px 0;text-align:left"


def card(title: str, said: str, head: Sequence[str], rows: Rows, notes: Sequence[str] = ()) -> str:
    """Return a titled table with a line above and notes below it; every text is escaped."""
    cells = "".join(f"<tr>{_cells('td', row)}</tr>" for row in rows)
    told = "".join(f"<li>{escape(note)}</li>" for note in notes)
    heading = f'<b>{escape(title)}</b> <span style="opacity:.75">{escape(said)}</span>'
    return (
        f'<div style="font-size:13px;line-height:1.5">{heading}'
        f'<table style="border-collapse:collapse;margin:4px 0"><thead><tr>{_cells("th", head)}</tr></thead>'
        f"<tbody>{cells}</tbody></table>{f'<ul>{told}</ul>' if told else ''}</div>"
    )


def _cells(tag: str, texts: Sequence[str]) -> str:
    return "".join(f'<{tag} style="{_CELL}">{escape(text)}</{tag}>' for text in texts)
