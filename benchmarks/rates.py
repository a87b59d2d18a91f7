"""What each cue loses when the picture is looked at less often: accuracy against rate, beside what it costs.

python benchmarks/rates.py --seeds 2

The same rendered clips at 30 pictures a second through the whole pipeline, once for each pair of rates.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import accuracy
import accuracy_scripts as scripts
from accuracy_measures import Counts, fit, of_person
from accuracy_report import SIGNALS, Found
from report import row, write

import cuetrack as ct
from cuetrack.simulate import cached
from cuetrack.simulate.media import Rendered
from cuetrack.simulate.script import Script

RATES_HZ = ((30.0, 7.5), (15.0, 15.0), (15.0, 7.5), (15.0, 5.0), (15.0, 3.75), (10.0, 5.0), (7.5, 3.75), (5.0, 2.5))
"""Faces and bodies a second. The third is the default, the last `--fast`."""
FITS = ("head_yaw", "head_pitch", "gaze_x", "gaze_y", "smile", "brow_raise", "jaw", "lean")
EVENTS = (
    ("blink", "gaze", accuracy.BLINK_SLACK_S),
    ("nod", "head", accuracy.EVENT_SLACK_S),
    ("shake", "head", accuracy.EVENT_SLACK_S),
)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seeds", type=int, default=2)
    asked.add_argument("--first-seed", type=int, default=21)
    asked.add_argument("--seconds", type=float, default=60.0)
    given = asked.parse_args()
    found: dict[tuple[float, float], Found] = {}
    for rates in RATES_HZ:
        found[rates] = Found()
        for seed in range(given.first_seed, given.first_seed + given.seeds):
            for script in (scripts.moving(seed, given.seconds), scripts.listening(seed), scripts.one_by_one(seed)):
                output = dataclasses.replace(script.output, fps=30.0)
                one(found[rates], dataclasses.replace(script, output=output, name=f"rates-{script.name}"), rates)
        report(found, given.seeds, given.seconds)


def one(found: Found, script: Script, rates: tuple[float, float]) -> None:
    """Measure a clip at these rates and compare what this kind of clip is for."""
    clip = cached(script)
    out = clip.path.with_name(f"at-{rates[0]:g}-{rates[1]:g}.cue")
    shutil.rmtree(out, ignore_errors=True)
    print(script.name, rates, flush=True)
    before = sum(os.times()[:4])
    picture = {"face_hz": rates[0], "body_hz": rates[1]}
    session = ct.analyze(clip.path, people=scripts.PLACES, out=out, settings={"picture": picture})
    found.values["cpu_s_per_s"].append((sum(os.times()[:4]) - before) / script.duration_s)
    for person in scripts.PEOPLE:
        if "moving" in script.name:
            _moving(found, session, clip, person)
        elif "listening" in script.name:
            _listening(found, session, clip, person)
        else:
            accuracy.hand_over_face(found, session, clip, person)
    shutil.rmtree(out, ignore_errors=True)


def _moving(found: Found, session: Any, clip: Rendered, person: str) -> None:
    for measure in FITS:
        cue, signal, *_ = SIGNALS[measure]
        table = session[cue]
        found.fits[measure].append(fit(of_person(table, person), of_person(clip.truth.samples[cue], person), signal))
    for label, cue, slack in EVENTS:
        found.counts[label].append(accuracy.events(session, clip, cue, label, person, slack))


def _listening(found: Found, session: Any, clip: Rendered, person: str) -> None:
    accuracy.breath_rate(found, session, clip, person, "breath_rate", scripts.CALM_S)
    for label in ("hold", "sigh"):
        found.counts[label].append(accuracy.events(session, clip, "breathing", label, person, 1.0))


def report(found: dict[tuple[float, float], Found], seeds: int, seconds: float) -> None:
    """Write the page: one table with a column per pair of rates, and every number as a row."""
    columns = {rates: _values(f) for rates, f in found.items()}
    names = list(next(iter(columns.values())))
    table = [
        "| measure | " + " | ".join(f"{a:g} / {b:g}" for a, b in columns) + " |",
        "|---" * (len(columns) + 1) + "|",
    ]
    for name in names:
        cells = (f"{values[name][0]:.3g}" if np.isfinite(values[name][0]) else "none" for values in columns.values())
        table.append(f"| {name} | " + " | ".join(cells) + " |")
    rows = [
        {**row(f"{name}_at_{face:g}_{body:g}", value, n=n), "section": f"{face:g} faces, {body:g} bodies a second"}
        for (face, body), values in columns.items()
        for name, (value, n) in values.items()
    ]
    intro = (
        "What each cue loses when the picture is looked at less often: rendered clips of two people at 30 pictures a "
        f"second, {seeds} seeds that no threshold was set on, {seconds:g} s in which everything moves, a quiet clip "
        "for breathing and one in which things move one after the other, through the whole pipeline at each pair of "
        "rates (faces / bodies a second; the default is 15 / 7.5, `--fast` 5 / 2.5). `_r` is the mean correlation "
        "with the truth, `_f1` pools events, `cpu_s_per_s` is processor seconds for a second of recording, all in.\n\n"
        + "\n".join(table)
    )
    write("rates", "How often to look", intro, rows, "python benchmarks/rates.py")


def _values(found: Found) -> dict[str, tuple[float, int]]:
    values: dict[str, tuple[float, int]] = {}
    for measure, fits in found.fits.items():
        known = [f.r for f in fits if f is not None]
        values[f"{measure}_r"] = (float(np.mean(known)) if known else float("nan"), len(known))
    for label, counts in found.counts.items():
        values[f"{label}_f1"] = (sum(counts, Counts()).f1, len(counts))
    for name in ("breath_rate_mae_per_min", "breath_rate_coverage", "cpu_s_per_s"):
        known = found.values[name]
        values[name] = (float(np.mean(known)) if known else float("nan"), len(known))
    return values


if __name__ == "__main__":
    main()
