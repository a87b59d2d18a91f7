"""The review page's timeline with the recording beside it, in a notebook's cell."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cuetrack.errors import CuetrackError, NotEnoughData, StoreError
from cuetrack.moments.shown import LANES, candidates
from cuetrack.review.lent import lend, take_back
from cuetrack.review.library import Item, plain
from cuetrack.review.one_module import one_module, text_of
from cuetrack.store.consent import refuse_if_withdrawn
from cuetrack.terms import PAIR

if TYPE_CHECKING:
    from cuetrack.session import Session

_TOGETHER = ("motion_sync_z", "voice_sync_z")
_FIELDS = ["rank", "start_s", "end_s", "person", "title"]


def watch(session: Session, *, signals: Sequence[str] = (*LANES, *_TOGETHER)) -> Any:
    """Show a session's timeline with its recording beside it; a click on a moment or on the timeline goes there.

    Returns an anywidget. `time_s` is where the recording is, in seconds of the session: setting it goes there, and it
    follows when the recording is paused or a place is clicked. `rank` is the chosen moment, 0 for none. `signals` are
    names of `docs/architecture.md`. The recording is read from this computer by the browser on this computer: on a
    remote kernel there is the timeline without it. Blind review is in `cuetrack review`; here moments are shown as
    they are ranked. Raises CuetrackError without the extra `notebook`, ConsentWithdrawn, NotEnoughData without any of
    the signals.
    """
    kind = _kind()
    refuse_if_withdrawn(session.folder.description(), session.folder.path)
    item = Item("cell", session)
    chosen = [k for k, channel in enumerate(item.channels) if channel["signal"] in signals]
    if not chosen:
        raise NotEnoughData(f"{session.name} has none of the signals {', '.join(signals)}; choose others with signals=")
    people = (*session.people, PAIR)
    order = {s: k for k, s in enumerate(signals)}
    chosen.sort(key=lambda k: (people.index(item.channels[k]["person"]), order[item.channels[k]["signal"]]))
    values = np.frombuffer(item.samples, "<f4").reshape(len(item.channels), -1)[chosen]
    return kind(
        session=_told(item, [item.channels[k] for k in chosen]),
        samples=values.tobytes(),
        moments=_ranked(session),
        media=[_medium(item, path) for path in item.media.values()],
    )


@cache
def _kind() -> Any:
    """Return the widget's class; it is made when first needed, since anywidget is optional."""
    try:
        import anywidget
        import traitlets
    except ImportError as error:
        raise CuetrackError(
            'the timeline in a notebook needs anywidget, which is not installed here: pip install "cuetrack[notebook]"'
        ) from error

    class Watch(anywidget.AnyWidget):  # type: ignore[misc]
        """The timeline of one session with its recording."""

        _esm = one_module("cell")
        _css = text_of("cell.css")
        session = traitlets.Dict().tag(sync=True)
        samples = traitlets.Bytes().tag(sync=True)
        moments = traitlets.List().tag(sync=True)
        media = traitlets.List().tag(sync=True)
        time_s = traitlets.Float(0.0).tag(sync=True)
        rank = traitlets.Int(0).tag(sync=True)

        def close(self) -> None:
            """Close the widget and stop lending the recording."""
            for medium in self.media:
                take_back(medium["address"])
            super().close()

    return Watch


def _told(item: Item, channels: list[dict[str, Any]]) -> dict[str, Any]:
    from cuetrack.review.answers import whole

    told = whole(item)
    return {key: told[key] for key in ("name", "people", "duration_s", "rate_hz", "turns")} | {"channels": channels}


def _ranked(session: Session) -> list[dict[str, Any]]:
    try:
        return plain(candidates(session.moments)[_FIELDS])
    except (StoreError, KeyError):
        return []


def _medium(item: Item, path: Path) -> dict[str, Any]:
    """Return what the player needs of a recording, and the address it is lent at (empty where it cannot be played)."""
    from cuetrack.review.playing import Playing

    playing = Playing()
    known = playing.state(item, path)
    if known["state"] != "ready":
        return {**known, "address": ""}
    copy = playing.playable(item, path)
    assert copy is not None
    return {**known, "address": lend(copy)}
