"""Take the gallery's pictures: every figure of cuetrack.plot as a file in Chromium, and the notebook's timeline.

    python tools/plot_pictures.py SESSION [FOLDER] [--dark] [--grey]

SESSION is the example's session folder, whose recording is where it says. Writes FOLDER/plot-*.png, docs/pictures if
not given. `--dark` and `--grey` write those looks instead, to be looked at. Needs Chromium, playwright and pillow.
"""

from __future__ import annotations

import argparse
import base64
import io
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import cuetrack as ct
from cuetrack.simulate.signals_plan import random_plan

ROOT = Path(__file__).resolve().parents[1]
WIDTH_PX = 1000
COLOURS = 255
SHOW = """async ([module, css, held, samples]) => {
  document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
  held.samples = new DataView(Uint8Array.from(atob(samples), (c) => c.charCodeAt(0)).buffer);
  const still = { save_changes() {}, on() {}, off() {} };
  const model = { ...still, get: (name) => held[name], set(name, value) { held[name] = value; } };
  const { default: cell } = await import(URL.createObjectURL(new Blob([module], { type: "text/javascript" })));
  cell.render({ model, el: document.querySelector("#cell") });
}"""


def main() -> int:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("session", type=Path)
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "docs" / "pictures")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--grey", action="store_true")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as own, sync_playwright() as playwright:
        work = Path(own)
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(
            viewport={"width": WIDTH_PX, "height": 700}, color_scheme="dark" if asked.dark else "light"
        )
        for name, figure in figures(work, dark=asked.dark):
            figure.write_html(work / f"{name}.html", include_plotlyjs=True)
            page.goto((work / f"{name}.html").as_uri())
            page.wait_for_function("document.querySelector('.js-plotly-plot')?._fullLayout?._size")
            page.wait_for_timeout(400)
            take(page.locator(".js-plotly-plot"), asked.folder / f"plot-{name}.png", grey=asked.grey)
        shutil.copytree(asked.session, work / "example.cue")
        watched(page, ct.open_session(work / "example.cue"))
        take(page.locator("#cell"), asked.folder / "plot-watch.png", grey=asked.grey)
        browser.close()
    return 0


def figures(work: Path, *, dark: bool) -> Any:
    """Yield every figure by name: four of a simulated session of 50 minutes, one of a simulated study."""
    session = ct.simulated_session(random_plan(12, dyad=4, duration_s=3000.0), work / "simulated.cue", surrogates=50)
    for dyad in range(8):
        for part in (1, 2):
            script = random_plan(300 + 10 * dyad + part, dyad=dyad, duration_s=480.0, negatives=(1, 3))
            ct.simulated_session(script, work / "study" / f"d{dyad}-{part}.cue", surrogates=0)
    study = ct.open_study(work / "study")
    first = session.moments[~session.moments["control"]].iloc[0]
    drawn = {
        "timeline": lambda: ct.plot.timeline(session, dark=dark),
        "moment": lambda: ct.plot.moment(session, first, around_s=60, dark=dark),
        "pair": lambda: ct.plot.pair(session, dark=dark),
        "coverage": lambda: ct.plot.coverage(session, dark=dark),
        "study": lambda: ct.plot.study(study, dark=dark),
    }
    for name, draw in drawn.items():
        begun = time.perf_counter()
        figure = draw()
        most = max(t.z.size if t.type == "heatmap" else len(t.x) for t in figure.data if t.x is not None)
        print(f"{name}: {time.perf_counter() - begun:.2f} s, at most {most} points a trace")
        yield name, figure


def watched(page: Any, session: ct.Session) -> None:
    """Show the notebook's timeline on an empty page, its first moment chosen."""
    shown = ct.watch(session)
    held = {name: getattr(shown, name) for name in ("session", "moments", "media", "time_s", "rank")}
    page.route("**/blank", lambda r: r.fulfill(body="<!doctype html><div id=cell></div>", content_type="text/html"))
    page.goto(shown.media[0]["address"].rsplit("/", 1)[0] + "/blank")
    page.evaluate(SHOW, [shown._esm, shown._css, held, base64.b64encode(shown.samples).decode()])
    page.wait_for_timeout(1000)
    page.locator("#cell ol button").first.click()
    page.wait_for_timeout(1500)
    shown.close()


def take(place: Any, path: Path, *, grey: bool) -> None:
    """Keep a screenshot with few colours, so that it stays small; `grey` as a printer without colour would show it."""
    from PIL import Image

    picture = Image.open(io.BytesIO(place.screenshot())).convert("L" if grey else "RGB").convert("RGB")
    picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.name} {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    sys.exit(main())
