"""Analyse many recordings: a process each, so that one that fails, or is killed, never stops the rest."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock, Timeout

from cuetrack.batch.cluster import run_on_cluster
from cuetrack.batch.entry import Entry
from cuetrack.batch.fetch import drop_copies
from cuetrack.batch.here import Here
from cuetrack.batch.outcome import PAGE, Outcome, Results
from cuetrack.batch.pace import Pace
from cuetrack.errors import SessionLocked
from cuetrack.store.files import make_folder, sweep_rests_of
from cuetrack.study import TABLE

LOCK = ".batch.lock"
_LOCK_WAIT_S = 10.0


def run_batch(
    entries: Sequence[Entry],
    out: Path,
    *,
    settings: Mapping[str, Any] | None = None,
    jobs: int | None = None,
    memory_gb: float | None = None,
    scheduler: Any = None,
    progress: Callable[[str, float], None] | None = None,
    finished: Callable[[Outcome, Pace], None] | None = None,
) -> pd.DataFrame:
    """Analyse every entry into `out/NAME.cue` and return one row per session, also written to `batch.parquet`.

    What is fresh is not made again, so a batch that was stopped goes on. `jobs` sessions run at once (half the cores by
    default), fewer where they would hold more than `memory_gb` together (nine tenths of what is free by default). With
    `scheduler`, a Dask scheduler's address or file or a `distributed.Client`, they run on that cluster. `progress` gets
    "batch" and the share done, `finished` every outcome and how much is left. Raises SessionLocked if another batch
    writes into `out`.
    """
    out = make_folder(out).absolute()
    pace = Pace(entries)

    def ended(outcome: Outcome) -> None:
        results.add(outcome)
        pace.end(outcome)
        if finished:
            finished(outcome, pace)
        moved({})

    def moved(at_work: Mapping[str, float]) -> None:
        pace.move(at_work)
        if progress:
            progress("batch", pace.done)

    with _alone(out):
        for name in (TABLE, PAGE):
            sweep_rests_of(out / name)
        drop_copies(out)
        results = Results(out, entries)
        if scheduler is not None:
            run_on_cluster(entries, out, dict(settings or {}), scheduler, ended)
        else:
            bound = None if memory_gb is None else memory_gb * 1e9
            here = Here(out, dict(settings or {}), jobs=jobs, memory_bytes=bound, moved=moved, ended=ended)
            here.run(entries)
        return results.table()


@contextlib.contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Hold a folder of sessions for one batch; the operating system frees it when the batch is killed."""
    lock = FileLock(out / LOCK, timeout=_LOCK_WAIT_S, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise SessionLocked(f"another batch writes into {out}. Wait for it or stop it, then try again.") from None
    try:
        yield
    finally:
        lock.release()
