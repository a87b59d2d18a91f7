"""How smoothly the review page's timeline pans and zooms: 60 channels of 90 minutes in headless Chromium without a GPU.

    make review-bench

The app serves the short simulated session; then 60 channels of 54,000 synthetic samples (a tenth of them gaps) are put
into its timeline, and the view is moved once per frame. Frame: from one animation frame to the next; drawing: the
script's own time in it.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import report

from cuetrack import simulate
from cuetrack.pipeline import analyze

FRAMES = 240
WINDOWS = {"laptop window 1280 × 720 (lanes scrolled out of sight are not drawn)": (1280, 720),
           "tall window 1600 × 2500 (all 60 lanes in view)": (1600, 2500)}  # fmt: skip
MOVES = {
    "pan, whole session": ("i => line.look((i % 60) * 0.5, 5340)"),
    "pan, 10 min": ("i => line.look(600 + i * 5, 600)"),
    "pan, 1 min": ("i => line.look(600 + i * 0.5, 60)"),
    "zoom sweep, 90 min to 4 s": ("i => { const w = 5400 * 0.97 ** i; line.look(2700 - w / 2, w); }"),
}
FILL = """() => {
  const bench = window.cuetrack.bench;
  const [channels, count] = [60, 54000];
  const samples = new Float32Array(channels * count);
  let seed = 7;
  const random = () => { seed = (seed * 1103515245 + 12345) % 2147483648; return seed / 2147483648; };
  for (let c = 0; c < channels; c += 1) {
    let value = 0;
    let gap = 0;
    for (let i = 0; i < count; i += 1) {
      value = value * 0.995 + random() - 0.5;
      if (gap === 0 && random() < 0.0005) gap = 200;
      if (gap > 0) gap -= 1;
      samples[c * count + i] = gap > 0 ? NaN : value;
    }
  }
  const channel = (_, i) => ({
    id: `c${i}`, person: ["therapist", "client", "pair"][i % 3], signal: `signal_${i}`, unit: "cm", more: "",
    usual: 0, spread: 1, low: -6, high: 6,
  });
  const turns = Array.from({ length: 1200 }, (_, i) => (
    { start_s: i * 4.5, end_s: i * 4.5 + 3, person: bench.session.people[i % 2], label: "turn" }));
  const session = { ...bench.session, duration_s: 5400, turns, channels: Array.from({ length: channels }, channel) };
  const begun = performance.now();
  bench.timeline.load(session, samples);
  bench.timeline.show(bench.timeline.channels.map((c) => c.id));
  return performance.now() - begun;
}"""
MOVE = """async ([frames, move]) => {
  const line = window.cuetrack.bench.timeline;
  const act = MOVE_HERE;
  const times = [];
  line.frameTimes.length = 0;
  await new Promise((done) => {
    let before = 0;
    let i = -20; // the first frames warm up
    const frame = (now) => {
      if (i > 0) times.push(now - before);
      if (i === 0) line.frameTimes.length = 0;
      before = now;
      if (i >= frames) { done(); return; }
      act(Math.max(i, 0));
      i += 1;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  return [times, line.frameTimes];
}"""


def main() -> None:
    from playwright.sync_api import sync_playwright

    rows = []
    with tempfile.TemporaryDirectory() as own:
        folder = Path(own) / "short.cue"
        script = simulate.short_script()
        analyze(simulate.cached(script).path, people={p.name: p.place for p in script.people}, out=folder)
        process = subprocess.Popen(
            [sys.executable, "-m", "cuetrack.cli", "review", str(folder), "--no-browser"],
            stdout=subprocess.PIPE,
            text=True,
        )
        address = re.search(r"http://\S+", process.stdout.readline()).group()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page()
            page.goto(address)
            page.locator("#who").fill("R1")
            page.locator(".card").first.click()
            page.wait_for_selector("#judging p")
            page.wait_for_timeout(1500)
            if page.locator("#tour").is_visible():
                page.locator("#tour-skip").click()
            page.evaluate("window.cuetrack.bench.player.pause()")
            for window, (width, height) in WINDOWS.items():
                page.set_viewport_size({"width": width, "height": height})
                page.wait_for_timeout(500)
                built = page.evaluate(FILL)
                lanes = page.evaluate("Math.floor((document.querySelector('.scroll').clientHeight - 46) / 16)")
                rows.append(report.row("pyramids of 60 channels built", built, unit="ms", n=1) | {"section": window})
                for name, move in MOVES.items():
                    frames, drawing = page.evaluate(MOVE.replace("MOVE_HERE", move), [FRAMES, name])
                    rows += of_move(window, name, frames, drawing, min(lanes, 60))
            version = browser.version
            browser.close()
        process.terminate()
        process.wait()
    report.write(
        "review-benchmark",
        "The review page's timeline: how smoothly it pans and zooms",
        "60 channels of 90 minutes at 10 samples a second (54,000 each, about a tenth missing), 1,200 turns, in "
        f"headless Chromium {version} without a GPU. The view is moved once per animation frame, {FRAMES} frames per "
        "row. 60 frames a second are 16.7 ms a frame. Other programs on the machine lengthen the 95th percentile.",
        rows,
        "make review-bench",
    )


def of_move(window: str, name: str, frames: list[float], drawing: list[float], lanes: int) -> list[dict[str, object]]:
    """Return the rows of one movement: median and 95th percentile of frame and drawing."""
    found = []
    for what, values, target in (("frame", frames, "≤ 20 ms"), ("drawing", drawing, "≤ 12 ms")):
        for word, share in (("median", 0.5), ("95th percentile", 0.95)):
            value = float(np.quantile(values, share))
            measured = report.row(
                f"{name}: {what}, {word}",
                value,
                unit="ms",
                target=target if word == "median" else "",
                n=len(values),
                note=f"{lanes} lanes in view",
            )
            found.append(measured | {"section": window})
    return found


if __name__ == "__main__":
    main()
