"""Many recordings at once: what a study lists, and running it.

from cuetrack.batch import read_study, run_batch
table = run_batch(read_study(Path("study.csv")), Path("sessions"), jobs=4)

Names are loaded on first use, as those of the package are.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cuetrack.batch.entry import Entry
    from cuetrack.batch.manifest import read_study
    from cuetrack.batch.outcome import Outcome
    from cuetrack.batch.run import run_batch

__all__ = ["Entry", "Outcome", "read_study", "run_batch"]

_HOMES = {"Entry": "entry", "Outcome": "outcome", "read_study": "manifest", "run_batch": "run"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
