"""How well moments are found, on simulated sessions whose truth is known; writes docs/moments-benchmark.md.

python benchmarks/moments.py                                    the whole benchmark, both halves
python benchmarks/moments.py --half development --sessions 40   a quick look while developing
python benchmarks/moments_rendered.py FOLDER                    six sessions rendered and measured by the pipeline
"""

import argparse
import os
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")

import moments_measures as measures
import numpy as np
import pandas as pd
from moments_baselines import BASELINES
from moments_measures import Outcome, over_dyads
from report import row, write

from cuetrack.moments import find_moments
from cuetrack.moments.patterns import Pattern, load_patterns
from cuetrack.simulate.archetypes import names
from cuetrack.simulate.script import Script
from cuetrack.simulate.signals import simulate_session
from cuetrack.simulate.signals_plan import SUBGROUPS, suite, unusual

INTRO = """Synthetic scores test the code, not clinical validity: these sessions were invented by a simulator, and what
it calls a shift is a change of cues that we chose.

Sessions of 50 minutes straight at cue level (`cuetrack.simulate.signals`), two per dyad, a quarter without any shift, a
fifth with one modality missing, 20 to 40 negatives each. A hit is a peak within the shift or 15 s of it, matched one to
one; what follows a shift (a return, or a re-engagement on the surface) counts neither for nor against. The dyads of the
unseen half were never looked at while the detector was tuned. Intervals: bootstrap over dyads. Every detector may show
8 candidates an hour."""
ALL_HALVES = ("development", "unseen")
TARGETED = ("low_light", "low_gaze", "slow_latency", "fps_15", "mono")


@dataclass(frozen=True)
class Job:
    """One session to simulate and search; `purpose` says what it is for, `dyad` who sits there."""

    purpose: str
    half: str
    plan: Script
    dyad: str
    subgroup: str
    surrogates: int


def main() -> None:
    given = _arguments()
    halves = ALL_HALVES if given.half == "both" else (given.half,)
    _patterns()  # before the processes fork
    jobs = [job for half in halves for job in plan_jobs(given, half)]
    print(f"{len(jobs)} sessions, {given.workers} processes", flush=True)
    outcomes: dict[tuple[str, str, str], list[Outcome]] = {}
    seconds: list[float] = []
    for job, found, took in _run(jobs, given.workers):
        seconds.append(took)
        for detector, outcome in found.items():
            outcomes.setdefault((detector, job.half, job.purpose), []).append(outcome)
    rows = [r for half in halves for r in half_rows(outcomes, half, seconds)]
    for r in rows:
        words = (r["section"], r["measure"], r["value"], r["target"], r["interval"], r["n"], r["note"])
        print(" | ".join("" if w is None else str(w) for w in words))
    if not given.dry:
        command = (
            "make moments-bench" if len(sys.argv) == 1 else "python benchmarks/moments.py " + " ".join(sys.argv[1:])
        )
        write("moments-benchmark", "Moments benchmark", INTRO, rows, command, results="moments")


