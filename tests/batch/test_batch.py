"""What a batch leaves, and that being killed, sessions that fail and little memory harm nothing."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from recordings import even_times, make_video
from small_study import COMMAND, batch, environment, files_of

from cuetrack.batch.entry import Entry
from cuetrack.batch.manifest import read_study
from cuetrack.batch.memory import room
from cuetrack.batch.outcome import Outcome
from cuetrack.batch.pace import Pace
from cuetrack.batch.run import run_batch
from cuetrack.batch.settings import merged
from cuetrack.errors import SessionLocked
from cuetrack.processes import resident_bytes
from cuetrack.session import open_session

posix = pytest.mark.skipif(os.name != "posix", reason="LOUD: needs SIGKILL")


def start(*words: object) -> "subprocess.Popen[str]":
    command = [*COMMAND, "batch", *map(str, words)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, env=environment(), text=True, **pipes)


def when(there: Callable[[], object], patience_s: float = 120.0) -> object:
    until = time.monotonic() + patience_s
    while not (found := there()):
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.02)
    return found


def owner_of(folder: Path) -> int | None:
    """Return the process that works on a session, as its folder says."""
    try:
        return int((folder / ".lock.owner").read_text().split()[1])
    except (OSError, IndexError):
        return None


def test_every_session_is_measured_as_alone(study, undisturbed, tmp_path):
    import cuetrack as ct

    entry = read_study(study / "study.csv")[1]
    alone = ct.analyze(entry.media[""], people=entry.people, out=tmp_path / "late.cue")
    assert set(files_of(tmp_path / "late.cue")) == set(files_of(undisturbed / "late.cue"))
    for name in alone.folder.names("cues"):
        path = alone.folder.table_path("cues", name)
        if path.exists():
            assert path.read_bytes() == (undisturbed / "late.cue" / "cues" / path.name).read_bytes()


def test_results_table_and_page(undisturbed):
    table = pd.read_parquet(undisturbed / "batch.parquet")
    assert list(table["session"]) == ["early", "late", "seen"]
    assert list(table["dyad"]) == ["d1", "d1", "d2"]
    assert set(table["state"]) == {"done"}
    for row in table.to_dict("records"):
        session = open_session(undisturbed / f"{row['session']}.cue")
        assert row["duration_s"] == session.duration_s
        assert row["coverage"] == pytest.approx(session.coverage()["coverage"].mean())
        assert row["warnings"] == len(session.warnings)
        assert row["moments"] == (~session.moments["control"]).sum()
        assert row["seconds"] >= sum(session.folder.last_run()["seconds"].values()) - 0.1
        assert 0.1 < row["peak_memory_gb"] < 2
    page = (undisturbed / "batch.md").read_text()
    assert "3 sessions: 3 done." in page
    assert page.count("| done |") == 3


@posix
def test_killed_batch_goes_on_and_ends_as_if_undisturbed(study, undisturbed, tmp_path):
    """The process a user started is killed once one session is done and others are at work; nothing tidies up."""
    process = start(study / "study.csv", "--out", tmp_path, "--jobs", 2)
    assert process.stdout
    line = process.stdout.readline()
    assert line.startswith("[1/3]")
    when(lambda: [p for p in tmp_path.glob("*.cue") if owner_of(p)])
    process.send_signal(signal.SIGKILL)
    process.communicate()
    table = pd.read_parquet(tmp_path / "batch.parquet")
    assert "waiting" in set(table["state"])  # it was killed before the end, and the table could be read
    before = table.set_index("session")
    done = batch(study / "study.csv", "--out", tmp_path, "--jobs", 2, "--json")
    assert done.returncode == 0, done.stderr
    assert files_of(tmp_path) == files_of(undisturbed)
    assert not list(tmp_path.rglob("*.part"))
    after = pd.DataFrame(json.loads(done.stdout)).set_index("session")
    assert set(after["state"]) == {"done"}
    first = before.index[before["state"] == "done"][0]
    assert after.loc[first, "seconds"] == before.loc[first, "seconds"]  # it was not made again
    sure = ["dyad", "duration_s", "coverage", "moments", "warnings"]
    pd.testing.assert_frame_equal(
        after[sure], pd.read_parquet(undisturbed / "batch.parquet").set_index("session")[sure]
    )


@posix
def test_a_session_that_fails_or_is_killed_never_stops_the_rest(study, tmp_path):
    nobody = make_video(tmp_path / "nobody.mp4", even_times(12, 25.0))
    path = study / "some-fail.csv"
    path.write_text(
        f"session,media,people\nempty,{nobody},\nlate,late.m4a,therapist=left;client=right\n"
        "early,early.m4a,therapist=left;client=right\n"
    )
    process = start(path, "--out", tmp_path, "--jobs", 1)
    worker = when(lambda: owner_of(tmp_path / "late.cue"))
    os.kill(int(worker), signal.SIGKILL)
    said, _ = process.communicate()
    assert process.returncode == 1
    table = pd.read_parquet(tmp_path / "batch.parquet").set_index("session")
    assert table["state"].to_dict() == {"empty": "failed", "late": "failed", "early": "done"}
    assert "SIGKILL" in table.loc["late", "reason"]
    assert "nobody" in table.loc["empty", "reason"] or "people" in table.loc["empty", "reason"]
    assert table.loc["empty", "reason"] in (tmp_path / "batch.md").read_text()
    assert "1 of 3 sessions done" in said
    assert not (tmp_path / "empty.cue").exists()


@posix
def test_workers_end_with_whoever_started_them(study, tmp_path):
    process = start(study / "study.csv", "--out", tmp_path, "--jobs", 1)
    worker = int(when(lambda: owner_of(tmp_path / "early.cue")))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    when(lambda: resident_bytes(worker) == 0 or not alive(worker), 30)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_settings_of_a_row_come_on_top_of_the_batch(study, undisturbed, tmp_path):
    path = study / "settings.csv"
    path.write_text(
        "session,media,people,settings\nplain,early.m4a,therapist=left;client=right,\n"
        "own,early.m4a,therapist=left;client=right,keep_tracks = false; sound.remote = true\n"
    )
    table = run_batch(read_study(path), tmp_path, settings={"picture": {"fast": True}}, jobs=2)
    assert set(table["state"]) == {"done"}
    plain, own = (open_session(tmp_path / f"{name}.cue") for name in ("plain", "own"))
    assert plain.description["settings"] == {"picture": {"fast": True}}
    assert own.description["settings"] == {"picture": {"fast": True}, "sound": {"remote": True}}
    assert list(plain.folder.tracks.glob("*.parquet"))
    assert not list(own.folder.tracks.glob("*.parquet"))
    assert own["voice"]["confidence"].mean() < plain["voice"]["confidence"].mean()  # a call's sound is less sure
    assert merged({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}, "d": 4}) == {"a": {"b": 3, "c": 2}, "d": 4}


def test_an_address_gives_what_a_path_gives_and_leaves_no_copy(study, undisturbed, tmp_path):
    address = (study / "early.m4a").as_uri()
    path = study / "addresses.csv"
    path.write_text(f"session,media,people\nearly,{address},therapist=left;client=right\n")
    done = batch(path, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    mine, wanted = files_of(tmp_path), files_of(undisturbed)
    differ = {name for name in mine if mine[name] != wanted[name]}
    assert differ == {"early.cue/session.toml"}  # where the recording lies
    assert open_session(tmp_path / "early.cue").description["media"][0]["path"] == address
    assert {p.name for p in tmp_path.iterdir()} == {"early.cue", "batch.parquet", "batch.md", ".batch.lock"}
    path.write_text(f"session,media\nnone,{address}.not\n")
    refused = batch(path, "--out", tmp_path)
    assert refused.returncode == 1
    assert "line 2" in refused.stderr


def test_memory_is_not_exceeded(study, tmp_path):
    assert [room(b, 1.0e9, 4) for b in (0.5e9, 1.0e9, 2.9e9, 9e9)] == [1, 1, 2, 4]
    entries = [e for e in read_study(study / "study.csv") if e.session != "seen"]
    table = run_batch(entries, tmp_path, jobs=2, memory_gb=0.15)
    assert set(table["state"]) == {"failed"}
    assert all("0.15 GB" in reason for reason in table["reason"])


def test_one_batch_at_a_time_writes_into_a_folder(study, tmp_path, monkeypatch):
    from filelock import FileLock

    from cuetrack.batch import run

    monkeypatch.setattr(run, "_LOCK_WAIT_S", 0.0)
    with FileLock(tmp_path / run.LOCK), pytest.raises(SessionLocked):
        run_batch(read_study(study / "study.csv"), tmp_path)


def test_time_left_follows_what_was_made():
    now = [0.0]
    entries = [
        Entry(name, {"": name}, None, duration_s=length) for name, length in zip("abc", (600, 1800, 3600), strict=True)
    ]
    pace = Pace(entries, lambda: now[0])
    assert pace.left_s() is None

    def done(name: str, made: bool = True) -> Outcome:
        return Outcome(name, "", "", "", "done", made=made)

    pace.end(done("a", made=False))  # it was there already: done, but it says nothing about the pace
    assert pace.left_s() is None
    assert pace.done == pytest.approx(0.1)
    now[0] = 900.0
    pace.end(done("b"))  # 1800 s of recording in 900 s
    assert pace.left_s() == pytest.approx(1800)
    now[0] = 1800.0
    pace.move({"c": 0.5})  # 3600 s of recording in 1800 s
    assert pace.done == pytest.approx(4200 / 6000)
    assert pace.left_s() == pytest.approx(900)


def test_rows_of_an_earlier_batch_in_the_folder_stay(study, undisturbed, tmp_path):
    import shutil

    shutil.copytree(undisturbed, tmp_path / "out")
    entry = [e for e in read_study(study / "study.csv") if e.session == "late"]
    table = run_batch(entry, tmp_path / "out")
    assert list(table["session"]) == ["late"]
    kept = pd.read_parquet(tmp_path / "out" / "batch.parquet")
    earlier = pd.read_parquet(undisturbed / "batch.parquet")
    order = ["session", "seconds", "peak_memory_gb", "dyad"]
    assert sorted(kept[order].itertuples(index=False)) == sorted(earlier[order].itertuples(index=False))
