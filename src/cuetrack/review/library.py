"""The sessions that one run of the review app shows, behind opaque ids: no path ever comes from the browser."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cuetrack.cues.registry import all_cues
from cuetrack.decisions.record import Record
from cuetrack.decisions.state import Review
from cuetrack.errors import ConsentWithdrawn, SessionNotFound, StoreError
from cuetrack.session import Session, open_session, short_hash
from cuetrack.store.consent import refuse_if_withdrawn
from cuetrack.store.folder import SUFFIX

RATE_HZ = 10.0


@dataclass(frozen=True)
class Item:
    """One session of the library with its open record of decisions."""

    id: str
    session: Session

    @cached_property
    def record(self) -> Record:
        """The session's record of decisions, opened when it is first needed."""
        return Record(self.session.folder.review)

    @cached_property
    def candidates(self) -> pd.DataFrame:
        """Moments and control clips in the order of time, each with an `id` that stays when ranks change."""
        return self.session.candidates

    @cached_property
    def media(self) -> Mapping[str, Path]:
        """The recordings by opaque id, in the order they were given."""
        return {short_hash(str(m["sha256"])): Path(str(m["path"])) for m in self.session.description.get("media", [])}

    @property
    def hashes(self) -> list[str]:
        """SHA-256 of the recordings, by which bundles know their session."""
        return [str(m["sha256"]) for m in self.session.description.get("media", [])]

    @cached_property
    def channels(self) -> list[dict[str, Any]]:
        """What the timeline can draw: one entry per signal and person, with unit, range and own usual."""
        usual = _pooled(self.session)
        signals = {s.name: (cue, s) for cue, c in all_cues().items() for s in c.signals}
        found = []
        for (person, name), values in self._columns.items():
            cue, signal = signals[name]
            median, spread = usual.get((person, name), (float("nan"), float("nan")))
            found.append(
                {
                    "id": f"{person}/{name}",
                    "person": person,
                    "cue": cue,
                    "signal": name,
                    "unit": signal.unit,
                    "more": signal.positive_means,
                    "usual": _number(median),
                    "spread": _number(spread),
                    "low": _number(float(np.nanquantile(values, 0.005))),
                    "high": _number(float(np.nanquantile(values, 0.995))),
                }
            )
        return found

    @cached_property
    def samples(self) -> bytes:
        """All channels at 10 per second, little-endian float32, one after the other in the order of `channels`."""
        return b"".join(v.astype("<f4").tobytes() for v in self._columns.values())

    @cached_property
    def _columns(self) -> dict[tuple[str, str], np.ndarray[Any, Any]]:
        names = [s.name for c in all_cues().values() for s in c.signals]
        aligned = self.session.align(RATE_HZ)
        columns = {}
        for person, rows in aligned.groupby("person", sort=False):
            for name in names:
                if name in rows and np.isfinite(rows[name].to_numpy(float)).any():
                    columns[str(person), name] = rows[name].to_numpy(np.float32)
        return columns

    @cached_property
    def tracks(self) -> dict[str, dict[str, Any]]:
        """What the engines saw, for the pose view; empty where tracks were not kept."""
        return {kind: dict(of_kind) for kind, of_kind in self.session.tracks().items()}

    def review(self, reviewer: str) -> Review:
        """What this reviewer decided so far."""
        return self.record.review(reviewer)

    def settings(self) -> Mapping[str, Any]:
        """The owner's rules: `blind` (default true), `pose_only` (false), `pose_voice` (true), `codebook` ("plain")."""
        own = dict(self.session.description.get("review", {}))
        return {"blind": True, "pose_only": False, "pose_voice": True, "codebook": "plain", **own}


class Library:
    """The sessions that are shown: those of the given folders, and what is added while the app runs."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.items: dict[str, Item] = {}
        self.faults: dict[str, str] = {}
        for path in paths:
            inside = sorted(p for p in path.glob(f"*{SUFFIX}") if (p / "session.toml").is_file())
            folders = [path] if (path / "session.toml").is_file() else inside
            if not folders:
                raise SessionNotFound(f"{path}: expected a session folder ending in {SUFFIX}, or a folder of them")
            if folders == [path]:
                self.add(path)
                continue
            for folder in folders:
                self.add_if_sound(folder)

    def add(self, folder: Path) -> str:
        """Take in a session folder and return its id; raise StoreError if it cannot be shown, ConsentWithdrawn."""
        session = open_session(folder)
        refuse_if_withdrawn(session.description, folder)
        if "duration_s" not in session.description:
            raise StoreError(f"{folder} is not analysed yet; `cuetrack analyze` goes on with it")
        item_id = short_hash(str(folder.resolve()))
        if item_id in self.items:
            self._close(self.items[item_id])
        self.items[item_id] = Item(item_id, session)
        return item_id

    def add_if_sound(self, folder: Path) -> None:
        """Take in a session folder, or keep in words why it cannot be shown."""
        try:
            self.add(folder)
        except (StoreError, ConsentWithdrawn) as error:
            self.faults[folder.stem] = str(error)

    def close(self) -> None:
        """Close every record."""
        for item in self.items.values():
            self._close(item)

    def _close(self, item: Item) -> None:
        if "record" in item.__dict__:
            item.record.close()


def _pooled(session: Session) -> dict[tuple[str, str], tuple[float, float]]:
    """Return median and spread by person and signal, the speaking states weighted by their seconds."""
    try:
        table = session.baseline()
    except (StoreError, ValueError):
        return {}
    found = {}
    for (person, signal), rows in table.groupby(["person", "signal"]):
        weight = rows["seconds"].to_numpy(float) + 1e-9
        middle = float(np.average(rows["median"], weights=weight))
        found[str(person), str(signal)] = (middle, float(np.average(rows["spread"], weights=weight)))
    return found


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None


def plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table's rows as JSON-ready dictionaries, missing numbers as null."""
    rows: list[dict[str, Any]] = json.loads(table.to_json(orient="records", double_precision=6))
    return rows
