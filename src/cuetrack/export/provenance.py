"""What an export was made from, as plain data that goes into every file."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from cuetrack.decisions.state import Review
from cuetrack.session import Session
from cuetrack.store.files import read_json


def provenance_of(session: Session, reviews: Sequence[Review] = ()) -> dict[str, Any]:
    """Return versions, the digests of settings and inputs of everything exported, and how each reviewer worked.

    Names of files are not in it: recordings are known by their SHA-256.
    """
    results = {}
    for room, names in (("cues", session.folder.names("cues")), ("moments", session.folder.names("moments"))):
        for name in names:
            stored = read_json(session.folder.provenance_path(room, name))
            results[f"{room}/{name}"] = {k: stored.get(k, "") for k in ("version", "digest")}
    return {
        "cuetrack": version("cuetrack"),
        "recordings": [str(m.get("sha256", "")) for m in session.description.get("media", [])],
        "results": results,
        "reviewers": [
            {
                "name": r.reviewer,
                "submitted": r.submitted,
                "decisions": len(r.decisions),
                "not_blind": sum(not d.blind for d in r.decisions.values()),
                "imported": sorted({d.source for d in r.decisions.values() if d.source}),
            }
            for r in reviews
        ],
    }
