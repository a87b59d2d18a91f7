"""Who is who: give each unbroken stretch of following to a person, by place, size, timing and looks, and say how sure.

A stretch (`Tracklet`) ends wherever the one followed could have become another: at a loss, a jump, a cut, or where two
people come near each other. Nothing is decided within a stretch; between stretches everything is open.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import numpy.typing as npt

from cuetrack.people import appearance
from cuetrack.people.boxes import Box
from cuetrack.people.find import FoundPerson, find_people

__all__ = ["Claim", "FoundPerson", "Known", "Tracklet", "assign", "find_people"]

_LOOKS_SD = 0.06  # distance of looks between stretches of one person; two clips: at most .07 within, .16-.24 between
_PLACE_SD = 1.0  # face widths that someone may have moved between two stretches, grows with the time between
_MOVES_PER_S = 1.5
_SIZE_SD = 0.35
_NOBODY = 12.0  # cost from which a stretch is nobody's we know
_NEAR_SURETY = 0.6
_SHORT_S = 0.4
_TOGETHER_S = 1.0


@dataclass(frozen=True, slots=True)
class Tracklet:
    """One unbroken stretch: head boxes at both ends, usual look (72,), and whether it was `near` another person."""

    number: int
    start_s: float
    end_s: float
    first: Box
    last: Box
    look: npt.NDArray[np.float32]
    near: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a person before a stretch: usual look, last head box and when it was seen; None at the start."""

    look: npt.NDArray[np.float32] | None = None
    box: Box | None = None
    seen_s: float = -math.inf


@dataclass(frozen=True, slots=True)
class Claim:
    """Whose a stretch is (None: nobody we know) and how sure, 0..1."""

    person: str | None
    surety: float


def assign(tracklets: Sequence[Tracklet], people: Mapping[str, Known]) -> tuple[dict[int, Claim], dict[str, Known]]:
    """Give every stretch to a person; return the claims by stretch number and what is known of everyone afterwards.

    `people` in picture order from left to right; without looks they are told apart by place in the first second that
    all are seen together. Stretches at the same time never go to the same person.
    """
    known = dict(people)
    ordered = sorted(tracklets, key=lambda t: (t.start_s, t.number))
    if any(k.look is None for k in known.values()):
        known = _introduce(ordered, known)
    claims = _in_order(ordered, known)
    looks = _looks(ordered, claims[0], known)
    known = {name: replace(k, look=looks[name]) for name, k in known.items()}
    return _in_order(ordered, known)


def _introduce(tracklets: Sequence[Tracklet], people: Mapping[str, Known]) -> dict[str, Known]:
    """Take everyone's look from the first stretches in which all are there at once, from left to right."""
    clear = [t for t in tracklets if not t.near] or list(tracklets)
    if not clear:
        return dict(people)
    names = list(people)
    groups = [[t for t in clear if t.start_s <= at.start_s <= t.end_s] for at in clear]
    groups = [g for g in groups if len(g) >= len(names)]
    if not groups or len(names) == 1:
        longest = max(clear, key=lambda t: t.end_s - t.start_s)
        if len(names) == 1:
            return {names[0]: replace(people[names[0]], look=longest.look)}
        return dict(people)
    long_enough = [g for g in groups if _joint_s(g) >= _TOGETHER_S]
    together = long_enough[0] if long_enough else max(groups, key=_joint_s)
    chosen = sorted(together, key=lambda t: t.start_s - t.end_s)[: len(names)]
    chosen.sort(key=lambda t: t.first.centre[0])
    return {
        name: replace(k, look=k.look if k.look is not None else t.look)
        for (name, k), t in zip(people.items(), chosen, strict=True)
    }


def _joint_s(group: Sequence[Tracklet]) -> float:
    return min(t.end_s for t in group) - max(t.start_s for t in group)


