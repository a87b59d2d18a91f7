"""Tell a session where its recordings are now."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cuetrack.errors import MediaError, MediaNotFound
from cuetrack.store.folder import SessionFolder
from cuetrack.store.moved import found_again


def relink(session: Path | str, recordings: Sequence[Path | str]) -> dict[str, Path]:
    """Write into `session.toml` where the recordings are now and return, by their old place, the new one.

    `recordings` are files, or folders to look in. A file counts only if it has the size and SHA-256 of the one that was
    analysed. Raises MediaNotFound where a place does not exist, MediaError where a missing recording is not among them
    (nothing is written then), StoreError for the folder.
    """
    folder = SessionFolder.open(session)
    places = [Path(r).expanduser() for r in recordings]
    for place in places:
        if not place.exists():
            raise MediaNotFound(f"{place}: there is no such file or folder; check the name")
    with folder.locked():
        description = folder.description()
        media = description.get("media", [])
        moved: dict[str, Path] = {}
        for known in media:
            now = found_again(known, places)
            if now is not None:
                moved[str(known["path"])] = now.resolve()
                known["path"] = str(now.resolve())
            elif not Path(str(known["path"])).is_file():
                raise MediaError(
                    f"{Path(str(known['path'])).name} is not among what was given: expected a file of {known['size']} "
                    f"bytes with SHA-256 {known['sha256']}. A copy that was cut or converted is another recording: "
                    "analyse that anew"
                )
        if not moved:
            raise MediaError(
                f"none of what was given is a recording of {folder.path}; all it knows is where it was. Give the "
                "file that was analysed, or a folder that holds it"
            )
        folder.describe(description)
    return moved
