"""A session folder written from simulated cue tables, for tests of what reads one."""

from pathlib import Path

from cuetrack.pipeline.simulated import simulated_session
from cuetrack.session import Session
from cuetrack.simulate.script import Script


def write_session(path: Path, script: Script, *, surrogates: int = 20, warnings: tuple[str, ...] = ()) -> Session:
    """Write a script's session at cue level, with moments, and open it."""
    session = simulated_session(script, path, surrogates=surrogates)
    session.folder.note_run({"warnings": list(warnings), "seconds": {}})
    return session
