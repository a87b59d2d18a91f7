"""The scripts of the accuracy benchmark: everything at once, quiet listening, and one thing after the other."""

from collections.abc import Iterator, Sequence

import numpy as np

from cuetrack.simulate.script import Event, Person, Script
from cuetrack.simulate.script_channels import Change

PEOPLE = ("therapist", "client")
PLACES = {"therapist": "left", "client": "right"}

BLOCKS = {
    "brow_raise": {"brow_raise": 1.0},
    "brow_lower": {"brow_lower": 1.0},
    "smile": {"smile": 1.0},
    "gaze_down": {"gaze_y": 1.0},
    "gaze_side": {"gaze_x": 0.8},
    "blinks": {"blink_rate_per_min": 50.0},
    "mouth_open": {"jaw": 0.8},
    "head_down": {"pitch_deg": 10.0},
    "hand_over_face": {"hand_over_face": 1.0},
    "darker": {"luma": 0.6},
    "brighter": {"luma": 1.4},
}
"""What moves alone, for BLOCK_S, with as long a rest before it."""
BLOCK_S, TALK_S = 4.0, 30.0
CALM_S, EVENTS_S, LOOKS_S = 45.0, 36.0, 22.0


def moving(seed: int, seconds: float) -> Script:
    """Return two people who talk while every channel goes to a new value every few seconds."""
    events: list[Event] = []
    for number, name in enumerate(PEOPLE):
        rng = np.random.default_rng([seed, number, 1])
        for channel, draw in _DRAWS.items():
            events += _steps(name, channel, seconds, rng, draw)
        events += _either(name, ("brow_raise", "brow_lower"), seconds, rng)
    busy = {"blink_rate_per_min": 20.0, "nod_rate_per_min": 7.0, "shake_rate_per_min": 4.0}
    return Script(seconds, _people(seed, busy), tuple(events), seed=seed, name=f"accuracy-moving-{seed}")


def talking(seed: int, seconds: float = 60.0) -> Script:
    """Return two people in plain talk who nod, shake their heads and look about, but keep their seats."""
    busy = {"nod_rate_per_min": 7.0, "shake_rate_per_min": 3.0, "talk_share": 0.5}
    events: list[Event] = []
    for number, name in enumerate(PEOPLE):
        rng = np.random.default_rng([seed, number, 4])
        for channel in ("yaw_deg", "gaze_x", "smile"):
            events += _steps(name, channel, seconds, rng, _DRAWS[channel])
    return Script(seconds, _people(seed, busy), tuple(events), seed=seed, name=f"accuracy-talking-{seed}")


def listening(seed: int, calm_s: float = CALM_S) -> Script:
    """Return two people who say nothing: calm breathing, then a hold and a sigh each, then looks away and back."""
    rng = np.random.default_rng([seed, 2])
    end = calm_s + EVENTS_S + LOOKS_S
    events = [Event(0.0, end, name, cues={"talk_share": _to(0.0)}, ramp_s=0.0) for name in PEOPLE]
    defaults = {}
    for number, name in enumerate(PEOPLE):
        hold, sigh = (8.0, 26.0) if number == seed % 2 else (20.0, 8.0)
        events.append(Event(calm_s + hold, calm_s + hold + 8.0, name, kind="hold"))
        events.append(Event(calm_s + sigh, calm_s + sigh + 2.5, name, kind="sigh"))
        events += _looks_away(name, calm_s + EVENTS_S, rng)
        defaults[name] = {"breath_rate_per_min": float(rng.uniform(11, 20)), "breath_px": float(rng.uniform(0.8, 2.5))}
    people = tuple(
        Person(name, PLACES[name], look=i, voice_f0_hz=200.0 - 60 * i, defaults=defaults[name])
        for i, name in enumerate(PEOPLE)
    )
    return Script(end, people, tuple(events), seed=seed, name=f"accuracy-listening-{seed}")


def _looks_away(name: str, start_s: float, rng: np.random.Generator) -> list[Event]:
    """Return looks of 2.5 s to either side by eyes or by head, with 2.5 s at the partner between them."""
    sides = [{"gaze_x": 0.6}, {"yaw_deg": 22.0}, {"gaze_x": -0.6}, {"yaw_deg": -22.0}]
    order = rng.permutation(len(sides))
    return [
        Event(
            start_s + 5 * i + 2.5, start_s + 5 * i + 5, name, cues={c: _to(v) for c, v in sides[k].items()}, ramp_s=0.5
        )
        for i, k in enumerate(order)
    ]


