"""What hundreds of sessions cost: processor hours, disk, memory, and how fast a study opens; writes docs/scale.md.

python benchmarks/scale.py                 about ten minutes on two quiet cores
python benchmarks/scale.py --only study    some of it; rows of the last run are kept for the rest
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from report import earlier, measured, row, write
from speed_recording import MEDIA, repeated

SESSIONS, DISTINCT, PER_DYAD = 500, 20, 10
HOURS, SESSION_H = 10_000, 50 / 60
SHORT_MIN, LONG_MIN, SHORT_COUNT = 1.0, 4.0, 4
INTRO = f"""What a batch costs and how a study of many sessions answers, measured; then what {HOURS:,} hours of
recordings need, worked out from it.

Batch: the rendered two-person recording of the speed benchmark (1280x720, 30 frames a second, a channel of sound
each), {SHORT_COUNT} sessions of {SHORT_MIN:g} minute and one of {LONG_MIN:g}, through `cuetrack batch` at the usual
rates. Two lengths tell what every session costs (start of a process, models, report) from what a recorded hour costs.

Study: {SESSIONS} folders of simulated 50-minute sessions, {DISTINCT} of them different, the rest hard links, so their
files are in the disk cache; every time is that of a fresh process, `import cuetrack` left out."""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--only", nargs="+", choices=("study", "batch"), default=("study", "batch"))
    given = asked.parse_args()
    measures: dict[str, Callable[[], list[dict]]] = {"study": study, "batch": batch}
    kept = earlier("scale")
    for name in given.only:
        section = name.capitalize()
        kept = [r for r in kept if r["section"] not in (section, _PAPER)]
        kept += measured(section, measures[name])
        found = {r["measure"]: r for r in kept}
        if source := found.get("cpu_h_per_recorded_h"):  # what is worked out is as old as what it is worked out from
            worked_out = on_paper({name: r["value"] for name, r in found.items()})
            kept += [{**r, "section": _PAPER, "measured": source["measured"]} for r in worked_out]
        for r in kept:
            print(r["section"], r["measure"], r["value"], r["unit"], flush=True)
        write("scale", "Scale", INTRO, kept, "make scale-bench", after=PROSE)


_PAPER = f"{HOURS:,} hours, worked out"


def study() -> list[dict]:
    """How fast a study of hundreds of sessions opens and answers."""
    with tempfile.TemporaryDirectory(prefix="scale-") as place:
        _many_sessions(Path(place))
        group = (
            "study.sql('select dyad, person, avg(smile) as smile from face join sessions using (session) group by all')"
        )
        asked = {
            "open_500_sessions_s": ("study = ct.open_study(place); len(study), repr(study)", "≤ 1"),
            "group_mean_s": (f"study = ct.open_study(place); began = now(); {group}", "≤ 1"),
            "open_and_group_mean_s": (f"study = ct.open_study(place); {group}", ""),
            "summary_of_every_signal_s": ("study = ct.open_study(place); began = now(); study.summary()", ""),
            "methods_paragraph_s": ("study = ct.open_study(place); began = now(); study.methods()", ""),
        }
        rows = []
        for name, (code, target) in asked.items():
            took = [_in_a_fresh_process(code, place) for _ in range(3 if "summary" in name else 7)]
            rows.append(row(name, statistics.median(took), unit="s", target=target, n=len(took), note="median"))
        sample = _told("print(len(ct.open_study(place).sql('select 1 from face')))", place)
        rows.append(row("rows_behind_the_group_mean", float(sample), n=SESSIONS))
    return rows


def _many_sessions(place: Path) -> None:
    """Write the simulated sessions and the table that a batch would leave."""
    import cuetrack as ct
    from cuetrack.batch.entry import Entry
    from cuetrack.batch.outcome import Results
    from cuetrack.simulate.signals_plan import random_plan

    names = [f"s{i:03d}" for i in range(SESSIONS)]
    for i, name in enumerate(names):
        if i < DISTINCT:
            ct.simulated_session(random_plan(900 + i, dyad=i // 2), place / f"{name}.cue", surrogates=0)
        else:
            shutil.copytree(place / f"{names[i % DISTINCT]}.cue", place / f"{name}.cue", copy_function=os.link)
    Results(place, [Entry(name, {}, None, dyad=f"d{i // PER_DYAD}") for i, name in enumerate(names)])


def _in_a_fresh_process(code: str, place: str) -> float:
    return float(_told(f"now = time.perf_counter; began = now(); {code}; print(now() - began)", place))


def _told(code: str, place: str) -> str:
    words = [sys.executable, "-c", f"import sys, time, cuetrack as ct; place = sys.argv[1]; {code}", place]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()[-1]


def batch() -> list[dict]:
    """What sessions cost: two lengths, one or two at once, with and without tracks."""
    short, long = repeated(SHORT_MIN), repeated(LONG_MIN)
    with tempfile.TemporaryDirectory(prefix="scale-") as place:
        one = _batch(Path(place) / "one", [short] * SHORT_COUNT, jobs=1)
        two = _batch(Path(place) / "two", [short] * SHORT_COUNT, jobs=2)
        whole = _batch(Path(place) / "long", [long], jobs=1)
        session = Path(place) / "long" / "0.cue"
        tracks = sum(p.stat().st_size for p in (session / "tracks").rglob("*") if p.is_file())
        disk = sum(p.stat().st_size for p in session.rglob("*") if p.is_file())
    short_h, long_h = SHORT_MIN / 60, LONG_MIN / 60
    per_hour = (whole["cpu_h"] - one["cpu_h"] / SHORT_COUNT) / (long_h - short_h)
    per_session = whole["cpu_h"] - per_hour * long_h
    rows = [
        row("cpu_h_per_recorded_h", per_hour, unit="h", n=2, note="from two lengths"),
        row("cpu_s_per_session", per_session * 3600, unit="s", n=2, note="whatever its length"),
        row("disk_mb_per_recorded_h", disk / 1e6 / long_h, unit="MB", n=1, note="tracks kept"),
        row("disk_mb_per_recorded_h_no_tracks", (disk - tracks) / 1e6 / long_h, unit="MB", n=1, note="`--no-tracks`"),
        row("peak_memory_gb", max(one["peak_gb"], whole["peak_gb"]), unit="GB", n=SHORT_COUNT + 1, note="one session"),
    ]
    for jobs, found in ((1, one), (2, two)):
        note = f"{SHORT_COUNT} sessions of {SHORT_MIN:g} min; {found['busy']:.0%} of {os.cpu_count()} cores busy"
        rate = SHORT_COUNT * short_h / found["wall_h"]
        rows.append(row(f"recorded_h_per_h_jobs_{jobs}", rate, unit="h", n=SHORT_COUNT, note=note))
    rate = long_h / whole["wall_h"]
    note = f"one session of {LONG_MIN:g} min; {whole['busy']:.0%} of {os.cpu_count()} cores busy"
    return [*rows, row("recorded_h_per_h_long", rate, unit="h", n=1, note=note)]


def _batch(out: Path, recordings: list[Path], jobs: int) -> dict[str, float]:
    """Run a batch as a user does; return its wall and processor hours, and the largest peak of a session."""
    out.mkdir(parents=True)
    manifest = out / "study.csv"
    people = "therapist=left;client=right"
    manifest.write_text("session,media,people\n" + "".join(f"{i},{p},{people}\n" for i, p in enumerate(recordings)))
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    words = [sys.executable, "-m", "cuetrack.cli", "batch", str(manifest), "--out", str(out), "--jobs", str(jobs)]
    subprocess.run(words, check=True, capture_output=True)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    peak = float(pd.read_parquet(out / "batch.parquet")["peak_memory_gb"].max())
    return {"wall_h": wall / 3600, "cpu_h": cpu / 3600, "peak_gb": peak, "busy": cpu / wall / (os.cpu_count() or 1)}


def on_paper(found: dict[str, float]) -> list[dict]:
    """What the hours need, from what was measured."""
    sessions = HOURS / SESSION_H
    cpu = HOURS * found["cpu_h_per_recorded_h"] + sessions * found["cpu_s_per_session"] / 3600
    with_tracks, without = (HOURS * found[f"disk_mb_per_recorded_h{end}"] / 1e6 for end in ("", "_no_tracks"))
    price = f"{sessions:,.0f} sessions of 50 min; times the price of a core-hour: the cost"
    busy = "were all cores busy all the time; divide by the busy share"
    return [
        row("cpu_hours", cpu, unit="h", note=price),
        row("days_on_64_cores", cpu / 64 / 24, unit="days", note=busy),
        row("disk_tb", with_tracks, unit="TB", note="tracks kept; recordings not counted"),
        row("disk_tb_no_tracks", without, unit="TB", note="`--no-tracks`; recordings not counted"),
    ]


PROSE = """## Reading it

Cost of H recorded hours in S sessions at a price p of a core-hour:
`(H × cpu_h_per_recorded_h + S × cpu_s_per_session / 3600) × p`. Processor hours are what a cluster bills only where
its cores are busy; the share that was busy stands beside each throughput. A session fills most of two cores, so
`--jobs` is half the cores unless given. Memory is `jobs × peak_memory_gb`, which `--memory` bounds.

Measured on rendered people, two in a picture of 1280x720. Larger pictures cost more to decode, recordings of sound
alone far less. Walls hold whatever else the machine did; processor seconds hold less of it. Memory over an hour's
recording, and speed stage by stage, are in [benchmarks.md](benchmarks.md). How to run a batch: [batch.md](batch.md)."""

if __name__ == "__main__":
    MEDIA.mkdir(parents=True, exist_ok=True)
    main()
