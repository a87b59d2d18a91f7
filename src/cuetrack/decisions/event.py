"""What a reviewer did, as one event, and the hash that ties it to the one before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

KINDS = (
    "viewed", "judge", "label", "person", "edges", "note", "reflect", "create", "retract", "undo", "submit", "unblind",
    "export", "import",
)  # fmt: skip
"""Every kind of event there is."""

COLUMNS = ("uid", "at_utc", "reviewer", "kind", "target", "base", "body", "app_version", "previous")
"""What the hash covers, in this order; the body as JSON text."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing a reviewer did: `target` is the moment's id, `base` the last number of their record they had seen.

    `seq` counts within one file; `previous` and `hash` chain a reviewer's events whatever file they are in.
    """

    seq: int
    uid: str
    at_utc: str
    reviewer: str
    kind: str
    target: str
    base: int
    body: Mapping[str, Any]
    app_version: str
    previous: str
    hash: str


def event_of(row: Sequence[Any]) -> Event:
    """Return the event in a row of the table."""
    values = list(row)
    values[7] = json.loads(values[7])
    return Event(*values)


def body_text(body: Mapping[str, Any]) -> str:
    """Return a body as the JSON that is stored and hashed; raise ValueError for what JSON cannot hold."""
    return json.dumps(dict(body), sort_keys=True, ensure_ascii=False, allow_nan=False)


def hashed_values(event: Event) -> tuple[Any, ...]:
    """Return what the event's hash covers."""
    told = (event.uid, event.at_utc, event.reviewer, event.kind, event.target, event.base)
    return (*told, body_text(event.body), event.app_version, event.previous)


def hash_of(values: Sequence[Any]) -> str:
    """Return the SHA-256 of an event's values, in hex."""
    return hashlib.sha256(json.dumps(list(values), ensure_ascii=False).encode()).hexdigest()


def chain_faults(events: Sequence[Event], call: Callable[[str], str] = str) -> list[str]:
    """Return in words where an event does not follow from the one its reviewer made before it; [] if all do.

    `call` says what a reviewer is called in these words.
    """
    found = []
    previous: dict[str, str] = {}
    for event in events:
        if event.previous != previous.get(event.reviewer, "") or event.hash != hash_of(hashed_values(event)):
            found.append(f"event {event.seq} of {call(event.reviewer)} does not follow from the one before")
        previous[event.reviewer] = event.hash
    return found
