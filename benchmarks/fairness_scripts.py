"""The scripts of the fairness slice: the same movements by people who differ in skin, light, glasses or beard."""

from dataclasses import dataclass, field, replace

import accuracy_scripts as scripts

from cuetrack.simulate.script import Script

SECONDS = 30.0


@dataclass(frozen=True)
class Slice:
    """How both people look (`Person` fields) and how they are lit (channels)."""

    person: dict[str, float | bool] = field(default_factory=dict)
    light: dict[str, float] = field(default_factory=dict)


DIM = {"luma": 0.45, "grain": 4.0}
SLICES = {
    "as_photographed": Slice(),
    "medium_skin": Slice({"skin": 0.5}),
    "dark_skin": Slice({"skin": 1.0}),
    "dim_light": Slice(light=DIM),
    "dark_skin_dim_light": Slice({"skin": 1.0}, DIM),
    "dark_skin_little_light": Slice({"skin": 1.0}, {"luma": 0.3, "grain": 8.0}),
    "side_light": Slice(light={"light_side": 1.0}),
    "dark_skin_side_light": Slice({"skin": 1.0}, {"light_side": 1.0}),
    "glasses": Slice({"glasses": True}),
    "beard": Slice({"beard": True}),
    "dark_skin_glasses_beard": Slice({"skin": 1.0, "glasses": True, "beard": True}),
}


def of_slice(name: str, seed: int) -> Script:
    """Return the moving clip of a seed with everyone in a slice: what moves is the same in every slice."""
    base, how = scripts.moving(seed, SECONDS), SLICES[name]
    people = tuple(replace(p, **how.person, defaults={**p.defaults, **how.light}) for p in base.people)
    return replace(base, people=people, name=f"fairness-{name}-{seed}")
