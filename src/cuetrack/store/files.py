"""Files that are written whole or not at all, readable only by their owner."""

from __future__ import annotations

import contextlib
import glob
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cuetrack.errors import StoreError

if TYPE_CHECKING:
    import pandas as pd


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` that takes its place, on disk and in order, if the block succeeds.

    The data is flushed before the rename and the folder after it, so that a power cut leaves the old file or the new
    one. Raises StoreError naming the folder if it cannot be written.
    """
    temporary: Path | None = None
    try:
        make_folder(path.parent)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")  # mode 0600
        os.close(handle)
        temporary = Path(name)
        yield temporary
        settle(temporary, path)
        temporary = None
    except OSError as error:
        raise StoreError(
            f"cannot write {path}: {error.strerror or error}. Free some space or choose another --out."
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def settle(temporary: Path, path: Path) -> None:
    """Put a complete temporary file in its place so that a power cut leaves the old file or the new one, never half.

    The order is: its bytes to the disk, then the new name, then the folder that holds the name. Raises OSError.
    """
    flush(temporary)
    temporary.replace(path)
    flush(path.parent)


def remove(path: Path) -> None:
    """Remove a file, if it is there, so that it stays removed after a power cut; raise StoreError if it cannot be."""
    try:
        if path.exists():
            path.unlink()
            flush(path.parent)
    except OSError as error:
        raise StoreError(f"cannot write {path.parent}: {error.strerror or error}. Choose another --out.") from error


def sweep(folder: Path) -> None:
    """Remove what writers that were killed left half-written in a folder of ours; only for whoever holds its lock."""
    for place in (folder, *(p for p in folder.glob("*") if p.is_dir())):
        for rest in place.glob(".*.part"):
            with contextlib.suppress(OSError):
                rest.unlink()


def sweep_rests_of(path: Path) -> None:
    """Remove what writers of one file that were killed left beside it; only where nobody else writes that file now."""
    for rest in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        with contextlib.suppress(OSError):
            rest.unlink()


def make_folder(path: Path) -> Path:
    """Create a folder and its parents, readable only by their owner; raise StoreError if that is not possible."""
    try:
        for place in reversed([p for p in path.parents if not p.exists()]):
            place.mkdir(exist_ok=True, mode=0o700)
        path.mkdir(exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(f"cannot create the folder {path}: {error.strerror}. Choose another --out.") from error
    return path


def read_text(path: Path, *, most_mb: int = 20) -> str:
    """Read a UTF-8 file of at most so many MB; raise OSError or ValueError for callers to reword."""
    if path.stat().st_size > most_mb * 1_000_000:
        raise ValueError(f"it is larger than {most_mb} MB")
    return path.read_text(encoding="utf-8-sig")


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file whole or not at all, keys in the order given."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object; raise StoreError if it is not one."""
    try:
        content = json.loads(read_text(path, most_mb=100))
    except (OSError, ValueError, RecursionError) as error:
        raise StoreError(f"cannot read {path}: expected a JSON object ({error})") from error
    if not isinstance(content, dict):
        raise StoreError(f"cannot read {path}: expected a JSON object, got {type(content).__name__}")
    return content


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as parquet, whole or not at all; the same table gives the same bytes."""
    with replacing(path) as temporary:
        table.to_parquet(temporary, index=False, compression="zstd")


def read_table(path: Path) -> pd.DataFrame:
    """Read a parquet table; raise StoreError if it cannot be read."""
    try:
        import pandas as pd

        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise StoreError(f"cannot read the table {path}: {error}. Delete it and run analyze again.") from error


def sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits, read in pieces."""
    with Path(path).expanduser().open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def flush(path: Path) -> None:
    """Put a file or folder as it is now on the disk; raise OSError."""
    if os.name == "nt" and path.is_dir():  # Windows cannot open folders; its rename is already ordered
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
