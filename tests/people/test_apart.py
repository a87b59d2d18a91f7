"""The video stage in a process of its own: the same answers, and a word for every way in which it can end."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from recordings import clip, even_times, make_video

from cuetrack.errors import MediaUnreadable, PeopleError
from cuetrack.people.apart import watch_apart
from cuetrack.people.watch import View, WatchSettings, watch
from cuetrack.processes import resident_bytes

QUICK = WatchSettings(face_hz=5, body_hz=2.5, torso_hz=8)
PEOPLE = {"therapist": "left", "client": "right"}
GIVER = """
import sys
from pathlib import Path
from cuetrack.people.apart import watch_apart
from cuetrack.people.watch import View

def say(done, total):
    print(done, flush=True)

watch_apart([View(Path(sys.argv[1]), {"therapist": "left", "client": "right"})], sys.argv[2], progress=say)
"""


@pytest.fixture(scope="module")
def short(rendered, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip(rendered.path, tmp_path_factory.mktemp("short") / "short.mp4", 4.0)


def bytes_of(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.glob("*.npz"))}


def test_it_sees_what_this_process_would_see(short: Path, tmp_path: Path):
    views = [View(short, PEOPLE)]
    told: list[tuple[float, float]] = []
    apart = watch_apart(views, tmp_path / "apart", settings=QUICK, progress=lambda *now: told.append(now))
    here = watch(views, tmp_path / "here", settings=QUICK)
    assert bytes_of(tmp_path / "apart") == bytes_of(tmp_path / "here")
    assert (apart.people, apart.tracked, apart.warnings, apart.gaps) == (
        here.people,
        here.tracked,
        here.warnings,
        here.gaps,
    )
    assert told[-1][0] == pytest.approx(told[-1][1], abs=0.1)


def test_people_that_were_found_and_parts_are_as_in_one_go(short: Path, tmp_path: Path):
    parts = replace(QUICK, part_s=1.5, warm_up_s=0.5)
    told: list[float] = []
    apart = watch_apart([View(short)], tmp_path / "apart", settings=parts, progress=lambda done, _: told.append(done))
    here = watch([View(short)], tmp_path / "here", settings=parts)
    assert len(bytes_of(tmp_path / "apart")) == 3
    assert bytes_of(tmp_path / "apart") == bytes_of(tmp_path / "here")
    assert (apart.people, apart.tracked, apart.stopped) == (here.people, here.tracked, False)
    assert told == sorted(told)


def test_an_error_is_the_same_error(tmp_path: Path):
    nobody = make_video(tmp_path / "nobody.mp4", even_times(25, 25.0))
    with pytest.raises(PeopleError) as here:
        watch([View(nobody)], tmp_path / "here")
    with pytest.raises(PeopleError) as apart:
        watch_apart([View(nobody)], tmp_path / "apart")
    assert str(apart.value) == str(here.value)


@pytest.mark.parametrize(("ends", "error"), [("os.abort()", MediaUnreadable), ("os.kill(os.getpid(), 9)", MemoryError)])
def test_a_crash_in_native_code_is_an_error(ends: str, error: type, short: Path, tmp_path: Path, monkeypatch):
    (tmp_path / "mediapipe.py").write_text(f"import os\n{ends}\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(error) as said:
        watch_apart([View(short, PEOPLE)], tmp_path / "tracks", settings=QUICK)
    if error is MediaUnreadable:
        assert "short.mp4" in str(said.value)
        assert "SIGABRT" in str(said.value)


@pytest.mark.skipif(sys.platform != "linux", reason="processes are listed by Linux's /proc")
def test_it_ends_with_whoever_gave_the_order(rendered, tmp_path: Path):
    path = os.pathsep.join(p for p in sys.path if p)
    words = [sys.executable, "-c", GIVER, str(rendered.path), str(tmp_path / "tracks")]
    giver = subprocess.Popen(words, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True)
    assert giver.stdout
    assert giver.stdout.readline()
    (child,) = Path(f"/proc/{giver.pid}/task/{giver.pid}/children").read_text().split()
    assert resident_bytes(giver.pid) > resident_bytes(int(child)) > 0
    giver.send_signal(signal.SIGKILL)
    giver.communicate()
    until = time.monotonic() + 30
    while resident_bytes(int(child)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not resident_bytes(int(child))
