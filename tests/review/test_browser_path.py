"""The supervisor's whole path in a real browser, by keyboard alone, and what the page may never be told."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import BENCH, begin, saved, tab_to, until
from lxml import etree

from cuetrack.decisions.record import Record
from cuetrack.decisions.state import review_of
from cuetrack.session import open_session

pytestmark = pytest.mark.browser
CHOSEN = f"{BENCH}.panel.chosen"


def state_of(folder: Path, reviewer: str) -> Any:
    record = Record(folder / "review.sqlite")
    found = review_of(reviewer, record.events(reviewer))
    record.close()
    return found


def test_from_the_start_page_to_an_elan_file_by_keyboard(
    session: Path, serve: Callable[..., Any], page_of: Callable[..., Any]
) -> None:
    page = page_of(serve(session))
    assert "All stays on this computer" in page.inner_text("#page")
    page.keyboard.type("R1")  # the name field has the focus
    page.keyboard.press("Enter")
    page.wait_for_selector("#tour[open]")
    for _ in range(5):
        page.keyboard.press("Enter")
    page.wait_for_selector("#tour[open]", state="detached")
    moments = page.evaluate(f"{BENCH}.panel.moments.length")
    assert moments >= 3
    page.keyboard.press("n")
    first = page.evaluate(f"{CHOSEN}.id")
    start = page.evaluate(f"{CHOSEN}.start")
    assert page.evaluate(f"{BENCH}.player.time") == pytest.approx(max(0, min(start - 5, 240)), abs=0.05)
    page.keyboard.press("1")
    saved(page)
    page.keyboard.press("t")
    page.keyboard.type("quieter than before; x a u are letters here")
    page.keyboard.press("Escape")
    saved(page)
    page.keyboard.press("q")
    page.keyboard.type("a step back")
    page.keyboard.press("Escape")
    saved(page)

    def judge(key: str) -> str:
        """Judge the chosen moment and wait for the page to go on to the next open one."""
        judged: str = page.evaluate(f"{CHOSEN}.id")
        page.keyboard.press(key)
        until(page, f"{CHOSEN}.id !== '{judged}'")
        saved(page)
        return judged

    judge("a")
    second = judge("x")
    page.keyboard.press("z")
    until(page, f"!{BENCH}.panel.moments.find((m) => m.id === '{second}').verdict")
    judge("u")
    page.keyboard.press("m")
    page.keyboard.press("l")
    page.keyboard.press("m")
    until(page, f"{CHOSEN}?.own === true")
    page.get_by_role("group", name="Whose moment").get_by_role("button", name="client").press("Enter")
    until(page, f"{CHOSEN}.person === 'client'")
    judge("a")
    page.keyboard.press("e")
    page.wait_for_selector("text=For supervision")
    tab_to(page, "#export-elan")
    page.keyboard.press("Enter")
    page.wait_for_selector("#exported:not([hidden])")
    tab_to(page, "#submit")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Submitted.")
    saved(page)

    found = state_of(session, "R1")
    mine = found.decisions[first]
    assert (mine.verdict, mine.label, mine.note) == ("yes", "withdrawal", "quieter than before; x a u are letters here")
    assert list(mine.reflections.values()) == ["a step back"]
    assert sorted(d.verdict for d in found.decisions.values() if d.verdict) == ["unsure", "yes", "yes"]
    assert found.submitted
    assert len(list(session.glob("review.*.backup"))) == 1
    (file,) = (session / "export").glob("*.eaf")
    tree = etree.parse(file)
    values = {t.get("TIER_ID"): [v.text for v in t.iter("ANNOTATION_VALUE")] for t in tree.iter("TIER")}
    assert sorted(values["R1 judged"]) == ["unsure", "yes"]  # the third is R1's own moment
    whose = open_session(session).candidates.set_index("id")["person"][first]
    assert "withdrawal" in values[f"R1 {whose}"]
    assert "moment" in values["R1 client"]  # R1's own, given to the client
    assert mine.person == whose


def test_an_edge_moves_by_keys_and_is_kept_or_dropped(
    session: Path, serve: Callable[..., Any], page_of: Callable[..., Any]
) -> None:
    page = page_of(serve(session))
    begin(page)
    page.keyboard.press("n")
    before = page.evaluate(f"[{CHOSEN}.start, {CHOSEN}.end]")
    page.keyboard.press("{")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(f"{CHOSEN}.start") == pytest.approx(before[0] - 1, abs=0.05)
    page.keyboard.press("Escape")
    assert page.evaluate(f"{CHOSEN}.start") == before[0]
    page.keyboard.press("}")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    saved(page)
    key = page.evaluate(f"{CHOSEN}.id")
    assert state_of(session, "R1").decisions[key].end_ms == pytest.approx((before[1] + 2) * 1000, abs=50)


def test_an_edge_stays_where_it_is_moved_to_while_what_was_saved_comes_back(
    session: Path, serve: Callable[..., Any], page_of: Callable[..., Any]
) -> None:
    page = page_of(serve(session))
    begin(page)
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)

    page.route(re.compile(r"/api/sessions/.*/events"), hold, times=1)
    page.keyboard.press("n")  # the page says that the moment was seen
    before = page.evaluate(f"[{CHOSEN}.start, {CHOSEN}.end]")
    page.keyboard.press("{")
    page.keyboard.press("ArrowLeft")
    while not held:
        page.wait_for_timeout(20)
    held.pop(0).continue_()
    saved(page)
    assert page.evaluate(f"{CHOSEN}.start") == pytest.approx(before[0] - 1, abs=0.05)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    until(page, f"({CHOSEN}.start - {before[0] - 2}) ** 2 < 0.01")
    saved(page)
    key = page.evaluate(f"{CHOSEN}.id")
    assert state_of(session, "R1").decisions[key].start_ms == pytest.approx((before[0] - 2) * 1000, abs=50)


def test_a_key_can_be_changed_and_stays_changed(
    session: Path, serve: Callable[..., Any], page_of: Callable[..., Any]
) -> None:
    page = page_of(serve(session))
    begin(page)
    page.keyboard.press("?")
    page.locator(".key-row", has_text="next moment").first.locator("button").click()
    page.keyboard.press("w")
    page.locator("#keys-close").click()
    page.reload()
    page.wait_for_selector("#judging p")
    page.keyboard.press("w")
    until(page, f"{BENCH}.panel.chosen !== null")


def test_the_owners_code_book_is_offered(session: Path, serve: Callable[..., Any], page_of: Callable[..., Any]) -> None:
    toml = session / "session.toml"
    toml.write_text(toml.read_text() + '\n[review]\ncodebook = "3rs"\n')
    page = page_of(serve(session))
    begin(page)
    page.keyboard.press("n")
    page.get_by_text("Confrontation", exact=True).click()
    page.get_by_role("button", name="C: complaint about the therapist").click()
    saved(page)
    (decision,) = [d for d in state_of(session, "R1").decisions.values() if d.label]
    assert decision.label == "c_complaint_therapist"


def test_blind_review_tells_the_page_nothing_before_the_judgement(
    session: Path, serve: Callable[..., Any], page_of: Callable[..., Any]
) -> None:
    """Every answer the browser got is searched for scores, reasons and the other reviewer's words."""
    record = Record(session / "review.sqlite")
    record.add(reviewer="Rater9", uid="o1", kind="create", target="own-o", body={"start_ms": 1000, "end_ms": 5000})
    record.add(reviewer="Rater9", uid="o2", kind="note", target="own-o", base=1, body={"text": "seen by Rater9 alone"})
    record.close()
    from cuetrack.session import open_session

    told = open_session(session)
    reasons = set(told.evidence["text"]) | set(told.moments["title"]) | set(told.moments["why"])
    page = page_of(serve(session))
    bodies: list[str] = []
    page.on("response", lambda r: bodies.append(r.text()) if "/api/" in r.url and "signals" not in r.url else None)
    begin(page)
    for _ in range(4):
        page.keyboard.press("n")
        saved(page)
    page.keyboard.press("e")
    page.wait_for_selector("text=For supervision")
    assert len(bodies) > 8
    text = "\n".join(bodies)
    assert not [r for r in reasons if r and r in text]
    for word in ("seen by Rater9 alone", "Rater9", '"score"', '"rank"', '"control"', '"chance_per_h"'):
        assert word not in text


def test_two_reviewers_blind_then_agreement(
    session: Path, serve: Callable[..., Any], page_of: Callable[..., Any]
) -> None:
    served = serve(session)
    page = page_of(served)
    for reviewer in ("R1", "R2"):
        page.goto(served.home + "/#/")
        page.wait_for_selector("#who")
        page.locator("#who").fill("")
        begin(page, reviewer)
        page.keyboard.press("n")
        for key in ("a", "x", "a") if reviewer == "R1" else ("a", "a", "a"):
            page.keyboard.press(key)
            saved(page)
        page.keyboard.press("e")
        page.locator("#submit").click()
        page.wait_for_selector("#agreement")
        words = page.inner_text("#agreement")
        assert ("opens when" in words) == (reviewer == "R1")
    assert "R1 and R2" in words
    assert "alpha" in words.lower()
    assert state_of(session, "R1").decisions
