"""Readable and reachable: contrast, names, no colour alone, the smallest window; and what goes wrong."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import BENCH, begin, saved, until

from cuetrack.decisions.record import Record

pytestmark = pytest.mark.browser

PALE = """() => {
  const channels = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => {
    const linear = (v) => (v <= 10.3 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
    const [x, y, z] = [r, g, b].map(linear);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const c = channels(getComputedStyle(at).backgroundColor);
      if (c.length === 3 || c[3] > 0.9) return c;
    }
    return [255, 255, 255];
  };
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement;
    const words = texts.currentNode.textContent.trim();
    if (!words || !node.checkVisibility({ visibilityProperty: true })) continue;
    if (node.closest(".hidden, :disabled, .screens, script")) continue;
    const style = getComputedStyle(node);
    const [a, b] = [light(channels(style.color)), light(behind(node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push(`${words.slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return found;
}"""
NAMELESS = """() => [
    ...document.querySelectorAll("button, a[href], input, select, textarea, summary, [role=img], video, audio")]
  .filter((n) => n.checkVisibility())
  .filter((n) => !(n.innerText?.trim() || n.getAttribute("aria-label") || n.labels?.length || n.title))
  .map((n) => n.outerHTML.slice(0, 80))"""
OVERFLOWING = """() => [...document.querySelectorAll("body *")]
  .filter((n) => n.checkVisibility() && !n.closest(".hidden, dialog"))
  .filter((n) => n.getBoundingClientRect().right > innerWidth + 1).map((n) => n.outerHTML.slice(0, 80))"""


def looked_at(page: Any) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate(PALE) == []
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate(OVERFLOWING) == []


def test_every_page_is_readable_and_named(
    session: Path, serve: Callable[..., Any], page_of: Callable[..., Any]
) -> None:
    page = page_of(serve(session))
    looked_at(page)
    page.locator("#add").click()
    page.wait_for_selector(".entries")
    looked_at(page)
    page.locator("#home-link").click()
    page.wait_for_selector("#who")
    begin(page)
    page.keyboard.press("n")
    page.keyboard.press("a")
    saved(page)
    until(page, "document.querySelector('#live').textContent.includes('left')")  # screen readers hear what remains
    page.keyboard.press("p")
    page.wait_for_selector("#evidence li")
    looked_at(page)
    judged = page.locator("#moments li").filter(has=page.locator(".hidden", has_text="judged yes"))
    assert judged.locator(".sign").inner_text() == "●"  # shape and word, not colour alone
    for opener in ("#help", "#pick"):
        page.locator(opener).click()
        looked_at(page)
        page.keyboard.press("Escape")
    page.keyboard.press("e")
    page.wait_for_selector("text=For supervision")
    looked_at(page)


def test_everything_at_hand_in_the_smallest_window(
    session: Path, serve: Callable[..., Any], page_of: Callable[..., Any]
) -> None:
    page = page_of(serve(session))
    begin(page)
    page.keyboard.press("n")
    for reached in (
        "#play",
        "#speed",
        "#judging .verdicts",
        "#judging .labels",
        "#note",
        "#reflect",
        "#overview",
        "#pick",
    ):
        box = page.locator(reached).bounding_box()
        assert box, reached
        assert box["y"] + box["height"] <= 720, reached
        assert box["x"] + box["width"] <= 1280, reached
    page.locator("#play").focus()
    page.keyboard.press("Tab")
    ring = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert ring == "3px"


def test_a_page_that_is_behind_catches_up_and_loses_nothing(
    session: Path, serve: Callable[..., Any], page_of: Callable[..., Any]
) -> None:
    page = page_of(serve(session))
    begin(page)
    page.keyboard.press("n")
    saved(page)
    record = Record(session / "review.sqlite")  # the same reviewer on a second page, meanwhile
    record.add(
        reviewer="R1",
        uid="x1",
        kind="create",
        target="own-x",
        base=record.last("R1"),
        body={"start_ms": 0, "end_ms": 900},
    )
    record.close()
    key = page.evaluate(f"{BENCH}.panel.chosen.id")
    page.keyboard.press("a")
    until(page, f"{BENCH}.outbox.state.decisions['{key}']?.verdict === 'yes'")
    assert page.evaluate(f"'own-x' in {BENCH}.outbox.state.decisions")
    assert [f for f in page.watched.faults if "409" not in f] == []
    page.watched.faults.clear()


def test_locked_the_page_shows_nothing(session: Path, serve: Callable[..., Any], page_of: Callable[..., Any]) -> None:
    served = serve(session)
    page = page_of(served)
    begin(page)
    page.keyboard.press("n")
    saved(page)
    page.context.clear_cookies()
    page.keyboard.press("1")
    page.wait_for_selector("text=could not be saved")
    assert page.locator("video, canvas, #moments").count() == 0
    assert "withdrawal" not in page.content().lower()
    assert all("401" in f or "Unauthorized" in f for f in page.watched.faults)
    page.watched.faults.clear()
