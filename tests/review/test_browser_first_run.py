"""The first run of someone who is not a programmer, by keyboard: `cuetrack`, then a recording becomes a session."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest
from browsing import BENCH, tab_to, until

from cuetrack import open_session

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ANALYSIS_MS = 240_000


def test_from_a_file_to_its_review(
    rendered: Any, tmp_path: Path, serve: Callable[..., Any], page_of: Callable[..., Any]
) -> None:
    here = tmp_path / "recordings"
    here.mkdir()
    beginning_of(rendered.path, here / "tuesday.mp4", 6.0)
    sent: list[str] = []
    page = page_of(serve(verb=()))
    page.on("request", lambda r: sent.append(r.url + (r.post_data or "")))
    press(page, "#add")
    enter(page, tmp_path.name)
    enter(page, "recordings")
    press(page, ".entry input", "Space")
    press(page, "#check")
    page.wait_for_selector(".findings li", timeout=ANALYSIS_MS)
    assert "people's own usual needs minutes" in page.inner_text(".findings")
    assert "--" not in page.inner_text(".findings")
    press(page, "#who-is-who")
    press(page, ".face[aria-label$=left]")
    assert page.locator(".face").all_inner_texts() == ["therapist", "client"]
    tab_to(page, "#code")
    page.keyboard.type("P07-3")
    press(page, "#agreed-therapist", "Space")
    press(page, "#analyse")
    page.wait_for_selector("text=must have agreed")
    assert not (here / "P07-3.cue").exists()
    press(page, "#agreed-client", "Space")
    press(page, "#analyse")
    page.wait_for_selector("progress")
    page.wait_for_url("**/#/s/*", timeout=ANALYSIS_MS)
    until(page, f"{BENCH}?.session.name === 'P07-3'")
    assert page.locator("#tour").is_visible()
    until(page, "document.querySelector('#screens video')?.readyState >= 2")

    assert not [s for s in sent if str(tmp_path) in s or "tuesday" in s]  # the page never sent a path
    session = open_session(here / "P07-3.cue")
    places = {p.name: p.place for p in rendered_people()}
    assert session.description["people"] == {n: {"place": places[n]} for n in ("therapist", "client")}
    assert session.description["consent"]["client"]["given"] is True
    page.goto(page.url.split("#")[0] + "#/")
    page.wait_for_selector(".card")


def beginning_of(path: Path, out: Path, end_s: float) -> None:
    """Copy a recording's first seconds, packet by packet."""
    with av.open(str(path)) as source, av.open(str(out), "w") as target:
        streams = {s.index: target.add_stream_from_template(s) for s in source.streams}
        for packet in source.demux():
            if packet.dts is not None and packet.dts * packet.time_base < end_s:
                packet.stream = streams[packet.stream.index]
                target.mux(packet)


def press(page: Any, selector: str, key: str = "Enter") -> None:
    """Reach a control with Tab and use it with a key."""
    page.wait_for_selector(f"{selector}:enabled")
    tab_to(page, f"{selector}:enabled")
    page.keyboard.press(key)


def enter(page: Any, name: str) -> None:
    """Open a folder of the list by keyboard."""
    page.wait_for_selector(f"button.entry:has-text('{name}')")
    for _ in range(150):
        if page.evaluate("document.activeElement?.textContent") == f"▸ {name}":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_timeout(100)


def rendered_people() -> Any:
    from cuetrack import simulate

    return simulate.short_script().people


def test_the_example_starts_and_stops(tmp_path: Path, serve: Callable[..., Any], page_of: Callable[..., Any]) -> None:
    page = page_of(serve(verb=(), XDG_CACHE_HOME=str(tmp_path / "cache")))
    page.locator("#example").click()
    page.wait_for_selector("progress")
    until(page, "Number(document.querySelector('progress').value) > 0.002")
    page.locator("#stop").click()
    page.wait_for_selector("text=Stopped.")
    left = tmp_path / "cache" / "cuetrack" / "simulated"
    for _ in range(100):
        if not list(left.glob(".rendering-*")):
            break
        page.wait_for_timeout(100)
    assert not list(left.glob(".rendering-*"))  # what was half made is removed
    page.get_by_role("button", name="Back to the start page").click()
    page.wait_for_selector("#who")
