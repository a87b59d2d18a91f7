"""The clock stage: where each file's own time sits on the session clock."""

from __future__ import annotations

from dataclasses import replace

from cuetrack.errors import SyncNotFound
from cuetrack.pipeline.run import Run
from cuetrack.recording import Recording

_UNSURE = 0.5


def align_sources(run: Run, offset_s: float | None) -> Recording:
    """Return the recording with the second file's offset and drift: as given, else found from the sound of both.

    Where sound cannot tell, the files are taken to start together and a warning says so.
    """
    recording = run.recording
    if len(recording.sources) < 2:
        return recording
    first, second = recording.sources
    with run.stage("clocks"):
        if offset_s is not None:
            return _placed(recording, offset_s, 0.0)
        if not (first.info.audio and second.info.audio):
            run.warn(_together(f"{first.path.name} or {second.path.name} has no sound"))
            return recording
        from cuetrack.media.clock import align_clocks

        try:
            found = align_clocks(first.path, second.path)
        except SyncNotFound as error:
            run.warn(_together(str(error)))
            return recording
        run.sync = (
            f"{second.path.name} starts {found.offset_s:+.3f} s after {first.path.name}, drift {found.drift_ppm:+.0f} "
            f"parts per million, confidence {found.confidence:.2f}"
        )
        if found.confidence < _UNSURE:
            run.warn(f"the clocks of the two files are not sure: {run.sync}; check it, or give --offset")
    return _placed(recording, found.offset_s, found.drift_ppm)


def _placed(recording: Recording, offset_s: float, drift_ppm: float) -> Recording:
    """Place the second file; session time starts with whichever file starts first."""
    first, second = recording.sources
    earliest = min(0.0, offset_s)
    return replace(
        recording,
        sources=(
            replace(first, offset_s=-earliest),
            replace(second, offset_s=offset_s - earliest, drift_ppm=drift_ppm),
        ),
    )


def _together(why: str) -> str:
    return f"the clocks of the two files could not be aligned ({why}); they are taken to start together: give --offset"
