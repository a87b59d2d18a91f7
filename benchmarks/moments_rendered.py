"""Six short sessions rendered as media and measured by the whole pipeline: one shift each in four, none in two.

python benchmarks/moments_rendered.py FOLDER      what is in the folder already is made again only where it is stale
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from moments_measures import Outcome
from report import row, write

from cuetrack.moments.patterns import load_patterns
from cuetrack.simulate.script import Event, Script
from cuetrack.simulate.signals_plan import CLIENT, THERAPIST, random_plan

DURATION_S = 300.0
SHIFTS = (
    ("withdrawal_flat", "repair"), ("confrontation", "repair"), ("withdrawal_flat", "pseudo_repair"),
    ("confrontation", ""), ("", ""), ("", ""),
)  # fmt: skip
_NEGATIVES = (("cough", 1.0), ("sip", 5.0), ("shared_laugh", 3.0), ("clock_glance", 1.5), ("exposure", 3.0))
INTRO = """Six sessions of five minutes, rendered as two people with voices, encoded as h264 and measured by the whole
pipeline: one shift of strength 1.0 in four of them, none in two, five negatives in each. Six sessions check that the
way from picture and sound to moments works; they do not measure how often it does, for that see the
[moments benchmark](moments-benchmark.md)."""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("folder", type=Path, help="where to render and measure")
    folder = asked.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    write("moments-rendered", "Moments in rendered sessions", INTRO, rendered_rows(folder), "make moments-bench",
          results="moments_rendered")  # fmt: skip


def rendered_scripts() -> list[Script]:
    """Return the six scripts."""
    return [_script(number, *kinds) for number, kinds in enumerate(SHIFTS, 1)]


def _script(number: int, shift: str, after: str) -> Script:
    rng = np.random.default_rng(700 + number)
    start = float(rng.uniform(110, 140))
    length = float(rng.uniform(35, 50))
    events = [Event(start, start + length, CLIENT, shift, seed=10 * number)] if shift else []
    if after:
        events.append(Event(start + length + 5, start + length + 60, CLIENT, after, seed=10 * number + 1))
    busy = (start - 15, start + length + 70) if shift else (0.0, 0.0)
    free = [t for t in range(20, int(DURATION_S) - 15, 12) if not busy[0] <= t <= busy[1]]
    for at, (kind, lasts) in zip(rng.choice(free, len(_NEGATIVES), replace=False), _NEGATIVES, strict=True):
        person = "both" if kind in ("shared_laugh", "exposure") else str(rng.choice([CLIENT, THERAPIST]))
        events.append(Event(float(at), float(at) + lasts, person, kind, seed=100 * number + int(at)))
    people = random_plan(900 + number, events=False).people
    ordered = tuple(sorted(events, key=lambda e: e.start_s))
    return replace(Script(DURATION_S, people, ordered, 900 + number), name=f"rendered-{number}")


def rendered_rows(folder: Path) -> list[dict]:
    """Render and analyse what is not in the folder yet, and return how well the shifts were found."""
    outcomes = [_outcome(script, folder) for script in rendered_scripts()]
    pairs = [pair for o in outcomes for pair in o.pairs]
    wanted = sum(o.matched.labels for o in outcomes)
    right = [o.families.get(str(c["label"])) == t["source"] for o in outcomes for c, t in o.pairs]
    errors = [abs(c["start_s"] - t["start_s"]) for c, t in pairs]
    quiet = [o.found for o in outcomes if not o.matched.labels]
    chance = [float(c["chance_per_h"]) for c, _ in pairs]
    quiet_chance = [float(found["chance_per_h"].min()) for found in quiet if len(found)]
    note = "8 candidates an hour are one in five minutes"
    rows = [
        row("rendered_recall", len(pairs) / wanted, n=wanted, note=f"shifts found by the shown candidates; {note}"),
        row("rendered_pattern_accuracy", float(np.mean(right)) if right else None, n=len(pairs)),
        row("rendered_onset_error_s", float(np.median(errors)) if errors else None, unit="s", n=len(pairs)),
        row("rendered_quiet_shown", float(np.mean([len(q) for q in quiet])) if quiet else None, n=len(quiet),
            note="candidates listed in a session without any shift; short recordings list up to four"),
        row("rendered_found_chance_per_h", max(chance) if chance else None, unit="1/h", n=len(chance),
            note="how often chance gives as much, as listed beside the shifts found; highest"),
        row("rendered_quiet_chance_per_h", min(quiet_chance) if quiet_chance else None, unit="1/h",
            n=len(quiet_chance), note="the same beside the strongest candidate of a session without any shift; lowest"),
    ]  # fmt: skip
    return rows


def _outcome(script: Script, folder: Path) -> Outcome:
    from cuetrack import analyze, simulate

    video = folder / f"{script.name}.mp4"
    if not video.exists():
        simulate.render(script, video)
    session = analyze(video, people={p.name: p.place for p in script.people})
    moments = session.moments
    found = moments.loc[~moments["control"].astype(bool)].reset_index(drop=True)
    families = {p.id: p.family for p in load_patterns()}
    return Outcome(
        script.name, script.name, "", "", script.duration_s, script.truth_spans(), found,
        session.recovery if session.recovery is not None else pd.DataFrame(), families,
    )  # fmt: skip


if __name__ == "__main__":
    main()
