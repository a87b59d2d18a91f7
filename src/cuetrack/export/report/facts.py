"""A person's usual in this recording, in a few plain numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cuetrack.errors import StoreError

if TYPE_CHECKING:
    from cuetrack.session import Session

_MEDIANS = (
    ("response", "latency_s", "answers after", "{:.1f} s"),
    ("gaze", "blink_rate_per_min", "blinks", "{:.0f} a minute"),
    ("breathing", "breath_rate_per_min", "breaths", "{:.0f} a minute"),
    ("voice", "articulation_syl_per_s", "speech", "{:.1f} syllables a second"),
)


def of_person(session: Session, person: str) -> list[tuple[str, str]]:
    """Return name and value, in words, of what is usual for a person; what was not measured says so."""
    found = [_talk(session, person)]
    found.append(("gaze toward the other", _mean(session, "gaze", "toward_partner", person)))
    for cue, signal, name, form in _MEDIANS:
        values = _values(session, cue, signal, person)
        found.append((name, form.format(float(np.median(values))) if len(values) >= 5 else "not measured"))
    return found


def _talk(session: Session, person: str) -> tuple[str, str]:
    try:
        turns = session.spans("turns")
    except StoreError:
        return "speaks", "not measured"
    speech = turns[turns["label"].isin(["turn"])]
    own = speech[speech["person"] == person]
    if speech.empty or session.duration_s <= 0:
        return "speaks", "not measured"
    share = _seconds(own) / session.duration_s
    return "speaks", f"{share:.0%} of the time, {len(own)} turn{'' if len(own) == 1 else 's'}"


def _seconds(spans: pd.DataFrame) -> float:
    return float((spans["end_s"] - spans["start_s"]).sum())


def _mean(session: Session, cue: str, signal: str, person: str) -> str:
    values = _values(session, cue, signal, person)
    return f"{values.mean():.0%} of the time (likely)" if len(values) >= 5 else "not measured"


def _values(session: Session, cue: str, signal: str, person: str) -> np.ndarray:
    table = session.samples.get(cue)
    if table is None or signal not in table:
        return np.empty(0)
    values = table.loc[(table["person"] == person) & (table["confidence"] > 0), signal].to_numpy(float)
    return np.asarray(values[np.isfinite(values)])
