"""How strongly each pattern speaks at each moment: evidence per cue, channels, one score that is a plain sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from cuetrack.moments.measure import Measured, moving_sum, row_spread
from cuetrack.moments.patterns import MODALITY
from cuetrack.moments.plan import LEAST, Plan, Use

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

CAP = 2.5
"""Most that one cue can say, in own spreads."""
LOOK_S = 2
"""Evidence is looked at every so many seconds, in the recording as in its surrogates: who looks oftener finds more."""
RETURN_S = (5.0, 45.0)
"""A return compares the stretch so many seconds before with the same stretch after."""
NUISANCE = 0.15
"""How much of a nuisance pattern's score is taken off."""
EITHER = 0.7
"""Taken off distances in either direction, about what noise alone gives."""
YIELDS = 0.8
"""A pattern that yields to another gives way where that one, of either person, reaches this share of its score."""
AGAINST = 0.5
"""How much the cue that speaks most against a pattern takes off its channel."""
SPEAKS = 1.5
"""A channel speaks from this many of its own spreads, averaged over what was measured."""
NEEDED = 1.0
"""A cue that a title needs speaks from this much evidence, in the cue's own spreads."""
LEAST_SPREAD, MOST_SPREAD = 0.15, 0.6
"""Within what a channel's own spread is believed; in a short recording a shift is itself much of the variation."""


def evidence(
    plan: Plan, z: Floats, confidence: Floats, *, step_s: float = 1.0, window_s: float | None = None
) -> Floats:
    """Return evidence (batch, units, T) from distances `z` (batch, rows, T): capped, confidence-weighted, averaged.

    `confidence` is (rows, T). Averaged over each unit's own window, or over `window_s`. What is missing counts as zero;
    below zero a cue speaks against.
    """
    result = np.empty((z.shape[0], len(plan.units), z.shape[2]), dtype=np.float32)
    for direction, window in dict.fromkeys((u.direction, u.window_s) for u in plan.units):
        at = [i for i, u in enumerate(plan.units) if (u.direction, u.window_s) == (direction, window)]
        rows = [plan.units[u].row for u in at]
        sure = confidence[rows]
        if direction == "return":
            result[:, at] = _return(np.abs(z[:, rows]) * sure, sure, step_s)
            continue
        toward = z[:, rows]
        signed = toward if direction == "+" else -toward if direction == "-" else np.abs(toward) - np.float32(EITHER)
        result[:, at] = _mean(np.clip(signed, -CAP, CAP) * sure, (window_s or window) / step_s)
    return result


def certainty(plan: Plan, confidence: Floats, *, step_s: float = 1.0, window_s: float | None = None) -> Floats:
    """Return the mean confidence (units, T) behind each unit of evidence."""
    result = np.empty((len(plan.units), confidence.shape[1]), dtype=np.float32)
    for window in {u.window_s for u in plan.units}:
        at = [i for i, u in enumerate(plan.units) if u.window_s == window]
        result[at] = _mean(confidence[[plan.units[i].row for i in at]], (window_s or window) / step_s)
    return result


def looked_at(plan: Plan, measured: Measured) -> tuple[Floats, Floats]:
    """Return evidence (1, U, T) and its confidence (U, T) of a recording, new every `LOOK_S` seconds."""
    rows, count = list(plan.rows), len(measured.time_s)
    z, confidence = measured.z[rows][:, ::LOOK_S], measured.confidence[rows][:, ::LOOK_S]
    units = evidence(plan, z[None], confidence, step_s=LOOK_S)
    certain = certainty(plan, confidence, step_s=LOOK_S)
    return np.repeat(units, LOOK_S, axis=2)[:, :, :count], np.repeat(certain, LOOK_S, axis=1)[:, :count]


def in_own_spreads(plan: Plan, units: Floats, sure: Floats) -> Plan:
    """Return the plan knowing how much each channel varies in this recording, from its evidence `units` (1, U, T).

    A channel of many lively cues swings further by itself than one of few: neither scores nor gates should mistake
    that for a shift.
    """

    def spread(uses: Sequence[Use]) -> float:
        e, c = channel_evidence(units, sure, uses)
        seen = e[:, c >= LEAST] / c[c >= LEAST]
        if not seen.size:
            return 1.0
        away = seen - np.median(seen)
        return float(np.clip(row_spread(away, np.isfinite(away))[0], LEAST_SPREAD, MOST_SPREAD))

    entries = [replace(e, spread=tuple(spread(uses) for _, _, uses in e.channels)) for e in plan.entries]
    return replace(plan, entries=tuple(entries))


def _mean(x: Floats, window: float) -> Floats:
    if window <= 1:
        return x
    width = moving_sum(np.ones(x.shape[-1], dtype=np.float32), window)
    return (moving_sum(x, window) / width).astype(np.float32)


