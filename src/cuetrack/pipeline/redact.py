"""A copy of a session that may be shown to others: faces covered, voices moved, names and dates gone.

    find heads ─▶ cover and write ─▶ look for faces in what was written ─(found some: cover more)─▶ tables ─▶ report

Everything is made in a folder beside the place and gets its name at the end, so that a copy is whole or not there; a
stopped one is begun again.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cuetrack.errors import CuetrackError, MediaNotFound, StillSeen, StoreError
from cuetrack.media.probe import MediaInfo
from cuetrack.pipeline.pseudonyms import Pseudonyms
from cuetrack.session import Session, open_session
from cuetrack.store import audit
from cuetrack.store.consent import refuse_if_withdrawn
from cuetrack.store.files import flush, make_folder, read_json, read_table, sha256, write_json, write_table
from cuetrack.store.folder import SessionFolder

PICTURES = ("blur", "pose", "none")
VOICES = ("changed", "none")
_PASSES = 4
"""How often what was written is covered more, before the copy is refused."""
_OF_OTHER_FILES = ("patterns", "ranker", "baseline_from")
_ABOUT_RUN = ("warnings", "tracked", "gaps", "sources", "missing")

Progress = Callable[[str, float], None]
Sound = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a copy is made: `picture` and `voice` as in PICTURES and VOICES, `silence` in session seconds."""

    picture: str = "blur"
    voice: str = "changed"
    silence: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Shared:
    """A finished copy: its folder, what stands for each person, and how often it was covered until no face was seen."""

    folder: Path
    people: Mapping[str, str]
    passes: int
    frames_checked: int


def redact(
    path: Path, out: Path, wanted: Wanted | None = None, *, progress: Progress = lambda stage, done: None
) -> Shared:
    """Write a copy of a session to the folder `out`, which must not be there yet.

    Raises ConsentWithdrawn, MediaNotFound where a recording is not in its place, StillSeen where a face can still be
    found after the largest covering. The session itself is only read, apart from its audit log.
    """
    wanted = wanted or Wanted()
    session = open_session(path)
    refuse_if_withdrawn(session.description, path)
    if out.exists():
        raise StoreError(f"{out} is there already; a shareable copy is only written to a new folder")
    making = out.with_name(f".{out.name}.redacting")
    if making.exists():
        shutil.rmtree(making)
    make_folder(making)
    try:
        with session.folder.locked():
            shared = _Making(session, making, out.stem, wanted, progress).run()
        flush(making)
        making.rename(out)
        flush(out.parent)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    audit.note(path, "redact", picture=wanted.picture, voice=wanted.voice)
    return Shared(out, shared.people, shared.passes, shared.frames_checked)


