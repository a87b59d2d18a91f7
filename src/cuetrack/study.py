"""Many sessions as one: every cue across them as one table, read lazily from their folders."""

from __future__ import annotations

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
        cues = ", ".join(name for name in self._tables() if not name.endswith(_SPANS))
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

    def dyads(self) -> dict[str, str]:
        """Return each session's dyad as the manifest of the batch named it; empty without one."""
        if not (self.path / TABLE).is_file():
            return {}
        return {str(s): str(d) for s, d in self.batch[["session", "dyad"]].itertuples(index=False) if d}

    def __getitem__(self, cue: str) -> pd.DataFrame:
        """Return a cue of every session as one table with a first column `session`: samples, or spans (turns)."""
        if cue not in (there := self._tables()) and f"{cue}{_SPANS}" in there:
            return self.sql(f"select * from {_quoted(cue + _SPANS)} order by session, start_s, person")
        return self.sql(f"select * from {_quoted(cue)} order by session, person, time_s")

    def sql(self, query: str) -> pd.DataFrame:
        """Run a DuckDB query in which every cue is a table (with a column `session`), and `moments` too.

        Only the columns and sessions that the query needs are read.
        """
        import duckdb

        with duckdb.connect() as database:
            for name, glob in self._tables().items():
                where = str(self.path / glob).replace("'", "''")
                database.execute(
                    f"create view {_quoted(name)} as select regexp_extract(filename, '([^/\\\\]+){SUFFIX}[/\\\\]', 1) "
                    f"as session, * exclude (filename) from read_parquet('{where}', filename=true, union_by_name=true)"
                )
            try:
                result: pd.DataFrame = database.execute(query).df()
            except duckdb.Error as error:
                raise StoreError(f"the query failed: {error}. Tables: {', '.join(self._tables())}") from error
        return result

    def summary(self, by: str = "session") -> pd.DataFrame:
        """Return mean and spread of every signal per `session` or per `dyad`, and person, weighted by nothing."""
        keys = "session, person"
        parts = []
        for cue in self._tables():
            if cue == "moments" or cue.endswith(_SPANS):
                continue
            signals = [c for c in self.sql(f"select * from {_quoted(cue)} limit 0") if c not in _NOT_SIGNALS]
            for signal in signals:
                parts.append(
                    f"select {keys}, '{signal}' as signal, avg({signal}) filter (isfinite({signal})) as mean, "
                    f"stddev({signal}) filter (isfinite({signal})) as sd from {_quoted(cue)} group by {keys}"
                )
        table = self.sql(" union all ".join(parts) + " order by session, person, signal")
        if by == "session":
            return table
        dyads = self.batch[["session", "dyad"]]
        merged = table.merge(dyads, on="session", how="left")
        return merged.groupby(["dyad", "person", "signal"], as_index=False)[["mean", "sd"]].mean()

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
_NOT_SIGNALS = ("session", "time_s", "person", "confidence")


def open_study(path: Path | str) -> Study:
    """Open a folder of session folders; raise SessionNotFound if there are none."""
    study = Study(Path(path))
    if not study.names:
        raise SessionNotFound(f"{path}: expected session folders ending in {SUFFIX}; `cuetrack batch` makes them")
    return study


def _quoted(name: Any) -> str:
    return '"' + str(name).replace('"', '""') + '"'
