"""Why a moment was ranked: contributions that add up to its score, each in natural units against own usual."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from cuetrack.moments.measure import Measured
from cuetrack.moments.peaks import Peak
from cuetrack.moments.plan import LEAST, Plan, Use
from cuetrack.moments.score import AGAINST, NUISANCE, channel_evidence, scores
from cuetrack.moments.words import BENIGN, CHANNEL_WORDS, sentence, short

Floats = npt.NDArray[np.float32]

EVIDENCE_COLUMNS = (
    "rank", "person", "channel", "cue", "signal", "unit", "value", "usual", "z", "contribution", "text",
)  # fmt: skip


FITS = 2.0
"""A nuisance pattern is named as an ordinary reading from this score, in own spreads."""


def evidence_rows(
    plan: Plan,
    measured: Measured,
    units: Floats,
    certain: Floats,
    peak: Peak,
    *,
    rank: int,
    signal_units: Mapping[str, str],
) -> pd.DataFrame:
    """Return the evidence of one moment, strongest first; the column `contribution` adds up to the moment's score.

    `value` and `usual` are medians over the moment in natural units, `z` the mean distance from usual in own spreads.
    """
    entry, here, sure = plan.entries[peak.entry], *_at(units, certain, peak)
    sureness = [float(channel_evidence(here, sure, uses)[1][0]) for _, _, uses in entry.channels]
    norm = float(np.sqrt(max(sum((w * c) ** 2 for (_, w, _), c in zip(entry.channels, sureness, strict=True)), 1e-6)))
    rows: list[tuple[object, ...]] = []
    for (channel, weight, uses), spread in zip(entry.channels, entry.spread, strict=True):
        for use, share in _shares(uses, here, sure):
            row = plan.rows[plan.units[use.unit].row]
            cue, signal, person = measured.rows[row]
            value, usual, z = told(measured, row, peak.start_s, peak.end_s)
            unit = signal_units.get(signal, "")
            part = weight * share / spread / norm
            text = sentence(signal, value, usual, unit)
            rows.append((rank, person, channel, cue, signal, unit, value, usual, z, part, text))
    off, name = _strongest_nuisance(plan, here, sure, entry.person)
    if off > 0:
        text = f"taken off because it may be {BENIGN.get(name, name)}"
        nothing = (np.nan, np.nan, np.nan)
        rows.append((rank, measured.people[entry.person], "nuisance", "", name, "", *nothing, -NUISANCE * off, text))
    table = pd.DataFrame(rows, columns=list(EVIDENCE_COLUMNS))
    return table.sort_values("contribution", ascending=False, kind="stable", ignore_index=True)


def told(measured: Measured, row: int, start_s: float, end_s: float) -> tuple[float, float, float]:
    """Return value and usual (medians, natural units) and mean z of a row over a stretch of seconds."""
    first, last = int(start_s), max(int(start_s) + 1, int(end_s))
    seen = measured.confidence[row, first:last] > 0
    value, usual = measured.value[row, first:last], measured.usual[row, first:last]
    finite = np.isfinite(value) & np.isfinite(usual)
    z = float(measured.z[row, first:last][seen].mean()) if seen.any() else np.nan
    share = set(np.unique(value[finite])) <= {0.0, 1.0}
    middle = np.mean if share or measured.rows[row][1].endswith(("_share", "toward_partner")) else np.median
    return (float(middle(value[finite])), float(middle(usual[finite])), z) if finite.any() else (np.nan, np.nan, z)


def why(rows: pd.DataFrame, *, most: int = 4) -> str:
    """Return the strongest parts of a moment's evidence in one line."""
    named = rows[(rows["contribution"] > 0) & (rows["channel"] != "nuisance")].head(most)
    return "; ".join(f"{short(s, z)} ({t})" for s, z, t in zip(named["signal"], named["z"], named["text"], strict=True))


