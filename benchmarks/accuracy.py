"""How well every cue is measured: rendered sessions with known truth through the whole pipeline.

python benchmarks/accuracy.py --seeds 5 --seconds 60
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parent))

import accuracy_scripts as scripts
from accuracy_measures import Counts, Fit, fit, matched, of_person, overlap, paired
from report import ROOT, row, write

import cuetrack as ct
from cuetrack.simulate import cached
from cuetrack.simulate.media import Rendered
from cuetrack.simulate.script import Script

PICTURE = {"face_hz": 25.0, "body_hz": 12.5, "torso_hz": 12.5}
BLINK_SLACK_S, EVENT_SLACK_S = 0.15, 0.5
TOWARD_DEG, AWAY_DEG = 8.0, 20.0
SMILING = 0.4
BELT_CLEAR = 0.5

SIGNALS = {
    # measure: (cue, signal, target of r, unit, targets of MAE and gain)
    "head_yaw": ("head", "yaw_deg", "≥ .98", "deg"),
    "head_pitch": ("head", "pitch_deg", "≥ .98", "deg"),
    "head_roll": ("head", "roll_deg", "≥ .98", "deg"),
    "gaze_x": ("gaze", "eye_yaw_deg", "≥ .96", "deg"),
    "gaze_y": ("gaze", "eye_pitch_deg", "≥ .75", "deg"),
    "eyelid": ("gaze", "eyelid_closure", "", ""),
    "smile": ("face", "smile", "≥ .95", ""),
    "smile_eyes": ("face", "smile_eyes", "", ""),
    "brow_raise": ("face", "brow_raise", "≥ .92", ""),
    "brow_lower": ("face", "brow_lower", "≥ .85", ""),
    "lip_press": ("face", "lip_press", "", ""),
    "jaw": ("face", "mouth_open", "≥ .90", ""),
    "lean": ("posture", "lean_cm", "≥ .92", "cm"),
    "slump": ("posture", "slump_cm", "", "cm"),
    "chest": ("breathing", "chest_mm", "", "mm"),
}
CROSSTALK = {
    "yaw_deg": "head", "pitch_deg": "head", "roll_deg": "head", "eye_yaw_deg": "gaze", "eye_pitch_deg": "gaze",
    "eyelid_closure": "gaze", "smile": "face", "smile_eyes": "face", "brow_raise": "face", "brow_lower": "face",
    "lip_press": "face", "mouth_open": "face", "lean_cm": "posture", "slump_cm": "posture",
}  # fmt: skip


class Found:
    """What all clips together gave."""

    def __init__(self) -> None:
        self.fits: dict[str, list[Fit | None]] = defaultdict(list)
        self.counts: dict[str, list[Counts]] = defaultdict(list)
        self.values: dict[str, list[float]] = defaultdict(list)
        self.shifts: dict[tuple[str, str], list[float]] = defaultdict(list)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seeds", type=int, default=5)
    asked.add_argument("--seconds", type=float, default=60.0, help="length of a clip in which everything moves")
    asked.add_argument("--first-seed", type=int, default=1)
    asked.add_argument("--fresh", action="store_true", help="track again even where tracks of this clip are there")
    asked.add_argument("--media", type=Path, default=ROOT.parent / "shared" / "media", help="development recordings")
    given = asked.parse_args()
    found = Found()
    belt(found, given.media / "respiration" / "task1_respiration_first300s_1000hz.npz")
    for number, seed in enumerate(range(given.first_seed, given.first_seed + given.seeds), start=1):
        everything_moves(found, scripts.moving(seed, given.seconds), given.fresh)
        quiet_listening(found, scripts.listening(seed), given.fresh)
        one_after_the_other(found, scripts.one_by_one(seed), given.fresh)
        report(found, number, given.seconds)  # after each seed, so that a stopped run has its page


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
            found.counts[measure].append(_events(session, clip, cue, label, person, slack))
        _lean_sign(found, session, clip, person)
        _breath_rate(found, session, clip, person, "breath_rate_moving", script.duration_s)


def quiet_listening(found: Found, script: Script, fresh: bool) -> None:
    clip, session = measured(script, fresh)
    for person in scripts.PEOPLE:
        _breath_rate(found, session, clip, person, "breath_rate", scripts.CALM_S)
        _toward(found, session, clip, person)
        for label in ("hold", "sigh"):
            found.counts[label].append(_events(session, clip, "breathing", label, person, 1.0))
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
        _hand(found, session, clip, person)
        _light(found, session, person)


def _events(session: Any, clip: Rendered, cue: str, label: str, person: str, slack: float) -> Counts:
    return matched(_only(session.spans(cue), person, label), _only(clip.truth.spans[cue], person, label), slack_s=slack)


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


def _breath_rate(found: Found, session: Any, clip: Rendered, person: str, measure: str, until_s: float) -> None:
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


def _hand(found: Found, session: Any, clip: Rendered, person: str) -> None:
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
    """Read a belt's breathing rate with the estimator of the breathing cue, against its own peaks."""
    if not path.exists():
        return
    from scipy.signal import decimate, find_peaks

    from cuetrack.people import breath

    with np.load(path) as file:
        raw = np.asarray(file[file.files[0]], dtype=float).ravel()
    slow = decimate(decimate(raw, 10), 10)
    smooth = np.convolve(slow - slow.mean(), np.ones(7) / 7, "same")
    peaks, _ = find_peaks(smooth, distance=15, prominence=0.3 * np.std(smooth))
    centre, rate, clear = breath.breath_rate(slow, 10.0, usable=np.ones(len(slow), bool), window_s=30.0)
    at = np.array([_peak_rate(peaks / 10, c) for c in np.asarray(centre)])
    ok = np.isfinite(rate) & np.isfinite(at) & (np.asarray(clear) > BELT_CLEAR)
    found.values["belt_rate_mae_per_min"].append(float(np.mean(np.abs(np.asarray(rate)[ok] - at[ok]))))
    found.values["belt_rate_coverage"].append(float(ok.mean()))


