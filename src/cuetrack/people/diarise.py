"""Voices in one channel told apart by their sound, without anyone having trained on them.

Stretches of speech of up to 2 s, cut at dips of level, are joined pair by pair where one Gaussian over both explains
them nearly as well as two (Chen & Gopalakrishnan 1998), until two voices are left. A Gaussian mixture per voice and a
Markov chain with a shortest stay then place the borders.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cuetrack.people.windows import runs

Floats = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.int8]

NOBODY, OTHER = -1, 2
DIMENSIONS = 12
_SHORTEST, _LONGEST = 50, 200
_STEP, _STAY, _SWITCH, _TEMPER = 10, 5, -3.0, 0.2
_OTHER_ROWS, _OTHER_DISTANCE = 300, 0.8


@dataclass(frozen=True, slots=True)
class Voices:
    """Who is heard in each 10 ms row: `label` 0 or 1, OTHER or NOBODY; `distance` of the two voices in nats a row."""

    label: Labels
    distance: float


def tell_apart(cepstra: Floats, speech: Mask, voiced: Mask, level_db: Floats) -> Voices:
    """Return which of two voices each row of `speech` holds.

    `cepstra` (rows, d), the others (rows,). A third voice of at least 3 s that is far from both is OTHER.
    """
    label = np.full(len(speech), NOBODY, np.int8)
    if not speech.any():
        return Voices(label, 0.0)
    telling = speech & voiced & (level_db > np.percentile(level_db[speech], 15))
    stretches = _stretches(speech, level_db)
    enough = [s for s in stretches if telling[s[0] : s[1]].sum() > 2 * DIMENSIONS]
    if len(enough) < 2:
        label[speech] = 0
        return Voices(label, 0.0)
    x = cepstra[:, :DIMENSIONS].astype(np.float64)
    x = (x - x[telling].mean(axis=0)) / (x[telling].std(axis=0) + 1e-9)
    groups, third, distance = _join([x[a:b][telling[a:b]] for a, b in enough])
    for number, members in ((0, groups[0]), (1, groups[1]), (OTHER, third)):
        for i in members:
            label[enough[i][0] : enough[i][1]] = number
    others = [s for s, m in zip(enough, range(len(enough)), strict=True) if m in third]
    label = _resegment(label, x, telling)
    label = np.where(speech, label, NOBODY).astype(np.int8)
    for start, stop in others:
        label[start:stop] = np.where(speech[start:stop], OTHER, NOBODY)
    return Voices(label, distance)


def _stretches(speech: Mask, level_db: Floats) -> list[tuple[int, int]]:
    """Cut speech into stretches of at most 2 s, at the quietest row."""
    out = []
    for first, stop in runs(speech):
        start = first
        while stop - start > _LONGEST:
            low, high = start + _SHORTEST, min(start + _LONGEST, stop - _SHORTEST)
            cut = low + int(np.argmin(level_db[low:high]))
            out.append((start, cut))
            start = cut
        out.append((start, stop))
    return out


def _join(stretches: list[Floats]) -> tuple[tuple[list[int], list[int]], list[int], float]:
    """Join the stretches into two groups of indices; return them, a third voice's, and the distance of the two."""
    count = np.array([len(s) for s in stretches], np.float64)
    total = np.array([s.sum(axis=0) for s in stretches])
    square = np.array([s.T @ s for s in stretches])
    members = [[i] for i in range(len(stretches))]
    alone = _log_volume(count, total, square)
    price = np.full((len(members), len(members)), np.inf)
    for i in range(len(members) - 1):
        price[i, i + 1 :] = _price(i, slice(i + 1, None), count, total, square, alone)
    alive = np.ones(len(members), bool)
    third: list[int] = []
    while alive.sum() > 2:
        i, j = divmod(int(price.argmin()), len(members))
        if alive.sum() == 3:
            rest = int(np.setdiff1d(np.flatnonzero(alive), [i, j])[0])
            small = i if count[i] < count[j] else j
            apart = price[i, j] / (count[i] + count[j])
            if count[small] >= _OTHER_ROWS and apart > _OTHER_DISTANCE and count[rest] > count[small]:
                third, alive[small] = members[small], False
                break
        members[i] += members[j]
        count[i], total[i], square[i] = count[i] + count[j], total[i] + total[j], square[i] + square[j]
        alone[i] = _log_volume(count[i : i + 1], total[i : i + 1], square[i : i + 1])[0]
        alive[j] = False
        price[j, :] = price[:, j] = np.inf
        others = np.flatnonzero(alive & (np.arange(len(alive)) != i))
        fresh = _price(i, others, count, total, square, alone)
        price[np.minimum(i, others), np.maximum(i, others)] = fresh
    a, b = np.flatnonzero(alive)
    last = float(_price(int(a), np.array([b]), count, total, square, alone)[0])
    first, second = sorted((members[a], members[b]), key=min)
    return (first, second), third, max(0.0, last / float(count[a] + count[b]))


