"""The voices of a script, and how they reach the recording: channels, crosstalk, noise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cuetrack.simulate import room, voice
from cuetrack.simulate.archetypes import SOUNDS
from cuetrack.simulate.voice import FRAME_HZ, RATE_HZ, Sound

if TYPE_CHECKING:
    from cuetrack.simulate.script import Script

Samples = npt.NDArray[np.float32]

_TRACTS = (1.12, 1.0)
_MELODY_S = 0.25
_INAUDIBLE = 10 ** (-85 / 20)


def voices(script: Script) -> dict[str, Sound]:
    """Return the sound of each person of a script, by name, with its truth."""
    curves, turns = script.curves(FRAME_HZ), script.turns()
    found = {}
    for number, person in enumerate(script.people):
        own, said = curves[person.name], turns[turns["person"] == person.name]
        seed = script.seed * 101 + number
        semitones = own["f0_st"] + own["f0_sd_st"] * _melody(len(own["f0_st"]), seed)
        speech = said[said["label"].isin(["ipu", "backchannel"])]
        other = said[said["label"].isin(SOUNDS)]
        found[person.name] = voice.voice(
            list(zip(speech["start_s"], speech["end_s"], strict=True)),
            list(zip(other["start_s"], other["end_s"], other["label"], strict=True)),
            f0_hz=np.clip(person.voice_f0_hz * 2 ** (semitones / 12), 60, 600),
            level_db=own["level_db"],
            rate_syl_per_s=own["rate_syl_per_s"],
            tract=_TRACTS[number % 2],
            seed=seed,
        )
    return found


def recorded(
    script: Script, sounds: Mapping[str, Sound], *, crosstalk_db: float | None = None, floor_db: float = -62.0
) -> dict[str, Samples]:
    """Return what each person's microphone records, by name: room noise of `floor_db`, what rings, and the others.

    `crosstalk_db` is how much weaker the others arrive in every channel, -20 as a headset lets through; the script's
    channel `crosstalk_db` adds to it, its channel `sound` turns the microphone down. The script's `sound_late_s` shifts
    all of it against the picture.
    """
    curves = script.curves(FRAME_HZ)
    late = round(script.output.sound_late_s * RATE_HZ)
    heard = {}
    for number, (name, own) in enumerate(sounds.items()):
        count = len(own.samples)
        mix = own.samples + room.noise(count, floor_db, script.seed * 7 + number) + room.rings(script, count)
        leaks = 10 ** (_every_sample(curves[name]["crosstalk_db"], count) / 20)
        leaks = np.where(leaks > _INAUDIBLE, leaks, 0.0)
        if crosstalk_db is not None:
            leaks = leaks + np.float32(10 ** (crosstalk_db / 20))
        if leaks.any():
            mix = mix + leaks * sum(theirs.samples for other, theirs in sounds.items() if other != name)
        mix = mix * _every_sample(curves[name]["sound"], count)
        heard[name] = _later(np.clip(mix, -0.99, 0.99).astype(np.float32), late)
    return heard


def _every_sample(curve: npt.NDArray[np.float64], count: int) -> npt.NDArray[np.float64]:
    """Return a curve at FRAME_HZ for each of `count` samples of sound."""
    return np.asarray(np.interp(np.arange(count) * (FRAME_HZ / RATE_HZ), np.arange(len(curve)), curve))


def _later(samples: Samples, shift: int) -> Samples:
    """Return sound that begins so many samples later (earlier if negative), silence filling up."""
    if shift == 0:
        return samples
    filled = np.zeros_like(samples)
    if shift > 0:
        filled[shift:] = samples[:-shift]
    else:
        filled[:shift] = samples[-shift:]
    return filled


def mixed(channels: Mapping[str, Samples]) -> Samples:
    """Return one channel with everyone in it, (n,)."""
    return np.asarray(np.clip(sum(channels.values()), -0.99, 0.99), dtype=np.float32)


def _melody(count: int, seed: int) -> npt.NDArray[np.float64]:
    """Return a smooth wander of unit variance, (count,) at FRAME_HZ."""
    from scipy.ndimage import gaussian_filter1d

    shocks = np.random.default_rng([seed, 73]).standard_normal(count)
    walk = gaussian_filter1d(shocks, _MELODY_S * FRAME_HZ, mode="reflect")
    return np.asarray(walk * np.sqrt(2 * np.sqrt(np.pi) * _MELODY_S * FRAME_HZ))
