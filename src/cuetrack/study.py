"""Many sessions as one: every cue across them as one table, read lazily from their folders."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from cuetrack.card import card
from cuetrack.errors import SessionNotFound, StoreError
from cuetrack.session import Session, open_session
from cuetrack.store.folder import SUFFIX, SessionFolder

TABLE = "batch.parquet"
"""Name of the results table that `cuetrack batch` writes beside the session folders."""


class Study:
    """The session folders of one directory; nothing is read before it is asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __repr__(self) -> str:
        return f"Study({str(self.path)!r}, {len(self)} sessions)"

    def _repr_html_(self) -> str:
        shown = [(name, SessionFolder(self.path / f"{name}{SUFFIX}").description()) for name in self.names[:_SHOWN]]
        rows = [[n, f"{d.get('duration_s', 0) / 60:.0f} min", ", ".join(d.get("people", {}))] for n, d in shown]
        more = len(self) - len(rows)
        cues = ", ".join(name for name in self._tables if not name.endswith(_SPANS))
        notes = [f"… and {more} more"] * (more > 0) + [f"tables: {cues}; study.sql(…) also has NAME{_SPANS}"]
        return card(f"{len(self)} sessions", str(self.path), ["session", "length", "people"], rows, notes)

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the sessions, sorted."""
        return tuple(sorted(p.name.removesuffix(SUFFIX) for p in self.path.glob(f"*{SUFFIX}")))

    def session(self, name: str) -> Session:
        """Open one session by name."""
        return open_session(self.path / f"{name}{SUFFIX}")

    @property
    def batch(self) -> pd.DataFrame:
        """The results table of the last batch: session, dyad, state, reason, seconds, coverage, moments."""
        path = self.path / TABLE
        if not path.is_file():
            raise StoreError(f"{self.path} has no {TABLE}; `cuetrack batch` writes it")
        return pd.read_parquet(path)

    @cached_property
    def sessions(self) -> pd.DataFrame:
        """What the manifest says of each session here: session, dyad, therapist, date; "" where it says nothing."""
        table = pd.DataFrame({"session": list(self.names)})
        if not (self.path / TABLE).is_file():
            return table.assign(dyad="", therapist="", date="")
        known = self.batch.reindex(columns=list(_MANIFEST)).drop_duplicates("session", keep="last")
        return table.merge(known, on="session", how="left").astype(object).fillna("").astype(str)

    def dyads(self) -> dict[str, str]:
        """Return each session's dyad as the manifest of the batch named it; empty without one."""
        return {str(s): str(d) for s, d in self.sessions[["session", "dyad"]].itertuples(index=False) if d}

    def __getitem__(self, cue: str) -> pd.DataFrame:
        """Return a cue of every session as one table with a first column `session`: samples, or spans (turns)."""
        if cue not in (there := self._tables) and f"{cue}{_SPANS}" in there:
            return self.sql(f"select * from {_quoted(cue + _SPANS)} order by session, start_s, person")
        return self.sql(f"select * from {_quoted(cue)} order by session, person, time_s")

    def sql(self, query: str) -> pd.DataFrame:
        """Run a DuckDB query in which every cue is a table (with a column `session`), and `moments` and `sessions` too.

        Only the columns and sessions that the query needs are read.
        """
        import duckdb

        with duckdb.connect() as database:
            database.register("sessions", self.sessions)
            try:
                for name, glob in self._tables.items():
                    # a view reads the head of every file, so only those that the query names
                    if re.search(rf"\b{re.escape(name)}\b", query, re.IGNORECASE):
                        database.execute(self._view(name, glob))
                result: pd.DataFrame = database.execute(query).df()
            except duckdb.Error as error:
                there = ", ".join([*self._tables, "sessions"])
                raise StoreError(f"the query failed: {error}. Tables: {there}") from error
        return result

    def summary(self, by: str = "session", *, signals: Sequence[str] | None = None) -> pd.DataFrame:
        """Return each signal's mean, sd and count `n` of measured samples, per `session` or per `dyad`, and person.

        `signals` names those wanted, all if None; only they are read.
        Per dyad each session counts the same: `mean` and `sd` are means over its sessions, `sessions` their number.
        Raises StoreError where no session has a dyad.
        """
        cues = [cue for cue in self._tables if cue != "moments" and not cue.endswith(_SPANS)]
        parts = [part for cue in cues if (part := self._summed(cue, signals)) is not None]
        if not parts:
            raise StoreError(f"{self.path} has none of the signals {', '.join(signals or ['of any cue'])}")
        table = pd.concat(parts).sort_values(["session", "person", "signal"], kind="stable", ignore_index=True)
        if by == "session":
            return table
        if by != "dyad":
            raise StoreError(f"expected a summary by session or by dyad, got {by!r}")
        if not (dyads := self.dyads()):
            raise StoreError(f"{self.path}: no session has a dyad; give the manifest a column `dyad`, then batch")
        table = table.assign(dyad=table["session"].map(dyads)).dropna(subset=["dyad"])
        groups = table.groupby(["dyad", "person", "signal"], as_index=False)
        return groups.agg(mean=("mean", "mean"), sd=("sd", "mean"), sessions=("mean", "count"))

    def methods(self) -> str:
        """Return a methods paragraph for a paper, from what the provenance of all sessions says."""
        from cuetrack.methods import paragraph

        folders = [SessionFolder(self.path / f"{name}{SUFFIX}") for name in self.names]
        return paragraph(folders, len(set(self.dyads().values())))

    def _summed(self, cue: str, wanted: Sequence[str] | None) -> pd.DataFrame | None:
        """Return mean, sd and count of a cue's signals per session and person, read in one go; None without signals."""
        columns = self.sql(f"describe {_quoted(cue)}")
        numeric = columns[columns["column_type"].isin(_NUMBERS)]["column_name"]
        signals = [str(n) for n in numeric if n not in _NOT_SIGNALS and (wanted is None or n in wanted)]
        if not signals:
            return None
        there, asked = [], []
        for i, signal in enumerate(signals):
            there.append(f"case when isfinite({_quoted(signal)}::double) then {_quoted(signal)}::double end as v{i}")
            asked += [f"avg(v{i}) as mean_{i}", f"stddev(v{i}) as sd_{i}", f"count(v{i}) as n_{i}"]
        measured = f"select session, person, {', '.join(there)} from {_quoted(cue)}"
        wide = self.sql(f"select session, person, {', '.join(asked)} from ({measured}) group by all")
        keys = ["session", "person"]
        return pd.concat(
            wide[[*keys, f"mean_{i}", f"sd_{i}", f"n_{i}"]]
            .set_axis([*keys, "mean", "sd", "n"], axis=1)
            .assign(signal=signal)[[*keys, "signal", "mean", "sd", "n"]]
            for i, signal in enumerate(signals)
        )

    def _view(self, name: str, glob: str) -> str:
        where = str(self.path / glob).replace("'", "''")
        return (
            f"create view {_quoted(name)} as select regexp_extract(filename, '([^/\\\\]+){SUFFIX}[/\\\\]', 1) "
            f"as session, * exclude (filename) from read_parquet('{where}', filename=true, union_by_name=true)"
        )

    @cached_property
    def _tables(self) -> dict[str, str]:
        cues = {p.name.split(".")[0] for name in self.names for p in self._cue_files(name)}
        spans = {p.name.split(".")[0] for name in self.names for p in self._folder(name).glob("*.spans.parquet")}
        found = {cue: f"*{SUFFIX}/cues/{cue}.parquet" for cue in sorted(cues)}
        found |= {f"{cue}{_SPANS}": f"*{SUFFIX}/cues/{cue}.spans.parquet" for cue in sorted(spans)}
        if any((self.path / f"{n}{SUFFIX}" / "moments" / "default.parquet").exists() for n in self.names[:50]):
            found["moments"] = f"*{SUFFIX}/moments/default.parquet"
        return found

    def _cue_files(self, name: str) -> list[Path]:
        return [p for p in self._folder(name).glob("*.parquet") if p.name.count(".") == 1]

    def _folder(self, name: str) -> Path:
        return self.path / f"{name}{SUFFIX}" / "cues"


_SPANS = "_spans"
_SHOWN = 8
_MANIFEST = ("session", "dyad", "therapist", "date")
_NUMBERS = ("DOUBLE", "FLOAT", "BIGINT", "INTEGER", "BOOLEAN")
_NOT_SIGNALS = ("session", "time_s", "person", "confidence")


def open_study(path: Path | str) -> Study:
    """Open a folder of session folders; raise SessionNotFound if there are none."""
    study = Study(Path(path))
    if not study.names:
        raise SessionNotFound(f"{path}: expected session folders ending in {SUFFIX}; `cuetrack batch` makes them")
    return study


def _quoted(name: Any) -> str:
    return '"' + str(name).replace('"', '""') + '"'
