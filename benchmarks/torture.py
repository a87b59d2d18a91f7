"""Kill every kind of job at random moments and see that nothing is lost: `make torture`.

A trial prepares a folder, starts the job, kills its whole process group (SIGKILL) after a random time, up to three
times, looks whether what lies there opens, lets the job run to its end and compares the folder with an undisturbed one.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import report
from torture_victims import Victim, files_of, victims

TRIALS = {
    "analyze from nothing": 15,
    "analyze in parts of 2 s": 15,
    "analyze with tracks": 40,
    "batch of two with tracks": 25,
    "review writes": 30,
    "export in six formats": 25,
}
_QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


@dataclass
class Tally:
    """What the trials of one victim came to: kills that hit a running job, folders that did not open or end equal."""

    name: str
    trials: int = 0
    kills: int = 0
    unopened: int = 0
    failed: int = 0
    unequal: int = 0
    rests: int = 0


def torture(victim: Victim, home: Path, trials: int, rng: random.Random, runs: int = 2) -> Tally:
    """Run the trials of one victim against so many undisturbed runs."""
    wanted, seconds = undisturbed(victim, home, runs)
    tally = Tally(victim.name)
    for _ in range(trials):
        folder = Path(tempfile.mkdtemp(prefix="torture-", dir=home))
        try:
            victim.prepare(folder)
            for _ in range(rng.choice([1, 1, 2, 3])):
                tally.kills += killed(victim.command(folder), rng.uniform(0.0, seconds))
                tally.unopened += opens(folder) is not None
            done = subprocess.run(victim.command(folder), env=_environment(), check=False, **_QUIET)
            tally.failed += done.returncode != 0
            tally.unequal += bool(differences(victim.content(folder), wanted))
            tally.rests += sum(1 for p in folder.rglob("*.part"))
            tally.trials += 1
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return tally


def undisturbed(victim: Victim, home: Path, runs: int) -> tuple[dict[str, bytes], float]:
    """Run a victim without disturbance; return what it leaves and the seconds it takes."""
    kept = []
    for _ in range(runs):
        folder = Path(tempfile.mkdtemp(prefix="undisturbed-", dir=home))
        victim.prepare(folder)
        started = time.monotonic()
        subprocess.run(victim.command(folder), env=_environment(), check=True, **_QUIET)
        seconds = time.monotonic() - started
        kept.append(victim.content(folder))
        shutil.rmtree(folder, ignore_errors=True)
    if odd := differences(kept[0], kept[-1]):
        raise SystemExit(f"{victim.name}: two undisturbed runs differ in {odd}")
    return kept[-1], seconds


def killed(command: list[str], after_s: float) -> bool:
    """Start a command, kill it and its children after some seconds; say whether it was still running."""
    job = subprocess.Popen(command, env=_environment(), start_new_session=True, **_QUIET)
    time.sleep(after_s)
    running = job.poll() is None
    if running:
        os.killpg(job.pid, signal.SIGKILL)
    job.wait()
    return running


def opens(folder: Path) -> str | None:
    """Return what is wrong with the sessions in a folder, None if they open and every table in them can be read."""
    from cuetrack.errors import CuetrackError
    from cuetrack.session import open_session
    from cuetrack.store.files import read_json, read_table

    try:
        for session in folder.glob("*.cue"):
            if (session / "session.toml").exists():
                opened = open_session(session)
                assert opened.people
                opened.coverage()
            for path in session.rglob("*.parquet"):
                read_table(path)
            for path in session.rglob("*.json"):
                read_json(path)
        for path in (folder / "out").glob("*.parquet"):
            read_table(path)
    except (CuetrackError, AssertionError) as error:
        return str(error)
    return None


def differences(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """Return the names of what is missing on either side or differs."""
    return sorted(k for k in {*one, *other} if one.get(k) != other.get(k))


def _environment() -> dict[str, str]:
    known = {k: v for k, v in os.environ.items() if not k.startswith("CUETRACK_SUPERVISED")}
    return {**known, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--only", choices=list(TRIALS), help="one victim; the results of the others are kept")
    words.add_argument("--share", type=float, default=1.0, help="share of the trials")
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--home", type=Path, default=Path(tempfile.gettempdir()) / "cuetrack-torture")
    chosen = words.parse_args()
    chosen.home.mkdir(parents=True, exist_ok=True)
    for name, victim in victims(chosen.home).items():
        if chosen.only in (None, name):
            rng = random.Random(f"{chosen.seed} {name}")
            tally = torture(victim, chosen.home, max(1, round(TRIALS[name] * chosen.share)), rng)
            print(tally, flush=True)
            (chosen.home / f"{name}.json").write_text(json.dumps(asdict(tally)))
    publish([Tally(**json.loads(p.read_text())) for n in TRIALS if (p := chosen.home / f"{n}.json").exists()])


def publish(tallies: list[Tally]) -> None:
    rows = []
    for tally in tallies:
        note = f"{tally.trials} folders"
        rows += [
            {**report.row(what, value, target=target, n=tally.kills, note=note), "section": tally.name}
            for what, value, target in (
                ("kills that hit a running job", tally.kills, ""),
                ("sessions that did not open after a kill", tally.unopened, "0"),
                ("jobs that did not end well afterwards", tally.failed, "0"),
                ("folders that differ from an undisturbed run", tally.unequal, "0"),
                ("half-written files left over", tally.rests, "0"),
            )
        ]
    rows.append({**report.row("kills in all", sum(t.kills for t in tallies), target="≥ 200"), "section": "All"})
    report.write(
        "torture",
        "Torture",
        "Jobs on a simulated session of 8 s were ended by SIGKILL, with all their processes, at random moments, up to "
        "three times a folder; then they ran to their end. Compared byte by byte with an undisturbed run: every file "
        "but `run.json` (seconds per stage), lock files, `batch.parquet` and `batch.md` (seconds per session), the "
        "date in ELAN files and, of reviews, the times of events and their hashes.",
        rows,
        "make torture",
    )


__all__ = ["differences", "files_of", "killed", "opens", "torture", "undisturbed", "victims"]

if __name__ == "__main__":
    main()
