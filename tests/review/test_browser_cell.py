"""The cell's module in a real browser, loaded as a notebook loads it: it draws, and a click goes to the moment."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import until
from recordings import number_in

import cuetrack as ct

pytestmark = pytest.mark.browser
HELD = ("session", "moments", "media", "time_s", "rank")
SHOW = """async ([module, css, held, samples]) => {
  document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
  const told = {};
  window.kept = null;
  const bytes = Uint8Array.from("xxxxx" + atob(samples), (c) => c.charCodeAt(0)); // not at a multiple of four
  held.samples = new DataView(bytes.buffer, 5);
  const model = {
    get: (name) => held[name],
    set(name, value) { held[name] = value; for (const act of told[name] ?? []) act(); },
    save_changes() { window.kept = { time_s: held.time_s, rank: held.rank }; },
    on(name, act) { (told[name.replace("change:", "")] ??= []).push(act); },
    off(name, act) { const all = told[name.replace("change:", "")]; all.splice(all.indexOf(act), 1); },
  };
  const { default: cell } = await import(URL.createObjectURL(new Blob([module], { type: "text/javascript" })));
  const root = document.querySelector("#cell");
  window.leave = cell.render({ model, el: root });
  Object.assign(window, { model, left: told, inside: root.cuetrack });
}"""


@pytest.fixture
def shown(session: Path) -> Iterator[Any]:
    """The widget of the demo's session, its first moment within the 40 s of the recording."""
    widget = ct.watch(ct.open_session(session))
    widget.moments = [{**widget.moments[0], "start_s": 12.0, "end_s": 15.0}, *widget.moments[1:]]
    yield widget
    widget.close()


@pytest.fixture
def page(chromium: Any, shown: Any) -> Iterator[Any]:
    """A page that is no page of ours, as a notebook's is; only the lent recording may be asked for."""
    faults: list[str] = []
    address = shown.media[0]["address"]
    context = chromium.new_context(viewport={"width": 1000, "height": 900})
    page = context.new_page()
    page.on("pageerror", lambda e: faults.append(str(e)))
    page.on("console", lambda m: faults.append(m.text) if m.type in ("error", "warning") else None)
    home = address.rsplit("/", 1)[0]
    blank = "<!doctype html><body style='margin:8px'><div id=cell></div></body>"
    context.route(f"{home}/blank", lambda r: r.fulfill(body=blank, content_type="text/html"))
    page.on(
        "request", lambda r: None if r.url.startswith((address, "blob:", f"{home}/blank")) else faults.append(r.url)
    )
    page.goto(f"{home}/blank")
    held = {name: getattr(shown, name) for name in HELD}
    page.evaluate(SHOW, [shown._esm, shown._css, held, base64.b64encode(shown.samples).decode()])
    until(page, "inside.timeline.frameTimes.length > 0 && inside.player.tracks[0].calibrated")
    yield page
    context.close()
    assert faults == []


def frame_shown(page: Any) -> int:
    """The number burnt into the frame that is on the screen."""
    width, height, data = page.evaluate("""() => {
      const video = document.querySelector("video");
      const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 192 });
      const context = canvas.getContext("2d");
      context.drawImage(video, 0, 0, 320, 192);
      const { data } = context.getImageData(0, 0, 320, 192);
      return [320, 192, Array.from({ length: 320 * 192 }, (_, i) => data[4 * i])];
    }""")
    return number_in(np.array(data, dtype=np.uint8).reshape(height, width))


def test_draws_every_lane_it_was_given(page: Any, shown: Any) -> None:
    lanes = page.evaluate("inside.timeline.lanes.map((l) => l.id)")
    assert lanes == [c["id"] for c in shown.session["channels"]]
    sent = np.frombuffer(shown.samples, "<f4").reshape(len(lanes), -1)
    row, at = (int(k) for k in np.argwhere(np.isfinite(sent))[500])
    assert page.evaluate(f"inside.timeline.lanes[{row}].values[{at}]") == pytest.approx(float(sent[row, at]))
    inked = page.evaluate("""() => {
      const { detail, lanes, lanesTop } = inside.timeline;
      const copy = Object.assign(document.createElement("canvas"), { width: detail.width, height: detail.height });
      const context = copy.getContext("2d", { willReadFrequently: true });
      context.drawImage(detail, 0, 0);
      return lanes.map((_, k) => {
        const { data } = context.getImageData(160, lanesTop + k * 22 + 2, detail.width - 160, 18);
        let dark = 0;
        for (let i = 0; i < data.length; i += 4) if (data[i] < 120) dark += 1;
        return dark;
      });
    }""")
    assert min(inked) > 100


def test_a_click_on_a_moment_seeks_the_recording_there(page: Any) -> None:
    page.locator("#cell ol button").first.click()
    until(page, "!document.querySelector('video').seeking && Math.abs(inside.player.time - 7) < 0.05")
    page.wait_for_timeout(200)
    assert frame_shown(page) == 175  # five seconds before 12.0 s at 25 frames a second
    assert page.evaluate("kept") == {"time_s": pytest.approx(7.0, abs=0.05), "rank": 1}
    assert page.locator("#cell ol button").first.get_attribute("aria-pressed") == "true"
    box = page.locator("#cell .detail canvas").last.bounding_box()
    x = box["x"] + page.evaluate("inside.timeline.x(20)")
    page.mouse.click(x, box["y"] + 30)
    until(page, "Math.abs(inside.player.time - 20) < 0.3")
    page.wait_for_timeout(200)
    assert abs(frame_shown(page) - 500) <= 8


def test_python_moves_the_recording_and_pausing_tells_python(page: Any) -> None:
    page.evaluate("model.set('time_s', 30.02)")
    until(page, "!document.querySelector('video').seeking && Math.abs(inside.player.time - 30) < 0.1")
    page.wait_for_timeout(200)
    assert frame_shown(page) == 750
    page.locator("#cell button", has_text="Play").click()
    until(page, "inside.player.time > 30.6")
    page.locator("#cell button", has_text="Pause").click()
    until(page, "kept?.time_s > 30.5")
    page.evaluate("model.set('rank', 1)")
    until(page, "Math.abs(inside.player.time - 7) < 0.05")


def test_the_wheel_scrolls_the_notebook_and_leaving_lets_go(page: Any) -> None:
    before = json.loads(page.evaluate("JSON.stringify(inside.timeline.view)"))
    page.mouse.move(500, 500)
    page.mouse.wheel(0, 200)
    page.wait_for_timeout(100)
    assert json.loads(page.evaluate("JSON.stringify(inside.timeline.view)")) == before
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    until(page, f"inside.timeline.view.end - inside.timeline.view.start < {before['end'] - before['start']}")
    page.evaluate("leave()")
    assert page.evaluate("[left.time_s.length, left.rank.length, inside.player.tracks.length]") == [0, 0, 0]
