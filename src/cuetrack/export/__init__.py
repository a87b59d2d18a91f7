"""Tables in, files out: formats of other tools, tidy tables and the report page. Readers beside the writers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cuetrack.errors import FormatError
from cuetrack.export.tiers import Annotations

FORMATS = {
    "elan": ".eaf",
    "textgrid": ".TextGrid",
    "boris": ".boris",
    "webvtt": ".vtt",
    "csv": ".csv",
    "parquet": ".parquet",
}
"""Formats by name, with the suffix of their files."""


def write(path: Path, annotations: Annotations, format_name: str) -> list[str]:
    """Write annotations in a named format and return in words what it could not carry; raise FormatError."""
    writer, _ = _pair(format_name)
    try:
        return writer(path, annotations)
    except UnicodeEncodeError as error:
        raise FormatError(f"{path}: a label, note or name holds half a character ({error.object[:40]!a})") from error


def read(path: Path, format_name: str | None = None) -> Annotations:
    """Read annotations; the format is guessed from the file's suffix if not named; raise FormatError."""
    _, reader = _pair(format_name or format_of(path))
    return reader(path)


def format_of(path: Path) -> str:
    """Return the format a file's name says; raise FormatError if it says none."""
    suffixes = {suffix.lower(): name for name, suffix in FORMATS.items()} | {".tsv": "boris", ".boris.gz": "boris"}
    name = next((n for suffix, n in suffixes.items() if path.name.lower().endswith(suffix)), None)
    if name is None:
        raise FormatError(f"{path}: expected a file ending in {', '.join(FORMATS.values())}, or --format")
    return name


def _pair(name: str) -> tuple[Callable[[Path, Annotations], list[str]], Callable[[Path], Annotations]]:
    from cuetrack.export import boris, csv, elan, textgrid, webvtt

    pairs: dict[str, tuple[Callable[[Path, Annotations], list[str]], Callable[[Path], Annotations]]] = {
        "elan": (elan.write_elan, elan.read_elan),
        "textgrid": (textgrid.write_textgrid, textgrid.read_textgrid),
        "boris": (boris.write_boris, boris.read_boris),
        "webvtt": (webvtt.write_webvtt, webvtt.read_webvtt),
        "csv": (csv.write_csv, csv.read_csv),
        "parquet": (csv.write_parquet, csv.read_parquet),
    }
    if name not in pairs:
        raise FormatError(f"unknown format {name!r}; expected {', '.join(FORMATS)}")
    return pairs[name]
