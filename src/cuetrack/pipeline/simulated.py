"""A session folder from a script, straight at the level of cues: no recording, no engines, and its truth known."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cuetrack import moments
from cuetrack.cues import registry
from cuetrack.session import Session, open_session
from cuetrack.simulate.script import Script
from cuetrack.simulate.signals import simulate_session
from cuetrack.store.folder import SessionFolder
from cuetrack.store.provenance import Provenance


def simulated_session(
    script: Script, out: Path | str, *, seed: int | None = None, dyad: int | None = None, surrogates: int = 20
) -> Session:
    """Write what the cues of a script's session would be into a folder, rank its moments, and open it.

    A 50-minute session takes seconds; nothing is rendered. `seed` settles noise, `dyad` who the two people are, both
    the script's seed if not given; `surrogates` (0: none) say how strong moments are by chance. What really happened
    is `script.truth_spans()`. It shows what a detector finds of what was put in, never clinical validity.
    """
    simulated = simulate_session(script, seed, dyad=dyad)
    folder = SessionFolder(Path(out))
    people = {p.name: {"place": p.place} for p in script.people}
    folder.describe({"name": folder.path.stem, "people": people, "duration_s": simulated.duration_s, "simulated": True})
    made: dict[str, str] = {}
    for name, cue in registry.all_cues().items():
        parts = {"": simulated.cues.get(name), "spans": simulated.spans.get(name)}
        kept = {part: table for part, table in parts.items() if table is not None}
        if kept:
            needed = (registry.cue_needed(need, made) for need in cue.needs)
            inputs = {need: made[need] for need in needed if need in made}
            made_by = Provenance(name, cue.version, {"simulated": True, "seed": seed, "dyad": dyad}, inputs)
            folder.keep("cues", name, kept, made_by)
            made[name] = made_by.digest()
    found = moments.find_moments(
        simulated.cues, simulated.spans, simulated.people, duration_s=simulated.duration_s, surrogates=surrogates
    )
    parts_found: dict[str, pd.DataFrame] = {
        "": found.moments,
        "evidence": found.evidence,
        "arc": found.arcs,
        "recovery": found.recovery,
        "robustness": found.robustness,
        "shifts": found.session_shifts,
    }
    settings = {"simulated": True, "surrogates": surrogates}
    folder.keep("moments", "default", parts_found, Provenance("moments", moments.VERSION, settings, made))
    folder.note_run({"warnings": [], "seconds": {}})
    return open_session(folder.path)
