"""Names taken out of a session: people get pseudonyms, files neutral names, in every table and text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

ROLES = (
    "client", "patient", "therapist", "counsellor", "counselor", "clinician", "supervisor", "trainee", "interviewer",
    "participant", "person_1", "person_2", "left", "right", "a", "b",
)  # fmt: skip
"""Names that say what someone does or where they sit, not who they are; they stay."""


class Pseudonyms:
    """What stands for each name and file of a session."""

    def __init__(self, people: Sequence[str], files: Sequence[str], session: str, shared: str) -> None:
        free = (f"person_{n}" for n in range(1, 100) if f"person_{n}" not in people)
        self.people = {p: p if p.lower() in ROLES else next(free) for p in people}
        words = {p: new for p, new in self.people.items() if p != new}
        for path in files:
            for known in (path, Path(path).name, Path(path).stem):
                words.setdefault(known, "the recording")
        words.setdefault(session, shared)
        kept = {w: new for w, new in words.items() if w.lower() not in ROLES}
        self._new = {w.lower(): new for w, new in kept.items()}
        longest = sorted(kept, key=len, reverse=True)
        self._any = re.compile("|".join(rf"(?<!\w){re.escape(w)}(?!\w)" for w in longest) or r"(?!)", re.IGNORECASE)

    def text(self, text: str) -> str:
        """Return a text with every name replaced."""
        return self._any.sub(lambda found: self._new[found[0].lower()], text)

    def plain(self, value: Any) -> Any:
        """Return JSON-like content with every name replaced, in keys too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(k)): self.plain(v) for k, v in value.items()}
        return [self.plain(v) for v in value] if isinstance(value, list | tuple) else value

    def table(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return a table with every name in its texts replaced and nothing beside its columns."""
        changed = {
            str(column): values.map(lambda v: self.text(v) if isinstance(v, str) else v)
            for column, values in table.items()
            if not pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
        }
        out = table.assign(**changed).astype({c: table[c].dtype for c in changed})
        out.attrs = {}
        return out
