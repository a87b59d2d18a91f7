"""Intended use: asked for once at a terminal, told once to a script, never in the way of one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CODE = "from cuetrack.cli import main; main()"
SAID = "must not be used for hiring"


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    path = os.pathsep.join(p for p in sys.path if p)
    known = {k: v for k, v in os.environ.items() if not k.startswith("CUETRACK_")}
    return {**known, "PYTHONPATH": path, "XDG_CONFIG_HOME": str(tmp_path / "config")}


def script(places: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", CODE, *words],
        env=places,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1  # there is no such recording
    assert "no such file" in done.stderr
    return done.stderr


def terminal(places: dict[str, str], answer: bytes, *words: str) -> tuple[int, str]:
    import pty

    us, them = pty.openpty()
    child = subprocess.Popen([sys.executable, "-c", CODE, *words], env=places, stdin=them, stdout=them, stderr=them)
    os.close(them)
    os.write(us, answer)
    said = b""
    try:
        while block := os.read(us, 4096):
            said += block
    except OSError:  # the child's end is closed
        pass
    os.close(us)
    return child.wait(), said.decode()


def test_a_script_is_told_once_and_goes_on(places: dict[str, str]) -> None:
    assert SAID not in script(places, "analyze", "none.mp4", "--quiet")
    assert SAID in script(places, "analyze", "none.mp4")
    assert SAID not in script(places, "analyze", "none.mp4")


def test_a_place_that_cannot_be_written_stops_nobody(places: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file")
    assert SAID in script(places, "analyze", "none.mp4")


@pytest.mark.skipif(sys.platform == "win32", reason="LOUD: a terminal is simulated on Linux and macOS only")
def test_a_person_is_asked_until_they_say_yes(places: dict[str, str]) -> None:
    code, said = terminal(places, b"n\n", "analyze", "none.mp4")
    assert (code, SAID in said, "nothing was done" in said, "no such file" in said) == (1, True, True, False)
    code, said = terminal(places, b"y\n", "analyze", "none.mp4")
    assert (code, SAID in said, "no such file" in said) == (1, True, True)
    code, said = terminal(places, b"", "analyze", "none.mp4")
    assert (code, SAID in said, "no such file" in said) == (1, False, True)
    code, said = terminal(places, b"", "about")
    assert (code, "acknowledged on" in said) == (0, True)
