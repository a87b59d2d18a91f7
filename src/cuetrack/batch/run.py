"""Analyse many recordings: a process each, so that one that fails, or is killed, never stops the rest."""

from __future__ import annotations

import multiprocessing as mp
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import pandas as pd

from cuetrack.batch.manifest import Entry
from cuetrack.errors import CuetrackError
from cuetrack.store.files import make_folder, write_table
from cuetrack.store.folder import SUFFIX
from cuetrack.study import TABLE

CORES_PER_SESSION = 2
"""The picture stage keeps about two cores busy, so a machine takes half as many sessions at once as it has cores."""


@dataclass(frozen=True)
class Outcome:
    """How one session ended: `state` is done or failed, `reason` says why it failed."""

    session: str
    dyad: str
    therapist: str
    date: str
    state: str
    reason: str
    seconds: float
    duration_s: float
    coverage: float
    moments: int
    warnings: int


@dataclass
class _Working:
    entry: Entry
    process: Any
    receiver: Connection
    done: float = 0.0
    outcome: Outcome | None = None


Report = Callable[[str, float], None]


def run_batch(
    entries: Sequence[Entry],
    out: Path,
    *,
    settings: Mapping[str, Any] | None = None,
    jobs: int | None = None,
    scheduler: str | None = None,
    progress: Report | None = None,
    finished: Callable[[Outcome], None] | None = None,
) -> pd.DataFrame:
    """Analyse every entry into `out/NAME.cue` and return one row per session, also written to `batch.parquet`.

    What is fresh is not made again, so a batch that was stopped goes on. `jobs` sessions run at once (half the cores by
    default); with `scheduler` (address of a Dask cluster) they run there. `progress` gets "batch" and the share done.
    """
    make_folder(out)
    jobs = jobs or max(1, (os.cpu_count() or 1) // CORES_PER_SESSION)
    run = _on_cluster if scheduler else _here
    outcomes = run(entries, out, dict(settings or {}), scheduler or jobs, progress or _silent, finished or _silent)
    order = {entry.session: i for i, entry in enumerate(entries)}
    rows = [asdict(o) for o in sorted(outcomes, key=lambda o: order[o.session])]
    table = pd.DataFrame(rows)
    write_table(out / TABLE, table)
    return table


def analyse_entry(entry: Entry, out: Path, settings: Mapping[str, Any], progress: Report | None = None) -> Outcome:
    """Analyse one entry; a failure becomes an outcome that says why, never an exception."""
    from cuetrack.pipeline import analyze

    started = time.monotonic()
    known = {"session": entry.session, "dyad": entry.dyad, "therapist": entry.therapist, "date": entry.date}
    media = entry.media.get("", entry.media)
    folder = out / f"{entry.session}{SUFFIX}"
    try:
        session = analyze(
            media, people=entry.people, out=folder, offset_s=entry.offset_s, settings=settings, progress=progress
        )
    except CuetrackError as error:
        return _failed(known, str(error), started)
    except Exception as error:
        return _failed(known, f"an unexpected fault: {type(error).__name__}: {error}", started)
    coverage = session.coverage()
    ranked = session.moments
    return Outcome(
        **known,
        state="done",
        reason="",
        seconds=round(time.monotonic() - started, 1),
        duration_s=session.duration_s,
        coverage=float(coverage["coverage"].mean()) if len(coverage) else 0.0,
        moments=int((~ranked["control"]).sum()),
        warnings=len(session.warnings),
    )


def _here(
    entries: Sequence[Entry],
    out: Path,
    settings: Mapping[str, Any],
    jobs: Any,
    progress: Report,
    finished: Callable[[Outcome], None],
) -> list[Outcome]:
    waiting, working, outcomes = list(entries), list[_Working](), list[Outcome]()
    context = mp.get_context("spawn")
    try:
        while waiting or working:
            while waiting and len(working) < jobs:
                working.append(_start(context, waiting.pop(0), out, settings))
            wait([w.receiver for w in working] + [w.process.sentinel for w in working], timeout=5)
            for worker in list(working):
                _listen(worker)
                if worker.process.exitcode is not None or worker.outcome:
                    worker.process.join()
                    outcomes.append(worker.outcome or _killed(worker))
                    finished(outcomes[-1])
                    working.remove(worker)
            progress("batch", (len(outcomes) + sum(w.done for w in working)) / max(1, len(entries)))
    finally:
        for worker in working:
            worker.process.terminate()
    return outcomes


def _start(context: Any, entry: Entry, out: Path, settings: Mapping[str, Any]) -> _Working:
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(entry, out, dict(settings), sender), name=entry.session)
    process.start()
    sender.close()
    return _Working(entry, process, receiver)


def _work(entry: Entry, out: Path, settings: Mapping[str, Any], sender: Connection) -> None:
    """Run in the worker process: send shares done of the longest stage, then the outcome."""

    def report(stage: str, done: float) -> None:
        if stage == "picture":
            sender.send(done * 0.8)

    sender.send(analyse_entry(entry, out, settings, report))


def _listen(worker: _Working) -> None:
    try:
        while worker.receiver.poll():
            message = worker.receiver.recv()
            if isinstance(message, Outcome):
                worker.outcome = message
            else:
                worker.done = float(message)
    except EOFError:
        pass


def _on_cluster(
    entries: Sequence[Entry],
    out: Path,
    settings: Mapping[str, Any],
    scheduler: Any,
    progress: Report,
    finished: Callable[[Outcome], None],
) -> list[Outcome]:
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise CuetrackError("a cluster needs Dask: pip install 'cuetrack[cluster]', then run again") from None
    outcomes: list[Outcome] = []
    with Client(scheduler) as client:
        futures = {client.submit(analyse_entry, e, out.resolve(), settings, pure=False): e for e in entries}
        for future in as_completed(futures):
            failed = future.exception()
            outcome = (
                _failed(_known(futures[future]), f"lost on the cluster: {failed}", 0) if failed else future.result()
            )
            outcomes.append(outcome)
            finished(outcome)
            progress("batch", len(outcomes) / len(entries))
    return outcomes


def _known(entry: Entry) -> dict[str, str]:
    return {"session": entry.session, "dyad": entry.dyad, "therapist": entry.therapist, "date": entry.date}


def _failed(known: Mapping[str, str], reason: str, started: float) -> Outcome:
    seconds = round(time.monotonic() - started, 1) if started else 0.0
    return Outcome(
        **known, state="failed", reason=reason, seconds=seconds, duration_s=0, coverage=0, moments=0, warnings=0
    )


def _killed(worker: _Working) -> Outcome:
    reason = f"its process ended with code {worker.process.exitcode}; run the batch again to go on with it"
    return _failed(_known(worker.entry), reason, 0)


def _silent(*_: object) -> None:
    """Do nothing."""
