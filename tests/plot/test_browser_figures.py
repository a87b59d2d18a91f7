"""Every figure as a file in a real browser without network: it draws, asks for nothing, tells units, offers times."""

import json
import re

import pytest

import cuetrack as ct

pytestmark = pytest.mark.browser

FIGURES = {
    "timeline": ct.plot.timeline,
    "moment": lambda session: ct.plot.moment(session, session.moments.iloc[0], around_s=20),
    "pair": lambda session: ct.plot.pair(session, surrogates=10),
    "coverage": ct.plot.coverage,
}
WHERE = """name => {
  const plot = document.querySelector('.js-plotly-plot');
  const trace = plot._fullData.find(t => t.name === name);
  const [x, y] = [trace.xaxis, trace.yaxis].map(a => plot._fullLayout[a.replace('x', 'xaxis').replace('y', 'yaxis')]);
  const box = plot.getBoundingClientRect();
  return i => [box.left + x._offset + x.d2p(trace.x[i]), box.top + y._offset + y.d2p(trace.y[i])];
}"""


@pytest.fixture
def opened(chromium, tmp_path):
    """Write a figure and open its file; any request but for the file itself, and any error, fails the test."""
    faults, context = [], chromium.new_context(viewport={"width": 1100, "height": 1200})
    page = context.new_page()
    page.on("pageerror", lambda e: faults.append(str(e)))
    page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)

    def only_the_file(route):
        if route.request.url.startswith(("file:", "data:", "blob:")):
            route.continue_()
        else:
            faults.append(f"asked for {route.request.url}")
            route.abort()

    context.route("**/*", only_the_file)

    def open_figure(figure):
        path = tmp_path / "figure.html"
        figure.write_html(path, include_plotlyjs=True)
        page.goto(path.as_uri())
        page.wait_for_function("document.querySelector('.js-plotly-plot')?._fullLayout?._size")
        return page

    yield open_figure
    context.close()
    assert faults == []


@pytest.mark.parametrize("name", FIGURES)
def test_draws_from_its_file_alone(session, opened, name):
    page = opened(FIGURES[name](session))
    assert page.locator(".js-plotly-plot .main-svg").count() >= 1
    low = page.evaluate(
        "Math.min(...[...document.querySelectorAll('text')].map(t => parseFloat(getComputedStyle(t).fontSize)))"
    )
    assert low >= 11


def place(page, name, i):
    """Pixels of point `i` of a trace."""
    return page.evaluate(f"([name, i]) => ({WHERE})(name)(i)", [name, i])


def test_click_on_a_moment_offers_its_time_and_hover_its_units(session, opened):
    page = opened(ct.plot.timeline(session))
    click = "e => { window.offered = e.points[0].customdata; }"
    page.evaluate(f"document.querySelector('.js-plotly-plot').on('plotly_click', {click})")
    page.mouse.click(*place(page, "moments", 0))
    page.wait_for_function("window.offered")
    offered = json.loads(page.evaluate("JSON.stringify([...window.offered])"))
    moments = session.moments
    row = moments[moments["rank"] == offered[0]].iloc[0]
    assert offered[1:] == [row["start_s"], row["end_s"]]
    page.mouse.move(*place(page, "client: lean", 100))
    told = page.locator(".hoverlayer", has_text="client: lean")
    told.wait_for()
    assert re.search(r"-?\d\.\d\d cm, usually -?\d\.\d\d cm", told.text_content())
