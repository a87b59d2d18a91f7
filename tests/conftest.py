"""What all tests share: the development media where they are there, and one simulated session analysed once."""

import contextlib
import os
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from filelock import FileLock

hypothesis.settings.register_profile("cuetrack", deadline=None)  # no test asserts a wall-clock time
hypothesis.settings.load_profile("cuetrack")

MEDIA = Path(__file__).parents[2] / "shared" / "media"


CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("media") and not MEDIA.is_dir():  # a keyword would be the folder tests/media too
            item.add_marker(pytest.mark.skip(reason="the development recordings are not here"))
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group("browser"))
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="NO BROWSER: install chromium (apt-get install chromium)"))


@pytest.fixture(scope="session", autouse=True)
def own_places(tmp_path_factory: pytest.TempPathFactory):
    """Keep the tests out of the developer's own settings, logs and receipts; models and renders stay cached."""
    with pytest.MonkeyPatch.context() as patch:
        for kind in ("CONFIG", "STATE", "DATA"):
            patch.setenv(f"XDG_{kind}_HOME", str(tmp_path_factory.mktemp(kind.lower())))
        yield


@pytest.fixture(scope="session")
def media() -> Path:
    """Folder of development recordings; only for tests marked `media`."""
    return MEDIA


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of this test run, the same for all its workers."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def rendered(shared_folder: Path):
    """The 30 s simulated session: its recording and its truth (rendered once, kept between runs by hash)."""
    from cuetrack import simulate

    with FileLock(shared_folder / "rendered.lock"):
        return simulate.cached(simulate.short_script())


@pytest.fixture(scope="session")
def analysed(shared_folder: Path, rendered) -> Path:
    """Session folder of the simulated session, analysed once for all tests; copy it before changing anything."""
    import cuetrack as ct
    from cuetrack import simulate

    shared = shared_folder
    folder = shared / "analysed.cue"
    with FileLock(shared / "analysed.lock"):
        if not (shared / "analysed.done").exists():
            people = {p.name: p.place for p in simulate.short_script().people}
            ct.analyze(rendered.path, people=people, out=folder)
            (shared / "analysed.done").touch()
    return folder


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
            yield browser
            browser.close()


@pytest.fixture
def run_cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run the command line in this process and return (exit code, what it printed, what it said on the side)."""
    from cuetrack import cli

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["cuetrack", *map(str, words)])
        code: object = 0
        with contextlib.suppress(KeyboardInterrupt):
            try:
                cli.run()
            except SystemExit as stop:
                code = stop.code
        said = capsys.readouterr()
        return int(code or 0), said.out, said.err

    return run
