"""What came before a moment and what came after: who moved first, what the other did, what returned to usual."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from cuetrack.moments.measure import Measured, moving_sum
from cuetrack.moments.patterns import CHANNEL_OF_CUE
from cuetrack.moments.words import short
from cuetrack.terms import PAIR

Floats = npt.NDArray[np.float32]

BEFORE_S = 15.0
AFTER_S = 300.0
HOLDS_S = 60.0
"""A signal is back when it stays near usual for so long on average."""
NEAR = 0.5
"""Near usual: within so many own spreads."""
QUICK_S = 10.0
ARC_COLUMNS = ("rank", "phase", "person", "signal", "time_s", "z", "text")
RECOVERY_COLUMNS = ("rank", "kind", "score", "back_after_s", "order", "first", "text")
DEEP = (
    "reply_s",
    "latency_s",
    "minimal",
    "pitch_span_st",
    "breath_rate_per_min",
    "breath_depth",
    "level_db",
    "lean_cm",
)
SURFACE = ("smile", "nod_rate_per_min", "toward_partner", "off_home_deg")
_TELLING = 0.7
_OPEN = (
    "chest_mm",
    "mouth_open",
    "eye_yaw_deg",
    "eye_pitch_deg",
    "gaze_yaw_deg",
    "gaze_pitch_deg",
    "speaking",
    "motion_lead_s",
)


@dataclass(frozen=True, slots=True)
class Recovery:
    """What followed a moment: kind "return", "surface", "none" or "unknown", and a score, higher the fuller."""

    kind: str
    score: float
    back_after_s: float
    order: tuple[str, ...]
    first: str
    text: str


def moved_first(measured: Measured, start_s: float, peak_s: float) -> tuple[str, dict[str, float]]:
    """Return who left their usual first ("" if neither or not sure) and each person's time of doing so.

    For each person the sharpest rise of their mean distance from usual is looked for from 30 s before the start to the
    peak or 20 s after the start; a lead of less than 3 s is called both.
    """
    first, last = int(max(0, start_s - 30)), int(min(len(measured.time_s), max(peak_s, start_s + 20)))
    onset: dict[str, float] = {}
    for person in measured.people:
        step, at = _rise(_stirring(measured, person)[first:last])
        if step >= 0.3:
            onset[person] = float(first + at)
    if not onset:
        return "", onset
    if len(onset) == 1:
        return next(iter(onset)), onset
    (a, time_a), (b, time_b) = onset.items()
    return (PAIR if abs(time_a - time_b) < 3 else a if time_a < time_b else b), onset


def _stirring(measured: Measured, person: str) -> Floats:
    """Return how far a person is from their usual over all cues (T,): the mean of the best two of each channel."""
    channels: dict[str, list[int]] = {}
    for i, (cue, signal, who) in enumerate(measured.rows):
        if who == person and signal not in _OPEN:
            channels.setdefault(CHANNEL_OF_CUE.get(cue, cue), []).append(i)
    if not channels:
        return np.zeros(len(measured.time_s), dtype=np.float32)
    parts = []
    for rows in channels.values():
        far = np.sort(np.minimum(np.abs(measured.z[rows]), 2.5) * measured.confidence[rows], axis=0)
        parts.append(far[-2:].mean(axis=0))
    mean: Floats = np.mean(parts, axis=0, dtype=np.float32)
    return mean


def _rise(series: Floats, least: int = 5) -> tuple[float, int]:
    """Return height and place of the split that best tells a lower part from a higher part after it."""
    n = len(series)
    if n < 2 * least:
        return 0.0, 0
    total = np.r_[0.0, np.cumsum(series, dtype=np.float64)]
    at = np.arange(least, n - least + 1)
    step = (total[-1] - total[at]) / (n - at) - total[at] / at
    best = int(np.argmax(step * np.sqrt(at * (n - at) / n)))
    return float(step[best]), int(at[best])


def antecedent(measured: Measured, person: str, start_s: float, *, rank: int) -> tuple[str, pd.DataFrame]:
    """Return in words, and as arc rows, what the other did in the 15 s before, against their own usual."""
    other = next(p for p in measured.people if p != person)
    first, last = int(max(0, start_s - BEFORE_S)), int(start_s)
    rows = _largest(measured, other, first, last)
    table = pd.DataFrame(
        [(rank, "antecedent", other, s, (first + last) / 2, z, short(s, z)) for s, z in rows], columns=list(ARC_COLUMNS)
    )
    return (f"{other}: " + ", ".join(short(s, z) for s, z in rows)) if rows else f"{other}: near usual", table


def _largest(measured: Measured, person: str, first: int, last: int, most: int = 3) -> list[tuple[str, float]]:
    """Return the signals of a person furthest from usual over a stretch, one per channel."""
    best: dict[str, tuple[float, str, float]] = {}
    if last - first < 5:
        return []
    for i, (cue, signal, who) in enumerate(measured.rows):
        if who != person or signal in _OPEN:
            continue
        sure = measured.confidence[i, first:last]
        if sure.mean() < 0.2:
            continue
        z = float((measured.z[i, first:last] * sure).sum() / sure.sum())
        channel = CHANNEL_OF_CUE.get(cue, cue)
        if abs(z) >= 1.0 and abs(z) > best.get(channel, (0.0, "", 0.0))[0]:
            best[channel] = (abs(z), signal, z)
    return [(signal, z) for _, signal, z in sorted(best.values(), reverse=True)[:most]]


def recovery(measured: Measured, person: str, start_s: float, end_s: float, *, until_s: float) -> Recovery:
    """Return what of the moment came back to usual within 5 minutes of its end, in which order, who changed first.

    *return*: reply length and latency near usual for a minute, gaze and posture back, breathing back or a sigh;
    *surface*: smile, nod or gaze back within 10 s while replies, latency, pitch range and breathing stay;
    *none*: no return in 5 minutes (or before `until_s`, the next moment or the end); *unknown*: too
    little was measured.
    """
    stop = int(min(end_s + AFTER_S, until_s, len(measured.time_s)))
    begin = int(end_s)
    if stop - begin < HOLDS_S:
        return Recovery("unknown", np.nan, np.nan, (), "", "cannot tell: less than a minute was left")
    moved = _moved(measured, person, start_s, end_s)
    back = {s: _back(measured, row, begin, stop) for s, row in moved.items()}
    deep = [s for s in moved if s in DEEP]
    quick = [s for s in moved if s in SURFACE]
    timing = [s for s in deep if s in ("reply_s", "latency_s", "minimal")]
    score = float(np.mean([_nearness(measured, moved[s], begin, stop) for s in deep])) if deep else np.nan
    if not deep or not timing:
        return Recovery("unknown", score, np.nan, (), "", "cannot tell: replies were not measured or had not changed")
    order = tuple(sorted((s for s in back if np.isfinite(back[s])), key=lambda s: back[s]))
    seen_first = _who_first(measured, person, begin, stop)
    returned = [s for s in deep if np.isfinite(back[s])]
    sighed = _sighed(measured, person, begin, stop)
    enough = len(returned) + (1 if sighed else 0) >= max(1, round(0.6 * len(deep)))
    if all(np.isfinite(back[s]) for s in timing) and enough:
        after = float(max(back[s] for s in returned)) - end_s
        text = "return: " + ", then ".join(short(s, -_sign(measured, moved[s], start_s, end_s)) for s in order[:4])
        return Recovery("return", score, after, order, seen_first, f"{text}; within {after:.0f} s")
    fast = [s for s in quick if np.isfinite(back[s]) and back[s] - end_s <= QUICK_S + 15]
    smiling = measured.row("smile", person)
    smiles = smiling is not None and float(measured.z[smiling, begin : begin + 30].mean()) > 0.5
    if fast or smiles:
        stay = [s for s in deep if not np.isfinite(back[s])]
        text = "surface re-engagement: smile, nod or gaze back, but " + ", ".join(
            short(s, _sign(measured, moved[s], start_s, end_s)) for s in stay[:3]
        )
        return Recovery("surface", score, np.nan, order, seen_first, text)
    return Recovery("none", score, np.nan, order, seen_first, "no return in the time observed")


def _moved(measured: Measured, person: str, start_s: float, end_s: float) -> dict[str, int]:
    found = {}
    first, last = int(start_s), max(int(start_s) + 5, int(end_s))
    for i, (_, signal, who) in enumerate(measured.rows):
        sure = measured.confidence[i, first:last]
        if who != person or signal in _OPEN or sure.mean() < 0.15:
            continue
        if abs(float((measured.z[i, first:last] * sure).sum() / sure.sum())) >= _TELLING:
            found[signal] = i
    return found


def _sign(measured: Measured, row: int, start_s: float, end_s: float) -> float:
    return float(np.sign(measured.z[row, int(start_s) : max(int(start_s) + 5, int(end_s))].mean()))


def _back(measured: Measured, row: int, begin: int, stop: int) -> float:
    """Return the second from which a signal stays near usual on average for a minute, NaN if it never does."""
    sure = measured.confidence[row, begin:stop]
    z = measured.z[row, begin:stop]
    width = int(HOLDS_S)
    total, weight = (np.r_[0.0, np.cumsum(x, dtype=np.float64)] for x in (z * sure, sure))
    n = len(z) - width
    if n <= 0:
        return float("nan")
    mean = (total[width : width + n] - total[:n]) / np.maximum(weight[width : width + n] - weight[:n], 1e-3)
    measured_enough = weight[width : width + n] - weight[:n] > 0.1 * width
    near = np.flatnonzero((np.abs(mean) <= NEAR) & measured_enough)
    return float(begin + near[0]) if len(near) else float("nan")


def _nearness(measured: Measured, row: int, begin: int, stop: int) -> float:
    """Return minus the mean distance from usual in the first two minutes after, 0 being all the way back."""
    last = min(stop, begin + 120)
    sure = measured.confidence[row, begin:last]
    z = moving_sum(measured.z[row, begin:last] * sure, 30) / np.maximum(moving_sum(sure, 30), 1e-3)
    return -float(np.abs(np.clip(z, -2.5, 2.5)).mean())


def _sighed(measured: Measured, person: str, begin: int, stop: int) -> bool:
    row = measured.row("sigh_per_min", person)
    return row is not None and bool((np.nan_to_num(measured.value[row, begin : min(stop, begin + 120)]) > 0).any())


def _who_first(measured: Measured, person: str, begin: int, stop: int) -> str:
    """Return who changed first after the moment: the other (slower, softer) or the person themselves."""
    other = next(p for p in measured.people if p != person)
    times = {}
    for who, signals in ((other, ("articulation_syl_per_s", "level_db")), (person, DEEP)):
        rows = [r for s in signals if (r := measured.row(s, who)) is not None]
        if not rows:
            continue
        series = np.abs(measured.z[rows, begin : min(stop, begin + 120)]).mean(axis=0)
        step, at = _rise(series if who == other else -series)
        if step > 0.2:
            times[who] = at
    return min(times, key=lambda w: times[w]) if times else ""
