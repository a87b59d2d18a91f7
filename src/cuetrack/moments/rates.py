"""Signals made from spans: how often or for how much of the time something happened, once a second."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from cuetrack.timeline.state import covered_s


@dataclass(frozen=True, slots=True)
class Rate:
    """A signal counted from the spans of one cue: `how` is "per_min", "share", or "repeat" (a pause within own turns).

    `window_s` is centred; `noise` is the share or rate below which a change says nothing.
    """

    cue: str
    label: str
    how: str
    window_s: float
    noise: float


RATES: Mapping[str, Rate] = {
    "interruption_per_min": Rate("turns", "interruption", "per_min", 30.0, 1.0),
    "backchannel_per_min": Rate("turns", "backchannel", "per_min", 30.0, 2.0),
    "repeat_pause_per_min": Rate("turns", "pause", "repeat", 30.0, 1.0),
    "laugh_share": Rate("turns", "laugh", "share", 10.0, 0.1),
    "cough_share": Rate("turns", "cough", "share", 10.0, 0.1),
    "away_down_share": Rate("gaze", "away_down", "share", 10.0, 0.1),
    "away_up_share": Rate("gaze", "away_up", "share", 10.0, 0.1),
    "hold_share": Rate("breathing", "hold", "share", 20.0, 0.1),
    "sigh_per_min": Rate("breathing", "sigh", "per_min", 30.0, 1.0),
}
"""Counted signals; a pause is one of at least `MIN_PAUSE_S` with the same person before and after."""
MIN_PAUSE_S = 1.0


def rate(
    signal: str, spans: pd.DataFrame, person: str, times: npt.NDArray[np.float64], step_s: float
) -> npt.NDArray[np.float32]:
    """Return one counted signal of one person at `times` (n,), each standing for `step_s` seconds."""
    spec = RATES[signal]
    rows = spans[(spans["label"] == spec.label) & (spans["person"] == person)]
    if spec.how == "repeat":
        rows = rows[(rows["toward"] == person) & (rows["end_s"] - rows["start_s"] >= MIN_PAUSE_S)]
    middle = times + step_s / 2
    if spec.how == "share":
        first = middle - spec.window_s / 2
        seconds = covered_s(rows["start_s"].to_numpy(), rows["end_s"].to_numpy(), first, spec.window_s)
        return (seconds / spec.window_s).astype(np.float32)
    begun = np.sort(rows["start_s"].to_numpy())
    count = np.searchsorted(begun, middle + spec.window_s / 2) - np.searchsorted(begun, middle - spec.window_s / 2)
    return (count * (60.0 / spec.window_s)).astype(np.float32)
