"""One view, part by part: what an earlier run finished is kept, the rest is made."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cuetrack.errors import StoreError
from cuetrack.people import shelf
from cuetrack.people.memory import give_back_memory
from cuetrack.people.part import Pace, Part

if TYPE_CHECKING:
    from cuetrack.media.probe import MediaInfo
    from cuetrack.people.watch import View, WatchSettings


@dataclass(slots=True)
class Outcome:
    """What a view came to: samples per person, warnings, gaps in session time, rates, whether it was stopped."""

    counts: dict[str, dict[str, float]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    gaps: list[tuple[float, float]] = field(default_factory=list)
    rates_hz: dict[str, float] = field(default_factory=dict)
    stopped: bool = False


def watch_view(
    view: View,
    people: Mapping[str, str],
    info: MediaInfo,
    folder: Path,
    number: int,
    settings: WatchSettings,
    fingerprint: str,
    tell: Callable[[int, float], None],
    should_stop: Callable[[], bool] | None,
    cores: Sequence[int | None],
    new_parts: int | None,
) -> Outcome:
    """Watch one view part by part; parts that are there with the same fingerprint are kept.

    `cores` holds each person's core, see `cores`; `new_parts` is how many to make at most.
    """
    assert info.video is not None
    pace = Pace.of(info.video.steady_rate_hz or info.video.rate_hz or 25.0, settings)
    outcome = Outcome(rates_hz=pace.rates_hz)
    parts = max(1, math.ceil((info.duration_s - 0.5) / settings.part_s))
    state: dict[str, Any] = {}
    made = 0
    paths = [shelf.part_path(folder, number, k) for k in range(parts)]
    if not _all_there(paths, fingerprint):
        for bare in (p for p in paths[:-1] if p.is_file() and "exemplars" not in _state_or_none(p)):
            bare.unlink()  # the next part cannot go on from it
    for k, path in enumerate(paths):
        about = shelf.about_part(path)
        if about is None or about["fingerprint"] != fingerprint or about["before"] != state.get("hash", ""):
            if made == new_parts or (should_stop and should_stop()):
                outcome.stopped = True
                return outcome
            start = k * settings.part_s
            end = start + settings.part_s if k < parts - 1 else math.inf
            part = Part(view, people, info, settings, pace, start, end, cores)
            watched = part.run(state, lambda s: tell(number, s), should_stop)
            if watched is None:
                outcome.stopped = True
                return outcome
            arrays, about = watched
            about |= {"fingerprint": fingerprint, "before": state.get("hash", ""), "part": k}
            shelf.write_part(path, arrays, about)
            made += 1
            del part, watched, arrays
            give_back_memory()
        state = shelf.state_of(path)
        _add(outcome, about)
        tell(number, min(info.duration_s, (k + 1) * settings.part_s))
    for stale in folder.glob(f"view{number}-*.npz"):
        if int(stale.stem.split("-")[1]) >= parts:
            stale.unlink()
    for path in paths:
        shelf.make_bare(path)
    return outcome


def _all_there(paths: list[Path], fingerprint: str) -> bool:
    """Tell whether every part is there, made from this, each going on from the one before."""
    before = ""
    for path in paths:
        about = shelf.about_part(path)
        if about is None or about["fingerprint"] != fingerprint or about["before"] != before:
            return False
        before = about["hash"]
    return True


def _state_or_none(path: Path) -> dict[str, Any]:
    try:
        return shelf.state_of(path)
    except StoreError:
        return {}


def _add(outcome: Outcome, about: Mapping[str, Any]) -> None:
    for name, counts in about["counts"].items():
        sums = outcome.counts.setdefault(name, {})
        for key, value in counts.items():
            sums[key] = sums.get(key, 0) + value
    outcome.warnings += [w for w in about["warnings"] if w not in outcome.warnings]
    outcome.gaps += [(float(a), float(b)) for a, b in about["gaps"]]