def _in_order(tracklets: Sequence[Tracklet], people: Mapping[str, Known]) -> tuple[dict[int, Claim], dict[str, Known]]:
    """Give stretches to people in the order of time, those that begin together jointly."""
    known, claims = dict(people), dict[int, Claim]()
    busy: list[tuple[str, float]] = []
    left = list(tracklets)
    while left:
        first = left[0]
        group = [t for t in left[:4] if t.start_s - first.start_s <= 0.5]
        left = left[len(group) :]
        for tracklet, claim in zip(group, _together(group, known, busy), strict=True):
            claims[tracklet.number] = claim
            if claim.person is None:
                continue
            busy = [b for b in busy if b[1] > first.start_s] + [(claim.person, tracklet.end_s)]
            known[claim.person] = replace(known[claim.person], box=tracklet.last, seen_s=tracklet.end_s)
    return claims, known


def _together(group: Sequence[Tracklet], known: Mapping[str, Known], busy: Sequence[tuple[str, float]]) -> list[Claim]:
    """Return the cheapest joint claims of stretches that begin together."""
    names = [*known, None]
    costs = [[_cost(t, known[n], n, busy) if n is not None else _NOBODY for n in names] for t in group]
    options = []
    for choice in product(range(len(names)), repeat=len(group)):
        persons = [names[c] for c in choice]
        taken = [
            (p, q)
            for i, (p, a) in enumerate(zip(persons, group, strict=True))
            for q, b in zip(persons[:i], group, strict=False)
            if p is not None and p == q and min(a.end_s, b.end_s) > max(a.start_s, b.start_s)
        ]
        if not taken:
            options.append((sum(costs[i][c] for i, c in enumerate(choice)), choice))
    best_cost, best = min(options)
    claims = []
    for i, tracklet in enumerate(group):
        rival = min((cost for cost, choice in options if choice[i] != best[i]), default=best_cost + 20)
        surety = 1 / (1 + math.exp(-min(rival - best_cost, 50.0) / 2))
        surety = min(surety, _NEAR_SURETY) if tracklet.near else surety
        claims.append(Claim(names[best[i]], round(surety, 4)))
    return claims


def _cost(tracklet: Tracklet, known: Known, name: str, busy: Sequence[tuple[str, float]]) -> float:
    """Return how badly a stretch fits a person: squared standard deviations of looks, place and size."""
    if any(n == name and end - tracklet.start_s > _SHORT_S for n, end in busy):
        return math.inf
    cost = 0.0
    if known.look is not None:
        apart = appearance.distance(tracklet.look, known.look)
        cost += 2.0 if math.isnan(apart) else min((apart / _LOOKS_SD) ** 2, 40.0) * (0.3 if tracklet.near else 1.0)
    if known.box is not None:
        gap_s = max(0.0, tracklet.start_s - known.seen_s)
        (ax, ay), (bx, by) = tracklet.first.centre, known.box.centre
        size = max(known.box.width, tracklet.first.width, 1.0)
        moved = math.hypot(ax - bx, ay - by) / size
        cost += min((moved / (_PLACE_SD + _MOVES_PER_S * gap_s)) ** 2, 9.0)
        cost += min((math.log(tracklet.first.width / max(known.box.width, 1.0)) / (_SIZE_SD + 0.1 * gap_s)) ** 2, 4.0)
    return cost


def _looks(
    tracklets: Sequence[Tracklet], claims: Mapping[int, Claim], known: Mapping[str, Known]
) -> dict[str, npt.NDArray[np.float32] | None]:
    """Return everyone's usual look over the stretches that are surely theirs, with the look they had before."""
    looks: dict[str, npt.NDArray[np.float32] | None] = {}
    for name, before in known.items():
        sure = [
            t for t in tracklets if claims[t.number].person == name and claims[t.number].surety > 0.9 and not t.near
        ]
        sure.sort(key=lambda t: t.start_s - t.end_s)
        own = [t.look for t in sure[:20]] + ([before.look] if before.look is not None else [])
        looks[name] = appearance.usual(own) if own else None
    return looks
