"""What made a table, so that it can be asked whether it is still fresh."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from cuetrack.store.files import read_json, write_json


@dataclass(frozen=True)
class Provenance:
    """What made a result: its name and version, its settings, the digests of what it was made from, and the packages.

    Deliberately without dates and run times: equal causes give equal provenance, byte for byte.
    """

    name: str
    version: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    packages: Mapping[str, str] = field(default_factory=dict)

    def digest(self) -> str:
        """SHA-256 over all of it, in hex."""
        text = json.dumps(asdict(self), sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def write(self, path: Path, notes: Mapping[str, Any]) -> None:
        """Write it beside its result, with notes on that; written last, it says that the result is complete."""
        plain = json.loads(json.dumps(asdict(self), default=str))
        write_json(path, {**plain, "notes": dict(notes), "digest": self.digest()})

    def is_at(self, path: Path) -> bool:
        """Say whether the file holds exactly this provenance."""
        return path.is_file() and read_json(path).get("digest") == self.digest()

    def changed_since(self, path: Path) -> list[str]:
        """Return which causes differ from those stored in the file, in words; [] if it is fresh."""
        stored = read_json(path)
        if stored.get("digest") == self.digest():
            return []
        now = json.loads(json.dumps(asdict(self), default=str))
        changed = [f"{key} changed" for key in ("version",) if stored.get(key) != now[key]]
        for group in ("settings", "inputs", "packages"):
            before = stored.get(group, {})
            names = sorted(k for k in {*before, *now[group]} if before.get(k) != now[group].get(k))
            changed += [f"{group} {name} changed" for name in names]
        return changed or ["made in another way"]


def package_versions(names: Iterable[str]) -> dict[str, str]:
    """Return the installed version of each named package, "" where it is not installed."""
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ""
    return found
