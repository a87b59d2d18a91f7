"""A session folder locked with a passphrase: one encrypted file in its place.

    lock      042.cue ─▶ .042.cue.locked.*.part ─(proved by reading it back)─▶ 042.cue.locked; then the folder goes
    unlock    042.cue.locked ─▶ .042.cue.unlocking ─▶ 042.cue; then the file goes

A folder called 042.cue is always complete: it gets its name last and loses it first. Whatever moment the power goes,
the folder or the file is there, whole, and the same command ends what was begun.
"""

from __future__ import annotations

import hashlib
import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, cast

from cuetrack.errors import SessionNotFound, StoreError
from cuetrack.store import audit
from cuetrack.store.cipher import COST, Opening, Sealing
from cuetrack.store.files import flush, make_folder, remove, replacing, sweep_rests_of
from cuetrack.store.folder import SessionFolder

LEAST_LETTERS = 10
_LEFT_OUT = (".lock", ".lock.owner")
_BLOCK = 1 << 20

Progress = Callable[[float], None]


def lock(path: Path, passphrase: str, *, cost: int = COST, progress: Progress = lambda done: None) -> Path:
    """Put an encrypted file in a session folder's place and return it; the folder goes once the file is proved.

    Raises StoreError where a file in it is no plain file (a link would lead out), or the passphrase is too short.
    """
    folder = SessionFolder(path)
    going = path.with_name(f".{path.name}.going")
    if going.exists() and (folder.locked_file.is_file() or folder.toml.is_file()):
        shutil.rmtree(going)  # of an earlier lock, whose file was whole before it
    if not folder.toml.is_file() and folder.locked_file.is_file():
        return folder.locked_file
    folder.description()
    if len(passphrase) < LEAST_LETTERS:
        raise StoreError(
            f"the passphrase has {len(passphrase)} letters, expected at least {LEAST_LETTERS}; use several words"
        )
    with folder.locked():
        sweep_rests_of(folder.locked_file)
        files = _plain_files(path)
        total = max(1, 2 * sum(f.stat().st_size for f in files))
        with replacing(folder.locked_file) as part:
            with part.open("wb") as target:
                sealing = Sealing(target, passphrase, cost=cost)
                written = _pack(path, files, sealing, lambda done: progress(done / total))
                sealing.close()
            with part.open("rb") as source:
                read = _digests(Opening(source, passphrase), lambda done: progress(0.5 + done / total))
            if read != written:
                raise StoreError(
                    f"{path}: what was written does not read back the same; is the disk failing? Nothing was changed"
                )
    path.rename(going)
    flush(path.parent)
    shutil.rmtree(going)
    progress(1.0)
    return folder.locked_file


def unlock(path: Path, passphrase: str, *, progress: Progress = lambda done: None) -> Path:
    """Put the session folder back in the place of its encrypted file; raise WrongPassphrase with nothing changed."""
    folder, file = _pair(path)
    if not file.is_file():
        if (folder / "session.toml").is_file():
            return folder
        raise SessionNotFound(f"{file}: expected a locked session there; nothing was changed")
    total = max(1, file.stat().st_size)
    with file.open("rb") as source:
        if folder.exists():
            kept = {p.relative_to(folder).as_posix(): _sha(p) for p in _plain_files(folder)}
            stored = _digests(Opening(source, passphrase), lambda done: progress(done / total))
            if {**stored, audit.NAME: ""} != {**kept, audit.NAME: ""}:  # the log grows with every look
                raise StoreError(
                    f"both {folder} and {file} are there and differ: move one of them away, then unlock again"
                )
        else:
            _unpack(Opening(source, passphrase), folder, lambda done: progress(done / total))
    remove(file)
    sweep_rests_of(file)
    shutil.rmtree(folder.with_name(f".{folder.name}.going"), ignore_errors=True)
    progress(1.0)
    return folder


def _pair(path: Path) -> tuple[Path, Path]:
    """Return folder and locked file, whichever of them was named."""
    if path.name.endswith(".locked"):
        return path.with_name(path.name.removesuffix(".locked")), path
    return path, SessionFolder(path).locked_file


def _plain_files(folder: Path) -> list[Path]:
    """Return the files of a session by place; raise StoreError for a link or anything else that is no plain file."""
    found = []
    for file in sorted(folder.rglob("*")):
        if file.is_symlink() or not (file.is_file() or file.is_dir()):
            raise StoreError(f"{file}: a session to be locked holds plain files only, this is a link; remove it first")
        if file.is_file() and not (file.parent == folder and file.name in _LEFT_OUT):
            found.append(file)
    return found


def _pack(folder: Path, files: list[Path], target: Sealing, progress: Progress) -> dict[str, str]:
    """Write the files as a tar stream without owners and return their SHA-256 by place."""
    digests, done = {}, 0
    with tarfile.open(fileobj=cast("IO[bytes]", target), mode="w|", format=tarfile.PAX_FORMAT) as archive:
        for file in files:
            info = tarfile.TarInfo(file.relative_to(folder).as_posix())
            info.size, info.mtime, info.mode = file.stat().st_size, int(file.stat().st_mtime), 0o600
            with file.open("rb") as stream:
                archive.addfile(info, stream)
            digests[info.name] = _sha(file)
            done += info.size
            progress(done)
    return digests


def _members(source: Opening, progress: Progress) -> Iterator[tuple[tarfile.TarInfo, Any]]:
    done = 0
    try:
        with tarfile.open(fileobj=cast("IO[bytes]", source), mode="r|") as archive:
            for info in archive:
                parts = Path(info.name).parts
                if not info.isfile() or Path(info.name).is_absolute() or ".." in parts:
                    raise StoreError(f"the locked session holds {info.name!r}, which is no plain file of a session")
                yield info, archive.extractfile(info)
                done += info.size
                progress(done)
        while source.read(_BLOCK):  # the last pieces are proved, too
            pass
    except tarfile.TarError as error:
        raise StoreError(f"the locked session is damaged ({error}); take a backup") from error


def _digests(source: Opening, progress: Progress) -> dict[str, str]:
    """Return the SHA-256 of every file in the stream by place."""
    return {info.name: hashlib.file_digest(stream, "sha256").hexdigest() for info, stream in _members(source, progress)}


def _unpack(source: Opening, folder: Path, progress: Progress) -> None:
    """Write the files beside the folder's place, put them on the disk, and give the folder its name."""
    making = folder.with_name(f".{folder.name}.unlocking")
    if making.exists():
        shutil.rmtree(making)
    make_folder(making)
    try:
        for info, stream in _members(source, progress):
            with replacing(making / info.name) as part, part.open("wb") as target:
                shutil.copyfileobj(stream, target, _BLOCK)
        if not (making / "session.toml").is_file():
            raise StoreError("the locked file holds no session")
        flush(making)
        making.rename(folder)
        flush(folder.parent)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise


def _sha(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
