"""What lies in a session folder, by name, read when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any


class Kept(Mapping[str, Any]):
    """Tracks by person, or tables by cue, read when asked for and not held: an hour of a face takes 65 MB."""

    def __init__(self, readers: Mapping[str, Callable[[], Any]]) -> None:
        self._readers = readers

    def __getitem__(self, name: str) -> Any:
        """Read one; raises StoreError if it is damaged."""
        return self._readers[name]()

    def __contains__(self, name: object) -> bool:
        """Say if there is one of this name, without reading it."""
        return name in self._readers

    def __iter__(self) -> Iterator[str]:
        """Go through the names."""
        return iter(self._readers)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._readers)
