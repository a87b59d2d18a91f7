"""How a comparison is reported: sections, one question each, with rows of numbers."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from cuetrack.agreement.resample import Estimate


@dataclass(frozen=True, slots=True)
class Row:
    """One number: what it measures, of whom ("" for all reviewers together), and its estimate."""

    measure: str
    who: str
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Section:
    """One question: a plain sentence, the numbers that answer it, and tables or remarks that belong to them."""

    title: str
    question: str
    rows: list[Row]
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """Return it as data for JSON, what is missing as None."""
        rows = [{"measure": r.measure, "who": r.who, **r.estimate.plain()} for r in self.rows]
        return {**asdict(self), "rows": rows}