def one_by_one(seed: int) -> Script:
    """Return plain talk without nods for TALK_S, then silence in which one thing after the other moves."""
    seconds = TALK_S + (2 * len(BLOCKS) + 1) * BLOCK_S
    events = [Event(TALK_S, seconds, name, cues={"talk_share": _to(0.0)}, ramp_s=0.0) for name in PEOPLE]
    for label, start in blocks():
        cues = {channel: _to(value) for channel, value in BLOCKS[label].items()}
        ramp = 0.04 if label in {"darker", "brighter"} else 0.8
        events += [Event(start, start + BLOCK_S, name, cues=cues, label=label, ramp_s=ramp) for name in PEOPLE]
    still = {"nod_rate_per_min": 0.0, "shake_rate_per_min": 0.0, "blink_rate_per_min": 6.0, "breath_px": 1.5}
    return Script(seconds, _people(seed, still), tuple(events), seed=seed, name=f"accuracy-one-by-one-{seed}")


def blocks() -> Iterator[tuple[str, float]]:
    """Yield each block of `one_by_one` and when it starts."""
    for number, label in enumerate(BLOCKS):
        yield label, TALK_S + (2 * number + 1) * BLOCK_S


def _people(seed: int, defaults: dict[str, float]) -> tuple[Person, ...]:
    rng = np.random.default_rng([seed, 3])
    return tuple(
        Person(name, PLACES[name], look=i, voice_f0_hz=float(rng.uniform(*((190, 230), (110, 150))[i])),
               defaults={**defaults, "breath_rate_per_min": float(rng.uniform(12, 18))})
        for i, name in enumerate(PEOPLE)
    )  # fmt: skip


def _to(value: float) -> Change:
    return Change("to", (float(value),))


def _aside(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw 0 half of the time, else something to either side."""
    return 0.0 if rng.random() < 0.5 else float(rng.choice([-1, 1]) * rng.uniform(low, high))


_DRAWS = {
    "yaw_deg": lambda r: _aside(r, 3, 15),
    "pitch_deg": lambda r: r.uniform(-8, 8),
    "roll_deg": lambda r: r.uniform(-10, 10),
    "gaze_x": lambda r: _aside(r, 0.45, 0.9),
    "gaze_y": lambda r: r.uniform(-0.8, 0.8),
    "smile": lambda r: r.uniform(0, 1),
    "smile_eyes": lambda r: r.uniform(0, 1),
    "lip_press": lambda r: r.uniform(0.3, 1) if r.random() < 0.3 else 0.0,
    "lean": lambda r: r.uniform(-0.1, 0.1),
    "slump_px": lambda r: r.uniform(0, 18),
    "f0_st": lambda r: r.uniform(-3, 3),
    "level_db": lambda r: r.uniform(-32, -18),
    "rate_syl_per_s": lambda r: r.uniform(3, 6),
}


def _steps(name: str, channel: str, seconds: float, rng: np.random.Generator, draw) -> list[Event]:  # type: ignore[no-untyped-def]
    """Return one event after the other on one channel, each to a new value."""
    return [
        Event(a, b, name, cues={channel: _to(draw(rng))}, ramp_s=0.8)
        for a, b in _stretches(seconds, rng)
        if b - a > 0.5
    ]


def _either(name: str, channels: Sequence[str], seconds: float, rng: np.random.Generator) -> list[Event]:
    """Return events of which each moves one of two channels that exclude each other, or neither."""
    events = []
    for a, b in _stretches(seconds, rng):
        choice = int(rng.integers(0, 3))
        if choice < 2 and b - a > 0.5:
            events.append(Event(a, b, name, cues={channels[choice]: _to(rng.uniform(0.2, 1.0))}, ramp_s=0.8))
    return events


def _stretches(seconds: float, rng: np.random.Generator) -> list[tuple[float, float]]:
    steps = rng.uniform(2.0, 4.5, int(seconds / 2) + 2)
    borders = np.concatenate([[0.0], np.cumsum(steps)])
    borders = np.append(borders[borders < seconds], seconds)
    return list(zip(borders[:-1].tolist(), borders[1:].tolist(), strict=True))
