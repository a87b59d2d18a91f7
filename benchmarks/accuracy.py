"""How well every cue is measured: rendered sessions with known truth through the whole pipeline.

python benchmarks/accuracy.py --seeds 5 --seconds 60
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parent))

import accuracy_scripts as scripts
from accuracy_measures import Counts, fit, matched, of_person, overlap, paired
from accuracy_report import CROSSTALK, SIGNALS, Found, report
from report import ROOT

import cuetrack as ct
from cuetrack.simulate import cached
from cuetrack.simulate.media import Rendered
from cuetrack.simulate.script import Script

PICTURE = {"face_hz": 25.0, "body_hz": 12.5, "torso_hz": 12.5}
BLINK_SLACK_S, EVENT_SLACK_S = 0.15, 0.5
TOWARD_DEG, AWAY_DEG = 8.0, 20.0
SMILING = 0.4
BELT_CLEAR = 0.35  # as the breathing cue asks


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seeds", type=int, default=5)
    asked.add_argument("--seconds", type=float, default=60.0, help="length of a clip in which everything moves")
    asked.add_argument("--first-seed", type=int, default=11, help="seeds below 11 are for setting thresholds on")
    asked.add_argument("--fresh", action="store_true", help="track again even where tracks of this clip are there")
    asked.add_argument("--media", type=Path, default=ROOT.parent / "shared" / "media", help="development recordings")
    given = asked.parse_args()
    found = Found()
    belt(found, given.media / "respiration" / "task1_respiration_first300s_1000hz.npz")
    for seed in range(given.first_seed, given.first_seed + given.seeds):
        everything_moves(found, scripts.moving(seed, given.seconds), given.fresh)
        quiet_listening(found, scripts.listening(seed), given.fresh)
        one_after_the_other(found, scripts.one_by_one(seed), given.fresh)
        plain_talk(found, scripts.talking(seed), given.fresh)
        report(
            found, range(given.first_seed, seed + 1), given.seconds
        )  # after each seed, so that a stopped run has its page


def measured(script: Script, fresh: bool) -> tuple[Rendered, Any]:
    """Render a script and measure it; tracks of an earlier run are used, cues are always measured anew."""
    print(script.name, "rendering", flush=True)
    clip = cached(script)
    out = clip.path.with_suffix(".cue")
    if fresh:
        shutil.rmtree(out, ignore_errors=True)
    for part in ("cues", "moments"):
        shutil.rmtree(out / part, ignore_errors=True)
    print(script.name, "measuring", flush=True)
    return clip, ct.analyze(clip.path, people=scripts.PLACES, out=out, settings={"picture": PICTURE})


def everything_moves(found: Found, script: Script, fresh: bool) -> None:
    clip, session = measured(script, fresh)
    for person in scripts.PEOPLE:
        for measure, (cue, signal, *_) in SIGNALS.items():
            got, true = (of_person(t, person) for t in (session[cue], clip.truth.samples[cue]))
            if measure == "smile_eyes":  # the cue is about the eyes in a smile
                _, _, smiling = paired(got, true, "smile")
                got = got[smiling > SMILING]
            found.fits[measure].append(fit(got, true, signal))
        for measure, cue, label, slack in (
            ("blink", "gaze", "blink", BLINK_SLACK_S),
            ("nod", "head", "nod", EVENT_SLACK_S),
            ("shake", "head", "shake", EVENT_SLACK_S),
        ):
            found.counts[measure].append(events(session, clip, cue, label, person, slack))
        _lean_sign(found, session, clip, person)
        breath_rate(found, session, clip, person, "breath_rate_moving", script.duration_s)
        found.values["chest_moving_confidence"].append(_confidence(session, "breathing", person, script.duration_s))


def plain_talk(found: Found, script: Script, fresh: bool) -> None:
    clip, session = measured(script, fresh)
    for person in scripts.PEOPLE:
        breath_rate(found, session, clip, person, "breath_rate_talking", script.duration_s)
        for label in ("nod", "shake"):
            found.counts[f"{label}_talking"].append(events(session, clip, "head", label, person, EVENT_SLACK_S))


def quiet_listening(found: Found, script: Script, fresh: bool) -> None:
    clip, session = measured(script, fresh)
    for person in scripts.PEOPLE:
        breath_rate(found, session, clip, person, "breath_rate", scripts.CALM_S)
        found.values["chest_listening_confidence"].append(_confidence(session, "breathing", person, scripts.CALM_S))
        _toward(found, session, clip, person)
        for label in ("hold", "sigh"):
            found.counts[label].append(events(session, clip, "breathing", label, person, 1.0))
        got, true = (of_person(t, person) for t in (session["breathing"], clip.truth.samples["breathing"]))
        found.fits["chest_listening"].append(fit(got[got["time_s"] < scripts.CALM_S], true, "chest_mm"))


def one_after_the_other(found: Found, script: Script, fresh: bool) -> None:
    clip, session = measured(script, fresh)
    for person in scripts.PEOPLE:
        talk = _only(session.spans("head"), person, "nod")
        false = talk[(talk["start_s"] > 1) & (talk["end_s"] < scripts.TALK_S)]
        found.values["nod_false_per_min"].append(len(false) / (scripts.TALK_S - 1) * 60)
        shake = _only(session.spans("head"), person, "shake")
        false = shake[(shake["start_s"] > 1) & (shake["end_s"] < scripts.TALK_S)]
        found.values["shake_false_per_min"].append(len(false) / (scripts.TALK_S - 1) * 60)
        for label, start in scripts.blocks():
            for signal, cue in CROSSTALK.items():
                true = of_person(clip.truth.samples[cue], person)
                shift = _shift(of_person(session[cue], person), true, signal, start)
                found.shifts[label, signal].append(shift)
        hand_over_face(found, session, clip, person)
        _light(found, session, person)


def events(session: Any, clip: Rendered, cue: str, label: str, person: str, slack: float) -> Counts:
    """Return how the spans of one label and person compare with the true ones."""
    return matched(_only(session.spans(cue), person, label), _only(clip.truth.spans[cue], person, label), slack_s=slack)


def _confidence(session: Any, cue: str, person: str, until_s: float) -> float:
    table = of_person(session[cue], person)
    return float(table.loc[table["time_s"] < until_s, "confidence"].median())


def _only(spans: pd.DataFrame, person: str, label: str) -> pd.DataFrame:
    return spans[(spans["person"] == person) & (spans["label"] == label)]


def _toward(found: Found, session: Any, clip: Rendered, person: str) -> None:
    got, true = of_person(session["gaze"], person), of_person(clip.truth.samples["gaze"], person)
    _, toward, off = paired(got.assign(off_home_deg=got["toward_partner"]), true, "off_home_deg")
    late = got["time_s"].to_numpy() > scripts.CALM_S + scripts.EVENTS_S
    clear = late & np.isfinite(toward) & ((off < TOWARD_DEG) | (off > AWAY_DEG))
    found.counts["gaze_away"].append(overlap(toward[clear] < 0.5, off[clear] > AWAY_DEG))
    found.counts["gaze_toward"].append(overlap(toward[clear] >= 0.5, off[clear] < TOWARD_DEG))


def _lean_sign(found: Found, session: Any, clip: Rendered, person: str) -> None:
    got, true = of_person(session["posture"], person), of_person(clip.truth.samples["posture"], person)
    _, lean, at = paired(got, true, "lean_cm")
    usual = float(np.median(true["lean_cm"]))
    clear = np.isfinite(lean) & (np.abs(at - usual) > 3)
    if clear.any():
        found.values["lean_sign_right"].append(float(np.mean(np.sign(lean[clear]) == np.sign(at - usual)[clear])))


def breath_rate(found: Found, session: Any, clip: Rendered, person: str, measure: str, until_s: float) -> None:
    """Compare the breathing rate of one person until a time with the truth: error, and share of time it is given."""
    got, true = of_person(session["breathing"], person), of_person(clip.truth.samples["breathing"], person)
    got = got[got["time_s"] < until_s]
    _, rate, at = paired(got, true, "breath_rate_per_min")
    known = np.isfinite(rate)
    found.values[f"{measure}_coverage"].append(float(known.mean()))
    if known.any():
        found.values[f"{measure}_mae_per_min"].append(float(np.mean(np.abs(rate - at)[known])))


def _shift(got: pd.DataFrame, true: pd.DataFrame, signal: str, start: float) -> float:
    """Return how far the error of a signal moves while a block lasts, against the rests before and after."""
    time, value, at = paired(got, true, signal)
    error = value - at
    inside = (time > start + 0.6) & (time < start + scripts.BLOCK_S - 0.6)
    rest = ((time > start - 3.0) & (time < start - 0.6)) | (
        (time > start + scripts.BLOCK_S + 0.6) & (time < start + scripts.BLOCK_S + 3.0)
    )
    with np.errstate(invalid="ignore"):
        ok = np.isfinite(error)
        return (
            float(np.median(error[inside & ok]) - np.median(error[rest & ok])) if (inside & ok).any() else float("nan")
        )


def hand_over_face(found: Found, session: Any, clip: Rendered, person: str) -> None:
    """Compare when a hand is seen over the face with the truth, and how far the face's confidence falls."""
    got, true = of_person(session["gesture"], person), of_person(clip.truth.samples["gesture"], person)
    time, said, at = paired(got, true, "hand_over_face")
    talked = time > scripts.TALK_S
    found.counts["hand_over_face"].append(overlap((said >= 0.5) & talked, (at >= 0.5) & talked))
    start = dict(scripts.blocks())["hand_over_face"]
    face = of_person(session["face"], person)
    covered = face["time_s"].between(start + 0.8, start + scripts.BLOCK_S - 0.8)
    before = face["time_s"].between(start - 3.0, start - 0.8)
    usual = face.loc[before, "confidence"].mean()
    found.values["hand_confidence_ratio"].append(float(face.loc[covered, "confidence"].mean() / usual))


