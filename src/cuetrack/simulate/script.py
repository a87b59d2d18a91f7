"""A script: who sits where, and what happens when. The one thing that the two simulators share.

duration_s = 30
seed = 1

[[people]]
name = "therapist"
place = "left"

[[people]]
name = "client"
place = "right"
defaults = {breath_rate_per_min = 13}

[[events]]
start_s = 10
end_s = 25
person = "client"
kind = "withdrawal_flat"          # a named event: archetypes.kinds()
strength = 1.0

[[events]]
start_s = 26
end_s = 28
person = "client"
cues = {yaw_deg = 10, level_db = "-4"}   # or channels of one's own: script_channels.CHANNELS

[output]
layout = "two_person"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from cuetrack.errors import ScriptError
from cuetrack.simulate import script_curves, script_truth, script_turns
from cuetrack.simulate.archetypes import Kind, kinds
from cuetrack.simulate.script_channels import CHANNELS, Change
from cuetrack.store.files import read_text

if TYPE_CHECKING:
    from cuetrack.simulate.script_truth import Effect

BOTH = "both"
"""Person name of an event that happens to everyone."""


@dataclass(frozen=True, slots=True)
class Person:
    """One person: `place` is left or right in the picture, `look` the variant of the drawn person, 0 or 1.

    `defaults` overrides the default of any channel for this person; `skin` 0..1 darkens the drawn skin from as it is
    to dark brown, `glasses` and `beard` put them on.
    """

    name: str
    place: str
    role: str = ""
    voice_f0_hz: float = 180.0
    look: int = 0
    defaults: Mapping[str, float] = field(default_factory=dict)
    skin: float = 0.0
    glasses: bool = False
    beard: bool = False

    def default(self, channel: str) -> float:
        """Return where this channel rests for this person."""
        return self.defaults.get(channel, CHANNELS[channel].default)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens, `start_s <= t < end_s`: a named `kind`, or `cues` of one's own (channel to change).

    `cues` beside a kind override its own; `parts = false` leaves out the kind's parts (its hold, its sigh).
    """

    start_s: float
    end_s: float
    person: str
    kind: str = ""
    strength: float = 1.0
    seed: int = 0
    cues: Mapping[str, Change] = field(default_factory=dict)
    label: str = ""
    ramp_s: float | None = None
    parts: bool = True

    @property
    def family(self) -> str:
        """What this event is to a detector, see `archetypes.FAMILIES`; free cues are a "part"."""
        return kinds()[self.kind].family if self.kind else "part"


@dataclass(frozen=True, slots=True)
class Output:
    """How the session is recorded: fps, size (pixels of one person's half), layout, sound, codec and what is absent.

    `layout` is two_person or file_per_person, `sound` stereo (left person left), mono or per_file, `missing` any of
    sound, face, body; `mirrored` flips the picture; `sound_late_s` is how much later the sound runs than the picture.
    """

    fps: float = 25.0
    size: tuple[int, int] = (640, 480)
    layout: str = "two_person"
    sound: str = "stereo"
    codec: str = "h264"
    mirrored: bool = False
    missing: tuple[str, ...] = ()
    sound_late_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Script:
    """A session to be simulated. `transition_s` is the length of a raised-cosine change, centred on its border."""

    duration_s: float
    people: tuple[Person, ...]
    events: tuple[Event, ...] = ()
    seed: int = 0
    name: str = "session"
    transition_s: float = 2.0
    output: Output = field(default_factory=Output)

    def person(self, name: str) -> Person:
        """Return a person by name."""
        return next(p for p in self.people if p.name == name)

    def partner(self, name: str) -> Person:
        """Return the other one."""
        return next(p for p in self.people if p.name != name)

    def kind_of(self, event: Event) -> Kind | None:
        """Return the named kind of an event, None for one of free cues."""
        return kinds()[event.kind] if event.kind else None

    def effects(self) -> list[Effect]:
        """Return what each event does to each person, parts unfolded: see `script_truth.Effect`."""
        return script_truth.effects(self)

    def curves(self, rate_hz: float = 25.0) -> dict[str, dict[str, npt.NDArray[np.float64]]]:
        """Return every command of every person over time: person to channel to array of shape (duration * rate,).

        Sample k belongs to k / rate_hz seconds. Besides `CHANNELS` each person has ready-made motion: `blink` 0..1 lid
        closure, `breath_y_px` chest displacement with holds and sighs, `speech` 0..1 whether they sound, `envelope`
        0..1 syllables; `yaw_deg` and `pitch_deg` contain shakes and nods. Natural wandering and mirroring are in.
        """
        return script_curves.curves(self, rate_hz)

    def turns(self) -> pd.DataFrame:
        """Return who sounds when, as a spans table.

        Labels: ipu, turn, pause, overlap, interruption, backchannel, laugh, cough, sigh. A speaking person sounds
        exactly in their `ipu` and `backchannel` spans.
        """
        return script_turns.turns(self)

    def acts(self) -> pd.DataFrame:
        """Return the short visible acts as a spans table: blink, nod, shake, hold, hand_over_face."""
        return script_curves.acts(self)

    def truth_spans(self) -> pd.DataFrame:
        """Return the events as a spans table: label the kind, score the strength, source its family."""
        return script_truth.truth_spans(self)

    def truth_samples(self, rate_hz: float = 25.0) -> pd.DataFrame:
        """Return the commands as a samples table: time_s, person, every channel and ready-made motion, confidence 1."""
        return script_truth.truth_samples(self, rate_hz)


def load_script(source: str | Path) -> Script:
    """Return the script in a TOML file, or in TOML text (a string with a line break).

    Raises ScriptError naming line and field: not TOML, unknown keys, kinds, people or cues, wrong types, values out of
    range, times that are negative, backwards or after the end, and events that one person cannot do at once.
    """
    from cuetrack.simulate.script_reading import read_script

    if isinstance(source, str) and "\n" in source:
        return read_script(source, "script")
    path = Path(source)
    try:
        text = read_text(path)
    except (OSError, ValueError) as error:
        raise ScriptError(f"{path}: expected a TOML script, could not read it ({error})") from error
    return read_script(text, path.name)


def demo_script() -> Script:
    """Return the four-minute demonstration: rapport, withdrawal, masked repair, confrontation, repair, confounders."""
    return _packaged("demo")


def short_script() -> Script:
    """Return the 30 s script of the tests, in which every channel moves."""
    return _packaged("short")


def _packaged(name: str) -> Script:
    from cuetrack.simulate.script_reading import read_script

    return read_script((files("cuetrack.simulate") / "scripts" / f"{name}.toml").read_text(encoding="utf-8"), name)
