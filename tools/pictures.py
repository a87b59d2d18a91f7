"""Take the documentation's pictures of the report and the review page, from the simulated example only.

    python tools/pictures.py SESSION RECORDING     a copy of the example's session folder, and its recording

Needs Chromium, playwright and pillow (both come with the test extra). Writes docs/pictures/*.png.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "pictures"
COLOURS = 160
WIDTH_PX, HEIGHT_PX = 1280, 720


def main() -> int:
    from playwright.sync_api import sync_playwright

    if len(sys.argv) != 3:
        print(__doc__)
        return 2
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as own, sync_playwright() as playwright:
        work = Path(own) / "simulated"
        work.mkdir()
        session = Path(shutil.copytree(sys.argv[1], work / "example.cue"))
        (session / "review.sqlite").unlink(missing_ok=True)
        shutil.copy(sys.argv[2], work / "tuesday.mp4")
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        take_report(browser, session)
        address, process = serve(session, work)
        try:
            page = browser.new_page(viewport={"width": WIDTH_PX, "height": HEIGHT_PX})
            page.goto(address)
            take_all(page, work)
        finally:
            process.terminate()
            process.wait()
        browser.close()
    return 0


def serve(session: Path, work: Path) -> tuple[str, subprocess.Popen[str]]:
    """Start the app on the session with settings of its own; return its one-time address."""
    env = {**os.environ, "XDG_CONFIG_HOME": str(work / ".config"), "XDG_STATE_HOME": str(work / ".state")}
    words = [sys.executable, "-m", "cuetrack.cli", "review", str(session), "--no-browser"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=env, cwd=work)
    assert process.stdout is not None
    found = re.search(r"http://\S+", process.stdout.readline())
    assert found is not None
    return found.group(), process


def take_all(page, work: Path) -> None:
    page.wait_for_selector("#who")
    page.locator("#who").fill("R1")
    take(page, "start")
    page.locator("#add").click()
    page.locator(".entry", has_text=work.name).click()
    page.locator("label.entry", has_text="tuesday").click()
    take(page, "choose")
    page.locator("#check").click()
    page.wait_for_selector(".findings")
    take(page, "check")
    page.locator("#who-is-who").click()
    page.locator(".face").first.click()
    take(page, "who-is-who")
    page.locator("#home-link").click()
    page.locator("#who").fill("R1")
    page.locator(".card").first.click()
    page.wait_for_selector("#tour[open]")
    page.wait_for_timeout(1500)
    take(page, "tour")
    page.locator("#tour-skip").click()
    for keys in ("na", "1", "p"):
        for key in keys:
            page.keyboard.press(key)
            page.wait_for_timeout(900)
    page.keyboard.press("}")
    page.keyboard.press("Escape")
    page.wait_for_timeout(600)
    take(page, "review")
    page.emulate_media(color_scheme="dark")
    page.locator("#pose-only").check()
    page.wait_for_timeout(1200)
    take(page, "pose-dark")
    page.emulate_media(color_scheme="light")
    page.locator("#pose-only").uncheck()
    page.locator("#pose-only").blur()
    page.keyboard.press("?")
    take(page, "keys")
    page.locator("#keys-close").click()
    page.keyboard.press("t")
    page.keyboard.type("Answers get shorter after the question; look at the next minute together.")
    page.keyboard.press("Escape")
    page.wait_for_timeout(500)
    page.keyboard.press("e")
    page.wait_for_selector("text=For supervision")
    page.wait_for_timeout(500)
    take(page, "summary")
    page.emulate_media(media="print")
    take(page, "sheet")


def take_report(browser, session: Path) -> None:
    """Keep the first moment of the session's report as it is first seen."""
    page = browser.new_page(viewport={"width": 1000, "height": HEIGHT_PX})
    page.goto((session / "report.html").as_uri())
    take(page, "report", of=page.locator("#moment-1"))
    page.close()


def take(page, name: str, of=None) -> None:
    """Keep a screenshot of the page, or `of` a part of it, with few colours, so that it stays small."""
    from PIL import Image

    page.wait_for_timeout(200)
    picture = Image.open(io.BytesIO((of or page).screenshot())).convert("RGB")
    small = picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    small.save(OUT / f"{name}.png", optimize=True)
    print(f"{name}.png {(OUT / f'{name}.png').stat().st_size // 1000} kB")


if __name__ == "__main__":
    sys.exit(main())
