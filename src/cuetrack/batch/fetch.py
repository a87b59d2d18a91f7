"""Recordings that lie elsewhere: an fsspec address is copied for as long as a session is measured, then removed."""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cuetrack.errors import ManifestError, MediaNotFound
from cuetrack.store.files import make_folder

_ADDRESS = re.compile(r"^[a-z][a-z0-9+.-]+(::[a-z][a-z0-9+.-]+)*://")
_BLOCK_BYTES = 1 << 22
FETCHED = ".fetched"
"""Folder of copies beside the session folders; empty whenever nothing runs."""


def is_url(text: str) -> bool:
    """Say whether a place is an fsspec address (`s3://…`, `file://…`) rather than a path."""
    return bool(_ADDRESS.match(text))


def size_at(url: str) -> int:
    """Return how many bytes lie at an address; raise MediaNotFound if nothing answers there."""
    fsspec = _fsspec()
    try:
        system, path = fsspec.core.url_to_fs(url)
        return int(system.info(path)["size"] or 0)
    except Exception as error:  # every file system of fsspec raises errors of its own
        raise MediaNotFound(f"{url}: nothing answers there ({type(error).__name__}: {error})") from error


@contextlib.contextmanager
def fetched(place: str, out: Path) -> Iterator[Path]:
    """Yield a path to read a recording from: its own, or that of a copy in `out/.fetched` which is removed after."""
    if not is_url(place):
        yield Path(place)
        return
    fsspec = _fsspec()
    home = Path(tempfile.mkdtemp(dir=make_folder(out / FETCHED)))
    try:
        copy = home / place.rstrip("/").rsplit("/", 1)[-1]
        try:
            with fsspec.open(place, "rb") as there, copy.open("xb") as here:
                shutil.copyfileobj(there, here, _BLOCK_BYTES)
        except Exception as error:
            raise MediaNotFound(f"{place}: it could not be copied ({type(error).__name__}: {error})") from error
        yield copy
    finally:
        shutil.rmtree(home, ignore_errors=True)
        with contextlib.suppress(OSError):
            (out / FETCHED).rmdir()


def drop_copies(out: Path) -> None:
    """Remove the copies that a batch which was killed left; only for whoever holds the batch's lock."""
    shutil.rmtree(out / FETCHED, ignore_errors=True)


def _fsspec() -> Any:
    try:
        import fsspec

        return fsspec
    except ImportError:
        raise ManifestError("an address needs fsspec: pip install 'cuetrack[cluster]', or give a path") from None