def _peak_rate(peaks: np.ndarray, centre: float) -> float:
    near = peaks[np.abs(peaks - centre) <= 15]
    return 60.0 / float(np.mean(np.diff(near))) if len(near) >= 3 else float("nan")


def report(found: Found, seeds: int, seconds: float) -> None:
    rows = [*_signal_rows(found), *_event_rows(found), *_value_rows(found), *_crosstalk_rows(found)]
    intro = (
        "How well each cue is measured through the whole pipeline, on rendered, h264-encoded sessions of two people "
        f"whose truth is known: {seeds} seeds, clips of {seconds:g} s in which every channel moves with speech, "
        "quiet clips for breathing, and clips in which one thing moves after the other.\n\n"
        "One portrait drawn as two people in frontal light: these numbers check the code and compare cues; they say "
        "nothing about how well real people, other skin, glasses or beards are measured. Head pose is drawn with the "
        "depth that MediaPipe itself sees, so its gain is partly circular. Values are means over people and clips, "
        "`n` counts them; intervals are 95 % bootstrap over them. F1 pools events. F0, level, articulation and voice "
        "quality are measured apart: see [voice accuracy](voice-accuracy.md)."
    )
    write("accuracy", "How well every cue is measured", intro, rows, "make accuracy", after=_matrix(found))


def _signal_rows(found: Found) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for measure, (cue, signal, target, unit) in {
        **SIGNALS,
        "chest_listening": ("breathing", "chest_mm", "", "mm"),
    }.items():
        fits = [f for f in found.fits[measure] if f is not None]
        if not fits:
            rows.append(row(f"{measure}_r", None, target=target, note=f"{cue}.{signal} was not measured"))
            continue
        head = measure.startswith("head")
        for name, aim, part_unit in (
            ("r", target, ""),
            ("mae", "≤ 1.5" if head else "", unit),
            ("gain", "0.9 to 1.1" if head else "", ""),
            ("bias", "", unit),
            ("smallest", "", unit),
            ("latency_s", "", "s"),
            ("coverage", "", ""),
        ):
            values = [getattr(f, name) for f in fits]
            suffix = f"{name}_deg" if unit == "deg" and name == "mae" else name
            note = f"{cue}.{signal}; worst {min(values):.3g}" if name == "r" else ""
            rows.append(_row(f"{measure}_{suffix}", values, aim, part_unit, note, cue))
    return rows


def _row(measure: str, values: list[float], target: str, unit: str, note: str, section: str) -> dict[str, object]:
    known = np.array([v for v in values if np.isfinite(v)])
    mean = float(known.mean()) if known.size else None
    made = row(measure, mean, unit=unit, target=target, interval=_interval(known), n=int(known.size), note=note)
    return {"section": section.capitalize(), **made}


