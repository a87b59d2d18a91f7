"""The timeline under the pointer and the player around a moment, in a real browser."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import BENCH, begin, saved, until

from cuetrack.decisions.record import Record
from cuetrack.decisions.state import review_of
from cuetrack.review.library import Library
from cuetrack.session import open_session

pytestmark = pytest.mark.browser
LINE = f"{BENCH}.timeline"


def at(page: Any, time_s: float, y: float = 8) -> tuple[float, float]:
    """Return where a session time is on the screen, in the timeline's detail."""
    box = page.locator("#overlay").bounding_box()
    return box["x"] + page.evaluate(f"{LINE}.x({time_s})"), box["y"] + y


@pytest.fixture
def page(session: Path, serve: Callable[..., Any], page_of: Callable[..., Any]) -> Any:
    page = page_of(serve(session))
    begin(page)
    page.keyboard.press("n")
    saved(page)
    page.wait_for_timeout(100)
    return page


def test_an_edge_dragged_is_saved_and_escape_drops_it(page: Any, session: Path) -> None:
    key, start = page.evaluate(f"[{BENCH}.panel.chosen.id, {BENCH}.panel.chosen.start]")
    for ending, moved in (("Escape", 0.0), (None, 4.0)):
        page.mouse.move(*at(page, start, 40))
        page.mouse.down()
        page.mouse.move(*at(page, start + 4, 40), steps=4)
        assert page.evaluate(f"{BENCH}.player.time") == pytest.approx(start + 4, abs=0.3)  # the picture goes along
        if ending:
            page.keyboard.press(ending)
        page.mouse.up()
        saved(page)
        assert page.evaluate(f"{BENCH}.panel.chosen.start") == pytest.approx(start + moved, abs=0.3)
    record = Record(session / "review.sqlite")
    decision = review_of("R1", record.events("R1")).decisions[key]
    record.close()
    assert decision.start_ms / 1000 == pytest.approx(start + 4, abs=0.3)


def test_hovering_reads_the_measured_value_against_the_usual(page: Any, written: Path, tmp_path: Path) -> None:
    lane = page.evaluate(f"(({{ id, unit, usual }}) => ({{ id, unit, usual }}))({LINE}.lanes[0])")
    signal = lane["id"].split("/")[1]
    session = open_session(Path(shutil.copytree(written, tmp_path / "look.cue")))
    rows = session.align(10.0).query(f"person == {lane['id'].split('/')[0]!r}")
    values = rows[signal].to_numpy()
    time_s = page.evaluate(f"{LINE}.view.start") + 20
    known = int(np.flatnonzero(np.isfinite(values[int(time_s * 10) :]))[0]) + int(time_s * 10)
    page.mouse.move(*at(page, known / 10 + 0.05, 56))
    told = page.locator("#reading").inner_text()
    assert signal.split("_")[0] in told
    assert "usually" in told
    shown = float(told.split(": ")[1].split()[0])
    near = values[max(known - 3, 0) : known + 4]  # a pixel of the view is about a tenth of a second
    assert np.nanmin(np.abs(near - shown)) < 0.06 + 0.01 * abs(shown)


def test_click_seeks_wheel_zooms_drag_pans(page: Any) -> None:
    start, end = page.evaluate(f"[{LINE}.view.start, {LINE}.view.end]")
    aim = start + (end - start) * 0.7
    page.mouse.click(*at(page, aim, 40))
    until(page, f"Math.abs({BENCH}.player.time - {aim}) < 0.3")
    page.keyboard.down("Control")
    page.mouse.wheel(0, -300)
    page.keyboard.up("Control")
    until(page, f"{LINE}.view.end - {LINE}.view.start < {(end - start) * 0.9}")
    before = page.evaluate(f"{LINE}.view.start")
    page.mouse.down()
    x, y = at(page, aim, 40)
    page.mouse.move(x + 120, y, steps=4)
    page.mouse.up()
    assert page.evaluate(f"{LINE}.view.start") < before
    page.keyboard.press("0")
    assert page.evaluate(f"{LINE}.view.start") == 0


def test_what_is_missing_is_hatched_never_drawn_as_zero(page: Any) -> None:
    """A lane of which a stretch is made missing: no line there, hatching there, and the line unbroken elsewhere."""
    found = page.evaluate("""async () => {
      const line = window.cuetrack.bench.timeline;
      const lane = line.lanes[0];
      const { Pyramid } = await import("/static/pyramid.js");
      const values = new Float32Array(lane.values.length).fill(lane.high);
      values.fill(NaN, 300, 600);
      lane.pyramid = new Pyramid(values);
      lane.usual = null;
      line.moments = [];
      line.look(0, 90);
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      const ratio = window.devicePixelRatio;
      const top = line.lanesTop * ratio;
      const { width: across, height } = line.detail;
      const copy = Object.assign(document.createElement("canvas"), { width: across, height });
      const context = copy.getContext("2d", { willReadFrequently: true });
      context.drawImage(line.detail, 0, 0);
      const inked = (from, to) => {
        const [x, width] = [line.x(from) * ratio, (line.x(to) - line.x(from)) * ratio];
        const wide = Math.round(width);
        const data = context.getImageData(Math.round(x), Math.round(top + 2), wide, 18).data;
        const rows = Array.from({ length: 18 }, () => 0);
        for (let i = 0; i < data.length; i += 4) if (data[i] < 200) rows[Math.floor(i / 4 / wide)] += 1 / wide;
        return rows;
      };
      return [inked(5, 25), inked(32, 58)];
    }""")
    measured, missing = found
    assert measured[0] > 0.9  # the line runs along the top, unbroken
    assert max(measured[4:]) < 0.2
    assert max(missing) < 0.5  # no line
    assert sum(1 for share in missing if 0.05 < share < 0.5) >= 12  # hatched over its whole height


def test_once_from_the_lead_in_to_the_end_and_in_a_loop(page: Any) -> None:
    page.evaluate(f"Object.assign({BENCH}.panel.chosen, {{ start: 8, end: 9 }})")
    page.locator("#speed").select_option("3")
    page.locator("#speed").blur()
    page.keyboard.press("Enter")
    until(page, f"{BENCH}.player.playing")
    assert page.evaluate(f"{BENCH}.player.time") < 5
    until(page, f"!{BENCH}.player.playing")
    assert 8.9 < page.evaluate(f"{BENCH}.player.time") < 9.6
    page.keyboard.press("r")
    page.keyboard.press(" ")
    page.wait_for_timeout(1500)
    assert page.evaluate(f"{BENCH}.player.playing")
    assert 7.9 < page.evaluate(f"{BENCH}.player.time") < 9.6


def test_the_measured_channels_reach_the_page_unchanged(page: Any, session: Path) -> None:
    library = Library([session])
    item = next(iter(library.items.values()))
    sums = [float(np.nansum(np.frombuffer(item.samples, "<f4").astype(float)))]
    library.close()
    told = page.evaluate(
        f"{LINE}.channels.reduce((sum, c) => sum + c.values.reduce((s, v) => s + (Number.isFinite(v) ? v : 0), 0), 0)"
    )
    assert told == pytest.approx(sums[0], rel=1e-6)
