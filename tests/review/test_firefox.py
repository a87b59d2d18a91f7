"""The review page in Firefox: the way from the start page to a judgement by keyboard, and the frames it seeks to."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import BENCH, CLOCKS, until, use, wrong_seeks
from firefox import FIREFOX, Firefox
from recordings import make_video

from cuetrack.decisions.record import Record
from cuetrack.decisions.state import review_of

pytestmark = pytest.mark.skipif(FIREFOX is None, reason="NO FIREFOX: install it (apt-get install firefox-esr)")


@pytest.fixture
def firefox(tmp_path: Path) -> Iterator[Firefox]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    browser = Firefox(tmp_path / "profile", port)
    yield browser
    browser.close()


def into_the_session(firefox: Firefox, served: Any) -> None:
    """From the start page past the tour, by keyboard."""
    firefox.open(served.address)
    until(firefox, "document.activeElement.id === 'who'")
    firefox.press("R", "1", "Enter")
    until(firefox, "document.querySelector('#tour[open]') !== null")
    firefox.press("Escape")
    until(firefox, "document.querySelector('#tour[open]') === null")


def test_a_judgement_by_keyboard(session: Path, serve: Callable[..., Any], firefox: Firefox) -> None:
    served = serve(session)
    into_the_session(firefox, served)
    firefox.press("n")
    first = until(firefox, f"{BENCH}.panel.chosen?.id")
    firefox.press("1", "a")
    until(firefox, f"{BENCH}.outbox.pending === 0 && {BENCH}.panel.chosen.id !== '{first}'")

    record = Record(session / "review.sqlite")
    decision = review_of("R1", record.events("R1")).decisions[first]
    record.close()
    assert (decision.verdict, decision.label) == ("yes", "withdrawal")
    drawn = firefox.evaluate(
        "[...document.querySelectorAll('canvas')].filter((c) => c.width > 100)"
        ".map((c) => new Set(c.getContext('2d').getImageData(0, 0, c.width, c.height).data).size)"
    )
    assert sum(colours > 20 for colours in drawn) >= 2  # the session's overview and its detail
    assert [url for url in firefox.asked if not url.startswith((served.home + "/", "data:", "blob:"))] == []
    assert firefox.logged == []


@pytest.mark.parametrize("clock", CLOCKS)
def test_every_seek_shows_the_frame_that_covers_the_time(
    clock: str, session: Path, tmp_path: Path, serve: Callable[..., Any], firefox: Firefox
) -> None:
    times = CLOCKS[clock]()
    video = make_video(tmp_path / "numbered.mp4", times, gop=250, b_frames=3)
    into_the_session(firefox, serve(use(session, video, duration_s=times[-1])))
    playable = "document.querySelector('#screens video')"
    until(firefox, f"{playable}?.readyState >= 2 || Boolean({playable}?.error)")
    if firefox.evaluate(f"Boolean({playable}.error)"):
        pytest.skip("this Firefox has no H.264: install libavcodec59")
    assert wrong_seeks(firefox, times) == []