def _interval(values: np.ndarray) -> tuple[float, float] | None:
    if values.size < 3:
        return None
    draws = np.random.default_rng(0).choice(values, (2000, values.size)).mean(axis=1)
    return float(np.quantile(draws, 0.025)), float(np.quantile(draws, 0.975))


_F1_TARGETS = {
    "gaze_toward": "≥ .95", "gaze_away": "", "blink": "≥ .95", "nod": "≥ .85", "shake": "", "hold": "≥ .85",
    "sigh": "≥ .8", "hand_over_face": "≥ .9",
}  # fmt: skip


def _event_rows(found: Found) -> list[dict[str, object]]:
    rows = []
    for measure, target in _F1_TARGETS.items():
        each = found.counts[measure]
        total = sum(each, Counts())
        unit = "samples" if measure.startswith(("gaze", "hand")) else "events"
        note = f"{total.hits} {unit} found, {total.false} false, {total.missed} missed"
        draws = np.random.default_rng(0).integers(0, len(each), (1000, len(each)))
        pooled = np.array([sum((each[i] for i in draw), Counts()).f1 for draw in draws])
        pooled = pooled[np.isfinite(pooled)]
        interval = (float(np.quantile(pooled, 0.025)), float(np.quantile(pooled, 0.975))) if pooled.size else None
        made = row(f"{measure}_f1", total.f1, target=target, interval=interval, n=total.hits + total.missed, note=note)
        rows.append({"section": "Events", **made})
    return rows


_VALUES = {
    "nod_false_per_min": ("≤ 1", "1/min", "talk without a nod"),
    "shake_false_per_min": ("", "1/min", "talk without a shake"),
    "lean_sign_right": ("1", "", "share of samples more than 3 cm from usual on the right side of it"),
    "breath_rate_mae_per_min": ("≤ 0.5", "1/min", "listening, chest 0.8 to 2.5 px"),
    "breath_rate_coverage": ("", "", "listening"),
    "breath_rate_moving_mae_per_min": (
        "≤ 1.0",
        "1/min",
        "everything moves, with speech; where it is not marked missing",
    ),
    "breath_rate_moving_coverage": ("", "", "everything moves, with speech"),
    "hand_confidence_ratio": ("falls", "", "confidence of the face cue under the hand, over before"),
    "light_energy_event": ("0", "", "share of light steps of 40 % after which motion energy shows an event"),
    "belt_rate_mae_per_min": ("≤ 0.5", "1/min", "the estimator on a real breathing belt, against its peaks in 30 s"),
    "belt_rate_coverage": ("", "", "the same"),
}


def _value_rows(found: Found) -> list[dict[str, object]]:
    return [
        _row(measure, found.values[measure], target, unit, note, "Numbers of their own")
        for measure, (target, unit, note) in _VALUES.items()
    ]


_STATED = (
    ("mouth_open", "smile"), ("mouth_open", "pitch_deg"), ("brow_raise", "pitch_deg"), ("brow_lower", "pitch_deg"),
    ("smile", "pitch_deg"), ("blinks", "eye_pitch_deg"), ("gaze_down", "eyelid_closure"), ("gaze_down", "pitch_deg"),
    ("head_down", "eye_pitch_deg"), ("hand_over_face", "smile"), ("hand_over_face", "pitch_deg"),
)  # fmt: skip


def _crosstalk_rows(found: Found) -> list[dict[str, object]]:
    return [
        _row(f"crosstalk_{block}_on_{signal}", found.shifts[block, signal], "0", "", f"{block} alone", "Crosstalk")
        for block, signal in _STATED
    ]


def _matrix(found: Found) -> str:
    lines = [
        "## What else moves when one thing does",
        "",
        "Mean shift of each signal's error while one thing moves alone, against the rests around it.",
        "",
        "| moves | " + " | ".join(CROSSTALK) + " |",
        "|---|" + "---|" * len(CROSSTALK),
    ]
    for block in scripts.BLOCKS:
        cells = []
        for signal in CROSSTALK:
            with np.errstate(invalid="ignore"), contextlib.suppress(ValueError):
                values = np.array(found.shifts[block, signal], dtype=float)
                cells.append(f"{np.nanmean(values):.2f}" if np.isfinite(values).any() else "missing")
        lines.append(f"| {block} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