def plan_jobs(given: argparse.Namespace, half: str) -> list[Job]:
    """Return the sessions of one half: the suite, its twins, chance alone, and other strengths."""
    count, surrogates = given.sessions, given.surrogates
    jobs = [_job("suite", half, plan, surrogates) for plan in suite(count, half=half)]
    if given.only == "suite":
        return jobs
    alone = [replace(job, purpose="chance alone", plan=_nothing(job.plan)) for job in jobs]
    if half == "development" and given.half == "both":  # what is only reported is reported of the unseen half
        return [*jobs, *alone]
    twins = []
    for job in jobs:
        if job.plan.output.missing:
            whole = replace(job.plan, output=replace(job.plan.output, missing=()))
            twins.append(replace(job, purpose="nothing missing", plan=whole))
    for job in jobs[::2]:  # one session of each dyad
        plain = _plain(job.plan)
        twins.append(replace(job, purpose="plain twin", plan=plain, subgroup=""))
        for subgroup in TARGETED:
            plan = unusual(plain, subgroup, seed=plain.seed)
            twins.append(replace(job, purpose="unusual twin", plan=plan, subgroup=subgroup))
    tiers = [
        _job(f"strength {strength:g}", half, plan, surrogates)
        for strength in (0.5, 1.5)
        for plan in suite(max(count * 2 // 5, 8), half=half, strength=strength)
    ]
    return [*jobs, *twins, *alone, *tiers]


def _job(purpose: str, half: str, plan: Script, surrogates: int) -> Job:
    return Job(purpose, half, plan, plan.name.rsplit("-", 1)[0], _subgroup(plan), surrogates)


def _subgroup(plan: Script) -> str:
    """Return what is unusual about a session all along, "" for nothing."""
    if plan.output.fps < 20:
        return "fps_15"
    if plan.output.sound == "mono":
        return "mono"
    if plan.output.mirrored:
        return "mirrored"
    return next((e.kind for e in plan.events if e.kind in SUBGROUPS), "")


def _nothing(plan: Script) -> Script:
    """Return the same people and recording with nothing happening."""
    return replace(plan, events=(), output=replace(plan.output, missing=()))


def _plain(plan: Script) -> Script:
    """Return the same session with nothing unusual and nothing missing."""
    output = replace(plan.output, fps=25.0, sound="stereo", mirrored=False, missing=())
    return replace(plan, events=tuple(e for e in plan.events if e.kind not in SUBGROUPS), output=output)


def _run(jobs: list[Job], workers: int) -> Iterable[tuple[Job, dict[str, Outcome], float]]:
    if workers == 1:
        yield from map(search, jobs)
        return
    with ProcessPoolExecutor(workers) as pool:
        for number, done in enumerate(pool.map(search, jobs, chunksize=1), 1):
            if number % 20 == 0:
                print(f"  {number} of {len(jobs)}", flush=True)
            yield done


@cache
def _patterns() -> tuple[Pattern, ...]:
    """Return the shipped patterns, read once: a run must not change when their files do."""
    return load_patterns()


def search(job: Job) -> tuple[Job, dict[str, Outcome], float]:
    """Simulate one session and let every detector look at it; also return the detector's processor seconds."""
    dyad = int(job.dyad.rsplit("-", 1)[1])
    session = simulate_session(job.plan, dyad=50_000 + dyad)
    families = {p.id: p.family for p in _patterns()}
    began = time.process_time()
    result = find_moments(
        session.cues, session.spans, session.people, duration_s=session.duration_s, surrogates=job.surrogates,
        seed=job.plan.seed, patterns=_patterns(),
    )  # fmt: skip
    took = time.process_time() - began
    columns = ["rank", "start_s", "end_s", "peak_s", "score", "person", "label", "chance_per_h"]
    kept = result.moments.loc[~result.moments["control"].astype(bool), columns].reset_index(drop=True)
    found = {"cuetrack": _outcome(job, session.truth, kept, result.recovery, families)}
    if job.purpose == "suite":
        for name, baseline in BASELINES.items():
            listed = baseline(session, job.plan.seed).assign(label="", person="", chance_per_h=np.nan)
            found[name] = _outcome(job, session.truth, listed, pd.DataFrame(), {})
    return job, found, took


def _outcome(
    job: Job, truth: pd.DataFrame, found: pd.DataFrame, recovery: pd.DataFrame, families: dict[str, str]
) -> Outcome:
    return Outcome(
        name=job.plan.name, dyad=job.dyad, subgroup=job.subgroup, missing="".join(job.plan.output.missing),
        duration_s=job.plan.duration_s, truth=truth, found=found, recovery=recovery, families=families,
    )  # fmt: skip


def half_rows(outcomes: dict[tuple[str, str, str], list[Outcome]], half: str, seconds: list[float]) -> list[dict]:
    """Return every row of one half."""

    def get(purpose: str, detector: str = "cuetrack") -> list[Outcome]:
        return outcomes.get((detector, half, purpose), [])

    suite_rows = get("suite")
    rows = [*_main_rows(suite_rows), *_kind_rows(suite_rows), *_chance_rows(get("chance alone"))]
    rows += _missing_rows(suite_rows, get("nothing missing"))
    rows += _subgroup_rows(get("unusual twin"), get("plain twin"))
    rows.append(row(
        "seconds_per_session", float(np.median(seconds)), unit="s", target="≤ 10", n=len(seconds),
        note="median processor time of one core for 50 minutes, surrogates included",
    ))  # fmt: skip
    rows = [{**r, "section": f"{half.capitalize()} half, strength 1.0"} for r in rows]
    for strength in ("0.5", "1.5"):
        tier = get(f"strength {strength}")
        rows += [
            {**_measured(name, measure, tier), "section": f"{half.capitalize()} half, strength {strength}"}
            for name, measure in (
                ("recall_at_8", measures.recall_at_8), ("average_precision", measures.pooled_precision),
                ("pattern_accuracy", measures.pattern_accuracy), ("arc_auroc", measures.arc_auroc),
                ("onset_error_s", measures.onset_error_s),
            )
            if tier
        ]  # fmt: skip
    for detector in BASELINES:
        section = f"{half.capitalize()} half, strength 1.0: {detector.replace('_', ' ')} instead of cuetrack"
        rows += [
            {**_measured(f"{detector}_{name}", measure, get("suite", detector)), "section": section}
            for name, measure in (
                ("recall_at_8", measures.recall_at_8), ("average_precision", measures.pooled_precision),
                ("average_precision_per_session", measures.mean_precision),
                ("negatives_above_per_h", measures.negatives_above_per_h),
            )
        ]  # fmt: skip
        if detector != "random":
            kinds_rows = _kind_rows(get("suite", detector), f"{detector}_")
            rows += [{**r, "section": section} for r in kinds_rows]
    return rows


def _measured(name: str, measure: measures.Measure, outcomes: list[Outcome], **words: object) -> dict:
    value, interval = over_dyads(outcomes, measure)
    words.setdefault("n", sum(o.matched.labels for o in outcomes))
    return row(name, value, interval=interval, **words)


def _main_rows(suite_rows: list[Outcome]) -> list[dict]:
    pairs = sum(len(o.pairs) for o in suite_rows)
    truly, _ = measures.arcs(suite_rows)
    return [
        _measured("recall_at_8", measures.recall_at_8, suite_rows, target="≥ .85", note="n: shifts"),
        _measured("average_precision", measures.pooled_precision, suite_rows, target="≥ .60",
                  note="candidates of all sessions in one ranking by score"),
        _measured("average_precision_per_session", measures.mean_precision, suite_rows,
                  note="each session ranked by itself"),
        _measured("negatives_above_per_h", measures.negatives_above_per_h, suite_rows, unit="/h", target="≤ 0.5",
                  note="shown candidates in a negative (± 15 s) above the lowest true shift shown"),
        _measured("negatives_above_or_missed_per_h", measures.negatives_above_or_missed_per_h, suite_rows, unit="/h",
                  note="the same, a shift that is not shown taken as the lowest"),
        _measured("pattern_accuracy", measures.pattern_accuracy, suite_rows, target="≥ .85", n=pairs,
                  note="n: found shifts; quieter against more forceful"),
        _measured("person_accuracy", measures.person_accuracy, suite_rows, n=pairs, note="who shifted is named"),
        _measured("arc_auroc", measures.arc_auroc, suite_rows, target="≥ .80", n=len(truly),
                  note=f"found shifts that a return ({int(truly.sum())}) or a surface re-engagement followed"),
        _measured("onset_error_s", measures.onset_error_s, suite_rows, unit="s", target="≤ 6", n=pairs, note="median"),
    ]  # fmt: skip


def _kind_rows(suite_rows: list[Outcome], prefix: str = "") -> list[dict]:
    """Return recall of each kind of shift."""
    return [
        _measured(f"{prefix}recall_{kind}", measures.recall_of(kind), suite_rows, n=measures.count_of(kind, suite_rows))
        for kind in names(*measures.SHIFTS)
    ]


def _chance_rows(alone: list[Outcome]) -> list[dict]:
    """Return how often nothing is taken for something: sessions in which nothing at all happens."""
    hours = sum(o.duration_s for o in alone) / 3600
    note = f"{hours:.0f} h in which nothing happens; candidates whose stated chance rate is at most 1 per hour"
    rows = [_measured("null_per_h", measures.rate_at(measures.OPERATING_PER_H), alone, unit="/h", target="≤ 1.5",
                      n=len(alone), note=note)]  # fmt: skip
    ratios = {r: measures.rate_at(r)(alone) / r if alone else float("nan") for r in (0.5, 1.0, 2.0, 4.0)}
    worst = max(ratios.values(), key=lambda v: abs(np.log(max(v, 1e-3))) if np.isfinite(v) else -1.0)
    told = ", ".join(f"{ratio:.2f} at {stated:g}/h" for stated, ratio in ratios.items())
    rows.append(row("chance_rate_ratio", worst, target="0.5 to 2", n=len(alone),
                    note=f"observed over stated chance rate, the worst of: {told}"))  # fmt: skip
    return rows


def _missing_rows(suite_rows: list[Outcome], whole: list[Outcome]) -> list[dict]:
    """Return recall lost by a missing modality: the same sessions with and without it."""
    by_name = {o.name: o for o in whole}
    less = [o for o in suite_rows if o.missing and o.name in by_name]

    def lost(outcomes: list[Outcome]) -> float:
        return measures.recall_at_8([by_name[o.name] for o in outcomes]) - measures.recall_at_8(outcomes)

    rows = [
        _measured(
            "missing_modality_loss", lost, less, target="≤ .15", note="recall lost, same sessions with nothing missing"
        )
    ]
    for modality in ("sound", "face", "body"):
        these = [o for o in less if o.missing == modality]
        rows.append(_measured(f"missing_{modality}_loss", lost, these))
    return rows


def _subgroup_rows(unusual_twins: list[Outcome], plain: list[Outcome]) -> list[dict]:
    """Return false candidates above the operating score in each subgroup over those of the same sessions made plain."""
    note = "false candidates above the operating score, over the same sessions without it"
    rows = [
        _measured(f"subgroup_ratio_{subgroup}", _ratio_of_false,
                  [*plain, *(o for o in unusual_twins if o.subgroup == subgroup)], n=len(plain), note=note)
        for subgroup in TARGETED
        if plain
    ]  # fmt: skip
    worst = max((r["value"] for r in rows), default=float("nan"))
    return [row("worst_subgroup_ratio", worst, target="≤ 1.25", n=len(plain), note="the highest of these"), *rows]


def _ratio_of_false(outcomes: Sequence[Outcome]) -> float:
    """Return false candidates of unusual sessions over those of plain ones; half a one more, not to divide by none."""
    own, plain = (measures.false_above([o for o in outcomes if bool(o.subgroup) == odd]) for odd in (True, False))
    return (own + 0.5) / (plain + 0.5)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=200, help="sessions of both halves together")
    parser.add_argument("--half", choices=("both", *ALL_HALVES), default="both")
    parser.add_argument("--surrogates", type=int, default=200)
    parser.add_argument("--only", choices=("all", "suite"), default="all", help="suite leaves out twins and strengths")
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--dry", action="store_true", help="print only")
    return parser.parse_args()


if __name__ == "__main__":
    main()