def _light(found: Found, session: Any, person: str) -> None:
    energy = of_person(session["gesture"], person)
    usual = energy["motion_energy"].quantile(0.99)
    for label in ("darker", "brighter"):
        start = dict(scripts.blocks())[label]
        for edge in (start, start + scripts.BLOCK_S):
            near = energy["time_s"].between(edge - 0.3, edge + 0.5)
            peak = energy.loc[near, "motion_energy"].max()
            found.values["light_energy_event"].append(float(np.nan_to_num(peak) > usual + 0.02))


def belt(found: Found, path: Path) -> None:
    """Read a belt's breathing rate with the estimator of the breathing cue.

    The recording is full of movement. What is known of it: a simple peak count gives about 64 breaths in 300 s, and
    from 180 to 210 s eleven even waves can be counted by eye.
    """
    if not path.exists():
        return
    from scipy.signal import decimate

    from cuetrack.people import breath

    with np.load(path) as file:
        slow = decimate(decimate(np.asarray(file["resp"], dtype=float), 10), 10)
    centre, rate, clear = (np.asarray(v) for v in breath.breath_rate(slow, breath.CHEST_HZ, window_s=30.0))
    found.values["belt_mean_rate_per_min"].append(float(np.nanmean(rate)))
    found.values["belt_even_rate_per_min"].append(float(np.nanmean(rate[np.abs(centre - 195) < 8])))
    found.values["belt_rate_coverage"].append(float(np.mean(np.isfinite(rate) & (clear >= BELT_CLEAR))))


if __name__ == "__main__":
    main()
