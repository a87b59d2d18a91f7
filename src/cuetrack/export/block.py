"""What a format has no place for, as one JSON block inside the file: whose tiers these are, and made from what.

Tiers go by an `id` in the file: the tier's name, made unique and free of the signs that mark lanes (`#2`) and notes
(`:note`). The block says which tier an id is; a file that lost its block, or never had one, is read by its ids alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cuetrack.export.tiers import Annotations, Mark, Tier, order

NAME = "cuetrack:about"
NOTE = ":note"
_FORMAT = 1
_LANE = re.compile(r"#\d+$")


def ids_of(tiers: Sequence[Tier]) -> list[str]:
    """Return a unique id for every tier, its name where that is possible."""
    ids: list[str] = []
    twice = {t.name for t in tiers if sum(o.name == t.name for o in tiers) > 1}
    for tier in tiers:
        wanted = f"{tier.name}@{tier.rater}" if tier.name in twice and tier.rater else tier.name
        if not wanted.strip() or _LANE.search(wanted) or wanted.endswith(NOTE) or wanted.startswith("cuetrack:"):
            wanted = f"{wanted}_"
        name, number = wanted, 1
        while name in ids:
            number += 1
            name = f"{wanted} ({number})"
        ids.append(name)
    return ids


def block_of(annotations: Annotations) -> dict[str, Any]:
    """Return the block: the session's length and media, its tiers by id, and where everything comes from."""
    tiers = [
        {"id": i, "name": t.name, "person": t.person, "rater": t.rater, "labels": list(t.labels)}
        for i, t in zip(ids_of(annotations.tiers), annotations.tiers, strict=True)
    ]
    return {
        "format": _FORMAT,
        "duration_ms": annotations.duration_ms,
        "media": [m.as_posix() for m in annotations.media],
        "tiers": tiers,
        "provenance": dict(annotations.provenance),
    }


def text_of(annotations: Annotations) -> str:
    """Return the block as JSON of printable ASCII on one line."""
    return json.dumps(block_of(annotations), ensure_ascii=True)


def block_in(text: str) -> dict[str, Any]:
    """Return the block in a text, {} where it is not one that this version knows."""
    try:
        block = json.loads(text)
        known = block["format"] == _FORMAT and isinstance(block["provenance"], dict)
        tiers = [{**{k: str(t[k]) for k in ("id", "name", "person", "rater")}, "labels": [str(x) for x in t["labels"]]}
                 for t in block["tiers"]]  # fmt: skip
        whole = {**block, "tiers": tiers, "duration_ms": int(block["duration_ms"]), "media": list(block["media"])}
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
        return {}
    return whole if known else {}


def restored(found: Sequence[Tier], block: Mapping[str, Any], annotations: Annotations) -> Annotations:
    """Put lanes back together and give tiers back what the block says of them; tiers are named by id in `found`.

    `annotations` holds what the format itself said (length, media, losses); the block's word comes first on the length.
    """
    known = {t["id"]: t for t in block.get("tiers", ())}
    marks: dict[str, tuple[Tier, list[Mark]]] = {}
    there = set(known) or {t.name for t in found}
    for tier in found:
        stem = _LANE.sub("", tier.name)
        whose = stem if stem in there and tier.name not in known else tier.name
        first, collected = marks.setdefault(whose, (tier, []))
        collected.extend(tier.marks)
        marks[whose] = (replace(first, person=first.person or tier.person), collected)
    tiers = []
    for name in [*known, *(n for n in marks if n not in known)]:
        tier, collected = marks.get(name, (Tier(name, ()), []))
        told = known.get(name, {})
        about = {k: told[k] or getattr(tier, k) for k in ("person", "rater") if told}
        labels = tuple(told.get("labels") or tier.labels)
        shown = str(told.get("name", name))
        tiers.append(replace(tier, name=shown, marks=tuple(sorted(collected, key=order)), labels=labels, **about))
    last = max((m.end_ms for t in tiers for m in t.marks), default=0)
    return replace(
        annotations,
        tiers=tuple(tiers),
        duration_ms=max(int(block.get("duration_ms", annotations.duration_ms)), last),
        media=annotations.media or tuple(Path(str(m)) for m in block.get("media", ())),
        provenance=dict(block.get("provenance", {})),
    )
