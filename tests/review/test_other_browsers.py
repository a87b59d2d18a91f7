"""The review page in Firefox and in WebKit, Safari's engine: to a judgement by keyboard, and the frames it seeks to."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import firefox
import pytest
import webkit
from browsing import BENCH, CLOCKS, until, use, wrong_seeks
from recordings import make_video

from cuetrack.decisions.record import Record
from cuetrack.decisions.state import review_of

BROWSERS = {"firefox": (firefox.Firefox, firefox.MISSING), "webkit": (webkit.WebKit, webkit.MISSING)}
PATIENCE_S = {"firefox": 0.0, "webkit": 3.0}
"""How long a frame may take to be drawn after a seek: WebKit is run without a graphics card."""
SEEKS = [(name, clock) for name in BROWSERS for clock in CLOCKS if (name, clock) != ("webkit", "varying")]
"""Not a varying rate in WebKit: WebKitGTK's decoder guesses how long a frame lasts (see docs/review.md)."""

Browser = firefox.Firefox | webkit.WebKit


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Callable[[str], Browser]]:
    """Start a browser by name, or skip where it is not installed."""
    started: list[Browser] = []

    def start(name: str) -> Browser:
        kind, missing = BROWSERS[name]
        if missing:
            pytest.skip(missing)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        started.append(kind(tmp_path / name, port))
        return started[-1]

    yield start
    for browser in started:
        browser.close()


def into_the_session(browser: Browser, served: Any) -> None:
    """From the start page past the tour, by keyboard."""
    browser.open(served.address)
    until(browser, "document.activeElement.id === 'who'")
    browser.press("R", "1", "Enter")
    until(browser, "document.querySelector('#tour[open]') !== null")
    browser.press("Escape")
    until(browser, "document.querySelector('#tour[open]') === null")


@pytest.mark.parametrize("name", BROWSERS)
def test_a_judgement_by_keyboard(
    name: str, session: Path, serve: Callable[..., Any], launch: Callable[[str], Browser]
) -> None:
    browser, served = launch(name), serve(session)
    into_the_session(browser, served)
    browser.press("n")
    first = until(browser, f"{BENCH}.panel.chosen?.id")
    browser.press("1", "a")
    until(browser, f"{BENCH}.outbox.pending === 0 && {BENCH}.panel.chosen.id !== '{first}'")

    record = Record(session / "review.sqlite")
    decision = review_of("R1", record.events("R1")).decisions[first]
    record.close()
    assert (decision.verdict, decision.label) == ("yes", "withdrawal")
    drawn = browser.evaluate(
        "[...document.querySelectorAll('canvas')].filter((c) => c.width > 100)"
        ".map((c) => new Set(c.getContext('2d').getImageData(0, 0, c.width, c.height).data).size)"
    )
    assert sum(colours > 20 for colours in drawn) >= 2  # the session's overview and its detail
    assert [url for url in browser.asked if not url.startswith((served.home + "/", "data:", "blob:"))] == []
    assert browser.said == []


@pytest.mark.parametrize(("name", "clock"), SEEKS)
def test_every_seek_shows_the_frame_that_covers_the_time(
    name: str,
    clock: str,
    session: Path,
    tmp_path: Path,
    serve: Callable[..., Any],
    launch: Callable[[str], Browser],
) -> None:
    times = CLOCKS[clock]()
    video = make_video(tmp_path / "numbered.mp4", times, gop=250, b_frames=3)
    browser = launch(name)
    into_the_session(browser, serve(use(session, video, duration_s=times[-1])))
    playable = "document.querySelector('#screens video')"
    until(browser, f"{playable}?.readyState >= 2 || Boolean({playable}?.error)")
    if browser.evaluate(f"Boolean({playable}.error)"):
        pytest.skip(f"this {name} has no H.264: install libavcodec59 for Firefox, gstreamer1.0-libav for WebKit")
    assert wrong_seeks(browser, times, PATIENCE_S[name]) == []
