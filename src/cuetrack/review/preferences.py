"""What the review page remembers of its user between runs: keys, whether the tour was seen, which sessions were opened.

One JSON file in the user's own configuration folder; nothing that was said or seen in a session is in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cuetrack.errors import StoreError
from cuetrack.store.files import make_folder, read_json, write_json

_KEPT_SESSIONS = 200
_START: Mapping[str, Any] = {"keys": {}, "toured": False, "reviewer": "", "sessions": []}


class Preferences:
    """The open file; a missing or unreadable one starts afresh, and a folder that cannot be written keeps nothing."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or default_path()
        try:
            found = read_json(self.path) if self.path.is_file() else {}
        except StoreError:
            found = {}
        self._kept = {name: found.get(name, start) for name, start in _START.items()}

    def shown(self) -> dict[str, Any]:
        """Return what the page may know: keys, whether the tour was seen, the reviewer's last name; no paths."""
        return {name: self._kept[name] for name in ("keys", "toured", "reviewer")}

    def change(self, sent: Mapping[str, Any]) -> None:
        """Take over `keys` (action to key), `toured` or `reviewer`; anything else is left aside."""
        keys = sent.get("keys")
        if isinstance(keys, dict):
            self._kept["keys"] = {str(a)[:40]: str(k)[:20] for a, k in list(keys.items())[:100]}
        if "toured" in sent:
            self._kept["toured"] = bool(sent["toured"])
        if isinstance(sent.get("reviewer"), str):
            self._kept["reviewer"] = sent["reviewer"][:40]
        self._write()

    def sessions(self) -> list[Path]:
        """Return the session folders opened before that are still there, the last one first."""
        return [p for p in map(Path, self._kept["sessions"]) if (p / "session.toml").is_file()]

    def opened(self, folder: Path) -> None:
        """Remember a session folder."""
        others = [s for s in self._kept["sessions"] if s != str(folder)]
        self._kept["sessions"] = [str(folder), *others][:_KEPT_SESSIONS]
        self._write()

    def forget(self, folder: Path) -> None:
        """Remember a session folder no more."""
        if str(folder) in self._kept["sessions"]:
            self._kept["sessions"].remove(str(folder))
            self._write()

    def _write(self) -> None:
        try:
            make_folder(self.path.parent)
            write_json(self.path, self._kept)
        except (StoreError, OSError):
            return


def default_path() -> Path:
    """Return where the preferences lie: the user's configuration folder of cuetrack."""
    import platformdirs

    return Path(platformdirs.user_config_dir("cuetrack", appauthor=False)) / "review.json"
