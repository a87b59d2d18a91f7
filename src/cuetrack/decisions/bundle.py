"""One reviewer's events as a file, to be taken to another machine and merged there by union."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cuetrack.decisions.event import Event, hash_of, hashed_values
from cuetrack.errors import StoreError
from cuetrack.store.files import write_text

FORMAT = "cuetrack review 1"
SUFFIX = ".review.json"
_LARGEST_BYTES = 50_000_000


def bundle_of(events: Sequence[Event], media: Sequence[str] = ()) -> dict[str, Any]:
    """Return events as plain data; `media` are the SHA-256 of the session's recordings, by which it is known again."""
    return {"format": FORMAT, "media": list(media), "events": [asdict(e) for e in events]}


def events_in(bundle: Mapping[str, Any], media: Sequence[str] = ()) -> list[Event]:
    """Return a bundle's events; raise StoreError if it is damaged or belongs to other recordings than `media`."""
    try:
        if bundle["format"] != FORMAT:
            raise StoreError(f"expected a review bundle of format 1, got {bundle['format']!r}")
        events = [Event(**e) for e in bundle["events"]]
        theirs = [str(m) for m in bundle.get("media", ())]
        for event in events:
            if event.hash != hash_of(hashed_values(event)):
                raise StoreError(f"the bundle is damaged at event {event.uid}; export it again")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StoreError(f"expected a review bundle ({type(error).__name__}: {error})") from error
    if theirs and media and not set(theirs) & set(media):
        raise StoreError("the bundle belongs to other recordings than this session; choose the session it was made for")
    return events


def write_bundle(path: Path, bundle: Mapping[str, Any]) -> None:
    """Write a bundle whole or not at all."""
    write_text(path, json.dumps(bundle, ensure_ascii=False, indent=1) + "\n")


def read_bundle(path: Path) -> dict[str, Any]:
    """Read a bundle file; raise StoreError if it is not one."""
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise StoreError(f"{path}: expected a review bundle below {_LARGEST_BYTES // 1_000_000} MB")
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise StoreError(f"{path}: expected a review bundle ({error})") from error
    if not isinstance(content, dict):
        raise StoreError(f"{path}: expected a review bundle, got {type(content).__name__}")
    return content
