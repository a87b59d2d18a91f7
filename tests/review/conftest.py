"""A real browser on the real app: sessions at the level of cues with tiny recordings, served as a user would."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import use
from filelock import FileLock
from recordings import even_times, make_video
from written_session import write_session

from cuetrack.simulate import demo_script

PLAYED_S = 40.0


@pytest.fixture(scope="session")
def numbered(shared_folder: Path) -> Path:
    """A recording of 40 s at 25 frames a second, numbers burnt into the frames, with sound."""
    path = shared_folder / "numbered.mp4"
    with FileLock(shared_folder / "numbered.lock"):
        if not path.exists():
            tone = 0.2 * np.sin(2 * np.pi * 220 * np.arange(int(PLAYED_S * 16000)) / 16000)
            make_video(path, even_times(int(PLAYED_S * 25), 25.0), sound=tone[np.newaxis].astype(np.float32))
    return path


@pytest.fixture(scope="session")
def written(shared_folder: Path, numbered: Path) -> Path:
    """The demo script's session at the level of cues, its media the numbered recording; copy it before changing it."""
    folder = shared_folder / "written.cue"
    with FileLock(shared_folder / "written.lock"):
        if not folder.exists():
            write_session(folder, demo_script())
            use(folder, numbered)
    return folder


@pytest.fixture
def session(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "042.cue"))


@dataclass
class Served:
    """A running `cuetrack review` and the one-time address it gave."""

    process: subprocess.Popen[str]
    address: str

    @property
    def home(self) -> str:
        return self.address.split("/open/")[0]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Start `cuetrack review` on folders in a process of its own, with a home of its own."""
    started: list[subprocess.Popen[str]] = []
    own = {f"XDG_{kind}_HOME": str(tmp_path / kind.lower()) for kind in ("CONFIG", "STATE", "DATA")}
    own["BROWSER"] = "true"  # the command that does nothing, in place of a browser on the screen

    def start(*words: object, verb: tuple[str, ...] = ("review", "--no-browser"), **env: str) -> Served:
        process = subprocess.Popen(
            [sys.executable, "-c", "from cuetrack.cli import main; main()", *verb, *map(str, words)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **own, **env},
            cwd=tmp_path,
        )
        started.append(process)
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found
        threading.Thread(target=process.stdout.read, daemon=True).start()
        return Served(process, found.group())

    yield start
    for process in started:
        process.terminate()
        process.wait(20)
        assert process.stdout is not None
        process.stdout.close()


@dataclass
class Watched:
    """What a page did that it should not: errors in its console, faults, requests to elsewhere, policy violations."""

    faults: list[str] = field(default_factory=list)
    bodies: list[tuple[str, str]] = field(default_factory=list)


@pytest.fixture
def page_of(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Open the app in a window of its own; any console error or request off 127.0.0.1 fails the test at its end."""
    opened: list[tuple[Any, Watched]] = []

    def open_page(served: Served, **options: Any) -> Any:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 720}, **options})
        page, watched = context.new_page(), Watched()
        opened.append((context, watched))
        page.on("console", lambda m: watched.faults.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda e: watched.faults.append(str(e)))

        def only_here(route: Any) -> None:
            if route.request.url.startswith((served.home + "/", "data:", "blob:")):
                route.continue_()
            else:
                watched.faults.append(f"asked for {route.request.url}")
                route.abort()

        context.route("**/*", only_here)
        page.goto(served.address)
        page.wait_for_selector("h1")
        page.watched = watched
        return page

    yield open_page
    for context, watched in opened:
        context.close()
        assert watched.faults == []
