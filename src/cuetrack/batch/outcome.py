"""How sessions ended, kept as a table and as a page to read, both written anew after every session."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from cuetrack.batch.entry import Entry
from cuetrack.store.files import read_table, write_table, write_text
from cuetrack.store.folder import SUFFIX
from cuetrack.study import TABLE

PAGE = "batch.md"
"""Name of the readable summary beside `batch.parquet`."""
_COST = ("seconds", "peak_memory_gb")


@dataclass(frozen=True)
class Outcome:
    """How one session ended: `state` is waiting, done or failed, `reason` says why it failed.

    `seconds` and `peak_memory_gb` are what it cost when it was measured; `made` is False where all was there already.
    """

    session: str
    dyad: str
    therapist: str
    date: str
    state: str
    reason: str = ""
    seconds: float = 0.0
    duration_s: float = 0.0
    coverage: float = 0.0
    moments: int = 0
    warnings: int = 0
    peak_memory_gb: float = 0.0
    made: bool = True


def outcome_of(entry: Entry, state: str, **known: Any) -> Outcome:
    """Return an outcome that repeats what the manifest says of a session."""
    return Outcome(entry.session, entry.dyad, entry.therapist, entry.date, state, **known)


def failed(entry: Entry, reason: str, seconds: float = 0.0) -> Outcome:
    """Return the outcome of a session that could not be measured."""
    return outcome_of(entry, "failed", reason=reason, seconds=round(seconds, 1))


class Results:
    """The results of a batch on disk; rows of earlier batches in the same folder stay."""

    def __init__(self, out: Path, entries: Sequence[Entry]) -> None:
        self.out = out
        self._earlier = _earlier(out)
        self._rows = {e.session: outcome_of(e, "waiting", duration_s=e.duration_s) for e in entries}
        self.write()

    def add(self, outcome: Outcome) -> None:
        """Note a session's outcome; one that was there already keeps what it cost when it was made."""
        row = self._earlier.get(outcome.session, {})
        if not outcome.made and row.get("state") == "done":
            outcome = Outcome(**{**asdict(outcome), **{key: float(row[key]) for key in _COST if key in row}})
        self._rows[outcome.session] = outcome
        self.write()

    def table(self) -> pd.DataFrame:
        """Return one row per session of this batch, in the manifest's order."""
        return _table(asdict(o) for o in self._rows.values())

    def write(self) -> None:
        """Write `batch.parquet` and `batch.md`, each whole or not at all."""
        others = [row for name, row in self._earlier.items() if name not in self._rows]
        table = _table([*others, *(asdict(o) for o in self._rows.values())])
        write_table(self.out / TABLE, table)
        write_text(self.out / PAGE, page(table))


def page(table: pd.DataFrame) -> str:
    """Return the results as a page: how many ended how, what it cost, what failed and why, then every session."""
    done = table[table["state"] == "done"]
    said = [f"{n} {state}" for state in ("done", "failed", "waiting") if (n := int((table["state"] == state).sum()))]
    lines = ["# Batch", "", f"{len(table)} sessions: {', '.join(said)}."]
    if len(done):
        measured, took = (str(timedelta(seconds=round(done[c].sum()))) for c in ("duration_s", "seconds"))
        lines[-1] += f" Recordings of {measured} (h:mm:ss) took {took} of work."
    bad = table[table["state"] == "failed"]
    if len(bad):
        lines += [
            "",
            "## Failed",
            "",
            *(f"- {r['session']}: {_in_a_line(r['reason'])}" for r in bad.to_dict("records")),
        ]
    lines += ["", "## Sessions", "", "| session | dyad | state | length, s | took, s | coverage | moments | warnings |"]
    lines += ["|---|---|---|---|---|---|---|---|"]
    lines += [
        f"| {_cell(r['session'])} | {_cell(r['dyad'])} | {r['state']} | {r['duration_s']:.0f} | {r['seconds']:.1f} | "
        f"{r['coverage']:.0%} | {r['moments']} | {r['warnings']} |"
        for r in table.to_dict("records")
    ]
    return "\n".join([*lines, ""])


def _table(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame([{k: v for k, v in row.items() if k != "made"} for row in rows])


def _earlier(out: Path) -> dict[str, dict[str, Any]]:
    """Return the rows of earlier batches whose session folder is still there, by session."""
    if not (out / TABLE).is_file():
        return {}
    rows = read_table(out / TABLE).to_dict("records")
    return {
        str(r["session"]): {str(k): v for k, v in r.items()} for r in rows if (out / f"{r['session']}{SUFFIX}").is_dir()
    }


def _in_a_line(text: Any) -> str:
    return " ".join(str(text).split())


def _cell(text: Any) -> str:
    return _in_a_line(text).replace("|", "\\|")
