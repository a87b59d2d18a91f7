"""Simulated gaze, face, head, posture, gesture and breathing of one person, straight at cue level."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from cuetrack import tables
from cuetrack.simulate.script import Output
from cuetrack.simulate.signals_forces import Floats, Forces, clock, draw, marks, per_minute, wander
from cuetrack.simulate.signals_specs import BREATHING, FACE, GESTURE, HEAD, POSTURE, RATE_HZ, Spec

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Self:
    """One simulated person: name, what happens to them, when they speak, and the seed of everything else."""

    name: str
    forces: Forces
    speaks: Callable[[Floats], Floats]
    sounds: Sequence[tuple[str, float, float]]
    holds: Sequence[tuple[float, float]]
    seed: int
    dyad: int
    duration_s: float
    output: Output


def wanderings(who: Self, cue: str, specs: Sequence[Spec], time: Floats) -> dict[str, Floats]:
    """Return each signal of a cue as it truly is, events included, without measuring noise."""
    rate = RATE_HZ[cue]
    rng, lasting = draw(who.seed, who.name, cue), draw(who.dyad, who.name, cue, "person")
    talk = who.speaks(time)
    lively = wander(draw(who.seed, who.name, "lively"), int(who.duration_s), 1.0, 15.0)[0]
    shared = np.interp(time, np.arange(lively.size), lively)
    found = {}
    for spec in specs:
        sign = spec.activity or int(lasting.choice([-1, 1]))
        load = sign * lasting.uniform(0.2, 0.4)
        own = np.clip(np.exp(0.25 * lasting.standard_normal()), 0.6, 1.5) * spec.sd
        walk = np.sqrt(1 - load**2) * wander(rng, time.size, rate, spec.memory_s)[0] + load * shared
        offset = spec.person_sd * lasting.standard_normal()
        if spec.log:
            factor = np.clip(np.exp(offset), 0.5, 2.0)
            values = spec.base * factor * np.exp(own * walk - own**2 / 2 + spec.speaking * talk)
        else:
            values = spec.base + offset + own * walk + spec.speaking * talk
        found[spec.name] = who.forces.apply(spec.name, values, time, cue)
    return found


def measured(
    who: Self, cue: str, specs: Sequence[Spec], time: Floats, true: dict[str, Floats], sensor: str, certain: Floats
) -> pd.DataFrame:
    """Return the samples table: noise added, ranges kept, gaps where the sensor saw nothing."""
    rng = draw(who.seed, who.name, cue, "noise")
    noisy = who.forces.factor(f"{sensor}_noise", time, cue)
    if sensor == "face" and who.output.fps < 20:
        noisy = noisy * 1.2
    sure = seen(who, sensor, time) * certain
    kept = sure >= 0.12
    columns = {}
    for spec in specs:
        values = true[spec.name] + spec.noise * noisy * rng.standard_normal(time.size)
        columns[spec.name] = np.where(kept, np.clip(values, spec.low, spec.high), np.nan)
    return tables.samples(time, who.name, columns, np.where(kept, sure, 0.0))


def seen(who: Self, sensor: str, time: Floats) -> Floats:
    """Return 0..1 of how certain a sensor is: a slow drift, lost stretches, and what the events do to it."""
    rng = draw(who.seed, who.name, sensor, "certainty")
    drift = wander(rng, int(who.duration_s) + 1, 1.0, 30.0)[0]
    sure = 0.88 + 0.05 * np.interp(time, np.arange(drift.size), drift)
    for start in np.sort(rng.uniform(0, who.duration_s, rng.poisson(who.duration_s / 500))):
        sure[slice(*np.searchsorted(time, [start, start + rng.uniform(1, 6)]))] = 0.0
    return np.asarray(np.clip(sure * who.forces.factor(f"{sensor}_confidence", time, sensor), 0, 1))


def gaze(who: Self) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return gaze: bouts toward the partner and away, down, aside or up; blinks."""
    time = clock(who.duration_s, RATE_HZ["gaze"])
    rng, lasting = draw(who.seed, who.name, "gaze"), draw(who.dyad, who.name, "gaze", "person")
    talk = who.speaks(time)
    usual = np.log(0.75 / 0.25) + 0.4 * lasting.standard_normal() - (1.65 + 0.2 * lasting.standard_normal()) * talk
    likely = 1 / (1 + np.exp(-(usual + 0.35 * wander(rng, time.size, RATE_HZ["gaze"], 15.0)[0])))
    toward_p = np.clip(likely + who.forces.added("toward", time, "gaze"), 0.01, 0.98)
    # A gaze is held until it is chosen anew, on average after 1.1 s: bouts of 2-4 s at these shares.
    anew = rng.random(time.size) < 1 / (1.1 * RATE_HZ["gaze"])
    anew[0] = True
    chosen = np.maximum.accumulate(np.where(anew, np.arange(time.size), 0))
    toward = (rng.random(time.size) < toward_p)[chosen]
    down = np.clip(0.4 + who.forces.added("away_down", time, "gaze"), 0, 1)
    which = rng.random(time.size)[chosen]
    is_down, is_up = ~toward & (which < down[chosen]), ~toward & (which > 0.87)
    is_side = ~toward & ~is_down & ~is_up
    side = np.where(rng.random(time.size) < 0.5, -1, 1)[chosen]
    size = (1 + 0.25 * rng.standard_normal(time.size))[chosen]
    yaw = np.where(is_side, 22 * side * size, np.where(is_up, 8 * side, np.where(is_down, 3 * side, 0.0)))
    pitch = np.where(is_down, 18 * size, np.where(is_up, -14 * size, 0.0))
    noise = who.forces.factor("face_noise", time, "gaze") * (1.2 if who.output.fps < 20 else 1.0)
    yaw = yaw + 1.5 * wander(rng, time.size, 5.0, 1.0)[0] + noise * 2.0 * rng.standard_normal(time.size)
    pitch = pitch + 1.5 * wander(rng, time.size, 5.0, 1.0)[0] + noise * 2.5 * rng.standard_normal(time.size)
    off = np.hypot(yaw, pitch) + np.maximum(who.forces.added("off_home_deg", time, "gaze"), -8.0)
    yaw = yaw + who.forces.added("gaze_yaw_deg", time, "gaze")
    pitch = pitch + who.forces.added("gaze_pitch_deg", time, "gaze")
    lids = np.clip(0.1 + 0.04 * wander(rng, time.size, 5.0, 8.0)[0], 0, 1)
    lids = np.clip(who.forces.apply("eyelid_closure", lids, time, "gaze") + 0.02 * rng.standard_normal(time.size), 0, 1)
    usual_blinks = 22 * float(np.clip(np.exp(0.3 * lasting.standard_normal()), 0.5, 2)) * (1 + 0.25 * talk)
    blink_rate = np.clip(who.forces.apply("blink_rate_per_min", usual_blinks, time, "gaze"), 0, 60)
    blinks = marks(rng, blink_rate * (0.75 if who.output.fps < 20 else 0.96), RATE_HZ["gaze"], 0.4)
    sure = seen(who, "face", time) * np.clip(who.forces.factor("gaze_confidence", time, "gaze"), 0, 1)
    kept = sure >= 0.12
    flip = -1.0 if who.output.mirrored else 1.0
    columns = {
        "gaze_yaw_deg": flip * yaw, "gaze_pitch_deg": pitch, "eye_yaw_deg": flip * 0.6 * yaw,
        "eye_pitch_deg": 0.6 * pitch, "off_home_deg": np.clip(off, 0, 180), "toward_partner": (off <= 10.0) * 1.0,
        "eyelid_closure": lids, "blink_rate_per_min": per_minute(blinks, time, 60.0),
    }  # fmt: skip
    table = tables.samples(time, who.name, {k: np.where(kept, v, np.nan) for k, v in columns.items()}, sure * kept)
    states = {"toward": toward, "away_down": is_down, "away_side": is_side, "away_up": is_up, "eyes_closed": lids > 0.6}
    rows = [row for label, on in states.items() for row in runs(who.name, label, on & kept, 5.0)]
    rows += [{"start_s": t, "end_s": t + 0.2, "person": who.name, "label": "blink"} for t in blinks]
    return table, listed(rows)


