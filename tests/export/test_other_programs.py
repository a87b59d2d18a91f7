"""Our files in the programs they are for: Chromium's subtitle track, and BORIS where it is installed."""

import functools
import importlib.util
import json
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cuetrack.export.boris import write_boris
from cuetrack.export.tiers import Annotations, Mark, Tier
from cuetrack.export.webvtt import write_webvtt

EXAMPLE = Annotations(
    (
        Tier("turns client", (Mark(0, 1200, "turn"), Mark(2000, 2600, "turn")), "client"),
        Tier("R1 x", (Mark(500, 2500, 'he said "no"', "a --> b"), Mark(700, 900, "über <5 s> & more")), "client", "R1"),
        Tier("R2", (Mark(59_999, 3_600_001, "a --> b\n\nc"), Mark(3_599_999, 3_600_000, "שלום 😀")), "", "R2"),
    ),
    4_000_000,
)  # fmt: skip

PAGE = """<!doctype html><video><track default kind=metadata src="x.vtt"></video>"""
ASK = """() => new Promise((done) => {
  const track = document.querySelector("track");
  const told = () => done([...track.track.cues].map((c) => [c.startTime, c.endTime, c.getCueAsHTML().textContent]));
  track.track.mode = "hidden";
  track.onload = told;
  track.onerror = () => done("error");
  if (track.readyState === 2) told();
})"""


@pytest.mark.browser
@pytest.mark.filterwarnings("ignore")
def test_chromium_reads_our_subtitles(tmp_path: Path, chromium: Any) -> None:
    write_webvtt(tmp_path / "x.vtt", EXAMPLE)
    (tmp_path / "index.html").write_text(PAGE)

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = chromium.new_page()
    page.goto(f"http://127.0.0.1:{server.server_address[1]}/index.html")
    cues = page.evaluate(ASK)
    page.close()
    server.shutdown()
    server.server_close()
    expected = sorted((m.start_ms, m.end_ms, f"{t.name}: {m.label}") for t in EXAMPLE.tiers for m in t.marks)
    found = sorted((round(a * 1000), round(b * 1000), text.replace("\n\u00a0\n", "\n\n")) for a, b, text in cues)
    assert found == expected


@pytest.mark.skipif(
    importlib.util.find_spec("boris") is None, reason="NO BORIS: pip install boris-behav-obs (Python 3.13)"
)
def test_boris_opens_our_project(tmp_path: Path) -> None:
    from boris import project_functions

    write_boris(tmp_path / "x.boris", EXAMPLE)
    _, _, project, message = project_functions.open_project_json(str(tmp_path / "x.boris"))
    assert message == ""
    assert set(project["observations"]) == {"cuetrack", "R1", "R2"}
    events = json.loads((tmp_path / "x.boris").read_text())["observations"]["R1"]["events"]
    assert project["observations"]["R1"]["events"] == events
    for name in project["observations"]:
        told = project_functions.check_state_events_obs(name, project["behaviors_conf"], project["observations"][name])
        assert "No problem detected" in told[1]
