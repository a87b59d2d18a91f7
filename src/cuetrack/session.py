"""One analysed recording, read from its session folder; every method only looks things up."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cuetrack import tables
from cuetrack.card import card
from cuetrack.cues import registry
from cuetrack.errors import StoreError
from cuetrack.store import audit
from cuetrack.store.files import read_json
from cuetrack.store.folder import SessionFolder
from cuetrack.store.moved import with_places
from cuetrack.terms import PAIR

if TYPE_CHECKING:
    from cuetrack.decisions.state import Review


class Session:
    """An analysed recording: its people, cue tables, moments and what is known about how sure they are."""

    def __init__(self, folder: SessionFolder) -> None:
        self.folder = folder
        self._description = with_places(folder.description(), folder.path)

    def __repr__(self) -> str:
        return f"Session({str(self.folder.path)!r}, people={self.people}, duration_s={self.duration_s:.0f})"

    def _repr_html_(self) -> str:
        from cuetrack.moments.shown import clock

        found = self.cues
        people = [p for p in (*self.people, PAIR) if (found["person"] == p).any()]
        rows = [
            [str(cue), *(_covers(own[own["person"] == person]) for person in people), _is(bool(own["fresh"].all()))]
            for cue, own in found.groupby("cue", sort=False)
        ]
        said = f"{clock(self.duration_s)} · {', '.join(self.people)} · {self._ranked()}"
        head = ["cue", *(f"{person}: covers, confidence" for person in people), "fresh"]
        return card(self.name, said, head, rows, self.warnings[:5])

    @property
    def name(self) -> str:
        """The session's name, by default that of its folder."""
        return str(self._description.get("name") or self.folder.path.stem)

    @property
    def people(self) -> tuple[str, ...]:
        """Names of the people, in the order they were given."""
        return tuple(self._description.get("people", {}))

    @property
    def duration_s(self) -> float:
        """Length of the session in seconds."""
        return float(self._description.get("duration_s", 0.0))

    @property
    def description(self) -> Mapping[str, Any]:
        """Content of `session.toml`."""
        return self._description

    @property
    def warnings(self) -> list[str]:
        """What was weak or missing, in plain words, as the last run said it."""
        return [str(w) for w in self.folder.last_run().get("warnings", [])]

    @property
    def cues(self) -> pd.DataFrame:
        """What is there, how fresh and how sure: one row per cue and person.

        `coverage` 0..1 of the session, `confidence` the median there, `fresh` whether the installed version of the cue
        made it from what is stored now.
        """
        found = self.coverage()
        fresh = {cue: self._is_fresh(cue) for cue in found["cue"].unique()}
        return found.assign(fresh=found["cue"].map(fresh).astype(bool))

    def __getitem__(self, cue: str) -> pd.DataFrame:
        """Return a cue's samples at native rate; a cue of spans only (turns) gives its spans."""
        table = self.folder.table("cues", cue)
        return table if table is not None else self.spans(cue)

    def __contains__(self, cue: str) -> bool:
        return cue in self.folder.names("cues")

    def spans(self, cue: str) -> pd.DataFrame:
        """Return a cue's spans, e.g. blinks, nods or turns; raise StoreError naming what is there."""
        table = self.folder.table("cues", cue, "spans")
        if table is None:
            there = ", ".join(self.folder.names("cues")) or "nothing yet"
            raise StoreError(f"{self.name} has no cue {cue!r}; there is: {there}")
        return table

    @cached_property
    def samples(self) -> dict[str, pd.DataFrame]:
        """Every cue's samples table by cue name."""
        found = {name: self.folder.table("cues", name) for name in self.folder.names("cues")}
        return {name: table for name, table in found.items() if table is not None and "time_s" in table}

    def tracks(self) -> dict[str, Mapping[str, Any]]:
        """Return what the engines saw and heard, by kind and person; empty where tracks were not kept.

        What was seen is read from the disk whenever it is asked for.
        """
        from cuetrack.people.heard import load_sound_tracks
        from cuetrack.people.shelf import load_tracks

        folder = self.folder.tracks
        speech, sound = load_sound_tracks(folder)
        seen = load_tracks(folder) if any(folder.glob("view*.npz")) else {}
        return {**seen, "speech": speech, "sound": sound}

    def align(self, rate_hz: float = 10.0) -> pd.DataFrame:
        """Return one row per time and person with every signal, at the rate asked for; gaps stay NaN."""
        from cuetrack.timeline.align import align

        return align(self.samples, rate_hz=rate_hz, end_s=self.duration_s)

    def baseline(self) -> pd.DataFrame:
        """Return each person's own usual by speaking state: `person, state, signal, median, spread, seconds`."""
        from cuetrack.moments import usual

        return usual(self.samples, self.all_spans(), duration_s=self.duration_s)

    @property
    def moments(self) -> pd.DataFrame:
        """Ranked candidates for a second look (see docs/architecture.md for the columns)."""
        return self._moments("")

    @property
    def candidates(self) -> pd.DataFrame:
        """Moments and blind control clips in the order of time, each with an `id` that stays when ranks change."""
        table = self.moments.copy()
        table["id"] = [
            short_hash(f"{round(r['start_s'] * 1000)} {round(r['end_s'] * 1000)} {r['person']}")
            for r in table.to_dict("records")
        ]
        return table.sort_values("start_s", kind="stable", ignore_index=True)

    @property
    def evidence(self) -> pd.DataFrame:
        """What each moment's score is made of; contributions of one rank add up to its score."""
        return self._moments("evidence")

    @property
    def arcs(self) -> pd.DataFrame:
        """What came before, during and after each moment, signal by signal."""
        return self._moments("arc")

    @property
    def recovery(self) -> pd.DataFrame:
        """What followed each moment: whether and in which order the cues came back to usual."""
        return self._moments("recovery")

    @property
    def robustness(self) -> pd.DataFrame:
        """The rank each moment would have without each channel."""
        return self._moments("robustness")

    @property
    def shifts(self) -> pd.DataFrame:
        """Changes that lasted to the end of the session, named apart from moments."""
        return self._moments("shifts")

    def decisions(self) -> pd.DataFrame:
        """Return what reviewers decided so far, one row per reviewer and moment; empty if nobody reviewed it."""
        from cuetrack.decisions.state import table_of

        return table_of(self.reviews())

    def reviews(self) -> list[Review]:
        """Return every reviewer's decisions, [] if nobody reviewed it; nothing is changed on disk."""
        from cuetrack.decisions.record import Record

        if not self.folder.review.is_file():
            return []
        with Record(self.folder.review, read_only=True) as record:
            return record.reviews()

    def anchors(self, times_ms: Sequence[int]) -> list[list[dict[str, Any]]]:
        """Return for each session time the frame of every recording nearest to it (see `media.nearest`)."""
        from cuetrack.media.nearest import anchors

        return anchors(self._description.get("media", []), times_ms)

    def coverage(self) -> pd.DataFrame:
        """Return per cue and person the share of the session it covers (0..1) and its median confidence there."""
        rows = []
        for name in registry.all_cues():
            table = self.samples.get(name)
            if table is None:
                continue
            nobody = [] if self.folder.notes("cues", name).get("missing") else ["–"]
            for person in dict.fromkeys(table["person"]) or nobody:
                rows.append({"cue": name, "person": person, **self._covered(table[table["person"] == person])})
        return pd.DataFrame(rows, columns=["cue", "person", "coverage", "confidence"])

    def _covered(self, rows: pd.DataFrame) -> dict[str, float]:
        """Share of the session's seconds with at least one measured sample, and the median confidence of those."""
        measured = rows[rows["confidence"] > 0]
        if measured.empty or self.duration_s <= 0:
            return {"coverage": 0.0, "confidence": 0.0}
        step_s = float(np.median(np.diff(rows["time_s"]))) if len(rows) > 1 else 1.0
        bin_s = max(1.0, step_s)
        bins = max(1, int(np.ceil(self.duration_s / bin_s)))
        filled = np.unique((measured["time_s"].to_numpy() / bin_s).astype(int))
        return {"coverage": min(1.0, len(filled) / bins), "confidence": float(measured["confidence"].median())}

    def _is_fresh(self, cue: str) -> bool:
        """Say if a cue is of the installed version and of the cues as they are stored now."""
        known, path = registry.all_cues(), self.folder.provenance_path("cues", cue)
        if cue not in known or not path.is_file():
            return False
        stored = read_json(path)
        origins = {need: registry.cue_needed(need, known) for need in stored.get("inputs", {})}
        return stored.get("version") == known[cue].version and all(
            read_json(self.folder.provenance_path("cues", origin)).get("digest") == stored["inputs"][need]
            for need, origin in origins.items()
            if origin and self.folder.provenance_path("cues", origin).is_file()
        )

    def _ranked(self) -> str:
        table = self.folder.table("moments", "default")
        if table is None:
            return "moments not ranked yet"
        count = len(table) - int(table["control"].sum()) if "control" in table else len(table)
        return f"{count} moment{'' if count == 1 else 's'} to look at"

    def _moments(self, part: str) -> pd.DataFrame:
        table = self.folder.table("moments", "default", part)
        if table is None:
            raise StoreError(f"{self.name} has no moments yet; `cuetrack analyze` makes them")
        return table

    def all_spans(self) -> dict[str, pd.DataFrame]:
        """Return every cue's spans table by cue name."""
        found = {name: self.folder.table("cues", name, "spans") for name in self.folder.names("cues")}
        return {name: table if table is not None else tables.spans() for name, table in found.items()}


def open_session(path: Path | str) -> Session:
    """Open a session folder and note that in its audit log; raise SessionNotFound, SessionTooNew or StoreError."""
    session = Session(SessionFolder.open(path))
    audit.note_open(session.folder.path)
    return session


def short_hash(text: str) -> str:
    """Return a short name for a text that tells nothing of it: 16 hex digits of its SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _covers(row: pd.DataFrame) -> str:
    return "–" if row.empty else f"{row['coverage'].iloc[0]:.0%}, {row['confidence'].iloc[0]:.2f}"


def _is(fresh: bool) -> str:
    return "yes" if fresh else "no: analyze again"
