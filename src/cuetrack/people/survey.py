"""Look at a few pictures of a recording to see who is in it, when nobody said so."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import TYPE_CHECKING

from cuetrack.errors import PeopleError

if TYPE_CHECKING:
    from cuetrack.media.probe import MediaInfo
    from cuetrack.people.find import FoundPerson
    from cuetrack.people.watch import View

_PICTURES = 9
PLACES = ("left", "right", "")


def placed(view: View, info: MediaInfo, *, alone: bool) -> tuple[dict[str, str], list[str]]:
    """Return the people of a view in picture order, name to place, and what to tell the user about it.

    People who are given are checked; nobody given, they are looked for: one is called `person`, two `left` and `right`.
    Raises PeopleError for places that do not exist or do not fit together, or if nobody is seen.
    """
    if info.video is None:
        raise PeopleError(f"{view.path}: expected a picture to watch, there is only sound")
    if view.people:
        return _checked(view.people), []
    counts = [len(found) for found in look(view, info)]
    most = max(counts, default=0)
    if not most:
        raise PeopleError(
            f"{view.path}: nobody's face was seen in {len(counts)} pictures across the recording; name the people "
            "(for example client=left) to have it searched whole, or check that this is the right file"
        )
    usually = median(c for c in counts if c)
    warnings = []
    if most > 2:
        warnings.append(
            f"{view.path.name}: up to {most} people are in the picture; two are tracked: name them to choose"
        )
    if usually < 1.5 or alone:
        return {view.path.stem if alone else "person": ""}, warnings
    return {"left": "left", "right": "right"}, warnings


def look(view: View, info: MediaInfo) -> list[list[FoundPerson]]:
    """Return who is seen in each of nine pictures spread over a recording."""
    from cuetrack.media.frames import read_frames
    from cuetrack.people.find import Finder

    finder = Finder()
    found = []
    try:
        for i in range(_PICTURES):
            start = info.duration_s * (i + 0.5) / _PICTURES
            frame = next(read_frames(view.path, start_s=start, end_s=start + 5.0), None)
            if frame is not None:
                found.append(finder.faces(frame.rgb))
    finally:
        finder.close()
    return found


def _checked(people: Mapping[str, str]) -> dict[str, str]:
    wrong = sorted({place for place in people.values() if place not in PLACES})
    if wrong:
        raise PeopleError(f"expected the place left or right for each person in one picture, got {', '.join(wrong)}")
    if len(people) > 2:
        raise PeopleError(f"two people can be tracked in one recording, got {len(people)}: {', '.join(people)}")
    places = list(people.values())
    if len(people) == 2 and sorted(places) != ["left", "right"]:
        got = ", ".join(f"{name}={place or '(nothing)'}" for name, place in people.items())
        raise PeopleError(f"two people in one picture need the places left and right, got {got}")
    return dict(sorted(people.items(), key=lambda item: PLACES.index(item[1])))
