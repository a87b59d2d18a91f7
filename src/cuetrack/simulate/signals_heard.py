"""Simulated turns, speaking, answers and voice: the script's conversation as a listening machine would report it."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import numpy as np
import pandas as pd

from cuetrack import tables
from cuetrack.simulate.script import Script
from cuetrack.simulate.script_turns import overlaps, pauses
from cuetrack.simulate.signals_forces import Floats, clock, draw
from cuetrack.simulate.signals_seen import Self, measured, wanderings
from cuetrack.simulate.signals_specs import RATE_HZ, VOICE


def heard_turns(script: Script, said: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the turns cue's spans: borders a few hundredths off, some missed, in a mono mix some confused."""
    rng = draw(seed, "turns")
    mono = script.output.sound == "mono"
    table = said[~said["label"].isin(["pause", "overlap"])].reset_index(drop=True)
    words = table["label"].isin(["ipu", "backchannel", "interruption"]).to_numpy()
    short = words & ((table["end_s"] - table["start_s"]).to_numpy() < 0.8)
    missed = words & (rng.random(len(table)) < np.where(short, 0.06, 0.01) * (2 if mono else 1))
    table = table[~missed].reset_index(drop=True)
    shift = rng.normal(0, 0.06 if mono else 0.04, (2, len(table)))
    start = np.clip(table["start_s"].to_numpy() + shift[0], 0, script.duration_s - 0.1)
    end = np.clip(table["end_s"].to_numpy() + shift[1], start + 0.08, script.duration_s)
    table = table.assign(start_s=start, end_s=end, score=0.7 if mono else 0.93, source="simulated")
    if mono:  # very short sounds are the ones given to the wrong person
        swap = ((end - start) < 0.8) & (table["label"] == "backchannel").to_numpy() & (rng.random(len(table)) < 0.15)
        person, toward = table["person"].to_numpy().copy(), table["toward"].to_numpy().copy()
        table["person"], table["toward"] = np.where(swap, toward, person), np.where(swap, person, toward)
    speech = table[table["label"].isin(["ipu", "backchannel"])]
    between = [*pauses(table[table["label"] == "ipu"].sort_values("start_s")), *overlaps(speech)]
    rest = tables.spans([{**r, "score": 0.7 if mono else 0.93, "source": "simulated"} for r in between])
    return tables.join([table, speech.assign(label="speech", toward=""), rest])


def speech_on(turns: pd.DataFrame, person: str, time: Floats) -> Floats:
    """Return 0/1 of whether a person sounds at each time."""
    words = turns[(turns["label"] == "speech") & (turns["person"] == person)]
    return on_in(words["start_s"].to_numpy(), words["end_s"].to_numpy(), time)


def on_in(start: Floats, end: Floats, time: Floats) -> Floats:
    """Return 0/1 of whether each time lies in any of the stretches."""
    change = np.zeros(time.size + 1)
    np.add.at(change, np.searchsorted(time, start), 1)
    np.add.at(change, np.searchsorted(time, end), -1)
    return (np.cumsum(change[:-1]) > 0) * 1.0


def speaking(people: Sequence[Self], turns: pd.DataFrame) -> pd.DataFrame:
    """Return who speaks, shares of talk and of silence, and turn length, over a minute."""
    rate = RATE_HZ["speaking"]
    time = clock(people[0].duration_s, rate)
    on = {who.name: speech_on(turns, who.name, time) for who in people}
    silent = 1.0 - np.clip(sum(on.values()), 0, 1)
    half = int(30 * rate)
    around = {name: _around(values, half) for name, values in {**on, "": silent, "all": np.ones(time.size)}.items()}
    parts = []
    for who in people:
        other = next(p.name for p in people if p.name != who.name)
        talk = around[who.name] / np.maximum(around[who.name] + around[other], 1.0)
        own = turns[(turns["label"] == "turn") & (turns["person"] == who.name)]
        first, last = own["start_s"].to_numpy(), own["end_s"].to_numpy()
        length = _median_around((first + last) / 2, last - first, time)
        sure = 0.93 * np.clip(who.forces.factor("sound_confidence", time, "sound"), 0, 1)
        kept = sure > 0.12
        columns = {
            "speaking": on[who.name], "talk_share": talk, "pause_share": around[""] / around["all"], "turn_s": length,
        }  # fmt: skip
        columns = {name: np.where(kept, values, np.nan) for name, values in columns.items()}
        parts.append(tables.samples(time, who.name, columns, sure * kept))
    return tables.join(parts)


def _around(values: Floats, half: int) -> Floats:
    total = np.concatenate([[0.0], np.cumsum(values)])
    at = np.arange(values.size)
    return np.asarray(total[np.minimum(at + half, values.size)] - total[np.maximum(at - half, 0)])


def _median_around(middle: Floats, length: Floats, time: Floats) -> Floats:
    """Return the median length of the turns within 30 s, found once a second."""
    seconds = np.arange(0.0, time[-1] + 1)
    lengths = length.tolist()
    first, last = np.searchsorted(middle, seconds - 30), np.searchsorted(middle, seconds + 30)
    values = np.array([median(lengths[a:b]) if b > a else np.nan for a, b in zip(first, last, strict=True)])
    return np.asarray(values[np.minimum(time.astype(int), values.size - 1)])


def response(people: Sequence[Self], turns: pd.DataFrame) -> pd.DataFrame:
    """Return one row per change of floor, for the one who answers."""
    listed = turns[turns["label"] == "turn"]
    start, end = listed["start_s"].to_numpy(), listed["end_s"].to_numpy()
    person = listed["person"].to_numpy()
    answer = np.flatnonzero(person[1:] != person[:-1]) + 1
    offset = np.clip(start[answer] - end[answer - 1], -20, 60)
    length = end[answer] - start[answer]
    asked = end[answer - 1] - start[answer - 1]
    parts = []
    for who in people:
        own = person[answer] == who.name
        rng = draw(who.seed, who.name, "intensity")
        loud = who.forces.added("level_db", start[answer], "voice")
        size = np.log(np.maximum(length[own], 0.1))
        spread = float(np.std(size)) or 1.0
        lively = 0.5 * (size - np.median(size)) / spread + 0.15 * loud[own] + rng.normal(0, 0.5, int(own.sum()))
        columns = {
            "transfer_offset_s": offset[own], "latency_s": np.maximum(offset[own], 0),
            "minimal": ((length[own] <= 1.2) & (asked[own] >= 2)) * 1.0, "reply_s": length[own],
            "intensity_sd": np.clip(lively, -10, 10),
        }  # fmt: skip
        sure = listed["score"].to_numpy()[answer][own]
        parts.append(tables.samples(start[answer][own], who.name, columns, sure))
    return tables.join(parts)


def voice(who: Self) -> pd.DataFrame:
    """Return the voice, missing wherever the person does not speak."""
    time = clock(who.duration_s, RATE_HZ["voice"])
    true = wanderings(who, "voice", VOICE, time)
    certain = (who.speaks(time) > 0.5) * (0.75 if who.output.sound == "mono" else 1.0)
    return measured(who, "voice", VOICE, time, true, "sound", certain)