def missing(plan: Plan, peak: Peak, certain: Floats) -> str:
    """Return which channels of the moment's pattern could not be measured there."""
    entry = plan.entries[peak.entry]
    pattern = plan.patterns[entry.pattern]
    sure = certain[:, int(peak.time_s) : int(peak.time_s) + 1]
    there = {c for c, _, uses in entry.channels if max(float(sure[u.unit, 0]) for u in uses) > 0.15}
    wanted = dict.fromkeys(t.channel for t in pattern.terms)
    return ", ".join(CHANNEL_WORDS[c] for c in wanted if c not in there)


def benign(plan: Plan, peak: Peak, units: Floats, certain: Floats) -> str:
    """Return ordinary readings that fit the moment of the person, strongest first; "" if none does."""
    here, sure = _at(units, certain, peak)
    found = scores(plan, here, sure)
    person = plan.entries[peak.entry].person
    fits = [
        (float(found.raw[0, k, 0]), BENIGN.get(plan.patterns[e.pattern].id, plan.patterns[e.pattern].title))
        for k, e in enumerate(plan.entries)
        if plan.patterns[e.pattern].kind == "nuisance" and e.person == person and found.gate[0, k, 0]
    ]
    return "; ".join(words for score, words in sorted(fits, reverse=True) if score >= FITS)


def without_each_channel(plan: Plan, candidates: Sequence[Peak], units: Floats, certain: Floats) -> pd.DataFrame:
    """Return `rank, channel, rank_without`: where each candidate would stand had a channel not been there."""
    channels = list(dict.fromkeys(c for e in plan.entries for c, _, _ in e.channels))
    rows = []
    for channel in channels:
        values = np.array([_score_without(plan, p, units, certain, channel) for p in candidates])
        places = (-values).argsort(kind="stable").argsort(kind="stable") + 1
        rows += [(i + 1, channel, int(place)) for i, place in enumerate(places)]
    table = pd.DataFrame(rows, columns=["rank", "channel", "rank_without"])
    return table.sort_values(["rank", "channel"], kind="stable", ignore_index=True)


def _score_without(plan: Plan, peak: Peak, units: Floats, certain: Floats, channel: str) -> float:
    here, sure = _at(units, certain, peak)
    entry = plan.entries[peak.entry]
    total, norm = 0.0, 0.0
    for (name, weight, uses), spread in zip(entry.channels, entry.spread, strict=True):
        if name != channel:
            e, c = channel_evidence(here, sure, uses)
            total, norm = total + weight * float(e[0, 0]) / spread, norm + weight**2 * float(c[0]) ** 2
    off, _ = _strongest_nuisance(plan, here, sure, entry.person)
    return total / float(np.sqrt(max(norm, 1e-6))) - NUISANCE * off


def _at(units: Floats, certain: Floats, peak: Peak) -> tuple[Floats, Floats]:
    at = int(peak.time_s)
    return units[:, :, at : at + 1], certain[:, at : at + 1]


def _shares(uses: Sequence[Use], here: Floats, sure: Floats) -> list[tuple[Use, float]]:
    """Return the cues that make up a channel's evidence with their shares, as `channel_evidence` adds them."""
    ranked = sorted(((float(here[0, u.unit, 0]) * u.weight, -i) for i, u in enumerate(uses)), reverse=True)
    several = sum(float(sure[u.unit, 0]) > LEAST for u in uses) >= 2
    shares = [(uses[-i], e * (0.5 if several else 1.0)) for e, i in ranked[:2] if e > 0]
    e, i = ranked[-1]
    return [*shares, (uses[-i], AGAINST * e)] if e < 0 else shares


def _strongest_nuisance(plan: Plan, here: Floats, sure: Floats, person: int) -> tuple[float, str]:
    found = scores(plan, here, sure)
    best = (0.0, "")
    for k, e in enumerate(plan.entries):
        if plan.patterns[e.pattern].kind == "nuisance" and e.person == person and found.gate[0, k, 0]:
            best = max(best, (float(found.raw[0, k, 0]), plan.patterns[e.pattern].id))
    return best