class _Making:
    """One copy while it is made."""

    def __init__(self, session: Session, place: Path, name: str, wanted: Wanted, progress: Progress) -> None:
        media: Sequence[Mapping[str, Any]] = session.description.get("media", [])
        self.session, self.place, self.name, self.wanted, self.progress = session, place, name, wanted, progress
        self.media = media
        self.names = Pseudonyms(
            session.people, [str(m.get("path", "")) for m in media if m.get("path")], session.name, name
        )
        seen = session.tracks() if wanted.picture != "none" else {}
        self.tracks = {kind: dict(of_kind) for kind, of_kind in seen.items()}
        self.passes = self.frames = 0
        if wanted.picture == "pose" and not self.tracks.get("body"):
            raise CuetrackError(
                f"{session.name} has no tracks to draw poses from: analyze it with --tracks, or use --picture blur"
            )

    def run(self) -> Shared:
        """Make everything inside the place."""
        media = [self._recording(n, known) for n, known in enumerate(self.media)]
        self._tables()
        folder = SessionFolder(self.place)
        stored = self.session.description
        folder.describe(
            {
                "name": self.name,
                "shared_copy": True,
                "keep_tracks": False,
                "duration_s": self.session.duration_s,
                "people": {
                    self.names.people[p]: {"place": _place(known)} for p, known in stored.get("people", {}).items()
                },
                "media": [m for m in media if m],
                "settings": {},
            }
        )
        from cuetrack.export.report import write_report

        write_report(Session(folder), folder.report)
        return Shared(self.place, self.names.people, self.passes, self.frames)

    def _recording(self, number: int, known: Mapping[str, Any]) -> dict[str, Any]:
        """Write one recording's copy and return its entry for session.toml, {} where nothing of it is left."""
        from cuetrack.media.probe import probe

        source = Path(str(known.get("path", "")))
        if not source.is_file() or sha256(source) != known.get("sha256", sha256(source)):
            raise MediaNotFound(
                f"{source}: the recording that was analysed is not there; "
                f"cuetrack relink {self.session.folder.path} FILE"
            )
        info = probe(source)
        seen = bool(info.video) and self.wanted.picture != "none"
        heard = bool(info.audio) and self.wanted.voice != "none"
        if not seen and not heard:
            return {}
        number_word = f"_{number + 1}" if len(self.media) > 1 else ""
        copy = self.place / f"recording{number_word}.{'mp4' if seen else 'm4a'}"
        clock = _Clock(float(known.get("offset_s", 0.0)), float(known.get("drift_ppm", 0.0)))
        sound = self._sound(clock) if heard else None
        if not seen:
            self._write(info, copy, None, sound)
        elif self.wanted.picture == "pose":
            self._pose(info, copy, clock, str(known.get("person", "")), sound)
        else:
            self._covered(info, copy, clock, sound)
        kept = {"offset_s": clock.offset_s, "drift_ppm": clock.drift_ppm}
        person = self.names.people.get(str(known.get("person", "")), "")
        return {"path": copy.name, "sha256": sha256(copy), "size": copy.stat().st_size, "person": person, **kept}

    def _covered(self, info: MediaInfo, copy: Path, clock: _Clock, sound: Any) -> None:
        from cuetrack.people.hiding import seen_heads

        heads = seen_heads(
            info.path,
            self.tracks,
            clock.file_s,
            progress=lambda done: self.progress("finding faces", done),
            duration_s=info.duration_s,
        )
        self._until_none(info, copy, heads, lambda time_s, rgb: heads.cover(rgb, time_s), sound)

    def _pose(self, info: MediaInfo, copy: Path, clock: _Clock, person: str, sound: Any) -> None:
        from cuetrack.people.hiding import Heads
        from cuetrack.people.skeleton import draw

        bodies = [b for who, b in self.tracks["body"].items() if person in ("", who)]
        heads = Heads()

        def picture(time_s: float, rgb: Any) -> Any:
            drawn = draw(bodies, float(clock.session_s(time_s)), (rgb.shape[1], rgb.shape[0]))
            return heads.cover(drawn, time_s)

        self._until_none(info, copy, heads, picture, sound)

    def _until_none(self, info: MediaInfo, copy: Path, heads: Any, picture: Any, sound: Any) -> None:
        """Write, look for faces in what was written, cover those more, until none is found; raise StillSeen."""
        from cuetrack.people.hiding import faces_left

        for attempt in range(_PASSES):
            self._write(info, copy, picture, sound)
            left, frames = faces_left(
                copy,
                heads,
                progress=lambda done: self.progress("looking for faces", done),
                duration_s=info.duration_s,
            )
            self.passes = max(self.passes, attempt + 1)
            if not left:
                self.frames += frames
                return
            heads.add(left, growth=1.0 + 0.5 * attempt)
        at = ", ".join(f"{t:.1f} s" for t in sorted(left)[:5])
        raise StillSeen(
            f"a face can still be found in {len(left)} frames after {_PASSES} attempts to cover it (at {at}); no copy "
            "was written. Use --picture pose or --picture none"
        )

    def _write(self, info: MediaInfo, copy: Path, picture: Any, sound: Any) -> None:
        from cuetrack.media.rewritten import rewrite

        rewrite(info, copy, picture=picture, sound=sound, progress=lambda done: self.progress("writing", done))
        copy.chmod(0o600)

    def _sound(self, clock: _Clock) -> Callable[[Iterable[Sound]], Iterator[Sound]]:
        from cuetrack.media.disguise import chosen_factor, disguised
        from cuetrack.media.rewritten import RATE_HZ

        factor = chosen_factor()
        spans = [(float(clock.file_s(a)), float(clock.file_s(b))) for a, b in self.wanted.silence]
        return lambda blocks: disguised(_silenced(blocks, spans, RATE_HZ), factor, RATE_HZ)

    def _tables(self) -> None:
        """Copy cues and moments with pseudonyms; tracks, decisions, exports and logs stay behind."""
        source = self.session.folder.path
        for room in ("cues", "moments"):
            for path in sorted((source / room).glob("*.parquet")):
                table = read_table(path)
                write_table(self.place / room / path.name, self.names.table(table))
            for path in sorted((source / room).glob("*.json")):
                write_json(self.place / room / path.name, self.names.plain(_unlinked(read_json(path))))
        known = self.session.folder.last_run()
        kept = {key: known[key] for key in _ABOUT_RUN if key in known}
        write_json(self.place / "run.json", self.names.plain(kept))


@dataclass(frozen=True, slots=True)
class _Clock:
    """A file's own time against the session's."""

    offset_s: float
    drift_ppm: float

    def session_s(self, time_s: Any) -> Any:
        """Return the session time of one of the file's times."""
        return time_s * (1 + self.drift_ppm * 1e-6) + self.offset_s

    def file_s(self, time_s: Any) -> Any:
        """Return the file's time of a session time."""
        return (time_s - self.offset_s) / (1 + self.drift_ppm * 1e-6)


def _place(known: Any) -> str:
    """Return where a person sits, nothing else of what may be noted of them."""
    place = known.get("place", "") if isinstance(known, Mapping) else ""
    return place if place in ("left", "right") else ""


def _unlinked(provenance: Mapping[str, Any]) -> dict[str, Any]:
    """Return what made a table without what ties it to other files: their places, names and hashes."""
    settings = {k: v for k, v in provenance.get("settings", {}).items() if k not in _OF_OTHER_FILES}
    return {**provenance, "settings": settings, "inputs": {}, "digest": ""}


def _silenced(blocks: Iterable[Sound], spans: Sequence[tuple[float, float]], rate_hz: int) -> Iterator[Sound]:
    """Yield the blocks with silence between the given times."""
    begin = 0
    for block in blocks:
        samples = block.copy()
        for start_s, end_s in spans:
            first, last = (min(max(round(t * rate_hz) - begin, 0), samples.shape[1]) for t in (start_s, end_s))
            samples[:, first:last] = 0.0
        begin += samples.shape[1]
        yield samples
