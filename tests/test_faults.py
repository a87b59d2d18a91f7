"""Full and read-only disks, kills, clocks that run back: nothing is lost, nothing half-written, one clear sentence."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from cuetrack.errors import StoreError
from cuetrack.people.shelf import read_part, write_part
from cuetrack.store.files import write_text

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
from torture import torture
from torture_victims import files_of, victims

PEOPLE = ("--people", "therapist=left,client=right")
Disk = Callable[[str], Path]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """Mount a small disk, or change the one that is mounted: `size=64k`, `ro`, …; needs Linux and root."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("LOUD: full and read-only disks are not tested here; it needs Linux and root to mount one")
    place = tmp_path / "disk"
    place.mkdir()

    def mount(options: str) -> Path:
        how = f"remount,{options}" if place.is_mount() else options
        words = ["mount", "-t", "tmpfs", "-o", how, "tmpfs", str(place)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode and not place.is_mount():
            pytest.skip(f"LOUD: full disks are not tested here; mounting is not allowed ({done.stderr.strip()})")
        assert done.returncode == 0, done.stderr
        return place

    yield mount
    if place.is_mount():
        subprocess.run(["umount", place], check=True)


def test_a_disk_that_is_full_at_every_stage(run_cli, rendered, analysed: Path, disk: Disk) -> None:
    """The disk grows a little after each failed run: the writing stops somewhere else each time, and goes on."""
    tracks = sum(path.stat().st_size for path in (analysed / "tracks").rglob("*"))
    kilobytes = tracks // 1024 + 64  # room for the tracks and a little more
    place = disk(f"size={kilobytes}k")
    session = place / "x.cue"
    shutil.copytree(analysed / "tracks", session / "tracks")
    stopped_at = []
    while True:
        code, _, err = run_cli("analyze", rendered.path, *PEOPLE, "--out", session, "--quiet")
        assert not list(place.rglob("*.part"))
        if code == 0:
            break
        assert code == 1
        assert err.startswith("cuetrack: cannot write")
        assert "Free some space" in err
        assert len(err.strip().splitlines()) == 1
        stopped_at.append(err.split(":")[1].split("/")[-2])
        kilobytes += 48
        disk(f"size={kilobytes}k")
    assert {"cues", "moments"} <= set(stopped_at)
    for path in sorted(analysed.rglob("*.parquet")):
        assert (session / path.relative_to(analysed)).read_bytes() == path.read_bytes(), path.name


def test_a_disk_that_is_full_from_the_start(run_cli, rendered, disk: Disk) -> None:
    place = disk("size=16k")
    (place / "other").write_bytes(bytes(16 * 1024))
    code, _, err = run_cli("analyze", rendered.path, *PEOPLE, "--out", place / "x.cue", "--quiet")
    assert code == 1
    assert "x.cue" in err
    assert len(err.strip().splitlines()) == 1
    assert [p.name for p in place.iterdir()] == ["other"]


def test_a_track_that_does_not_fit_leaves_the_old_one(disk: Disk) -> None:
    place = disk("size=64k")
    write_part(place / "view0-0000.npz", {"x": np.arange(100)}, {"n": 1})
    with pytest.raises(StoreError, match="cannot write"):
        write_part(place / "view0-0000.npz", {"x": np.random.default_rng(0).random(100_000)}, {"n": 2})
    assert read_part(place / "view0-0000.npz")[1] == {"n": 1}
    assert [p.name for p in place.iterdir()] == ["view0-0000.npz"]


def test_a_read_only_disk(run_cli, rendered, analysed: Path, disk: Disk, tmp_path: Path) -> None:
    """What only reads goes on working; what writes says so."""
    place = disk("size=8m")
    shutil.copytree(analysed, place / "x.cue")
    disk("ro")
    before = files_of(place)
    for words in (("info", place / "x.cue"), ("moments", place / "x.cue")):
        assert run_cli(*words)[0] == 0
    assert run_cli("export", place / "x.cue", "--out", tmp_path / "out")[0] == 0
    for out in (place / "x.cue", place / "new.cue"):
        code, _, err = run_cli("analyze", rendered.path, *PEOPLE, "--out", out, "--quiet")
        assert code == 1
        assert "Read-only" in err
        assert "Choose another --out" in err
        assert len(err.strip().splitlines()) == 1
    code, _, err = run_cli("export", place / "x.cue")
    assert code == 1
    assert "--out" in err
    assert files_of(place) == before


def test_clocks_that_run_back_change_nothing(run_cli, rendered, analysed: Path, tmp_path: Path) -> None:
    """Freshness hangs on what things hold, never on when they were written."""
    session = tmp_path / "x.cue"
    shutil.copytree(analysed, session)
    for number, path in enumerate(sorted(session.rglob("*"))):
        os.utime(path, (1e9 - number, 4e9 if number % 2 else 1e8))
    code, _, err = run_cli("analyze", rendered.path, *PEOPLE, "--out", session, "--quiet")
    assert code == 0, err
    for path in sorted(analysed.rglob("*.parquet")):
        assert (session / path.relative_to(analysed)).read_bytes() == path.read_bytes(), path.name
    code, out, _ = run_cli("analyze", rendered.path, *PEOPLE, "--out", session, "--dry-run")
    assert code == 0
    assert "stale" not in out


def test_what_a_killed_writer_left_is_swept(analysed: Path, tmp_path: Path) -> None:
    from cuetrack.store.folder import SessionFolder

    session = tmp_path / "x.cue"
    shutil.copytree(analysed, session)
    for rest in (session / ".session.toml.ab.part", session / "cues" / ".gaze.parquet.x.part"):
        rest.write_text("half")
    (session / ".lock.owner").write_text("process 1 on a machine long gone\n")
    with SessionFolder(session).locked():
        pass
    assert not list(session.rglob("*.part"))


def test_a_write_is_ordered_for_power_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes to the disk, then the new name, then the folder that holds the name."""
    told: list[str] = []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (told.append(f"fsync {_what(fd)}"), fsync(fd))[1])
    monkeypatch.setattr(Path, "replace", lambda a, b: (told.append("rename"), replace(a, b))[1])
    write_text(tmp_path / "report.html", "text")
    assert told == ["fsync file", "rename", "fsync folder"]


def _what(fd: int) -> str:
    import stat

    return "folder" if stat.S_ISDIR(os.fstat(fd).st_mode) else "file"


@pytest.mark.parametrize("name", ["analyze with tracks", "review writes", "export in six formats"])
@pytest.mark.skipif(os.name != "posix", reason="kills a process group")
def test_kills_lose_nothing(name: str, rendered, analysed: Path, tmp_path: Path) -> None:
    """The short form of `make torture`."""
    shutil.copytree(analysed, tmp_path / "ready.cue")
    victim = victims(tmp_path, rendered.path)[name]
    tally = torture(victim, tmp_path, 2, random.Random(name), runs=1)
    assert tally.trials == 2
    assert (tally.unopened, tally.failed, tally.unequal, tally.rests) == (0, 0, 0, 0)
