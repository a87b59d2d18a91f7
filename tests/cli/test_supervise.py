"""The command line as a user starts it: in two processes, of which one may crash, hang or lose the other."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

MAIN = "from cuetrack.cli import main; main()"


def start(*words: object, shadow: Path | None = None, code: str = MAIN) -> subprocess.Popen[str]:
    path = os.pathsep.join([*([str(shadow)] if shadow else []), *(p for p in sys.path if p)])
    known = {k: v for k, v in os.environ.items() if not k.startswith("CUETRACK_SUPERVISED")}
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, words)],
        env={**known, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def engine_that(tmp_path: Path, body: str) -> Path:
    (tmp_path / "shadow" / "mediapipe").mkdir(parents=True)
    (tmp_path / "shadow" / "mediapipe" / "__init__.py").write_text(body)
    return tmp_path / "shadow"


def test_a_good_run_is_handed_through(rendered, tmp_path: Path) -> None:
    done = start("check", rendered.path, "--json")
    out, err = done.communicate(timeout=120)
    assert done.returncode == 0, err
    assert '"ok": true' in out
    done = start("analyze", tmp_path / "missing.mp4", "--quiet")
    out, err = done.communicate(timeout=60)
    assert done.returncode == 1
    assert err.strip() == f"cuetrack: {tmp_path / 'missing.mp4'}: there is no such file; check the name and the folder"


@pytest.mark.skipif(os.name != "posix", reason="signals are named otherwise there")
def test_a_crash_in_native_code_ends_in_a_sentence(rendered, tmp_path: Path) -> None:
    shadow = engine_that(tmp_path, "import ctypes\nctypes.string_at(0)\n")
    for words, said in (
        (("check", rendered.path), "the process that did the work ended in a crash (SIGSEGV)"),
        (("analyze", rendered.path, "--out", tmp_path / "x.cue", "--quiet"), "watching ended in a crash (SIGSEGV)"),
    ):
        done = start(*words, shadow=shadow)
        _, err = done.communicate(timeout=120)
        assert done.returncode == 1
        assert err.startswith("cuetrack: ")
        assert said in err
        assert "goes on from there" in err
        assert "Traceback" not in err
        assert len(err.strip().splitlines()) == 1


def test_a_picture_stage_that_stands_still_ends_in_a_sentence(tmp_path: Path) -> None:
    code = (
        "import sys, time; from cuetrack.cli import supervise\n"
        "if supervise.wants_child(['check']):\n"
        "    code, said = supervise.run_child(['check']); print(code, said); sys.exit()\n"
    )
    child = (
        "import time; from cuetrack.cli import supervise; supervise.join_parent()\n"
        "told = supervise.alarmed(lambda stage, done: None, silent_s=1.0)\n"
        "told('picture', 1.0); told('sound', 0.0); time.sleep(1.5); told('picture', 0.1); time.sleep(60)\n"
    )
    (tmp_path / "cuetrack_child.py").write_text(child)
    place = str(tmp_path / "cuetrack_child.py")
    swap = (
        "import subprocess; real = subprocess.Popen\n"
        f"subprocess.Popen = lambda words, **how: real([words[0], {place!r}], **how)\n"
    )
    started = time.monotonic()
    done = start(code=swap + code)
    out, err = done.communicate(timeout=60)
    assert out.startswith("1 no picture came out of the recording for"), err
    assert time.monotonic() - started < 50  # it did not wait for the sleep to end


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for the child in /proc")
def test_the_child_ends_with_its_parent(tmp_path: Path, rendered) -> None:
    shadow = engine_that(tmp_path, "import time\ntime.sleep(120)\n")
    parent = start("check", rendered.path, shadow=shadow)
    children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
    child = _first(lambda: children.read_text().split())
    parent.send_signal(signal.SIGKILL)
    parent.communicate(timeout=30)
    assert _first(lambda: not _runs(child[0])), "the child outlived its parent"


def _runs(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def _first(look):
    for _ in range(300):
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not happen within 30 s")
