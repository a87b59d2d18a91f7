"""Who speaks when, from the best source there is: own channels, lips with sound, or clusters of voices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cuetrack.errors import PeopleError
from cuetrack.media.audio import Raw
from cuetrack.people.channels import Gaps, hear_channels
from cuetrack.people.crosstalk import same_sound
from cuetrack.people.mixture import hear_mix
from cuetrack.people.tracks import FaceTrack, SoundTrack, SpeechTrack
from cuetrack.people.windows import RATE_HZ

_DEAD_PEAK = 3e-4


class Heard(NamedTuple):
    """What was heard: a speech and a sound track per person, and what the user should know, in plain words."""

    speech: dict[str, SpeechTrack]
    sound: dict[str, SoundTrack]
    warnings: list[str]


def listen(
    channels: Mapping[str, Raw] | Sequence[Raw] | npt.NDArray[Any],
    people: Sequence[str],
    *,
    start_s: float | Mapping[str, float] = 0.0,
    rate_hz: int = RATE_HZ,
    gaps: Gaps = (),
    source: str = "own_channel",
    remote: bool = False,
    faces: Mapping[str, FaceTrack] | None = None,
    speaker_a: str | None = None,
    known: Mapping[str, tuple[float, float]] | None = None,
) -> Heard:
    """Find out who speaks when and measure each voice, from the best source there is.

    `channels` (int16, or float in -1..1, at 16 kHz) maps each person to their own (n,), or is the recording's channels,
    an array (k, n) or one (n,) after the other, or one mix (n,). Two different channels are taken as one person each,
    in the order of `people`; two equal ones are a mix. `start_s` is the session time of the first sample, one for all
    or one each; in `gaps` (session time) nothing was recorded. `remote`: the sound came over a call, which makes level
    and voice quality less reliable. In a mix `faces` lets lips decide; without them voices are told apart by their
    sound, `speaker_a` names who is heard first, and `known` gives a stretch (start_s, end_s) where only that person
    speaks.
    Raises PeopleError where names, rate and sound do not fit each other.
    """
    if rate_hz != RATE_HZ:
        raise PeopleError(f"expected sound at {RATE_HZ} Hz, got {rate_hz} Hz; load it with rate_hz={RATE_HZ}")
    if not 1 <= len(set(people)) == len(people) <= 2:
        raise PeopleError(f"expected the names of one or two people, got: {', '.join(people) or 'none'}")
    named = [n for n in (speaker_a, *(known or {})) if n is not None and n not in people]
    if named:
        raise PeopleError(f"{named[0]!r} is none of the people ({', '.join(people)})")
    own, mix, notes = _layout(channels, people)
    if own:
        starts = {p: float(start_s[p] if isinstance(start_s, Mapping) else start_s) for p in own}
        speech, sound, more = hear_channels(own, starts, source=source, remote=remote, gaps=gaps)
        return Heard(speech, sound, notes + more)
    if mix is None:
        return Heard({}, {}, notes)
    if len(people) == 1:
        start = float(start_s if not isinstance(start_s, Mapping) else start_s[people[0]])
        speech, sound, more = hear_channels(
            {people[0]: mix}, {people[0]: start}, source=source, remote=remote, gaps=gaps
        )
        return Heard(speech, sound, notes + more)
    start = float(min(start_s.values()) if isinstance(start_s, Mapping) else start_s)
    speech, sound, more = hear_mix(
        mix, people, start, faces=faces, speaker_a=speaker_a, known=known, remote=remote, gaps=gaps
    )
    return Heard(speech, sound, notes + more)


def _layout(
    channels: Mapping[str, Raw] | Sequence[Raw] | npt.NDArray[Any], people: Sequence[str]
) -> tuple[dict[str, Raw], Raw | None, list[str]]:
    """Decide what the channels are: (own channel per person, or one mix; notes); silence is nobody's."""
    notes: list[str] = []
    if isinstance(channels, Mapping):
        strangers = sorted(set(channels) - set(people))
        if strangers:
            raise PeopleError(f"sound is given for {', '.join(strangers)}, but the people are {', '.join(people)}")
        given = {person: row for person, row in channels.items() if _peak(row) > _DEAD_PEAK}
        notes += [f"{p}'s sound is silent: voice and speech are missing" for p in channels if p not in given]
    else:
        rows: list[Raw] = [channels] if isinstance(channels, np.ndarray) and channels.ndim == 1 else list(channels)
        alive = [row for row in rows if _peak(row) > _DEAD_PEAK]
        if not alive:
            return {}, None, ["the sound is silent: voice, turns and response are missing"]
        if len(alive) < len(rows):
            notes.append("a channel of the recording is silent; the others are used")
        if len(people) == 1:
            return {people[0]: alive[0]}, None, notes
        if len(alive) == 1:
            return {}, alive[0], notes
        if len(alive) > 2:
            notes.append(f"the recording has {len(alive)} channels with sound; the first two are used")
        given = dict(zip(people, alive, strict=False))
    if len(given) == 2 and same_sound(*given.values()):
        return {}, next(iter(given.values())), ["both channels carry the same sound"]
    return given, None, notes


def _peak(samples: Raw) -> float:
    scale = 32768.0 if samples.dtype == np.int16 else 1.0
    return float(np.abs(samples[:: max(1, len(samples) // 1_000_000)].astype(np.float64)).max(initial=0.0)) / scale
