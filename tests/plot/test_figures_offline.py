"""No source asks a figure to fetch anything: plotly's own ways of going outside are forbidden by name."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FORBIDDEN = re.compile(
    r"notebook_connected|include_plotlyjs\s*=\s*[\"'](?:cdn|directory|https?:)|cdn\.|requirejs|unpkg|jsdelivr"
    r"|\b(?:Scatter|Choropleth|Density)(?:geo|map|mapbox)\b|\bChoropleth\b|\b(?:scatter|choropleth|density)_(?:geo|map|mapbox)\b"
)
SOURCES = [
    path
    for folder in ("src", "notebooks", "tools", "docs")
    for kind in ("*.py", "*.js", "*.ipynb", "*.md", "*.html", "*.css")
    for path in (ROOT / folder).rglob(kind)
    if "docs/notebooks" not in path.as_posix()
]


@pytest.mark.parametrize(
    "line",
    ['fig.write_html(p, include_plotlyjs="cdn")', "pio.renderers.default = 'notebook_connected'", "go.Scattermap()",
     '<script src="https://cdn.plot.ly/plotly.min.js">'],
)  # fmt: skip
def test_the_rule_catches(line):
    assert FORBIDDEN.search(line)


def test_no_source_goes_outside():
    assert len(SOURCES) > 200
    found = [f"{p.relative_to(ROOT)}: {m.group()}" for p in SOURCES if (m := FORBIDDEN.search(p.read_text("utf-8")))]
    assert found == []
