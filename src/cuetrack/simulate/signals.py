"""Whole sessions straight at cue level, with known truth: many and fast, for judging detectors.

Nothing here looks at a detector, and only the script is shared with the simulator of media.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from cuetrack import tables
from cuetrack.simulate import signals_heard, signals_seen
from cuetrack.simulate.archetypes import SOUNDS
from cuetrack.simulate.script import Script
from cuetrack.simulate.script_truth import Effect
from cuetrack.simulate.signals_forces import Floats, Forces, draw, wander
from cuetrack.simulate.signals_seen import Self
from cuetrack.simulate.signals_specs import MODALITY_OF, RATE_HZ
from cuetrack.terms import PAIR

_SEEN = ("gaze", "face", "head", "posture", "gesture", "breathing")
_PAIR_STEP_S = 5.0
_SYNC = ("motion_sync_z", "head_sync_z", "face_sync_z", "voice_sync_z", "breathing_sync_z")
_OF_FACE = ("face_sync_z", "face_abs_z", "head_sync_z", "head_abs_z", "mutual_gaze")
_OF_BODY = ("motion_sync_z", "motion_abs_z", "motion_lead_s", "breathing_sync_z", "breathing_abs_z", "mirroring")


@dataclass(frozen=True, slots=True)
class SimulatedSession:
    """What a session's cues would be, and what really happened.

    `cues` maps cue name to its samples table, `spans` cue name to its spans table, as the cues themselves return them
    (rates: `signals_specs.RATE_HZ`); a cue that could not be measured is not there. `truth` is `Script.truth_spans()`.
    """

    cues: Mapping[str, pd.DataFrame]
    spans: Mapping[str, pd.DataFrame]
    truth: pd.DataFrame
    people: tuple[str, str]
    duration_s: float
    script: Script


def simulate_session(script: Script, seed: int | None = None, *, dyad: int | None = None) -> SimulatedSession:
    """Return the cues of a script's session; the seed settles noise and wandering, `dyad` who these people are.

    Both default to the script's seed. A 50-minute session takes well under a second.
    """
    seed = script.seed if seed is None else seed
    effects = script.effects()
    turns = signals_heard.heard_turns(script, script.turns(), seed)
    first, second = (p.name for p in script.people)
    people = [_person(script, effects, turns, name, seed, seed if dyad is None else dyad) for name in (first, second)]
    cues: dict[str, pd.DataFrame] = {}
    spans: dict[str, pd.DataFrame] = {"turns": turns}
    for name in _SEEN:
        found = [getattr(signals_seen, name)(who) for who in people]
        cues[name] = tables.join([samples for samples, _ in found])
        spans[name] = tables.join([rows for _, rows in found])
    cues["voice"] = tables.join([signals_heard.voice(who) for who in people])
    cues["speaking"] = signals_heard.speaking(people, turns)
    cues["response"] = signals_heard.response(people, turns)
    cues["synchrony"] = _synchrony(people, cues["gaze"], script, seed)
    absent = {name for name, modality in MODALITY_OF.items() if modality in script.output.missing}
    return SimulatedSession(
        {name: table for name, table in cues.items() if name not in absent},
        {name: table for name, table in spans.items() if name not in absent},
        script.truth_spans(),
        (first, second),
        script.duration_s,
        script,
    )


def _person(script: Script, effects: Sequence[Effect], turns: pd.DataFrame, name: str, seed: int, dyad: int) -> Self:
    sounds = [(e.sound, e.start_s, e.end_s) for e in effects if e.person == name and e.sound in SOUNDS]
    holds = [(e.start_s, e.end_s) for e in effects if e.person == name and e.kind == "hold"]
    speaks = partial(signals_heard.speech_on, turns, name)
    return Self(name, Forces(effects, name), speaks, sounds, holds, seed, dyad, script.duration_s, script.output)


def _synchrony(people: Sequence[Self], gaze: pd.DataFrame, script: Script, seed: int) -> pd.DataFrame:
    """Return the pair's table: z against surrogates, which wander about 0, mutual gaze and mirroring."""
    time = np.arange(_PAIR_STEP_S, script.duration_s - _PAIR_STEP_S, _PAIR_STEP_S)
    rng = draw(seed, PAIR)
    columns: dict[str, Floats] = {}
    for name in _SYNC:
        walk = 0.3 * rng.standard_normal() + wander(rng, time.size, 1 / _PAIR_STEP_S, 15.0)[0]
        columns[name] = sum((who.forces.added(name, time, PAIR) for who in people), walk)
    if "sound" in script.output.missing:
        columns["voice_sync_z"] = np.full(time.shape, np.nan)
    for name in ("motion", "head", "face", "breathing"):
        columns[f"{name}_abs_z"] = wander(rng, time.size, 1 / _PAIR_STEP_S, 15.0)[0]
    columns["motion_lead_s"] = np.clip(1.5 * wander(rng, time.size, 1 / _PAIR_STEP_S, 10.0)[0], -5, 5)
    toward = [gaze.loc[gaze["person"] == who.name, "toward_partner"].to_numpy() for who in people]
    steps = round(_PAIR_STEP_S * RATE_HZ["gaze"])
    both = np.nan_to_num(toward[0] * toward[1])
    windows = np.convolve(both, np.ones(2 * steps) / (2 * steps), mode="same")
    columns["mutual_gaze"] = np.clip(windows[(time * RATE_HZ["gaze"]).astype(int)], 0, 1)
    mirror = 0.2 + 0.2 * wander(rng, time.size, 1 / _PAIR_STEP_S, 20.0)[0]
    columns["mirroring"] = np.clip(sum((w.forces.added("mirroring", time, PAIR) for w in people), mirror), -1, 1)
    if "face" in script.output.missing:
        columns |= {n: np.full(time.shape, np.nan) for n in _OF_FACE}
    if "body" in script.output.missing:
        columns |= {n: np.full(time.shape, np.nan) for n in _OF_BODY}
    return tables.samples(time, PAIR, columns, 0.8)
