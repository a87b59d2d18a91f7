"""Names of people as parts of file names."""

from __future__ import annotations

import unicodedata

_RESERVED = '<>:"/\\|?*'


def file_part(name: str) -> str:
    """Return a reviewer's name as every file system can hold it: letters of any script stay, separators become _."""
    kept = "".join("_" if c in _RESERVED or not c.isprintable() else c for c in unicodedata.normalize("NFC", name))
    return kept.strip(" .") or "reviewer"
