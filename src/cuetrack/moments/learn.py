"""Learn from reviewers: how much each channel should count, starting from the shipped weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cuetrack.errors import NotEnoughData
from cuetrack.moments.evaluate import auroc
from cuetrack.moments.patterns import CHANNEL_WEIGHTS, CHANNELS
from cuetrack.moments.ranker import Ranker

Floats = npt.NDArray[np.float64]

REVIEWED_COLUMNS = ("session", "dyad", "therapist", "worth", "weight", *CHANNELS, "score")
PER_WEIGHT = 10
"""Moments judged worth a look that one free weight needs."""
LEAST_KIND = 30
LEAST_GROUPS = 3
STRENGTHS = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
_FOLDS = 5
_MOST_WEIGHT = 20.0


def reviewed_rows(
    moments: pd.DataFrame,
    evidence: pd.DataFrame,
    worth: Mapping[int, bool],
    *,
    session: str,
    dyad: str,
    therapist: str,
    duration_s: float,
) -> pd.DataFrame:
    """Return one row per reviewed moment of a session: what each channel contributed, the verdict, and its weight.

    `worth` maps rank to the reviewers' verdict. Candidates were selected, control clips were not: each control clip
    stands for its share of the time without candidates (inverse-propensity weight, at most 20), a candidate for itself.
    """
    shown = moments[moments["rank"].isin(list(worth))]
    parts = evidence[evidence["channel"].isin(CHANNELS)].groupby(["rank", "channel"])["contribution"].sum().unstack()
    channels = parts.reindex(index=shown["rank"], columns=list(CHANNELS)).fillna(0.0)
    length = (moments["end_s"] - moments["start_s"]).to_numpy(float)
    control = moments["control"].to_numpy(bool)
    rest = max(duration_s - float(length[~control].sum()), 0.0) / max(float(length[control].sum()), 1.0)
    weight = np.where(shown["control"], min(max(rest, 1.0), _MOST_WEIGHT), 1.0)
    verdict = [float(worth[int(rank)]) for rank in shown["rank"]]
    table = pd.DataFrame({"session": session, "dyad": dyad, "therapist": therapist, "worth": verdict, "weight": weight})
    table[list(CHANNELS)] = channels.to_numpy(float)
    table["score"] = shown["score"].to_numpy(float)
    return table[list(REVIEWED_COLUMNS)]


def learn(reviewed: pd.DataFrame, *, seed: int = 0, resamples: int = 500) -> Ranker:
    """Return channel weights learnt from reviewed moments, with a report of how well they do on people not seen.

    `reviewed` stacks `reviewed_rows` of all sessions. The model is logistic, its weights pulled to the shipped ones
    (L2), the pull chosen inside each training part. Folds never share a dyad or a therapist: connected components of
    the dyad-therapist graph stay together. One weight is free per 10 moments judged worth a look, in the order of
    the shipped weights; the rest stay. Raises NotEnoughData below 30 verdicts of each kind or 3 components.
    """
    positive = reviewed["worth"].to_numpy(float) > 0.5
    groups = components(reviewed["dyad"].tolist(), reviewed["therapist"].tolist())
    for have, need, what in (
        (int(positive.sum()), LEAST_KIND, "moments judged worth a look"),
        (int((~positive).sum()), LEAST_KIND, "moments or control clips judged not worth one"),
        (len(set(groups.tolist())), LEAST_GROUPS, "groups of people who share neither dyad nor therapist"),
    ):
        if have < need:
            raise NotEnoughData(f"expected at least {need} {what}, got {have}; review more before learning")
    free = sorted(CHANNELS, key=lambda c: -CHANNEL_WEIGHTS[c])[: max(1, int(positive.sum()) // PER_WEIGHT)]
    x, weight = reviewed[list(CHANNELS)].to_numpy(float), reviewed["weight"].to_numpy(float)
    movable = np.array([c in free for c in CHANNELS])
    held_out = np.full(len(x), np.nan)
    for train, test in _folds(groups):
        strength = _best_strength(x[train], positive[train], weight[train], groups[train], movable)
        held_out[test] = _predict(_fit(x[train], positive[train], weight[train], movable, strength), x[test])
    strength = _best_strength(x, positive, weight, groups, movable)
    multipliers = np.maximum(_fit(x, positive, weight, movable, strength)[1:], 0.0)
    shipped = reviewed["score"].to_numpy(float)
    report = {
        "auroc": _interval(positive, held_out, groups, resamples, seed),
        "auroc_shipped": _interval(positive, shipped, groups, resamples, seed),
        "auroc_worst_group": _worst(positive, held_out, groups),
        "moments": len(x),
        "worth": int(positive.sum()),
        "sessions": int(reviewed["session"].nunique()),
        "dyads": int(reviewed["dyad"].nunique()),
        "groups": len(set(groups.tolist())),
        "free": free,
        "pull": strength,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return Ranker({c: round(float(m), 4) for c, m in zip(CHANNELS, multipliers, strict=True)}, report)


def components(dyads: Sequence[str], therapists: Sequence[str]) -> npt.NDArray[np.int_]:
    """Return a group number per row: rows that share a dyad or a therapist, directly or through others, share one.

    >>> components(["a", "b", "c"], ["x", "y", "x"]).tolist()
    [0, 1, 0]
    """
    parent: dict[tuple[str, str], tuple[str, str]] = {}

    def root(node: tuple[str, str]) -> tuple[str, str]:
        while parent.setdefault(node, node) != node:
            node = parent[node]
        return node

    for dyad, therapist in zip(dyads, therapists, strict=True):
        parent[root(("therapist", therapist))] = root(("dyad", dyad))
    roots = [root(("dyad", d)) for d in dyads]
    numbers = {r: i for i, r in enumerate(dict.fromkeys(roots))}
    return np.array([numbers[r] for r in roots], dtype=np.int_)


def _fit(
    x: Floats, y: npt.NDArray[np.bool_], weight: Floats, movable: npt.NDArray[np.bool_], strength: float
) -> Floats:
    """Return intercept and one multiplier per column, pulled to 1 (the shipped weights) with `strength`."""
    from scipy.optimize import minimize

    def loss(theta: Floats) -> tuple[float, Floats]:
        delta = np.where(movable, theta[1:], 0.0)
        z = theta[0] + x @ (1 + delta)
        value = float((weight * (np.logaddexp(0, z) - y * z)).sum() + strength * (delta**2).sum())
        slope = weight * (1 / (1 + np.exp(-np.clip(z, -500, 500))) - y)
        return value, np.r_[slope.sum(), np.where(movable, x.T @ slope + 2 * strength * delta, 0.0)]

    found = minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B")
    theta: Floats = np.r_[found.x[0], 1 + np.where(movable, found.x[1:], 0.0)]
    return theta


def _predict(theta: Floats, x: Floats) -> Floats:
    z: Floats = theta[0] + x @ theta[1:]
    return z


def _folds(groups: npt.NDArray[np.int_]) -> list[tuple[npt.NDArray[np.int_], npt.NDArray[np.int_]]]:
    """Return (train, test) row numbers; groups are dealt out whole, largest first, to the emptiest fold."""
    from sklearn.model_selection import GroupKFold

    folds = GroupKFold(min(_FOLDS, len(np.unique(groups))))
    return list(folds.split(groups, groups=groups))


def _best_strength(
    x: Floats,
    y: npt.NDArray[np.bool_],
    weight: Floats,
    groups: npt.NDArray[np.int_],
    movable: npt.NDArray[np.bool_],
) -> float:
    """Return the pull with the least log loss on held-out groups; the strongest where there is only one group."""
    if len(np.unique(groups)) < 2:
        return STRENGTHS[-1]
    losses = []
    for strength in STRENGTHS:
        loss = 0.0
        for train, test in _folds(groups):
            z = _predict(_fit(x[train], y[train], weight[train], movable, strength), x[test])
            loss += float((weight[test] * (np.logaddexp(0, z) - y[test] * z)).sum())
        losses.append(loss)
    return STRENGTHS[int(np.argmin(losses))]


def _interval(
    y: npt.NDArray[np.bool_], score: Floats, groups: npt.NDArray[np.int_], resamples: int, seed: int
) -> list[float]:
    """Return AUROC with its 95 % bootstrap interval over groups: [value, low, high]."""
    rng = np.random.default_rng(seed)
    rows = [np.flatnonzero(groups == g) for g in np.unique(groups)]
    draws = []
    for _ in range(resamples):
        at = np.concatenate([rows[i] for i in rng.integers(0, len(rows), len(rows))])
        draws.append(auroc(y[at], score[at]))
    low, high = np.nanquantile(draws, [0.025, 0.975])
    return [round(float(v), 4) for v in (auroc(y, score), low, high)]


def _worst(y: npt.NDArray[np.bool_], score: Floats, groups: npt.NDArray[np.int_]) -> float | None:
    """Return the lowest AUROC of a group that has both kinds of verdict, None if none has."""
    values: list[Any] = [auroc(y[groups == g], score[groups == g]) for g in np.unique(groups)]
    finite = [v for v in values if np.isfinite(v)]
    return round(float(min(finite)), 4) if finite else None
