"""The first run of someone who is not a programmer: `cuetrack` alone, then a recording becomes a session."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import BENCH, until

from cuetrack import open_session

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ANALYSIS_MS = 240_000


def test_from_a_file_to_its_review(
    rendered: Any, tmp_path: Path, serve: Callable[..., Any], page_of: Callable[..., Any]
) -> None:
    here = tmp_path / "recordings"
    here.mkdir()
    shutil.copy(rendered.path, here / "tuesday.mp4")
    sent: list[str] = []
    page = page_of(serve(verb=()))
    page.on("request", lambda r: sent.append(r.url + (r.post_data or "")))
    page.locator("#add").click()
    page.locator(".entry", has_text=tmp_path.name).click()
    page.locator(".entry", has_text="recordings").click()
    page.locator("label.entry", has_text="tuesday.mp4").click()
    page.locator("#check").click()
    page.wait_for_selector(".findings li", timeout=ANALYSIS_MS)
    assert "people's own usual needs minutes" in page.inner_text(".findings")
    assert "--" not in page.inner_text(".findings")
    page.locator("#who-is-who").click()
    page.locator(".face").nth(0).click()
    assert page.locator(".face").all_inner_texts() == ["therapist", "client"]
    page.locator("#code").fill("P07-3")
    page.locator("#agreed-therapist").check()
    page.locator("#analyse").click()
    page.wait_for_selector("text=must have agreed")
    assert not (here / "P07-3.cue").exists()
    page.locator("#agreed-client").check()
    page.locator("#analyse").click()
    page.wait_for_selector("progress")
    page.wait_for_url("**/#/s/*", timeout=ANALYSIS_MS)
    until(page, f"{BENCH}?.session.name === 'P07-3'")
    assert page.locator("#tour").is_visible()
    until(page, "document.querySelector('#screens video')?.readyState >= 2")

    assert not [s for s in sent if str(tmp_path) in s or "tuesday" in s]  # the page never sent a path
    session = open_session(here / "P07-3.cue")
    places = {p.name: p.place for p in rendered_people()}
    assert session.description["people"] == {n: {"place": places[n]} for n in ("therapist", "client")}
    assert session.description["consent"]["client"]["agreed"] is True
    page.goto(page.url.split("#")[0] + "#/")
    page.wait_for_selector(".card")


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
