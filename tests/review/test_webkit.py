"""The review page in WebKit, Safari's engine: to a judgement by keyboard, and the frames it seeks to.

Not with a varying rate: WebKitGTK's decoder guesses how long a frame lasts and shows a neighbour (docs/review.md).
"""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import BENCH, CLOCKS, SETTLED, until, use, wrong_seeks
from recordings import make_video
from webkit import MISSING, WebKit

from cuetrack.decisions.record import Record
from cuetrack.decisions.state import review_of

PATIENCE_MS = 250  # without a graphics card a frame takes a while to be drawn

pytestmark = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))


@pytest.fixture
def webkit(tmp_path: Path) -> Iterator[WebKit]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    browser = WebKit(tmp_path / "home", port)
    yield browser
    browser.close()


def into_the_session(webkit: WebKit, served: Any) -> None:
    """From the start page past the tour, by keyboard."""
    webkit.open(served.address)
    until(webkit, "document.activeElement.id === 'who'")
    webkit.press("R", "1", "Enter")
    until(webkit, "document.querySelector('#tour[open]') !== null")
    webkit.press("Escape")
    until(webkit, "document.querySelector('#tour[open]') === null")


def test_a_judgement_by_keyboard(session: Path, serve: Callable[..., Any], webkit: WebKit) -> None:
    served = serve(session)
    into_the_session(webkit, served)
    webkit.press("n")
    first = until(webkit, f"{BENCH}.panel.chosen?.id")
    webkit.press("1", "a")
    until(webkit, f"{BENCH}.outbox.pending === 0 && {BENCH}.panel.chosen.id !== '{first}'")

    record = Record(session / "review.sqlite")
    decision = review_of("R1", record.events("R1")).decisions[first]
    record.close()
    assert (decision.verdict, decision.label) == ("yes", "withdrawal")
    drawn = webkit.evaluate(
        "[...document.querySelectorAll('canvas')].filter((c) => c.width > 100)"
        ".map((c) => new Set(c.getContext('2d').getImageData(0, 0, c.width, c.height).data).size)"
    )
    assert sum(colours > 20 for colours in drawn) >= 2  # the session's overview and its detail
    assert [url for url in webkit.asked if not url.startswith((served.home + "/", "data:", "blob:"))] == []
    assert webkit.said == []


@pytest.mark.parametrize("clock", [c for c in CLOCKS if c != "varying"])
def test_every_seek_shows_the_frame_that_covers_the_time(
    clock: str, session: Path, tmp_path: Path, serve: Callable[..., Any], webkit: WebKit
) -> None:
    times = CLOCKS[clock]()
    video = make_video(tmp_path / "numbered.mp4", times, gop=250, b_frames=3)
    into_the_session(webkit, serve(use(session, video, duration_s=times[-1])))
    playable = "document.querySelector('#screens video')"
    until(webkit, f"{playable}?.readyState >= 2 || Boolean({playable}?.error)")
    if webkit.evaluate(f"Boolean({playable}.error)"):
        pytest.skip("this WebKit has no H.264: install gstreamer1.0-libav")
    webkit.evaluate(SETTLED, [1.0, 4 * PATIENCE_MS])  # the first seek tells the page how WebKit counts; it seeks again
    assert wrong_seeks(webkit, times, PATIENCE_MS) == []