def face(who: Self) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the face; smiles with the lower lids follow smiles."""
    time = clock(who.duration_s, RATE_HZ["face"])
    true = wanderings(who, "face", FACE, time)
    true["smile_eyes"] = true["smile_eyes"] + 0.25 * true["smile"]
    table = measured(who, "face", FACE, time, true, "face", np.ones(time.size))
    return table, listed(runs(who.name, "smile", true["smile"] > 0.35, 5.0))


def head(who: Self) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return head pose and speed, nods mostly while listening, shakes."""
    time = clock(who.duration_s, RATE_HZ["head"])
    true = wanderings(who, "head", HEAD, time)
    if who.output.mirrored:
        true["yaw_deg"], true["roll_deg"] = -true["yaw_deg"], -true["roll_deg"]
    rng, lasting = draw(who.seed, who.name, "nods"), draw(who.dyad, who.name, "nods")
    rows: list[Row] = []
    for label, per_min in (("nod", 6.0), ("shake", 1.0)):
        usual = per_min * float(np.clip(np.exp(0.5 * lasting.standard_normal()), 0.5, 2))
        pace = usual * (1.3 - 0.8 * who.speaks(time))
        times = marks(rng, who.forces.apply(f"{label}_rate_per_min", pace, time, "head"), 5.0, 1.5)
        true[f"{label}_rate_per_min"] = per_minute(times, time, 20.0)
        rows += [{"start_s": t, "end_s": t + 1.2, "person": who.name, "label": label} for t in times]
    counts = tuple(Spec(f"{label}_rate_per_min", 0, 0, 1, 0, 240) for label in ("nod", "shake"))
    table = measured(who, "head", (*HEAD, *counts), time, true, "face", np.ones(time.size))
    return table, listed(rows)


