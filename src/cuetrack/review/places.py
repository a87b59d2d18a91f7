"""The local folders a recording is chosen from: the page sees names and opaque ids, never sends a path."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from typing import Any

from cuetrack.errors import SessionNotFound

PICTURES = ".mp4 .mov .mkv .webm .avi .m4v .mts .m2ts .ts .mpg .mpeg .wmv .flv .3gp"
SOUNDS = ".wav .m4a .mp3 .flac .ogg .opus .aac .wma"
MEDIA = frozenset(f"{PICTURES} {SOUNDS}".split())
_MOST_ENTRIES = 2000
_USUAL = ("Videos", "Movies", "Documents", "Desktop", "Downloads", "Music")


class Places:
    """Gives out an id for each folder and recording it shows; only what was shown can be asked for.

    `starts` are the folders to begin from; nothing outside them is shown, also not through links.
    """

    def __init__(self, starts: list[Path] | None = None) -> None:
        self._starts = [p.resolve() for p in (starts if starts is not None else usual_starts()) if p.is_dir()]
        self._by_id: dict[str, Path] = {}
        self._ids: dict[Path, str] = {}

    def listing(self, place: str = "") -> dict[str, Any]:
        """Return the folders and recordings of one place by name, or the places to start from."""
        if not place:
            folders = [{"id": self._id(p), "name": _name(p)} for p in self._starts]
            return {"name": "This computer", "up": None, "folders": folders, "files": []}
        folder = self.path(place)
        above = folder.parent
        up = self._id(above) if self._may_see(above) else ""
        folders, files = [], []
        for entry in self._entries(folder):
            if entry.is_dir():
                folders.append({"id": self._id(entry), "name": entry.name})
            elif entry.suffix.lower() in MEDIA:
                size = entry.stat().st_size
                files.append({"id": self._id(entry), "name": entry.name, "size_mb": round(size / 1e6, 1)})
        return {"name": _name(folder), "up": up, "folders": folders, "files": files}

    def path(self, place: str) -> Path:
        """Return the path behind an id that was shown; raise SessionNotFound for any other."""
        found = self._by_id.get(place)
        if found is None or not found.exists():
            raise SessionNotFound("this folder or file is not there any more; go back one step and choose again")
        return found

    def _entries(self, folder: Path) -> list[Path]:
        try:
            names = sorted((n for n in os.listdir(folder) if not n.startswith(".")), key=str.casefold)
        except OSError as error:
            raise SessionNotFound(
                f"{folder.name} cannot be opened ({error.strerror}); choose another folder"
            ) from error
        found = [folder / name for name in names[:_MOST_ENTRIES]]
        return [p for p in found if _readable(p) and self._may_see(p.resolve())]

    def _may_see(self, path: Path) -> bool:
        return any(path == start or start in path.parents for start in self._starts)

    def _id(self, path: Path) -> str:
        if path not in self._ids:
            self._ids[path] = secrets.token_hex(8)
            self._by_id[self._ids[path]] = path
        return self._ids[path]


def usual_starts() -> list[Path]:
    """Return the user's own folders, the folder cuetrack was started in, and what is plugged in."""
    home = Path.home()
    drives = [p for root in ("/Volumes", f"/media/{home.name}", f"/run/media/{home.name}") for p in _inside(Path(root))]
    if sys.platform == "win32":
        drives = [Path(f"{letter}:/") for letter in "DEFGHIJKLMNOPQRSTUVWXYZ" if Path(f"{letter}:/").is_dir()]
    wanted = [home, *(home / name for name in _USUAL), Path.cwd(), *drives]
    return list(dict.fromkeys(p for p in wanted if p.is_dir()))


def _inside(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() and os.access(folder, os.R_OK) else []


def _readable(path: Path) -> bool:
    try:
        return os.access(path, os.R_OK) and path.suffix != ".cue"
    except OSError:
        return False


def _name(path: Path) -> str:
    return "Home" if path == Path.home() else path.name or str(path)
