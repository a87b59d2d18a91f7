"""What browser tests share: media of a session folder, waiting, and the way from the start page into a session."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
from recordings import BITS, even_times

from cuetrack.store.files import sha256
from cuetrack.store.folder import SessionFolder

BENCH = "window.cuetrack.bench"
LONGEST_S = 60.0  # a guard, not a measure: on a machine with other load the first step of rendering took 20 s


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


SEEKS = 40
"""Seeks in a recording whose frames carry their numbers; `READ` reads a number, `SETTLED` seeks and says the frame."""
READ = """(bits) => {
  const video = document.querySelector("#screens video");
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: video.videoWidth, height: video.videoHeight });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(video, 0, 0);
  const block = Math.floor(canvas.width / bits);
  let number = 0;
  for (let bit = 0; bit < bits; bit += 1) {
    const [r, g, b] = context.getImageData(Math.round((bit + 0.5) * block), Math.round(canvas.height / 6), 1, 1).data;
    if (r + g + b > 330) number += 2 ** bit;
  }
  return number;
}"""
SETTLED = """async (time) => {
  const video = document.querySelector("#screens video");
  const player = window.cuetrack.bench.player;
  const done = new Promise((ready) => {
    video.addEventListener("seeked", () => setTimeout(ready, 15), { once: true });
  });
  player.seek(time);
  await done;
  return player.frame;
}"""


def wrong_seeks(page: Any, times: list[float], patience_s: float = 0.0) -> list[tuple[float, int, int, int]]:
    """Seek to `SEEKS` places and return those with another frame than is due: (time, due, said, shown).

    `patience_s` is how long after a seek the frame may take to be drawn.
    """
    wrong = []
    for time_s in np.random.default_rng(1).uniform(0.05, times[-1] - 0.3, SEEKS):
        said = page.evaluate(SETTLED, float(time_s))
        due = int(np.searchsorted(times, time_s, side="right")) - 1
        until_s = time.monotonic() + patience_s
        while (shown := page.evaluate(READ, BITS)) != due and time.monotonic() < until_s:
            page.wait_for_timeout(50)
        if not said == shown == due:
            wrong.append((float(time_s), due, said, shown))
    return wrong


def varying_times(count: int) -> list[float]:
    rng = np.random.default_rng(5)
    return [
        0.0,
        *np.cumsum(rng.choice([0.02, 0.033, 0.04, 0.1, 0.25], count - 1, p=[0.2, 0.3, 0.3, 0.15, 0.05])).tolist(),
    ]


CLOCKS = {
    "25": lambda: even_times(1000, 25.0),
    "29.97": lambda: even_times(1000, 30000 / 1001),
    "varying": lambda: varying_times(600),
}
