"""What drawings of a session and its moments show: which signals, what they are called, and against what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from cuetrack.cues.registry import all_cues
from cuetrack.moments.measure import Measured, measure
from cuetrack.people.filters import runs
from cuetrack.terms import Signal
from cuetrack.timeline.align import to_grid
from cuetrack.timeline.baseline import POOLED
from cuetrack.timeline.gaps import reach_s

LANES = (
    "latency_s",
    "level_db",
    "pitch_span_st",
    "toward_partner",
    "expressivity_per_s",
    "motion_sw_per_s",
    "lean_cm",
    "breath_rate_per_min",
)
"""The signals of each person in a session's timeline, from the time axis outward."""
_LEAST_GAP_S = {"voice": 60.0, "response": 120.0}
"""Gaps shorter than this are not worth showing: a voice is only there while its owner speaks, a reply now and then."""
_PER = ("_deg_per_s", "_sw_per_s", "_syl_per_s", "_per_min", "_per_s")
_ENDINGS = (*_PER, "_deg", "_cm", "_mm", "_db", "_st", "_sd", "_s")


@cache
def _declared() -> Mapping[str, Signal]:
    return {s.name: s for c in all_cues().values() for s in c.signals}


def label(signal: str) -> str:
    """Return a signal's name in words, without its unit.

    >>> label("breath_rate_per_min"), label("off_home_deg")
    ('breath rate', 'off home')
    """
    ending = next((e for e in _ENDINGS if signal.endswith(e) and signal != e), "")
    return signal.removesuffix(ending).replace("_", " ")


def unit(signal: str) -> str:
    """Return a signal's printed unit, "" where it has none."""
    return _declared()[signal].unit if signal in _declared() else ""


def clock(time_s: float) -> str:
    """Return session time as it is spoken.

    >>> clock(65), clock(3725)
    ('1:05', '1:02:05')
    """
    seconds = round(max(0.0, float(time_s)))
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def against_usual(
    samples: Mapping[str, pd.DataFrame],
    spans: Mapping[str, pd.DataFrame],
    people: Sequence[str],
    *,
    duration_s: float,
) -> Measured | None:
    """Return every signal against each person's own usual, for one person ("" stands for the other) or for two.

    None without people or cues.
    """
    if not people or not samples:
        return None
    noise = {name: signal.noise for name, signal in _declared().items()}
    return measure(samples, spans, (*people, "")[:2], duration_s=duration_s, noise=noise)


def candidates(moments: pd.DataFrame) -> pd.DataFrame:
    """Return the moments by rank without the random control clips, which reviewers are to meet blind."""
    if "rank" not in moments:
        return moments.iloc[:0]
    control = moments["control"].astype(bool) if "control" in moments else pd.Series(False, index=moments.index)
    return moments[~control].sort_values("rank", kind="stable", ignore_index=True)


def telling_rows(found: Measured, evidence: pd.DataFrame, arcs: pd.DataFrame, *, most: int, others: int) -> list[int]:
    """Return which rows tell a moment: `most` that contributed most, then `others` of what the other did before.

    `evidence` and `arcs` hold this moment's rows only.
    """
    leading = evidence.sort_values("contribution", ascending=False, kind="stable")
    before = arcs[(arcs["phase"] == "antecedent") & ~arcs["person"].isin(leading["person"].head(1))]
    wanted = list(zip(leading["signal"], leading["person"], strict=True))[:most]
    wanted += list(dict.fromkeys(zip(before["signal"], before["person"], strict=True)))[:others]
    rows = (found.row(signal, person) for signal, person in dict.fromkeys(wanted))
    return [row for row in rows if row is not None]


def seen(found: Measured, row: int) -> npt.NDArray[np.bool_]:
    """Return in which seconds a signal was measured well enough to be drawn."""
    return np.asarray(found.confidence[row] > 0.1)


def gaps_s(found: Measured, row: int) -> list[tuple[float, float]]:
    """Return the stretches in which a signal was not measured, as long as is worth showing."""
    least = least_gap_s(found.rows[row][0])
    stretches = [(float(a), float(b)) for a, b in runs(~seen(found, row))]  # rows are once a second
    return [(a, b) for a, b in stretches if b - a >= least]


def least_gap_s(cue: str) -> float:
    """Return how long a cue must be missing for the gap to be worth showing."""
    return _LEAST_GAP_S.get(cue, 4.0)


def amount(value: float, unit: str = "") -> str:
    """Return a value with its unit, with as many digits as can be told apart.

    >>> amount(-3.913, "cm"), amount(104.2, "sw/s"), amount(0.0, "s")
    ('−3.9 cm', '104 sw/s', '0.0 s')
    """
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 1 or value == 0 else 2
    text = f"{value:.{digits}f}".replace("-", "−")
    return f"{text} {unit}".rstrip()


def natural(found: Measured, row: int) -> npt.NDArray[np.float64]:
    """Return a signal in its own unit once a second, as means over 5 s; replies, which are steps, as they are."""
    width = 1 if found.rows[row][0] == "response" else 5
    values = pd.Series(found.value[row].astype(np.float64))
    return values.rolling(width, center=True, min_periods=max(1, width // 3)).mean().to_numpy()


def usual_band(found: Measured, row: int) -> tuple[float, float, float]:
    """Return low, middle and high of a person's usual in natural units; NaN ends where no spread is known."""
    _, signal, person = found.rows[row]
    table = found.usual_table
    pooled = table[(table["person"] == person) & (table["signal"] == signal) & (table["state"] == POOLED)]
    if len(pooled):
        only = pooled.iloc[0]
        return float(only["low"]), float(only["median"]), float(only["high"])
    usual = found.usual[row][np.isfinite(found.usual[row])]
    return float("nan"), float(np.median(usual)) if len(usual) else float("nan"), float("nan")


def confidence_over(
    cue: str, table: pd.DataFrame, person: str, *, columns: int, duration_s: float
) -> npt.NDArray[np.float64]:
    """Return mean confidence within each of `columns` equal stretches of a session, NaN where nothing was measured.

    A row holds for as long as the timeline lets it: a window or a reply longer than a frame.
    """
    own = table[table["person"] == person]
    rows = own[own["confidence"] > 0]
    sure = rows["confidence"].to_numpy(np.float32)
    reach = reach_s(cue, own["time_s"].to_numpy(np.float64))
    time = rows["time_s"].to_numpy(np.float64)
    grid, _ = to_grid(time, sure[:, None], sure, 0.0, columns / duration_s, columns, reach)
    return grid[:, 0].astype(np.float64)
