"""A script as continuous commands: levels with raised-cosine changes, natural wandering, and ready-made motion."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from cuetrack import tables
from cuetrack.simulate.script_channels import CHANNELS

if TYPE_CHECKING:
    from cuetrack.simulate.script import Script

Floats = npt.NDArray[np.float64]

_GRID_HZ = 10.0
_BLINK_S = 0.24
_NOD = (4.0, 1.5, 2)  # degrees, Hz, cycles of one bout
_SHAKE = (6.0, 1.2, 3)
_JAW_OF_SPEECH = 0.55
_MIRROR_LAG_S = 0.8
_LAUGH_HZ = 4.8
_SIGH = 4.2  # times the usual peak above rest: a rise of at least 2.1 usual breaths, which swing from -1 to 1


def times(script: Script, rate_hz: float) -> Floats:
    """Return the sample times, k / rate_hz."""
    return np.arange(round(script.duration_s * rate_hz)) / rate_hz


def generator(script: Script, *what: str) -> np.random.Generator:
    """Return the random numbers of one aspect of a script: the same script gives the same ones."""
    return np.random.default_rng([script.seed, *(zlib.crc32(w.encode()) for w in what)])


def weight(time_s: Floats, start_s: float, end_s: float, ramp_s: float) -> Floats:
    """Return 0..1 of how far an event is in force: raised cosines of `ramp_s` centred on its two borders."""
    ramp = max(min(ramp_s, end_s - start_s), 1e-6)
    rise = np.clip((time_s - start_s) / ramp + 0.5, 0.0, 1.0)
    fall = np.clip((time_s - end_s) / ramp + 0.5, 0.0, 1.0)
    return np.asarray((0.5 - 0.5 * np.cos(np.pi * rise)) * (0.5 + 0.5 * np.cos(np.pi * fall)))


def levels(script: Script, rate_hz: float) -> dict[str, dict[str, Floats]]:
    """Return what the events command, without wandering: person to channel to (n,) array, clipped to its range."""
    time = times(script, rate_hz)
    found = {p.name: {c: np.full(time.shape, float(p.default(c))) for c in CHANNELS} for p in script.people}
    for effect in script.effects():
        person = script.person(effect.person)
        ramp = script.transition_s if effect.ramp_s is None else effect.ramp_s
        first = np.searchsorted(time, effect.start_s - ramp)
        near = slice(int(first), int(np.searchsorted(time, effect.end_s + ramp)))
        share = weight(time[near], effect.start_s, effect.end_s, ramp)
        for channel, (change, value) in effect.draws.items():
            moved = change.delta(value, person.default(channel), effect.strength)
            found[effect.person][channel][near] += moved * share
    for channels in found.values():
        for name, values in channels.items():
            np.clip(values, CHANNELS[name].low, CHANNELS[name].high, out=values)
    return found


def curves(script: Script, rate_hz: float) -> dict[str, dict[str, Floats]]:
    """Return levels with wandering and mirroring, and the ready-made motion that `Script.curves` names."""
    time = times(script, rate_hz)
    found = levels(script, rate_hz)
    for person, channels in found.items():
        for name in CHANNELS:
            if CHANNELS[name].sd:
                channels[name] += CHANNELS[name].sd * _wander(script, person, name, time)
    _mirror(script, found, rate_hz)
    spans = {"act": script.acts(), "turn": script.turns()}
    for person, channels in found.items():
        acts = spans["act"][spans["act"]["person"] == person]
        heard = spans["turn"][spans["turn"]["person"] == person]
        channels["blink"] = np.maximum(_pulses(time, acts[acts["label"] == "blink"]), channels["eyes_closed"])
        channels["pitch_deg"] += _swings(time, acts[acts["label"] == "nod"], *_NOD)
        channels["yaw_deg"] += _swings(time, acts[acts["label"] == "shake"], *_SHAKE)
        channels["speech"] = _sounding(time, heard)
        channels["envelope"] = _envelope(channels["speech"], channels["rate_syl_per_s"], rate_hz)
        channels["jaw"] += _JAW_OF_SPEECH * channels["envelope"] + _laughing(time, heard)
        channels["breath_y_px"] = _breath(script, person, time, channels, heard, rate_hz)
        for name in CHANNELS:
            np.clip(channels[name], CHANNELS[name].low, CHANNELS[name].high, out=channels[name])
    return found


def acts(script: Script) -> pd.DataFrame:
    """Return blinks, nods, shakes, holds and hands over the face as a spans table."""
    rows: list[dict[str, object]] = []
    commanded = levels(script, _GRID_HZ)
    for person, channels in commanded.items():
        for label, channel, length, gap in (
            ("blink", "blink_rate_per_min", _BLINK_S, 0.5),
            ("nod", "nod_rate_per_min", _NOD[2] / _NOD[1], 2.0),
            ("shake", "shake_rate_per_min", _SHAKE[2] / _SHAKE[1], 3.0),
        ):
            for start in _marks(script, person, label, channels[channel], gap):
                if start + length < script.duration_s:
                    rows.append({"start_s": start, "end_s": start + length, "person": person, "label": label})
        for label, channel in (("hold", "breath_hold"), ("hand_over_face", "hand_over_face")):
            for start, end in _runs(channels[channel] >= 0.45):
                rows.append({"start_s": start / _GRID_HZ, "end_s": end / _GRID_HZ, "person": person, "label": label})
    return tables.spans([{**row, "score": 1.0, "source": "script"} for row in rows])


def _wander(script: Script, person: str, channel: str, time: Floats) -> Floats:
    """Return a smooth unit-variance AR(1) walk, the same at every rate."""
    step = min(CHANNELS[channel].memory_s / 4, 0.5)
    count = int(script.duration_s / step) + 4
    keep = float(np.exp(-step / CHANNELS[channel].memory_s))
    shocks = generator(script, person, channel, "wander").standard_normal(count) * np.sqrt(1 - keep**2)
    walk = np.empty(count)
    value = shocks[0] / np.sqrt(1 - keep**2)
    for index, shock in enumerate(shocks):
        value = keep * value + shock
        walk[index] = value
    place = time / step
    low = place.astype(int)
    part = 0.5 - 0.5 * np.cos(np.pi * (place - low))  # no corners: a renderer's motion must look continuous
    return np.asarray(walk[low] * (1 - part) + walk[low + 1] * part)


def _mirror(script: Script, found: dict[str, dict[str, Floats]], rate_hz: float) -> None:
    lag = round(_MIRROR_LAG_S * rate_hz)
    before = {p: {c: found[p][c].copy() for c in ("smile", "lean")} for p in found}
    for person in script.people:
        partner = script.partner(person.name)
        share = found[person.name]["mirroring"]
        for channel in ("smile", "lean"):
            theirs = before[partner.name][channel] - partner.default(channel)
            late = np.concatenate([np.full(lag, theirs[0]), theirs[:-lag]]) if lag else theirs
            own = found[person.name][channel]
            found[person.name][channel] = (1 - share) * own + share * (person.default(channel) + late)


def _marks(script: Script, person: str, label: str, rate_per_min: Floats, gap_s: float) -> list[float]:
    """Return starts of acts at this changing rate: gamma(2) steps of the summed rate, at least `gap_s` apart."""
    due = np.concatenate([[0.0], np.cumsum(rate_per_min) / 60 / _GRID_HZ])
    steps = np.cumsum(generator(script, person, label).gamma(2.0, 0.5, int(due[-1] * 1.5) + 20))
    starts = np.interp(steps[steps < due[-1]], due, np.arange(due.size) / _GRID_HZ)
    kept: list[float] = []
    for start in starts:
        if not kept or start - kept[-1] >= gap_s:
            kept.append(float(start))
    return kept


def _runs(on: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], on.astype(int), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _pulses(time: Floats, spans: pd.DataFrame) -> Floats:
    total = np.zeros_like(time)
    for start, end in zip(spans["start_s"], spans["end_s"], strict=True):
        near = slice(*np.searchsorted(time, [start, end]))
        total[near] = np.sin(np.pi * (time[near] - start) / (end - start)) ** 2
    return total


def _swings(time: Floats, spans: pd.DataFrame, degrees: float, hz: float, cycles: int) -> Floats:
    total = np.zeros_like(time)
    for start, end in zip(spans["start_s"], spans["end_s"], strict=True):
        near = slice(*np.searchsorted(time, [start, end]))
        since = time[near] - start
        fade = np.sin(np.pi * since * hz / cycles) ** 0.5
        total[near] += degrees * np.sin(2 * np.pi * hz * since) * np.nan_to_num(fade)
    return total


def _sounding(time: Floats, heard: pd.DataFrame) -> Floats:
    total = np.zeros_like(time)
    said = heard[heard["label"].isin(["ipu", "backchannel"])]
    for start, end in zip(said["start_s"], said["end_s"], strict=True):
        total[slice(*np.searchsorted(time, [start, end]))] = 1.0
    return total


def _envelope(speech: Floats, rate_syl_per_s: Floats, rate_hz: float) -> Floats:
    """Return syllables while speaking: the phase starts anew with each stretch, so that each begins with a rise."""
    total = np.zeros_like(speech)
    for start, end in _runs(speech > 0.5):
        phase = syllable_phase(rate_syl_per_s[start:end], rate_hz)
        total[start:end] = 0.5 - 0.5 * np.cos(2 * np.pi * phase)
    return total


def syllable_phase(rate_syl_per_s: Floats, rate_hz: float) -> Floats:
    """Return the syllable phase of one stretch of speech, (n,): its whole part is the syllable's number.

    The commanded rate is stretched to whole syllables, at least one, so that sound and jaw end where the stretch does.
    """
    phase = np.cumsum(rate_syl_per_s) / rate_hz
    whole = max(round(float(phase[-1])), 1)
    return np.asarray(phase * (whole / phase[-1]))


def _laughing(time: Floats, heard: pd.DataFrame) -> Floats:
    total = np.zeros_like(time)
    laughs = heard[heard["label"] == "laugh"]
    for start, end in zip(laughs["start_s"], laughs["end_s"], strict=True):
        near = slice(*np.searchsorted(time, [start, end]))
        total[near] = 0.6 * (0.5 - 0.5 * np.cos(2 * np.pi * _LAUGH_HZ * (time[near] - start)))
    return total


def _breath(
    script: Script, person: str, time: Floats, channels: dict[str, Floats], heard: pd.DataFrame, rate_hz: float
) -> Floats:
    """Return chest displacement in px, up positive; a hold stops the phase, a sigh is one deep breath more."""
    pace = channels["breath_rate_per_min"] / 60 * (1 - (channels["breath_hold"] > 0.5))
    phase = float(generator(script, person, "breath").uniform()) + np.cumsum(pace) / rate_hz
    chest = channels["breath_px"] * np.sin(2 * np.pi * phase)
    sighs = heard[heard["label"] == "sigh"]
    for start, end in zip(sighs["start_s"], sighs["end_s"], strict=True):
        near = slice(*np.searchsorted(time, [start - 1.0, end]))  # the chest rises before the breath is heard
        since = (time[near] - start + 1.0) / (end - start + 1.0)
        deep, share = _SIGH * script.person(person).default("breath_px"), np.sin(np.pi * since)
        chest[near] = chest[near] * (1 - share) + deep * share
    return np.asarray(chest)
