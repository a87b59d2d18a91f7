"""What the user gave to analyse, as one plan: which files, which people, where they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cuetrack.errors import MediaError, PeopleError
from cuetrack.media.guarded import tried
from cuetrack.media.probe import MediaInfo
from cuetrack.store.files import sha256
from cuetrack.terms import PAIR

Recordings = str | Path | Sequence[str | Path] | Mapping[str, str | Path]
DEFAULT_PEOPLE = ("person_1", "person_2")


@dataclass(frozen=True)
class Source:
    """One file: what it holds, whose it is (None if several people are in it), and where its clock sits."""

    info: MediaInfo
    digest: str
    person: str | None
    offset_s: float = 0.0
    drift_ppm: float = 0.0

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self.info.path

    def session_s(self, time_s: float) -> float:
        """Return the session time of one of the file's own times."""
        return time_s * (1 + self.drift_ppm * 1e-6) + self.offset_s


@dataclass(frozen=True)
class Recording:
    """All files of one session; `places` maps each person to where they sit, {} if they are still to be found."""

    sources: tuple[Source, ...]
    places: Mapping[str, str]

    @property
    def people(self) -> tuple[str, ...]:
        """Names of the people, in the order they were given."""
        return tuple(self.places)

    @property
    def has_video(self) -> bool:
        """Whether any file has a picture."""
        return any(s.info.video for s in self.sources)

    @property
    def has_sound(self) -> bool:
        """Whether any file has sound."""
        return any(s.info.audio for s in self.sources)

    @property
    def duration_s(self) -> float:
        """Session length: until the last file ends, on the session clock."""
        return max(s.offset_s + s.info.duration_s for s in self.sources)

    def digests(self) -> dict[str, str]:
        """Return by file what it holds and where its clock sits, as the provenance of everything measured from it."""
        return {
            f"media {i}": f"{s.digest} {s.person or ''} {s.offset_s:.4f} {s.drift_ppm:.2f}"
            for i, s in enumerate(self.sources)
        }


def plan(recordings: Recordings, people: Mapping[str, str] | None = None) -> Recording:
    """Settle files, people and places; raise MediaError or PeopleError saying what was expected.

    `recordings` is one path, or a mapping of person to path (one file each). `people` maps names to places
    ("left", "right", or "" to have them found); two of them.
    """
    if isinstance(recordings, Mapping):
        if people:
            raise PeopleError("one file per person already says who is who; leave --people out")
        check_names(list(recordings))
        if len({Path(p).resolve() for p in recordings.values()}) < len(recordings):
            raise PeopleError("the same file was given for both people; give the file once with --people instead")
        sources = tuple(_source(Path(path), person) for person, path in recordings.items())
        return Recording(sources, dict.fromkeys(recordings, ""))
    paths = [recordings] if isinstance(recordings, str | Path) else list(recordings)
    if len(paths) != 1:
        raise MediaError(
            "expected one recording, or one per person as client=a.mp4 therapist=b.mp4; "
            f"got {len(paths)} files without names"
        )
    source = _source(Path(paths[0]), None)
    places = dict(people or {})
    if places:
        check_names(list(places))
        check_places(places)
    elif not source.info.video:
        places = dict.fromkeys(DEFAULT_PEOPLE, "")
    return Recording((source,), places)


def _source(path: Path, person: str | None) -> Source:
    info = tried(path)
    return Source(info, sha256(path), person)


def check_names(names: list[str]) -> None:
    """Raise PeopleError unless these are one or two usable names."""
    if not 1 <= len(names) <= 2:
        raise PeopleError(f"expected one or two people, got {len(names)}: {', '.join(names) or 'none'}")
    for name in names:
        if not name.replace("_", "").replace("-", "").isalnum() or name == PAIR:
            raise PeopleError(f"{name!r} cannot be a person's name: use letters, digits, - and _, and not {PAIR!r}")


def check_places(places: Mapping[str, Any]) -> None:
    """Raise PeopleError unless each place is left, right or "" and no two people share one."""
    known = ("left", "right", "")
    for person, place in places.items():
        if place not in known:
            raise PeopleError(f"{person}={place}: expected left or right, or just the name to have the place found")
    given = [p for p in places.values() if p]
    if len(set(given)) < len(given):
        raise PeopleError(f"two people cannot both sit {given[0]}: expected client=left,therapist=right or the reverse")