def _return(distance: Floats, sure: Floats, step_s: float) -> Floats:
    """Return how much nearer to usual the stretch after is than the stretch before, in own spreads."""
    gap, reach = (round(s / step_s) for s in RETURN_S)
    n = distance.shape[-1]
    at = np.arange(n)

    def stretch(x: Floats, first: npt.NDArray[np.int_], last: npt.NDArray[np.int_]) -> npt.NDArray[np.float64]:
        total = np.zeros((*x.shape[:-1], n + 1))
        np.cumsum(x, axis=-1, out=total[..., 1:])
        difference: npt.NDArray[np.float64] = total[..., np.clip(last, 0, n)] - total[..., np.clip(first, 0, n)]
        return difference

    before, after = (at - reach, at - gap), (at + gap, at + reach)
    sure_before, sure_after = stretch(sure, *before), stretch(sure, *after)
    enough = np.minimum(sure_before, sure_after) / (reach - gap)
    drop = stretch(distance, *before) / np.maximum(sure_before, 1e-3) - stretch(distance, *after) / np.maximum(
        sure_after, 1e-3
    )
    return (np.clip(drop, 0.0, CAP) * enough).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores (batch, entries, T) before nuisances; `gate` says where enough channels and modalities speak."""

    raw: Floats
    gate: Bools


def scores(plan: Plan, units: Floats, sure: Floats, *, step_s: float = 1.0) -> Scores:
    """Return the score of every entry: sum of w e / s over channels / sqrt(sum of w^2 c^2).

    e as in `channel_evidence`, s the channel's own spread, w its weight, c its confidence. Columns are `step_s` apart.
    """
    batch, _, count = units.shape
    raw = np.zeros((batch, len(plan.entries), count), dtype=np.float32)
    gate = np.zeros(raw.shape, dtype=bool)
    for k, entry in enumerate(plan.entries):
        speaking = np.zeros((batch, count), dtype=np.int8)
        kinds: dict[str, Bools] = {}
        total = np.zeros((batch, count), dtype=np.float32)
        norm = np.zeros(count, dtype=np.float32)
        for (channel, weight, uses), spread in zip(entry.channels, entry.spread, strict=True):
            e, c = channel_evidence(units, sure, uses)
            e /= np.float32(spread)
            total += np.float32(weight) * e
            norm += np.float32(weight**2) * c**2
            speaks = (e >= SPEAKS * c) & (c >= LEAST)
            speaking += speaks
            kind = MODALITY[channel]
            kinds[kind] = kinds[kind] | speaks if kind in kinds else speaks
        raw[:, k] = total / np.sqrt(np.maximum(norm, 1e-6))
        modalities = sum((k.astype(np.int8) for k in kinds.values()), np.zeros((batch, count), dtype=np.int8))
        if entry.needed:
            telling = np.zeros((batch, count), dtype=bool)
            for group, before_s in entry.needed:
                spoken = [(units[:, u] >= NEEDED * sure[u]) & (sure[u] >= LEAST) for u in group]
                telling |= _lately(np.logical_and.reduce(spoken), round(before_s / step_s))
            speaking *= telling
        speaking *= entry.tellable
        least = plan.gate_channels[entry.pattern]
        gate[:, k] = (speaking >= least) & (modalities >= min(plan.gate_modalities, least))
    return Scores(raw, gate)


def _lately(spoke: Bools, steps: int) -> Bools:
    """Return where something (batch, T) is so or was so up to `steps` columns before."""
    if not steps:
        return spoke
    total = np.cumsum(np.pad(spoke, ((0, 0), (steps + 1, 0))), axis=-1, dtype=np.int32)
    return np.asarray(total[:, steps + 1 :] > total[:, : spoke.shape[-1]])


def channel_evidence(units: Floats, sure: Floats, uses: Sequence[Use]) -> tuple[Floats, Floats]:
    """Return a channel's evidence (batch, T) and its confidence (T,).

    Evidence is the mean of the best two cues, less half of what the cue most against the pattern says.
    """
    best = np.zeros((units.shape[0], units.shape[2]), dtype=np.float32)
    second, worst = np.zeros_like(best), np.zeros_like(best)
    for use in uses:
        e = units[:, use.unit] * np.float32(use.weight)
        np.maximum(second, np.minimum(best, e), out=second)
        np.maximum(best, e, out=best)
        np.minimum(worst, e, out=worst)
    c = np.stack([sure[use.unit] for use in uses])
    two = np.where((c > LEAST).sum(axis=0) >= 2, np.float32(0.5), np.float32(1.0))
    return (best + second) * two + np.float32(AGAINST) * worst, c.max(axis=0)


def final(plan: Plan, found: Scores) -> Floats:
    """Return (batch, entries, T): scores less a part of the person's strongest nuisance; -inf where gated out.

    Entries of nuisance patterns come out as -inf, and where a pattern yields to another. Scores are not divided by what
    the pattern's surrogates reach: surrogates hold the shifts themselves, put elsewhere, so that a session's own shifts
    would weigh the less the more there are of them (on 300 development sessions, recall .88 instead of .89 and average
    precision .71 instead of .80).
    """
    result = np.full(found.raw.shape, -np.inf, dtype=np.float32)
    for k, entry in enumerate(plan.entries):
        if plan.patterns[entry.pattern].kind == "nuisance":
            continue
        off = nuisance(plan, found, entry.person)
        result[:, k] = np.where(found.gate[:, k], found.raw[:, k] - np.float32(NUISANCE) * off, -np.inf)
    for k, entry in enumerate(plan.entries):
        over = plan.patterns[entry.pattern].yields_to
        for j, other in enumerate(plan.entries):
            if plan.patterns[other.pattern].id in over:
                result[:, k][result[:, j] >= YIELDS * result[:, k]] = -np.inf
    return result


def nuisance(plan: Plan, found: Scores, person: int) -> Floats:
    """Return the strongest nuisance score (batch, T) of a person, 0 where none speaks."""
    at = [k for k, e in enumerate(plan.entries) if e.person == person and plan.patterns[e.pattern].kind == "nuisance"]
    if not at:
        return np.zeros((found.raw.shape[0], found.raw.shape[2]), dtype=np.float32)
    strong: Floats = np.where(found.gate[:, at], found.raw[:, at], np.float32(0.0)).max(axis=1)
    return strong
