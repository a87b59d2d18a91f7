"""What browser tests share: media of a session folder, waiting, and the way from the start page into a session."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from cuetrack.store.files import sha256
from cuetrack.store.folder import SessionFolder

BENCH = "window.cuetrack.bench"
LONGEST_S = 20.0


def use(folder: Path, *recordings: Path, people: tuple[str, ...] = (), **more: Any) -> Path:
    """Make recordings the media of a session folder."""
    session = SessionFolder(folder)
    described = session.description()
    owners = people or ("",) * len(recordings)
    media = [
        {"path": str(r), "sha256": sha256(r), "size": r.stat().st_size, "person": p, "offset_s": 0.0, "drift_ppm": 0.0}
        for r, p in zip(recordings, owners, strict=True)
    ]
    session.describe({**described, "media": media, **more})
    return folder


def until(page: Any, expression: str) -> Any:
    """Wait until an expression is true in the page (asked from outside: the page's policy forbids eval)."""
    deadline = time.monotonic() + LONGEST_S
    while not (found := page.evaluate(expression)):
        assert time.monotonic() < deadline, f"never true: {expression}"
        page.wait_for_timeout(20)
    return found


def saved(page: Any) -> None:
    """Wait until everything said is on the server's disk."""
    until(page, f"{BENCH}.outbox.pending === 0")


def tab_to(page: Any, selector: str) -> None:
    """Reach a control with the Tab key alone."""
    for _ in range(150):
        if page.evaluate("(s) => document.activeElement?.matches(s) ?? false", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reached {selector}")


def begin(page: Any, reviewer: str = "R1") -> None:
    """From the start page into the first session, past the tour, with the keyboard alone."""
    page.locator("#who").fill(reviewer)
    page.keyboard.press("Enter")
    until(page, f"Boolean({BENCH} && document.querySelector('#judging p'))")
    if page.locator("#tour").is_visible():
        page.locator("#tour-skip").press("Enter")
