"""What one run of the pipeline carries along."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from cuetrack.people.memory import give_back_memory
from cuetrack.recording import Recording
from cuetrack.store.folder import SessionFolder

Progress = Callable[[str, float], None]


@dataclass
class Run:
    """Where a run writes, what it saw, how long each stage took, and the digest of what each result was made from."""

    folder: SessionFolder
    recording: Recording
    settings: Mapping[str, Any]
    progress: Progress
    keep_tracks: bool = True
    seconds: dict[str, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    tracked: dict[str, dict[str, float]] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    missing: dict[str, dict[str, str]] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    gaps: list[list[float]] = field(default_factory=list)
    sync: str = ""

    @contextmanager
    def stage(self, name: str) -> Iterator[Callable[[float], None]]:
        """Time a stage and yield its progress callback."""
        started = time.monotonic()
        self.progress(name, 0.0)
        yield lambda done: self.progress(name, done)
        give_back_memory()
        self.progress(name, 1.0)
        self.seconds[name] = round(time.monotonic() - started, 2)

    def warn(self, *texts: str) -> None:
        """Note a warning once."""
        self.warnings += [t for t in texts if t not in self.warnings]
