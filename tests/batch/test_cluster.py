"""A batch on a Dask cluster of two workers: the same bytes as here, also when one of them is killed in the middle."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from small_study import batch, environment, files_of

pytest.importorskip("distributed", reason="LOUD: needs distributed (the extra `cluster`)")
DASK = [sys.executable, "-m", "dask"]


@contextlib.contextmanager
def cluster(place: Path, workers: int, **own: str) -> Iterator[tuple[Path, list["subprocess.Popen[bytes]"]]]:
    """Run a scheduler and workers on this machine; yield the scheduler's file and the workers."""
    file = place / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": {**environment(), **own}}
    here = ["--scheduler-file", str(file), "--no-dashboard", "--host", "127.0.0.1"]
    started = [subprocess.Popen([*DASK, "scheduler", *here, "--port", "0"], **quiet)]
    try:
        for number in range(workers):
            folder = ["--local-directory", str(place / f"worker-{number}")]
            one = ["--nthreads", "1", "--no-nanny"]
            started.append(subprocess.Popen([*DASK, "worker", *here, *one, *folder], **quiet))
        until = time.monotonic() + 120
        while not file.is_file():
            assert time.monotonic() < until, "no scheduler came"
            time.sleep(0.05)
        yield file, started[1:]
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def giver_of(session: Path) -> int | None:
    """Return the process that started the one that works on a session: a Dask worker."""
    with contextlib.suppress(OSError, IndexError):
        pid = int((session / ".lock.owner").read_text().split()[1])
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    return None


@pytest.mark.skipif(sys.platform != "linux", reason="LOUD: finds processes under /proc")
def test_a_lost_worker_changes_nothing(study, undisturbed, tmp_path):
    out = tmp_path / "out"
    rows = (study / "study.csv").read_text().splitlines()
    (study / "two.csv").write_text("\n".join([rows[0], rows[1], rows[3]]))
    with cluster(tmp_path, 2) as (scheduler, workers):
        words = [study / "two.csv", "--out", out, "--scheduler", scheduler, "--json"]
        command = [sys.executable, "-c", "from cuetrack.cli import main; main()", "batch", *map(str, words)]
        running = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True)
        until, victim = time.monotonic() + 120, None
        while victim is None:
            assert time.monotonic() < until, "no session began"
            victim = next((p for s in out.glob("*.cue") if (p := giver_of(s))), None)
            time.sleep(0.02)
        assert victim in {w.pid for w in workers}
        os.kill(victim, signal.SIGKILL)
        said, _ = running.communicate()
        assert sum(w.poll() is not None for w in workers) == 1
    assert running.returncode == 0, said
    assert {row["state"] for row in json.loads(said)} == {"done"}
    wanted = files_of(undisturbed)
    assert files_of(out) == {name: held for name, held in wanted.items() if not name.startswith("late.cue")}


def test_workers_refuse_a_wrong_model_file_and_another_version(study, tmp_path):
    from distributed import Client

    from cuetrack.batch import cluster as dask
    from cuetrack.batch.manifest import read_study
    from cuetrack.batch.run import run_batch
    from cuetrack.people import weights

    models = tmp_path / "models"
    shutil.copytree(weights.cache_folder(), models)
    (models / "pose_landmarker_lite.task").write_bytes(b"not a model")
    entries = [e for e in read_study(study / "study.csv") if e.session == "early"]
    with (
        cluster(tmp_path, 1, CUETRACK_MODELS=str(models)) as (file, _),
        Client(scheduler_file=str(file), timeout=60) as client,
    ):
        table = run_batch(entries, tmp_path / "out", scheduler=client)
        assert list(table["state"]) == ["failed"]
        assert "pose_landmarker_lite.task is not the expected model file" in table["reason"][0]
        future = client.submit(dask.analyse_on_worker, entries[0], tmp_path, {}, {"cuetrack": "0.0.1"})
        assert "0.0.1" in future.result().reason
        assert client.status == "running"  # a client that was given stays its owner's
    assert not (tmp_path / "out" / "early.cue").exists()


def test_no_scheduler_there_is_said(study, tmp_path, monkeypatch):
    from cuetrack.batch import cluster as dask

    monkeypatch.setattr(dask, "_CONNECT_S", 1)
    done = batch(study / "study.csv", "--out", tmp_path, "--scheduler", tmp_path / "none.json")
    assert done.returncode == 1
    assert "expected a Dask scheduler's address" in done.stderr
    assert set(pd.read_parquet(tmp_path / "batch.parquet")["state"]) == {"waiting"}
