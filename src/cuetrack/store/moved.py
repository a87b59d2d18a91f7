"""Recordings that were renamed or moved: found again by their size and SHA-256, never by their name alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from cuetrack.store.files import sha256


def found_again(known: Mapping[str, Any], near: Iterable[Path]) -> Path | None:
    """Return where a recording of `session.toml` is now: a file of its size and SHA-256 in one of the folders.

    `near` are files, or folders whose own files are looked at. Only files of the right size are read. None if it is
    in none of them.
    """
    size, digest = known.get("size"), known.get("sha256")
    for place in near:
        with suppress(OSError):
            files = sorted(place.iterdir()) if place.is_dir() else [place]
            for file in files:
                if file.is_file() and file.stat().st_size == size and sha256(file) == digest:
                    return file
    return None


def with_places(description: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return `session.toml` with the place of every recording that is not where it was but lies beside the folder.

    A folder copied to another machine together with its recordings finds them so; nothing is written.
    """
    media = description.get("media", [])
    if not isinstance(media, list) or not all(isinstance(m, dict) for m in media):
        return dict(description)
    here = folder.resolve()
    placed = []
    for known in media:
        path = Path(str(known.get("path", "")))
        lost = "path" in known and not (path.is_absolute() and path.is_file())
        again = found_again(known, (here.parent, here)) if lost else None
        placed.append({**known, "path": str(again)} if again else known)
    return {**description, "media": placed} if media else dict(description)
