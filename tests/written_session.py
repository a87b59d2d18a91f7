"""A session folder written from simulated cue tables, for tests of what reads one."""

from pathlib import Path

from cuetrack.moments import find_moments
from cuetrack.session import Session, open_session
from cuetrack.simulate.script import Script
from cuetrack.simulate.signals import simulate_session
from cuetrack.store.folder import SessionFolder
from cuetrack.store.provenance import Provenance


def write_session(path: Path, script: Script, *, surrogates: int = 20, warnings: tuple[str, ...] = ()) -> Session:
    """Write a script's session at cue level, with moments, and open it."""
    simulated = simulate_session(script)
    folder = SessionFolder(path)
    folder.describe(
        {"name": path.stem, "people": {p: {} for p in simulated.people}, "duration_s": simulated.duration_s}
    )
    for name in {*simulated.cues, *simulated.spans}:
        parts = {"": simulated.cues.get(name), "spans": simulated.spans.get(name)}
        kept = {part: table for part, table in parts.items() if table is not None}
        folder.keep("cues", name, kept, Provenance(name, "1", {"simulated": True}))
    found = find_moments(
        simulated.cues, simulated.spans, simulated.people, duration_s=simulated.duration_s, surrogates=surrogates
    )
    tables = {"": found.moments, "evidence": found.evidence, "arc": found.arcs}
    folder.keep("moments", "default", tables, Provenance("moments", "1", {"surrogates": surrogates}))
    folder.note_run({"warnings": list(warnings), "seconds": {}})
    return open_session(path)
