"""A record's health as plain numbers and words: nothing of what anyone saw, wrote or decided is in it."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cuetrack.decisions.record import Record
from cuetrack.errors import StoreError


def examine(path: Path, media: Sequence[str]) -> dict[str, Any]:
    """Return what is wrong with a record (`faults`) and what may be known of it without knowing the session.

    `media` are the SHA-256 of the session's recordings. Reviewers are numbered in the order of their first event.
    The kept decisions are compared with what the events add up to, and made again where they differ.
    """
    told: dict[str, Any] = {"cuetrack": version("cuetrack"), "faults": [], "notes": []}
    if not path.is_file():
        return {**told, "notes": ["nobody has reviewed this session yet"]}
    try:
        fixed = not os.access(path.parent, os.W_OK)
        with Record(path, read_only=fixed) as record:
            names = {name: f"reviewer {i}" for i, name in enumerate(record.reviewers(), 1)}
            told["faults"] = record.faults(lambda name: names.get(name, "a reviewer"))
            told["notes"] = list(record.notes)
            told["notes"] += ["the folder cannot be written to; nothing was changed"] if fixed else []
            if not fixed and any("kept decisions" in fault for fault in told["faults"]):
                record.rebuild()
                told["notes"].append("the kept decisions were made again from the events")
            told |= _counts(record, names, set(media))
    except StoreError as error:
        told["faults"].append(f"the record cannot be read: {error.__cause__ or 'written by a newer cuetrack'}")
    told["faults"] += [f"others may read {p.name}: expected mode 0600" for p in (path, *_copies(path)) if _open(p)]
    return told


def _counts(record: Record, names: dict[str, str], media: set[str]) -> dict[str, Any]:
    events = record.events()
    elsewhere = sum(1 for e in events if (known := _anchored(e.body)) and media and not known & media)
    return {
        "schema": record.schema,
        "journal": record.journal,
        "backups": len(record.backups()),
        "events": len(events),
        "anchored": sum(1 for e in events if _anchored(e.body)),
        "anchored_to_other_recordings": elsewhere,
        "reviewers": [
            {
                "who": names[review.reviewer],
                "submitted": review.submitted,
                "unblinded": review.unblinded,
                "decisions": len(review.decisions),
                "events": dict(sorted(Counter(e.kind for e in events if e.reviewer == review.reviewer).items())),
            }
            for review in record.reviews()
        ],
    }


def _anchored(body: Any) -> set[str]:
    groups = body.get("anchor") if isinstance(body.get("anchor"), dict) else {}
    found = [a for group in groups.values() if isinstance(group, list) for a in group if isinstance(a, dict)]
    return {str(a.get("media")) for a in found}


def _copies(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.stem}.*.backup"))


def _open(path: Path) -> bool:
    try:
        return bool(stat.S_IMODE(path.stat().st_mode) & 0o077) and stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False