def posture(who: Self) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return posture, with the small changes of seat that everyone makes."""
    time = clock(who.duration_s, RATE_HZ["posture"])
    true = wanderings(who, "posture", POSTURE, time)
    rng = draw(who.seed, who.name, "seat")
    seats = [e.start_s for e in who.forces.effects if e.kind == "reposition"]
    rows: list[Row] = [{"start_s": t, "end_s": t + 2, "person": who.name, "label": "reposition"} for t in seats]
    for start in np.sort(rng.uniform(0, who.duration_s, rng.poisson(who.duration_s / 600))):
        later = time >= start
        true["lean_cm"][later] += 1.5 * rng.standard_normal()
        true["slump_cm"][later] += 0.5 * rng.standard_normal()
        rows.append({"start_s": start, "end_s": start + 2, "person": who.name, "label": "reposition"})
    return measured(who, "posture", POSTURE, time, true, "body", np.ones(time.size)), listed(rows)


def gesture(who: Self) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return movement of body and hands; hands go to the face 9-23 times an hour."""
    time = clock(who.duration_s, RATE_HZ["gesture"])
    true = wanderings(who, "gesture", GESTURE, time)
    rng = draw(who.seed, who.name, "hands")
    touch = np.zeros(time.size)
    for start in rng.uniform(0, who.duration_s, rng.poisson(16 * who.duration_s / 3600)):
        touch[slice(*np.searchsorted(time, [start, start + rng.exponential(5)]))] = 1
    touch = np.maximum(touch, who.forces.added("self_touch", time, "gesture") > 0.5)
    cover = who.forces.added("hand_over_face", time, "gesture") > 0.5
    true |= {"self_touch": touch, "hand_over_face": cover * 1.0}
    extra = (Spec("self_touch", 0, 0, 1, 0, 1), Spec("hand_over_face", 0, 0, 1, 0, 1))
    table = measured(who, "gesture", (*GESTURE, *extra), time, true, "body", np.ones(time.size))
    rows = runs(who.name, "self_touch", touch > 0, 5.0) + runs(who.name, "hand_over_face", cover, 5.0)
    return table, listed(rows)


def breathing(who: Self) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return breathing, hard to read while the person speaks."""
    time = clock(who.duration_s, RATE_HZ["breathing"])
    true = wanderings(who, "breathing", BREATHING, time)
    rng = draw(who.seed, who.name, "breath")
    rows: list[Row] = [{"start_s": a, "end_s": b, "person": who.name, "label": "hold"} for a, b in who.holds]
    moving = np.ones(time.size)
    for start, end in who.holds:
        moving[slice(*np.searchsorted(time, [start, end]))] = 0.05
    sighs = [*marks(rng, np.full(time.size, 0.15), 5.0, 30.0), *(a for label, a, _ in who.sounds if label == "sigh")]
    for start in sighs:
        true["breath_depth"][slice(*np.searchsorted(time, [start - 1, start + 3]))] *= 2.3
        if rng.random() < 0.8:
            rows.append({"start_s": start, "end_s": start + 3, "person": who.name, "label": "sigh"})
    phase = np.cumsum(true["breath_rate_per_min"] / 60 / 5.0 * (moving > 0.5))
    true["breath_depth"] *= np.where(moving < 0.5, 0.3, 1.0)
    true["chest_mm"] = 2.5 * true["breath_depth"] * np.sin(2 * np.pi * phase)
    specs = (Spec("chest_mm", 0, 0, 1, -200, 200, 0.3), *BREATHING)
    certain = np.clip(0.95 - 0.6 * who.speaks(time), 0, 1)
    return measured(who, "breathing", specs, time, true, "body", certain), listed(rows)


def runs(person: str, label: str, on: npt.ArrayLike, rate_hz: float) -> list[Row]:
    """Return rows of a spans table for each stretch in which a flag is up."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.asarray(on).astype(np.int8), [0]])))
    return [
        {"start_s": a / rate_hz, "end_s": b / rate_hz, "person": person, "label": label}
        for a, b in zip(edges[::2], edges[1::2], strict=True)
    ]


def listed(rows: Sequence[Row]) -> pd.DataFrame:
    """Return rows as a spans table of the simulator."""
    return tables.spans([{"score": 0.9, "source": "simulated", **row} for row in rows])
