"""One session in a process of its own: `python -m cuetrack.batch.work` takes an order and says how it goes.

The order is a line of JSON on standard input, which stays open: when it closes, whoever gave the order is gone and the
process ends. On standard output come lines of JSON: `{"stage": …, "done": 0.4}`, and last `{"outcome": {…}}`.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from cuetrack.batch.entry import Entry
from cuetrack.batch.fetch import fetched, is_url
from cuetrack.batch.memory import own_peak_bytes
from cuetrack.batch.outcome import Outcome, failed, outcome_of
from cuetrack.batch.settings import KEEP, merged
from cuetrack.errors import CuetrackError, SessionLocked
from cuetrack.processes import end_with_giver, own_voice, resident_bytes
from cuetrack.store.folder import SUFFIX

Report = Callable[[str, float], None]
WAIT_S = 60.0
"""How long a session is waited for that another process holds: one that was killed, or lost, ends within seconds."""
_LOOK_S = 0.5


def analyse_entry(entry: Entry, out: Path, settings: Mapping[str, Any], progress: Report | None = None) -> Outcome:
    """Analyse one entry into `out/NAME.cue`; a failure becomes an outcome that says why, never an exception."""
    started = time.monotonic()
    made, held = False, 0.0

    def report(stage: str, done: float) -> None:
        nonlocal made, held
        held = max(held, resident_bytes(os.getpid()))
        made = made or (stage in ("picture", "sound") and 0.0 < done < 1.0)
        if progress:
            progress(stage, done)

    try:
        session = _analysed(entry, out, merged(settings, entry.settings), report)
        coverage, ranked = session.coverage(), session.moments
    except CuetrackError as error:
        return failed(entry, str(error), time.monotonic() - started)
    except MemoryError:
        return failed(entry, "not enough memory for this recording", time.monotonic() - started)
    except Exception as error:
        said = f"an unexpected fault: {type(error).__name__}: {error}"
        return failed(entry, said, time.monotonic() - started)
    return outcome_of(
        entry,
        "done",
        seconds=round(time.monotonic() - started, 1),
        duration_s=session.duration_s,
        coverage=float(coverage["coverage"].mean()) if len(coverage) else 0.0,
        moments=int((~ranked["control"]).sum()),
        warnings=len(session.warnings),
        peak_memory_gb=round(max(held, own_peak_bytes()) / 1e9, 3),
        made=made,
    )


def _analysed(entry: Entry, out: Path, settings: Mapping[str, Any], report: Report) -> Any:
    from cuetrack.pipeline import analyze

    folder = out / f"{entry.session}{SUFFIX}"
    keep = settings.get(KEEP)
    rest = {key: value for key, value in settings.items() if key != KEEP}
    with contextlib.ExitStack() as stack:
        media: dict[str, str | Path] = {p: stack.enter_context(fetched(f, out)) for p, f in entry.media.items()}
        until = time.monotonic() + WAIT_S
        while True:
            try:
                session = analyze(
                    media.get("", media),
                    people=entry.people,
                    out=folder,
                    offset_s=entry.offset_s,
                    settings=rest,
                    keep_tracks=keep,
                    progress=report,
                )
                break
            except SessionLocked:
                if time.monotonic() > until:
                    raise
                time.sleep(_LOOK_S)
        copies = {str(media[p]): f for p, f in entry.media.items() if is_url(f)}
    if copies:
        _tell_addresses(session, copies)
    return session


def _tell_addresses(session: Any, copies: Mapping[str, str]) -> None:
    """Write into the session where its recordings lie, in the place of where their copies were."""
    description = session.folder.description()
    by_path = {str(Path(copy).resolve()): address for copy, address in copies.items()}
    for known in description["media"]:
        known["path"] = by_path.get(known["path"], known["path"])
    session.folder.describe(description)


def order(entry: Entry, out: Path, settings: Mapping[str, Any]) -> str:
    """Return the line that orders a session."""
    return json.dumps({"entry": asdict(entry), "out": str(out), "settings": dict(settings)}) + "\n"


def _main() -> None:
    from cuetrack.people.engines import hush

    say = own_voice()
    hush()
    given = json.loads(sys.stdin.readline())
    end_with_giver()
    report = _reporter(say)
    outcome = analyse_entry(Entry(**given["entry"]), Path(given["out"]), given["settings"], report)
    say.write(json.dumps({"outcome": asdict(outcome)}) + "\n")
    say.flush()


def _reporter(say: TextIO) -> Report:
    def report(stage: str, done: float) -> None:
        say.write(json.dumps({"stage": stage, "done": done}) + "\n")

    return report


if __name__ == "__main__":
    _main()
