"""The video stage: decode once, follow everyone in parallel, decide who is who, and keep the tracks part by part.

A decode thread fills a bounded queue with short blocks of samples; each block is read by one thread per person at the
same time (mediapipe releases the GIL), then the blocks are compared for collisions. Every part of 300 s begins with
fresh engines 2 s before its start, so that a run that was interrupted goes on at the last finished part and ends equal
to one that was not. Nothing depends on how fast a thread ran: the same recording gives the same bytes.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cuetrack.errors import PeopleError
from cuetrack.people.shelf import load_tracks

__all__ = ["View", "WatchReport", "WatchSettings", "load_tracks", "watch"]

VERSION = "9"
_PLACES = ("left", "right", "")

Progress = Callable[[float, float], None]
"""Called with (seconds of recording done, seconds in all)."""


@dataclass(frozen=True, slots=True)
class View:
    """One recording and who is in it, name to place: `left`, `right`, or "" for someone alone; none given: found.

    `offset_s` and `drift_ppm` bring its clock to the session's: session = time * (1 + drift_ppm / 1e6) + offset_s.
    """

    path: Path
    people: Mapping[str, str] = field(default_factory=dict)
    offset_s: float = 0.0
    drift_ppm: float = 0.0
    mirrored: bool = False

    def session_s(self, time_s: float) -> float:
        """Return the session time of one of its own times."""
        return time_s * (1 + self.drift_ppm * 1e-6) + self.offset_s


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """How closely to look. Rates are at most; the recording's own rate is divided by a whole number.

    15 faces and 7.5 bodies a second of two people run at about 3 times real time on two cores; what each rate
    costs every cue is in docs/rates.md. `torso_hz` is at least. `body_model` is `lite` or `full`.
    """

    face_hz: float = 15.0
    body_hz: float = 7.5
    torso_hz: float = 7.0
    body_model: str = "lite"
    search_s: float = 2.0
    part_s: float = 300.0
    warm_up_s: float = 2.0


@dataclass(frozen=True, slots=True)
class WatchReport:
    """What the video stage saw: people with their place, share of samples tracked, what to know, and seconds spent.

    `tracked` maps person to `face`, `body`, `torso` and `sure` (mean surety of who it is), each 0..1. `gaps` are
    session spans (start, end) without picture. `stopped` tells that it was interrupted and can be resumed.
    """

    people: Mapping[str, str]
    tracked: Mapping[str, Mapping[str, float]]
    warnings: tuple[str, ...]
    gaps: tuple[tuple[float, float], ...]
    rates_hz: Mapping[str, float]
    seconds: float
    stopped: bool


def watch(
    views: Sequence[View],
    folder: str | Path,
    *,
    settings: WatchSettings | None = None,
    progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
    new_parts: int | None = None,
) -> WatchReport:
    """Follow everyone in the views and keep their tracks in a folder; finished parts of an earlier run are kept.

    With `new_parts` it stops when so many parts of each view were made and there are more to make.

    Raises PeopleError where the people given cannot be placed or nobody is seen, MediaError where a recording cannot
    be used, ModelError where the models are missing.
    """
    from cuetrack.media.probe import probe
    from cuetrack.people.cores import cores_for
    from cuetrack.people.survey import placed
    from cuetrack.people.view import watch_view

    started = time.monotonic()
    chosen = settings or WatchSettings()
    if not views:
        raise PeopleError("expected at least one recording to watch, got none")
    infos = [probe(view.path) for view in views]
    warnings: list[str] = []
    settled = []
    for view, info in zip(views, infos, strict=True):
        people, said = placed(view, info, alone=len(views) > 1)
        warnings += said
        settled.append((view, people))
    names = [name for _, people in settled for name in people]
    if len(set(names)) < len(names):
        raise PeopleError(f"every person needs a name of their own across the recordings, got {', '.join(names)}")

    cores = iter(cores_for(len(names)))
    cores_of = [[next(cores) for _ in people] for _, people in settled]
    total = sum(info.duration_s for info in infos)
    done = [0.0] * len(views)

    def tell(number: int, seconds: float) -> None:
        done[number] = seconds
        if progress:
            progress(min(sum(done), total), total)

    def one(number: int) -> Any:
        view, people = settled[number]
        print_of = fingerprint(view, people, chosen)
        return watch_view(
            view, people, infos[number], Path(folder), number, chosen, print_of, tell, should_stop, cores_of[number],
            new_parts,
        )  # fmt: skip

    with ThreadPoolExecutor(len(views)) as pool:
        outcomes = list(pool.map(one, range(len(views))))
    return _report(settled, outcomes, warnings, time.monotonic() - started)


def fingerprint(view: View, people: Mapping[str, str], settings: WatchSettings) -> str:
    """Return what a part's tracks depend on, as a hash: recording, people, clock, settings, models and code version."""
    from cuetrack.people import weights

    size = view.path.stat().st_size
    digest = hashlib.sha256()
    with view.path.open("rb") as file:
        digest.update(file.read(1 << 20))
        file.seek(max(0, size - (1 << 20)))
        digest.update(file.read(1 << 20))
    models = [b.sha256 for b in weights.BUNDLES.values()]
    clock = (view.offset_s, view.drift_ppm, view.mirrored)
    digest.update(repr((VERSION, size, list(people.items()), clock, asdict(settings), models)).encode())
    return digest.hexdigest()


def _report(
    settled: Sequence[tuple[View, Mapping[str, str]]], outcomes: Sequence[Any], warnings: list[str], seconds: float
) -> WatchReport:
    people = {name: place for _, given in settled for name, place in given.items()}
    tracked = {}
    for outcome in outcomes:
        warnings += [w for w in outcome.warnings if w not in warnings]
        for name, counts in outcome.counts.items():
            tracked[name] = {k: counts[k] / max(counts[f"{k}_of"], 1) for k in ("face", "body", "torso", "sure")}
    gaps = tuple(sorted({g for outcome in outcomes for g in outcome.gaps}))
    rates = outcomes[0].rates_hz
    stopped = any(outcome.stopped for outcome in outcomes)
    return WatchReport(people, tracked, tuple(warnings), gaps, rates, math.ceil(seconds * 100) / 100, stopped)