def _price(
    i: int, j: slice | npt.NDArray[np.intp], count: Floats, total: Floats, square: Floats, alone: Floats
) -> Floats:
    """Return what joining group i with each of j costs: log likelihood lost, less the penalty for one Gaussian more."""
    d = total.shape[1]
    both = count[i] + count[j]
    joined = _log_volume(both, total[i] + total[j], square[i] + square[j])
    penalty = 0.5 * (d + d * (d + 1) / 2) * np.log(both)
    return np.asarray(0.5 * (joined - alone[i] - alone[j]) - penalty)


def _log_volume(count: Floats, total: Floats, square: Floats) -> Floats:
    """Return n log |covariance| of groups given by their sums."""
    mean = total / count[:, None]
    covariance = square / count[:, None, None] - mean[:, :, None] * mean[:, None, :]
    return np.asarray(count * np.linalg.slogdet(covariance + 1e-3 * np.eye(total.shape[1]))[1])


def _resegment(label: Labels, x: Floats, telling: Mask, rounds: int = 2) -> Labels:
    """Place the borders anew: a mixture per voice, and the likeliest path with stays of at least 0.5 s."""
    rows = np.flatnonzero(telling)
    steps = -(-len(label) // _STEP)
    for _ in range(rounds):
        score = np.zeros((steps, 2))
        for voice in (0, 1):
            own = rows[label[rows] == voice]
            if len(own) < 60:
                return label
            mixture = fit_mixture(x[own], min(8, len(own) // 60 + 1))
            likely = _TEMPER * mixture.log_density(x[rows])
            score[:, voice] = np.bincount(rows // _STEP, likely, minlength=steps)
        label = np.repeat(best_path(score, _STAY, _SWITCH), _STEP)[: len(label)].astype(np.int8)
    return label


def best_path(score: Floats, stay: int, switch: float) -> Labels:
    """Return the likeliest state of each step (Viterbi), each kept for at least `stay` steps.

    `score` (steps, k) is the log likelihood of each state, `switch` what a change of state costs.
    """
    kinds = score.shape[1]
    each = np.repeat(np.arange(kinds), stay)
    first, last = np.arange(kinds) * stay, np.arange(kinds) * stay + stay - 1
    before = np.arange(kinds * stay) - 1
    best = np.zeros(kinds * stay)
    back = np.zeros((len(score), kinds * stay), np.int16)
    for t, now in enumerate(score):
        ends = best[last]
        leading = int(ends.argmax())
        second = int(np.where(np.arange(kinds) == leading, -np.inf, ends).argmax())
        came = before.copy()
        came[first] = last[leading]
        came[first[leading]] = last[second]
        moved = best[came]
        moved[first] += switch
        held = ends > moved[last]
        moved[last[held]], came[last[held]] = ends[held], last[held]
        best = moved + now[each]
        back[t] = came
    state = int(best.argmax())
    path = np.zeros(len(score), np.int8)
    for t in range(len(score) - 1, -1, -1):
        path[t] = each[state]
        state = back[t, state]
    return path


@dataclass(frozen=True, slots=True)
class Mixture:
    """A Gaussian mixture with diagonal covariance: `weight` (m,), `mean` (m, d), `variance` (m, d)."""

    weight: Floats
    mean: Floats
    variance: Floats

    def log_parts(self, x: Floats) -> Floats:
        """Return the log density of each row under each component, (n, m)."""
        precision = 1 / self.variance
        constant = np.log(self.weight) - 0.5 * (np.log(2 * np.pi * self.variance) + self.mean**2 * precision).sum(
            axis=1
        )
        return np.asarray(constant + x @ (self.mean * precision).T - 0.5 * (x**2) @ precision.T)

    def log_density(self, x: Floats) -> Floats:
        """Return the log density of each row, (n,)."""
        parts = self.log_parts(x)
        top = parts.max(axis=1)
        return np.asarray(top + np.log(np.exp(parts - top[:, None]).sum(axis=1)))


def fit_mixture(x: Floats, count: int, *, rounds: int = 15, seed: int = 0) -> Mixture:
    """Fit a mixture to rows (n, d) by expectation-maximisation from `count` rows drawn with a seed."""
    rng = np.random.default_rng(seed)
    spread = x.var(axis=0) + 1e-6
    mean = x[rng.choice(len(x), count, replace=False)]
    found = Mixture(np.full(count, 1 / count), mean, np.tile(spread, (count, 1)))
    for _ in range(rounds):
        parts = found.log_parts(x)
        share = np.exp(parts - parts.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        total = share.sum(axis=0) + 1e-6
        mean = share.T @ x / total[:, None]
        variance = share.T @ x**2 / total[:, None] - mean**2
        found = Mixture(total / total.sum(), mean, np.maximum(variance, 0.05 * spread))
    return found
