"""Deleting a session: everything in its folder, nothing outside it, and a receipt that holds only hashes."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from cuetrack.errors import SessionNotFound, StoreError
from cuetrack.store import audit
from cuetrack.store.files import flush, read_json, sha256, write_json
from cuetrack.store.folder import SessionFolder

_ROOMS = {"tracks", "cues", "moments", "export", "proxy"}
_OWN = ("session.toml", "run.json", "report.html", "review.*", ".lock*", ".*.part", audit.NAME)
_LAST = (".lock.owner", ".lock", "session.toml")


@dataclass(frozen=True, slots=True)
class Inventory:
    """What deleting would remove: `files` inside the folder (links as links), their bytes, those that are not of
    cuetrack's making, and the `recordings` outside the folder that would stay."""

    files: tuple[Path, ...]
    size_bytes: int
    foreign: tuple[str, ...]
    recordings: tuple[Path, ...]


def inventory(path: Path) -> Inventory:
    """Return what deleting a session would remove; raise SessionNotFound, or StoreError where the path is a link.

    A description that cannot be read, or is of a newer version, is no reason to keep the session.
    """
    if path.is_symlink():
        raise StoreError(f"{path} is a link to {path.resolve()}; nothing is deleted through a link: name that folder")
    locked = SessionFolder(path).locked_file
    if not (path / "session.toml").is_file() and locked.is_file():
        return Inventory((locked,), locked.stat().st_size, (), ())
    if not (path / "session.toml").is_file():
        raise SessionNotFound(f"{path}: expected a session folder with a session.toml; nothing was deleted")
    files = tuple(_files(path))
    size = sum(p.lstat().st_size for p in files)
    foreign = tuple(str(p.relative_to(path)) for p in files if not _is_own(p.relative_to(path)))
    return Inventory(files, size, foreign, tuple(p for p in _recordings(path) if not _inside(p, path)))


def erase(path: Path, *, recordings: bool = False) -> Path:
    """Delete a session and return the receipt; `recordings` also deletes the original recordings outside it.

    The description goes last, so that a deletion that was stopped is finished by the same call. No link is followed.
    """
    found = inventory(path)
    if found.files == (SessionFolder(path).locked_file,):
        receipt = _write_receipt(path.parent, found, recordings=False, place=path)
        _unlink(found.files[0])
        return _noted(path, receipt)
    with SessionFolder(path).locked():
        found = inventory(path)  # without what killed writers left, which the lock sweeps
        receipt = _write_receipt(path, found, recordings)
        if recordings:
            for file in found.recordings:
                _unlink(file)
        for file in sorted(_files(path), key=lambda p: p.name in _LAST and p.parent == path):
            if file.name not in _LAST or file.parent != path:
                _unlink(file)
        _remove_folders(path)
    for name in _LAST:
        _unlink(path / name)
    with contextlib.suppress(FileNotFoundError):
        path.rmdir()
    return _noted(path, receipt)


def was_deleted(path: Path) -> Path | None:
    """Return the receipt if a session was deleted here and nothing is left, None else; an empty folder goes, too."""
    known = receipts_of(path)
    if known and path.is_dir() and not any(path.iterdir()):
        path.rmdir()  # the power went between the last file and the folder
    return known[-1] if known and not path.exists() else None


def receipts_of(path: Path) -> list[Path]:
    """Return the receipts of sessions that were deleted at this place, oldest first."""
    place = audit.place_hash(path)
    folder = _receipts()
    found = sorted(folder.glob("*.json")) if folder.is_dir() else []
    return [p for p in found if read_json(p).get("place") == place]


def _noted(path: Path, receipt: Path) -> Path:
    flush(path.parent)
    audit.note_outside(path, "delete", receipt=receipt.name)
    return receipt


def _write_receipt(path: Path, found: Inventory, recordings: bool, place: Path | None = None) -> Path:
    """Write what proves the deletion without telling what it was: hashes, counts and the time."""
    listed = hashlib.sha256()
    for file in sorted(found.files):
        if file.name in _LAST[:2] or file.is_symlink():
            continue
        listed.update(hashlib.sha256(str(file.relative_to(path)).encode()).digest() + bytes.fromhex(sha256(file)))
    now = dt.datetime.now(dt.UTC)
    content: dict[str, Any] = {
        "act": "delete",
        "when": now.isoformat(timespec="seconds"),
        "place": audit.place_hash(place or path),
        "content": listed.hexdigest(),
        "files": len(found.files),
        "recordings": [sha256(p) for p in found.recordings] if recordings else [],
    }
    receipt = _receipts() / f"{now:%Y%m%dT%H%M%S%f}-{content['place'][:12]}.json"
    write_json(receipt, content)
    return receipt


def _files(folder: Path) -> Iterator[Path]:
    """Yield everything below a folder that is not a folder; a link is itself, wherever it points."""
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda e: e.name):
            if entry.is_dir(follow_symlinks=False):
                yield from _files(Path(entry.path))
            else:
                yield Path(entry.path)


def _is_own(place: Path) -> bool:
    """Tell by its place in the folder whether cuetrack makes such a file."""
    if len(place.parts) > 1:
        return place.parts[0] in _ROOMS
    return any(fnmatchcase(place.name, pattern) for pattern in _OWN)


def _remove_folders(folder: Path) -> None:
    for inside in sorted((Path(root) / d for root, dirs, _ in os.walk(folder) for d in dirs), reverse=True):
        inside.unlink() if inside.is_symlink() else inside.rmdir()


def _unlink(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except PermissionError:  # Windows keeps what is read-only
        os.chmod(file, stat.S_IWRITE)
        file.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"{file} could not be deleted ({error.strerror}); what is left goes with the same command"
        ) from error


def _recordings(path: Path) -> list[Path]:
    """Return the recordings the session names that are there, as far as its description can be read."""
    try:
        named = SessionFolder(path).description().get("media", [])
    except StoreError:
        return []
    return [Path(str(m["path"])) for m in named if "path" in m and Path(str(m["path"])).is_file()]


def _inside(file: Path, folder: Path) -> bool:
    return file.resolve().is_relative_to(folder.resolve())


def _receipts() -> Path:
    return audit.user_log().parent / "receipts"
