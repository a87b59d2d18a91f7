import multiprocessing as mp
import os
import stat
from pathlib import Path

import pandas as pd
import pytest

from cuetrack.errors import SessionLocked, SessionNotFound, SessionTooNew, StoreError
from cuetrack.store.files import replacing, write_text
from cuetrack.store.folder import FORMAT, SessionFolder
from cuetrack.store.provenance import Provenance

TABLE = pd.DataFrame({"time_s": [0.0, 0.1], "person": ["a", "a"]})


def made_by(version: str = "1") -> Provenance:
    return Provenance("gaze", version, settings={"window_s": 4.0}, inputs={"face": "abc"})


def test_what_is_kept_comes_back_and_is_fresh(tmp_path: Path) -> None:
    folder = SessionFolder(tmp_path / "s.cue")
    folder.keep("cues", "gaze", {"": TABLE, "spans": TABLE}, made_by())
    back = folder.table("cues", "gaze", "spans")
    assert back is not None
    pd.testing.assert_frame_equal(back, TABLE, check_dtype=False)
    assert folder.is_fresh("cues", "gaze", made_by())
    assert not folder.is_fresh("cues", "gaze", made_by("2"))
    assert folder.names("cues") == ["gaze"]
    assert folder.table("cues", "voice") is None


def test_the_same_result_gives_the_same_bytes(tmp_path: Path) -> None:
    folders = [SessionFolder(tmp_path / name) for name in ("a.cue", "b.cue")]
    for folder in folders:
        folder.keep("cues", "gaze", {"": TABLE}, made_by())
    for name in ("gaze.parquet", "gaze.json"):
        first, second = (f.path / "cues" / name for f in folders)
        assert first.read_bytes() == second.read_bytes()


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    folder = SessionFolder(tmp_path / "s.cue")
    folder.keep("cues", "gaze", {"": TABLE}, made_by())
    assert stat.S_IMODE((folder.path / "cues" / "gaze.parquet").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder.path / "cues").stat().st_mode) == 0o700


def test_a_failed_write_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    write_text(target, "old")
    with pytest.raises(ZeroDivisionError), replacing(target) as temporary:
        temporary.write_text("half")
        _ = 1 / 0
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["report.html"]


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="rights work otherwise there")
def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot create the folder"):
        write_text(tmp_path / "file" / "x" / "report.html", "text")


def test_descriptions_round_trip_and_newer_ones_are_refused(tmp_path: Path) -> None:
    folder = SessionFolder(tmp_path / "s.cue")
    with pytest.raises(SessionNotFound, match="session.toml"):
        SessionFolder.open(folder.path)
    folder.describe({"people": {"client": {"place": "left"}}})
    assert SessionFolder.open(folder.path).description()["people"]["client"]["place"] == "left"
    folder.toml.write_text(f"format = {FORMAT + 1}\n")
    with pytest.raises(SessionTooNew, match="newer cuetrack"):
        SessionFolder.open(folder.path)
    folder.toml.write_text("format = [")
    with pytest.raises(StoreError, match="cannot read"):
        SessionFolder.open(folder.path)


def _hold(path: Path, ready: object, until: object) -> None:
    with SessionFolder(path).locked():
        ready.set()  # type: ignore[attr-defined]
        until.wait(60)  # type: ignore[attr-defined]


def test_two_processes_cannot_work_on_one_session(tmp_path: Path) -> None:
    context = mp.get_context("spawn")
    ready, until = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(tmp_path / "s.cue", ready, until))
    other.start()
    assert ready.wait(60)
    folder = SessionFolder(tmp_path / "s.cue")
    with pytest.raises(SessionLocked, match=f"process {other.pid}"), folder.locked():
        pass
    other.kill()  # its lock must not outlive it
    other.join(60)
    with folder.locked():
        pass
