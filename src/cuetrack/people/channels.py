"""Who speaks when there is a channel or a file per person: voice activity, without what leaks in from the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from cuetrack import tables
from cuetrack.media.audio import Raw
from cuetrack.people.activity import (
    SILENT_DB,
    close_gaps,
    drop_short,
    short_level,
    speech_likelihood,
    speech_mask,
    speech_or_voice,
)
from cuetrack.people.crosstalk import find_leak, leaked_level
from cuetrack.people.noises import Noise, find_noises
from cuetrack.people.sound import measure_sound
from cuetrack.people.timbre import cepstra
from cuetrack.people.tracks import SoundTrack, SpeechTrack
from cuetrack.people.windows import HOP, RATE_HZ, runs
from cuetrack.tables import join

Floats = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]
Gaps = Sequence[tuple[float, float]]

ROW_S = HOP / RATE_HZ
REMOTE_RELIABILITY = 0.3
_LEAK_MARGIN_DB = 6.0
_DROPOUT_ROWS = 20


class _Channel(NamedTuple):
    """What one channel holds every 10 ms: its measures, level, likelihood of speech and timbre."""

    track: SoundTrack
    level_db: Floats
    likely: Floats
    cepstra: Floats


def hear_channels(
    channels: Mapping[str, Raw],
    starts: Mapping[str, float],
    *,
    source: str = "own_channel",
    remote: bool = False,
    gaps: Gaps = (),
) -> tuple[dict[str, SpeechTrack], dict[str, SoundTrack], list[str]]:
    """Return speech and sound tracks of each person's own channel, and notes on the recording in plain words.

    What another channel leaks into one's own is no speech of one's own; where both speak, both do.
    """
    reliability = REMOTE_RELIABILITY if remote else 1.0

    def hear(person: str) -> _Channel:
        samples = channels[person]
        track = measure_sound(person, samples, start_s=starts[person], source=source, reliability=reliability)
        level = short_level(samples)
        likely = speech_or_voice(speech_likelihood(samples), track.voicing, level)
        return _Channel(track, level, likely, cepstra(samples))

    with ThreadPoolExecutor(max_workers=max(1, len(channels))) as pool:  # most of it is outside Python's lock
        answers = dict(zip(channels, pool.map(hear, channels), strict=True))
    sound = {person: answer.track for person, answer in answers.items()}
    loud = {person: answer.level_db for person, answer in answers.items()}
    likely = {person: answer.likely for person, answer in answers.items()}
    speech, notes = {}, []
    for person, samples in channels.items():
        least, leaks = _leaks(person, likely, loud, starts)
        notes += leaks
        start = starts[person]
        mask = speech_mask(likely[person], loud[person], least_db=least)
        noises = find_noises(
            loud[person], sound[person].f0_hz, answers[person].cepstra, likely[person], mask, least_db=least
        )
        mask = without_noises(mask, noises)
        heard = heard_spans(loud[person], start, len(samples), gaps)
        spans = join(
            [speech_spans(person, mask, likely[person], start, source), noise_spans(person, noises, start, source)]
        )
        speech[person] = SpeechTrack(person, spans, source, 0.95, heard)
    return speech, sound, notes


def _leaks(
    person: str, likely: Mapping[str, Floats], loud: Mapping[str, Floats], starts: Mapping[str, float]
) -> tuple[Floats | None, list[str]]:
    """Return the level that own speech must exceed because of the others' leak, and a note on it."""
    least: Floats | None = None
    notes = []
    for other in loud:
        if other == person:
            continue
        shift = round((starts[other] - starts[person]) / ROW_S)
        rows = len(loud[person])
        other_db = _placed(loud[other], shift, rows, -120.0)
        leak = find_leak(loud[person], other_db, _placed(likely[other], shift, rows, 0.0))
        if leak is None:
            continue
        level = leaked_level(other_db, leak) + min(_LEAK_MARGIN_DB, max(2.0, -leak.gain_db / 2))
        least = level if least is None else np.maximum(least, level)
        if leak.gain_db > -15 and leak.spread_db < 6:
            notes.append(
                f"{other}'s voice is heard in {person}'s channel at {leak.gain_db:.0f} dB: "
                "who speaks is less sure where both do"
            )
    return least, notes


def _placed(values: Floats, shift: int, rows: int, empty: float) -> Floats:
    """Return values moved later by `shift` rows on a grid of `rows`, `empty` where there are none."""
    out = np.full(rows, empty, np.float32)
    first, last = max(0, shift), min(rows, shift + len(values))
    if last > first:
        out[first:last] = values[first - shift : last - shift]
    return out


def heard_spans(level_db: Floats, start_s: float, count: int, gaps: Gaps) -> tuple[tuple[float, float], ...]:
    """Return the session times in which a channel was heard: not in gaps, nor in drop-outs to digital silence.

    Digital silence counts as a drop-out only in a channel that has background noise elsewhere: calls that mute pauses
    are digitally silent whenever nobody speaks.
    """
    silent = level_db <= SILENT_DB
    known = np.ones(len(level_db), bool)
    if silent.mean() < 0.05:
        for start, stop in runs(close_gaps(silent, 1)):
            known[start:stop] = stop - start < _DROPOUT_ROWS
    for start_gap, end_gap in gaps:
        first, last = (max(0, round((t - start_s) / ROW_S)) for t in (start_gap, end_gap))
        known[first:last] = False
    end_s = start_s + count / RATE_HZ
    return tuple((start_s + a * ROW_S, min(start_s + b * ROW_S, end_s)) for a, b in runs(known))


def without_noises(mask: Mask, noises: Sequence[Noise]) -> Mask:
    """Return the speech rows less those of sounds that are not speech."""
    out = mask.copy()
    for noise in noises:
        out[noise.start : noise.stop] = False
    return drop_short(out, 8)


def noise_spans(person: str, noises: Sequence[Noise], start_s: float, source: str) -> pd.DataFrame:
    """Return a spans table of a person's sounds that are not speech."""
    return tables.spans(
        {
            "start_s": start_s + n.start * ROW_S,
            "end_s": start_s + n.stop * ROW_S,
            "person": person,
            "label": n.label,
            "score": n.score,
            "source": source,
        }
        for n in noises
    )


def speech_spans(
    person: str, mask: Mask, score: Floats, start_s: float, source: str, *, label: str = "speech"
) -> pd.DataFrame:
    """Return a spans table of the stretches of a mask, each with the mean of `score` within it."""
    return tables.spans(
        {
            "start_s": start_s + a * ROW_S,
            "end_s": start_s + b * ROW_S,
            "person": person,
            "label": label,
            "score": float(np.clip(score[a:b].mean(), 0, 1)),
            "source": source,
        }
        for a, b in runs(mask)
    )
