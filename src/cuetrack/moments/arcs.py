"""What came before a moment and what came after: who moved first, what the other did, what returned to usual."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from cuetrack.moments.measure import Measured
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
TIMING = ("reply_s", "latency_s", "minimal", "transfer_offset_s")
SOON_S = 45
_LEAST_S = 10
_TELLING = 0.7
_OPEN = (
    "chest_mm",
    "head_abs_z",
    "motion_abs_z",
    "face_abs_z",
    "breathing_abs_z",
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
    if stop - begin < _LEAST_S:
        return Recovery(
            "unknown",
            np.nan,
            np.nan,
            (),
            "",
            "cannot tell: less than a minute was left, the next shift or the end follows at once",
        )
    moved = _moved(measured, person, start_s, end_s)
    back = came_back(measured, person, start_s, end_s, until_s=until_s)
    order = tuple(sorted((s for s in back if np.isfinite(back[s])), key=lambda s: back[s]))
    deep = [s for s in moved if s in DEEP]
    timing = [s for s in deep if s in TIMING]
    soon = {s: _still(measured, *moved[s], begin, min(begin + SOON_S, stop)) for s in deep}
    score = -float(np.mean(list(soon.values()))) if deep else np.nan
    if stop - begin < HOLDS_S:
        left = f"cannot tell: less than a minute ({stop - begin} s) was left before the next shift or the end"
        return Recovery("unknown", score, np.nan, (), "", left)
    if not timing:
        return Recovery(
            "unknown", score, np.nan, order, "", "cannot tell: replies had not changed or were not measured"
        )
    first = _who_first(measured, person, begin, stop)
    stay = [s for s in deep if soon[s] > NEAR]
    if _re_engages(measured, person, moved, begin) and len(stay) >= max(2, len(deep) / 2):
        words = ", ".join(short(s, moved[s][1]) for s in stay[:3])
        return Recovery(
            "surface", score, np.nan, order, first, f"surface re-engagement: smile, nod or gaze, still {words}"
        )
    returned = [s for s in deep if np.isfinite(back[s])]
    bodily = _sighed(measured, person, begin, stop) or len(returned) >= 0.6 * len(deep)
    if all(np.isfinite(back[s]) for s in timing) and bodily:
        after = float(max(back[s] for s in returned)) - end_s
        when = f"within {after:.0f} s" if after >= 1 else "at once"
        words = ", then ".join(short(s, -moved[s][1]) for s in order[:4])
        return Recovery("return", score, after, order, first, f"return {when}: {words}")
    words = ", ".join(short(s, moved[s][1]) for s in deep if s not in returned)
    return Recovery("none", score, np.nan, order, first, f"no return in {stop - begin} s: still {words}")


def came_back(measured: Measured, person: str, start_s: float, end_s: float, *, until_s: float) -> dict[str, float]:
    """Return when each signal that was away from usual in a moment came back, in session seconds.

    Back is near usual for a minute on average, within 5 minutes of the end and before `until_s`; NaN where it did not
    come back, nothing at all where less than a minute was left.
    """
    begin, stop = int(end_s), int(min(end_s + AFTER_S, until_s, len(measured.time_s)))
    if stop - begin < HOLDS_S:
        return {}
    moved = _moved(measured, person, start_s, end_s)
    return {s: _back(measured, row, side, begin, stop) for s, (row, side) in moved.items()}


def _moved(measured: Measured, person: str, start_s: float, end_s: float) -> dict[str, tuple[int, float]]:
    """Return the signals that were away from usual during the moment: row and side (+1 above, -1 below)."""
    found = {}
    first, last = int(start_s), max(int(start_s) + 5, int(end_s))
    for i, (_, signal, who) in enumerate(measured.rows):
        sure = measured.confidence[i, first:last]
        if who != person or signal in _OPEN or sure.mean() < 0.15:
            continue
        z = float((measured.whole[i, first:last] * sure).sum() / sure.sum())
        if abs(z) >= _TELLING:
            found[signal] = (i, float(np.sign(z)))
    return found


def _still(measured: Measured, row: int, side: float, begin: int, stop: int) -> float:
    """Return how far a signal is still on the side of the moment, in own spreads; NaN-free, 0 where not measured."""
    sure = measured.confidence[row, begin:stop]
    z = np.clip(side * measured.whole[row, begin:stop], 0.0, 2.5)
    return float((z * sure).sum() / sure.sum()) if sure.sum() > 0 else 0.0


def _back(measured: Measured, row: int, side: float, begin: int, stop: int) -> float:
    """Return the second from which a signal no longer stays on the side of the moment, on average over a minute."""
    sure = measured.confidence[row, begin:stop]
    z = side * measured.whole[row, begin:stop]
    width = int(HOLDS_S)
    total, weight = (np.r_[0.0, np.cumsum(x, dtype=np.float64)] for x in (z * sure, sure))
    n = len(z) - width
    if n <= 0:
        return float("nan")
    seen = weight[width : width + n] - weight[:n]
    mean = (total[width : width + n] - total[:n]) / np.maximum(seen, 1e-3)
    near = np.flatnonzero((mean <= NEAR) & (seen > 0.1 * width))
    return float(begin + near[0]) if len(near) else float("nan")


def _re_engages(measured: Measured, person: str, moved: dict[str, tuple[int, float]], begin: int) -> bool:
    """Say if smile or nods rise, or gaze comes back, within 10 s and for a while (30 s on average)."""
    for signal in ("smile", "nod_rate_per_min"):
        row = measured.row(signal, person)
        if row is not None and float(measured.whole[row, begin : begin + 30].mean()) > 0.7:
            return True
    gaze = [moved[s] for s in ("toward_partner", "off_home_deg") if s in moved]
    return bool(gaze) and all(_still(measured, *g, begin + int(QUICK_S), begin + 40) <= NEAR for g in gaze)


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
        series = np.abs(measured.whole[rows, begin : min(stop, begin + 120)]).mean(axis=0)
        step, at = _rise(series if who == other else -series)
        if step > 0.2:
            times[who] = at
    return min(times, key=lambda w: times[w]) if times else ""
