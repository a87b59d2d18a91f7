"""Random sessions for a benchmark: who sits there, what shifts, what returns, and what only looks like it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from cuetrack.simulate.archetypes import kinds, names
from cuetrack.simulate.script import BOTH, Event, Output, Person, Script
from cuetrack.simulate.script_channels import Change
from cuetrack.simulate.signals_forces import draw

SUBGROUPS = ("low_light", "low_gaze", "slow_latency", "fps_15", "mono", "mirrored")
_ALL_ALONG = ("low_light", "low_gaze", "slow_latency")
MODALITIES = ("sound", "face", "body")
CLIENT, THERAPIST = "client", "therapist"

_WITHDRAWALS = ("withdrawal_flat", "withdrawal_smiling", "withdrawal_storytelling", "therapist_initiated")
_CONFRONTATIONS = ("confrontation", "cold_confrontation")
_APART_S = 75.0
_EDGE_S = 150.0


def random_plan(
    seed: int,
    *,
    dyad: int | None = None,
    duration_s: float = 3000.0,
    strength: float = 1.0,
    events: bool = True,
    negatives: tuple[int, int] = (20, 40),
    missing_modality: str | None = None,
    subgroup: str | None = None,
) -> Script:
    """Return a random session: 0-4 quiet and 0-2 forceful shifts of the client, what follows them, and negatives.

    `dyad` settles who the two people are (their usual timing), `seed` what happens. Without `events` nothing but
    negatives happens. `missing_modality` is one of `MODALITIES`, `subgroup` one of `SUBGROUPS`.
    """
    rng = draw(seed, "plan")
    people = _people(seed if dyad is None else dyad)
    booked: list[tuple[float, float]] = [(0.0, _EDGE_S), (duration_s - _EDGE_S, duration_s)]
    happening = _shifts(rng, duration_s, strength, booked) if events else []
    shown = _negatives(rng, duration_s, int(rng.integers(*negatives, endpoint=True)), happening, booked)
    unusual_seed = _seed(rng) if subgroup in _ALL_ALONG else 0
    shown += _topics(rng, duration_s)
    output = Output(fps=25.0, sound="stereo", missing=(missing_modality,) if missing_modality else ())
    plan = Script(duration_s, people, _ordered([*happening, *shown]), seed, f"plan-{seed}", output=output)
    return unusual(plan, subgroup, seed=unusual_seed) if subgroup else plan


def unusual(plan: Script, subgroup: str, *, seed: int) -> Script:
    """Return the same session with what is unusual about a subgroup all along; `seed` settles how strongly."""
    if subgroup in _ALL_ALONG:
        person = BOTH if subgroup == "low_light" else CLIENT
        event = Event(0.0, plan.duration_s, person, subgroup, seed=seed)
        return replace(plan, events=_ordered([*plan.events, event]))
    changes: dict[str, dict[str, Any]] = {
        "fps_15": {"fps": 15.0}, "mono": {"sound": "mono"}, "mirrored": {"mirrored": True},
    }  # fmt: skip
    return replace(plan, output=replace(plan.output, **changes[subgroup]))


def _ordered(events: Sequence[Event]) -> tuple[Event, ...]:
    return tuple(sorted(events, key=lambda e: (e.start_s, e.end_s, e.person)))


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(1, 2**31))


def _people(dyad: int) -> tuple[Person, ...]:
    found = []
    for name, place, f0, turn, calls in ((THERAPIST, "left", 190.0, 4.0, 12.0), (CLIENT, "right", 170.0, 6.5, 5.0)):
        rng = draw(dyad, name, "usual")

        def times(usual: float, spread: float, rng: np.random.Generator = rng) -> float:
            return usual * float(np.clip(np.exp(spread * rng.standard_normal()), 0.5, 2.0))

        usual = {
            "latency_s": times(0.5, 0.3), "turn_s": times(turn, 0.25), "backchannels_per_min": times(calls, 0.3),
            "interruptions_per_min": times(0.5, 0.4), "minimal_share": times(0.1, 0.3),
            "unanswered_share": times(0.06, 0.3),
        }  # fmt: skip
        found.append(Person(name, place, name, times(f0, 0.15), int(place == "right"), usual))
    return tuple(found)


def _shifts(
    rng: np.random.Generator, duration_s: float, strength: float, booked: list[tuple[float, float]]
) -> list[Event]:
    """Return shifts with what follows them; each episode books its time and a margin."""
    quiet, forceful = int(rng.integers(0, 5)), int(rng.integers(0, 3))
    quiet = quiet or int(forceful == 0)
    repairs = int(rng.integers(0, 3))
    episodes: list[list[str]] = []
    while quiet:
        kind = str(rng.choice(_WITHDRAWALS, p=(0.4, 0.25, 0.15, 0.2)))
        again = quiet > 1 and kind != "withdrawal_storytelling" and rng.random() < 0.6
        episodes.append([kind, "pseudo_repair", "lingering", kind] if again else [kind])
        quiet -= 2 if again else 1
    episodes += [[str(rng.choice(_CONFRONTATIONS, p=(0.7, 0.3)))] for _ in range(forceful)]
    for index in rng.permutation(len(episodes))[:repairs]:
        episodes[int(index)].append("repair")
    found: list[Event] = []
    for kinds_in_turn in episodes:
        rows: list[tuple[str, float, float]] = []
        here = 0.0
        for kind in kinds_in_turn:
            low, high = kinds()[kind].seconds
            here += float(rng.uniform(10.0, 60.0)) if kind == "repair" else 0.0
            length = float(rng.uniform(low, min(high, 200.0)))
            rows.append((kind, here, here + length))
            here += length
        start = _place(rng, duration_s, here, booked, _APART_S)
        if start is not None:
            found += [Event(start + a, start + b, CLIENT, kind, strength, _seed(rng)) for kind, a, b in rows]
    return found


def _negatives(
    rng: np.random.Generator, duration_s: float, count: int, shifts: Sequence[Event], booked: list[tuple[float, float]]
) -> list[Event]:
    """Return negatives anywhere; those that fill a person (worksheet, crying, …) keep clear of shifts."""
    usable = [n for n in names("negative") if n not in ("small_talk", "imagery")]
    long = [n for n in usable if kinds()[n].seconds[1] >= 60]
    found = [
        Event(5.0, 5.0 + float(rng.uniform(60, 110)), BOTH, "small_talk", seed=_seed(rng)),
        Event(duration_s - float(rng.uniform(60, 110)), duration_s - 1.0, BOTH, "small_talk", seed=_seed(rng)),
    ]
    if rng.random() < 0.1:
        length = float(rng.uniform(120, 360))
        start = _place(rng, duration_s, length, booked, 30.0)
        if start is not None:
            found.append(Event(start, start + length, CLIENT, "imagery", seed=_seed(rng)))
    weights = np.array([0.35 if n in long else 1.0 for n in usable])
    for kind in rng.choice(usable, count, p=weights / weights.sum()):
        row = kinds()[str(kind)]
        length = float(rng.uniform(*row.seconds))
        if row.excludes == "stance":
            start = _place(rng, duration_s, length, booked, 30.0)
        else:
            start = float(rng.uniform(20.0, max(duration_s - length - 20.0, 21.0)))
        if start is None:
            continue
        person = BOTH if row.who == BOTH else str(rng.choice([CLIENT, THERAPIST], p=(0.6, 0.4)))
        if kind == "notes":
            person = THERAPIST
        if row.excludes == "stance" and person != BOTH:
            person = CLIENT
        event = Event(start, min(start + length, duration_s), person, str(kind), seed=_seed(rng))
        if not _clashes(event, [*found, *shifts]):
            found.append(event)
    return found


def _topics(rng: np.random.Generator, duration_s: float) -> list[Event]:
    """Return the ups and downs of any conversation: for a minute or four one of the two talks more, longer, later."""
    found = []
    here = float(rng.uniform(30, 200))
    while here < duration_s - 60:
        length = min(float(rng.uniform(60, 240)), duration_s - here)
        share = float(np.clip(0.1 * rng.standard_normal(), -0.2, 0.2))
        for person, sign in ((CLIENT, 1), (THERAPIST, -1)):
            cues = {
                "talk_share": Change("by", (sign * share,)),
                "turn_s": Change("times", (float(np.exp(0.25 * rng.standard_normal())),)),
                "latency_s": Change("times", (float(np.exp(0.15 * rng.standard_normal())),)),
            }
            found.append(Event(here, here + length, person, seed=_seed(rng), cues=cues, label="topic", ramp_s=15.0))
        here += length + float(rng.uniform(0, 200))
    return found


def _place(
    rng: np.random.Generator, duration_s: float, length: float, booked: list[tuple[float, float]], margin: float
) -> float | None:
    for _ in range(60):
        start = float(rng.uniform(0, duration_s - length))
        if all(start + length + margin <= a or start - margin >= b for a, b in booked):
            booked.append((start, start + length))
            return start
    return None


def _clashes(event: Event, others: Sequence[Event]) -> bool:
    group = kinds()[event.kind].excludes
    return bool(group) and any(
        o.kind and kinds()[o.kind].excludes == group and event.start_s < o.end_s and o.start_s < event.end_s
        and (o.person == event.person or BOTH in (o.person, event.person))
        for o in others
    )  # fmt: skip


def suite(sessions: int = 200, *, half: str = "development", strength: float = 1.0, seed: int = 0) -> list[Script]:
    """Return the benchmark's sessions of one half, two per dyad: `half` is development or unseen, dyads never shared.

    A quarter has no shift, a fifth lacks one modality, and each subgroup takes its turn; `sessions` counts both halves.
    """
    if half not in ("development", "unseen"):
        raise ValueError(f"half is development or unseen, not {half!r}")
    dyads = [d for d in range(sessions // 2) if d % 2 == (half == "unseen")]
    turn = itertools.cycle((None, *SUBGROUPS))
    plans = []
    for number, (d, part) in enumerate(itertools.product(dyads, range(2))):
        missing = MODALITIES[number // 5 % len(MODALITIES)] if number % 5 == 2 else None
        plan = random_plan(
            100_000 + 7919 * seed + 2 * d + part,
            dyad=10_000 + 7919 * seed + d,
            strength=strength,
            events=number % 4 != 3,
            missing_modality=missing,
            subgroup=None if missing or number % 5 == 4 else next(turn),
        )
        plans.append(replace(plan, name=f"dyad-{d:03d}-{part + 1}"))
    return plans
