"""From a recording to a session folder: the stages in order, each done only if it is stale.

    plan ─▶ clocks ─▶ picture (tracks) ─▶ sound (tracks) ─▶ cues ─▶ moments ─▶ report

Every stage writes its result whole, with its provenance last, so that a run that was stopped goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cuetrack.pipeline.clocks import align_sources
from cuetrack.pipeline.keeping import drop_tracks, forget_if_needed, kept_before
from cuetrack.pipeline.measure import measure
from cuetrack.pipeline.outline import outline
from cuetrack.pipeline.picture import watch_people
from cuetrack.pipeline.rank import rank
from cuetrack.pipeline.run import Progress, Run
from cuetrack.pipeline.sound import listen_to_people
from cuetrack.recording import Recording, Recordings, plan
from cuetrack.session import Session
from cuetrack.store.consent import refuse_if_withdrawn
from cuetrack.store.files import make_folder
from cuetrack.store.folder import SUFFIX, SessionFolder

__all__ = ["analyze", "outline"]


def analyze(
    recordings: Recordings,
    *,
    people: Mapping[str, str] | None = None,
    out: Path | str | None = None,
    offset_s: float | None = None,
    settings: Mapping[str, Any] | None = None,
    keep_tracks: bool | None = None,
    progress: Progress | None = None,
) -> Session:
    """Measure a recording of two people and rank its moments; what is fresh already is not made again.

    `recordings` is one path, or a mapping of person to path. `people` maps names to "left", "right" or "" (found).
    `out` is the session folder, beside the recording if not given. `offset_s` (seconds the second file starts after
    the first) overrides the alignment of two files by their sound. `settings` may hold `picture`, `sound`,
    `cues` (by cue name) and `moments`. With `keep_tracks=False` the points of faces and bodies and the measures of
    voices are removed once the cues are made, and whenever the run stops; None goes on as the session was begun.
    Raises CuetrackError subclasses; the same call again resumes a stopped one.
    """
    recording = plan(recordings, people)
    folder = SessionFolder(Path(out) if out else beside(recording))
    keep = kept_before(folder) if keep_tracks is None else keep_tracks
    run = Run(folder, recording, settings or {}, progress or (lambda stage, done: None), keep)
    is_new = not folder.path.exists()
    try:
        return _analyze(run, offset_s)
    except BaseException:
        if is_new:
            folder.drop_if_nothing_is_finished()
        raise


def _analyze(run: Run, offset_s: float | None) -> Session:
    folder = run.folder
    with folder.locked():
        if folder.toml.exists():  # a newer format and a withdrawn consent are refused before anything is touched
            refuse_if_withdrawn(SessionFolder.open(folder.path).description(), folder.path)
        try:
            return _made(run, offset_s)
        finally:
            if not run.keep_tracks:
                drop_tracks(folder)


def _made(run: Run, offset_s: float | None) -> Session:
    folder = run.folder
    run.recording = align_sources(run, offset_s)
    folder.describe(_description(run))
    make_folder(folder.tracks)
    watch_people(run)
    if forget_if_needed(run):
        watch_people(run)
    folder.describe(_description(run))  # the people found, where none were named
    listen_to_people(run)
    measure(run)
    rank(run)
    folder.note_run(_seen(run))
    if not run.keep_tracks:
        drop_tracks(folder)  # before the report, which draws points where it finds them
    session = Session(folder)
    with run.stage("report"):
        from cuetrack.export.report import write_report

        write_report(session, folder.report)
    folder.note_run(_seen(run))
    return session


def beside(recording: Recording) -> Path:
    """Return the session folder's default place: beside the first file, with its name."""
    return recording.sources[0].path.with_suffix(SUFFIX)


def _description(run: Run) -> dict[str, Any]:
    recording = run.recording
    media = [
        {
            "path": str(s.path.resolve()),
            "sha256": s.digest,
            "size": s.info.size_bytes,
            "person": s.person or "",
            "offset_s": s.offset_s,
            "drift_ppm": s.drift_ppm,
        }
        for s in recording.sources
    ]
    kept = run.folder.description() if run.folder.toml.is_file() else {}  # the owner's own: consent, rules of review
    return {
        **{key: value for key, value in kept.items() if key != "keep_tracks"},
        "name": run.folder.path.stem,
        "duration_s": recording.duration_s,
        "people": {person: {"place": place} for person, place in recording.places.items()},
        "media": media,
        "settings": run.settings,
        **({} if run.keep_tracks else {"keep_tracks": False}),
    }


def _seen(run: Run) -> dict[str, Any]:
    return {
        "warnings": run.warnings,
        "tracked": run.tracked,
        "gaps": run.gaps,
        "sync": run.sync,
        "sources": run.sources,
        "missing": run.missing,
        "seconds": run.seconds,
    }
