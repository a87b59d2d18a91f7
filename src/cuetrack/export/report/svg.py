"""A small writer of inline SVG: coloured by the page's own style sheet, so that it follows light, dark and print."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]


class Drawing:
    """An SVG of a given size in units that the page scales; every text is escaped."""

    def __init__(self, width: float, height: float, label: str, css: str = "") -> None:
        self.width, self.height = width, height
        self._head = (
            f'<svg viewBox="0 0 {_n(width)} {_n(height)}" role="img" aria-label="{escape(label, quote=True)}"'
            f' class="{css}"><title>{escape(label)}</title>'
        )
        self._parts: list[str] = []

    def __str__(self) -> str:
        return self._head + "".join(self._parts) + "</svg>"

    def box(self, x: float, y: float, width: float, height: float, css: str, *, hint: str = "") -> None:
        """Add a rectangle; `hint` is shown by the browser when pointed at."""
        inside = f"<title>{escape(hint)}</title></rect>" if hint else "</rect>"
        self._parts.append(
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(max(0.0, width))}" height="{_n(height)}" class="{css}">{inside}'
        )

    def boxes(self, spans: Sequence[tuple[float, float]], y: float, height: float, css: str) -> None:
        """Add many rectangles of one height as one path; spans are x from and to."""
        path = "".join(f"M{_n(a)} {_n(y)}h{_n(b - a)}v{_n(height)}h{_n(a - b)}z" for a, b in spans)
        if path:
            self._parts.append(f'<path d="{path}" class="{css}"/>')

    def line(self, x1: float, y1: float, x2: float, y2: float, css: str) -> None:
        """Add a straight line."""
        self._parts.append(f'<path d="M{_n(x1)} {_n(y1)}L{_n(x2)} {_n(y2)}" class="{css}"/>')

    def curve(self, x: Floats, y: Floats, css: str, *, closed: bool = False) -> None:
        """Add a line through points, broken where y is missing."""
        path, pen_up = [], True
        for a, b in zip(x, y, strict=True):
            if not (np.isfinite(a) and np.isfinite(b)):
                pen_up = True
                continue
            path.append(f"{'M' if pen_up else 'L'}{_n(a)} {_n(b)}")
            pen_up = False
        if path:
            self._parts.append(f'<path d="{"".join(path)}{"z" if closed else ""}" class="{css}"/>')

    def dots(self, x: Floats, y: Floats, radius: float, css: str) -> None:
        """Add small discs as one path."""
        r = _n(radius)
        path = "".join(
            f"M{_n(a - radius)} {_n(b)}a{r} {r} 0 1 0 {_n(2 * radius)} 0a{r} {r} 0 1 0 {_n(-2 * radius)} 0"
            for a, b in zip(x, y, strict=True)
            if np.isfinite(a) and np.isfinite(b)
        )
        if path:
            self._parts.append(f'<path d="{path}" class="{css}"/>')

    def text(self, x: float, y: float, text: str, css: str = "", *, anchor: str = "start", link: str = "") -> None:
        """Add text, as a link to a place on this page where one is given."""
        body = f'<text x="{_n(x)}" y="{_n(y)}" class="{css}" text-anchor="{anchor}">{escape(text)}</text>'
        self._parts.append(f'<a href="#{escape(link, quote=True)}">{body}</a>' if link else body)


def binned(values: Floats, columns: int) -> Floats:
    """Return means over at most `columns` equal stretches, NaN where one holds nothing."""
    if len(values) <= columns:
        return np.asarray(values, dtype=np.float64)
    edges = np.linspace(0, len(values), columns + 1).astype(np.intp)[:-1]
    here = np.isfinite(values)
    total = np.add.reduceat(np.where(here, values, 0.0), edges)
    count = np.add.reduceat(here.astype(np.float64), edges)
    return np.asarray(np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0))


def _n(value: float) -> str:
    """Return a coordinate as short as it may be."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text
