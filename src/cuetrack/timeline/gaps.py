"""How far a value reaches past its sample, and where nothing was measured."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cuetrack import tables

REACH_S = {"response": 20.0, "synchrony": 10.0}
"""Reach in seconds of cues that give one row per event or window instead of one per frame."""
FRAME_REACH_S = 1.0
"""Longest reach of any other cue: a person unseen for longer is missing, not still."""


def reach_s(cue: str, time_s: np.ndarray) -> float:
    """Return for how many seconds a sample of this cue holds when no newer one has come.

    Declared in `REACH_S` for event and window cues; otherwise 1.6 native intervals, at most `FRAME_REACH_S`,
    so that 7.5 samples per second fill a 10 Hz grid and a lost person does not.
    """
    if cue in REACH_S:
        return REACH_S[cue]
    steps = np.diff(time_s)
    steps = steps[steps > 0]
    return float(min(FRAME_REACH_S, 1.6 * np.median(steps))) if len(steps) else 0.0


def gaps(samples: pd.DataFrame, *, min_s: float = 2.0, low: float = 0.3, source: str = "") -> pd.DataFrame:
    """Return the stretches where a samples table is missing or unsure, as a spans table.

    Labels are `missing` (confidence 0, or no row for `min_s` seconds) and `low_confidence` (0 < confidence < `low`);
    only stretches of at least `min_s` seconds are named; `score` is the share of time measured within.
    """
    rows: list[dict[str, object]] = []
    for person, part in samples.groupby("person", sort=False):
        time = part["time_s"].to_numpy(np.float64)
        sure = part["confidence"].to_numpy(np.float64)
        if not len(time):
            continue
        step = float(np.median(np.diff(time))) if len(time) > 1 else 0.0
        kind = np.where(sure <= 0, 2, np.where(sure < low, 1, 0))
        edges = np.flatnonzero(np.diff(kind)) + 1
        for first, last in zip(np.r_[0, edges], np.r_[edges, len(kind)], strict=True):
            end = time[last] if last < len(time) else time[-1] + step
            if kind[first] and end - time[first] >= min_s:
                label = "missing" if kind[first] == 2 else "low_confidence"
                rows.append(_gap(time[first], end, person, label, float(np.mean(sure[first:last] > 0)), source))
        holes = np.flatnonzero(np.diff(time) >= max(min_s, 3 * step))
        rows += [_gap(time[i], time[i + 1], person, "missing", 0.0, source) for i in holes if not kind[i]]
    return tables.spans(rows)


def _gap(start_s: float, end_s: float, person: object, label: str, score: float, source: str) -> dict[str, object]:
    return {
        "start_s": start_s,
        "end_s": end_s,
        "person": person,
        "toward": "",
        "label": label,
        "score": score,
        "source": source,
    }
