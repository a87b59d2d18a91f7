"""Channel weights learnt from reviewers, as a small file that says where it comes from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cuetrack.errors import FormatError
from cuetrack.moments.patterns import CHANNELS, Pattern
from cuetrack.store.files import read_text, write_text

FORMAT = "cuetrack ranker 1"


@dataclass(frozen=True, slots=True)
class Ranker:
    """How much each channel counts, times its shipped weight, and the report of the learning that gave it."""

    multipliers: Mapping[str, float]
    report: Mapping[str, Any]

    def apply(self, patterns: Sequence[Pattern]) -> tuple[Pattern, ...]:
        """Return the patterns with this ranker's channel weights; nuisances keep theirs.

        Scores, chance rates and contributions are then worked out as ever, so they stay honest and add up.
        """
        return tuple(
            p
            if p.kind == "nuisance"
            else replace(p, weights={c: w * self.multipliers.get(c, 1.0) for c, w in p.weights.items()})
            for p in patterns
        )

    def digest(self) -> str:
        """Return what tells this ranker from another: SHA-256 of its weights and report, in hex."""
        text = json.dumps([dict(self.multipliers), dict(self.report)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def save(self, path: str | Path) -> None:
        """Write the ranker as JSON."""
        text = json.dumps(
            {"format": FORMAT, "multipliers": dict(self.multipliers), "report": dict(self.report)}, indent=1
        )
        write_text(Path(path), text + "\n")


def load_ranker(path: str | Path) -> Ranker:
    """Read a ranker that `Ranker.save` wrote; raise FormatError if it is not one."""
    try:
        data = json.loads(read_text(Path(path)))
    except (OSError, ValueError, RecursionError) as error:
        raise FormatError(
            f"{path}: expected a ranker file written by `cuetrack learn`, could not read it: {error}"
        ) from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise FormatError(f"{path}: expected a file of format {FORMAT!r}; make one with `cuetrack learn`")
    multipliers, report = data.get("multipliers"), data.get("report")
    if not isinstance(multipliers, dict) or not isinstance(report, dict):
        raise FormatError(f"{path}: expected the parts `multipliers` and `report`")
    if any(c not in CHANNELS or not isinstance(m, int | float) or m < 0 for c, m in multipliers.items()):
        raise FormatError(f"{path}: multipliers must be numbers from 0 for {', '.join(CHANNELS)}")
    return Ranker(multipliers, report)
