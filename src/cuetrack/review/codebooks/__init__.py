"""Code books: the labels a reviewer chooses from and the prompts to reflect on, as TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from cuetrack.errors import FormatError

SHIPPED = ("plain", "3rs")


def read(name: str = "plain", near: Path | None = None) -> dict[str, Any]:
    """Return a code book: `label` (id, name, hint, perhaps key and group) and `prompt` (id, text).

    `name` is a shipped one, or a file in the session folder `near` or the folder above it. Raises FormatError.
    """
    text = _text(name, near)
    try:
        book = tomllib.loads(text)
    except ValueError as error:
        raise FormatError(f"the code book {name} is not TOML: {error}") from error
    labels = [_entry(e, ("id", "name"), ("hint", "key", "group"), name) for e in book.get("label", [])]
    prompts = [_entry(e, ("id", "text"), (), name) for e in book.get("prompt", [])]
    ids = [e["id"] for e in labels]
    if not labels or len(set(ids)) < len(ids):
        raise FormatError(f"the code book {name} needs at least one [[label]], each with an id of its own")
    return {"name": name, "label": labels, "prompt": prompts}


def labels_of(description: Mapping[str, Any], folder: Path) -> list[str]:
    """Return the labels a session's reviewers choose from, as its `session.toml` and its folder say."""
    name = str(dict(description.get("review", {})).get("codebook", "plain"))
    return [entry["id"] for entry in read(name, folder)["label"]]


def _text(name: str, near: Path | None) -> str:
    if name in SHIPPED:
        return (resources.files("cuetrack.review") / "codebooks" / f"{name}.toml").read_text(encoding="utf-8")
    if near is not None and Path(name).name == name:
        for folder in (near, near.parent):
            if (folder / name).is_file():
                return (folder / name).read_text(encoding="utf-8")
    raise FormatError(f"no code book {name!r}: expected {', '.join(SHIPPED)}, or a file in the session folder or above")


def _entry(found: Any, needed: tuple[str, ...], more: tuple[str, ...], name: str) -> dict[str, str]:
    if not isinstance(found, dict) or not all(isinstance(found.get(k), str) and found[k] for k in needed):
        raise FormatError(f"the code book {name}: every entry needs {' and '.join(needed)} in words; got {found!r}")
    return {k: str(found.get(k, "")) for k in (*needed, *more)}
