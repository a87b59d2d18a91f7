"""What `torture` kills: each victim is a command on a folder, the state it begins from, and what must be equal after.

Every victim's undisturbed run is made once; the same command, killed as often as one likes and then left alone, has to
end with the same bytes. Not compared: `run.json` (seconds per stage), the audit log, the lock file, the date in an
ELAN file, and of a review the times of its events and what follows from them (their hashes).
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av

PEOPLE = {"therapist": "left", "client": "right"}
EVENTS = 60
_ELAN_DATE = re.compile(rb'(?<= DATE=)"[^"]*"')
NOT_COMPARED = ("run.json", ".lock", ".batch.lock", "batch.parquet", "batch.md", "audit.jsonl")
FORMATS = ("elan", "textgrid", "boris", "webvtt", "csv", "parquet")


@dataclass(frozen=True)
class Victim:
    """A job that can be killed: its command for a folder, how the folder is prepared, and what to compare after."""

    name: str
    command: Callable[[Path], list[str]]
    prepare: Callable[[Path], None]
    content: Callable[[Path], dict[str, bytes]]


def short_recording(folder: Path, seconds: float) -> Path:
    """Return the first seconds of the 30 s simulated session, its packets copied."""
    from cuetrack import simulate

    path = folder / "short.mp4"
    if path.exists():
        return path
    source = simulate.cached(simulate.short_script()).path
    with av.open(str(source)) as given, av.open(str(path), "w") as out:
        streams = {s.index: out.add_stream_from_template(s) for s in given.streams}
        for packet in given.demux():
            if packet.dts is None or packet.pts * packet.time_base >= seconds:
                continue
            packet.stream = streams[packet.stream.index]
            out.mux(packet)
    return path


def victims(home: Path, recording: Path | None = None) -> dict[str, Victim]:
    """Return every victim; what they need is made once in `home`, a recording of 8 s if none is given."""
    recording = recording or short_recording(home, 8.0)
    ready = home / "ready.cue"
    if not (ready / "report.html").exists():
        _analyse(recording, ready)
    people = ",".join(f"{k}={v}" for k, v in PEOPLE.items())
    cuetrack = [sys.executable, "-c", "from cuetrack.cli import main; main()"]
    here = [sys.executable, str(Path(__file__).resolve())]

    def analyze(folder: Path) -> list[str]:
        return [*cuetrack, "analyze", str(recording), "--people", people, "--out", str(folder / "x.cue"), "--quiet"]

    def batch(folder: Path) -> list[str]:
        return [*cuetrack, "batch", str(folder / "study.csv"), "--out", str(folder), "--jobs", "2", "--json"]

    def study(folder: Path) -> None:
        rows = "".join(f"{name},{recording},{people.replace(',', ';')}\n" for name in ("one", "two"))
        (folder / "study.csv").write_text(f"session,media,people\n{rows}")
        for name in ("one", "two"):
            _tracks_only(ready, folder / f"{name}.cue")

    def export(folder: Path) -> list[str]:
        formats = [word for name in FORMATS for word in ("--format", name)]
        return [*cuetrack, "export", str(ready), *formats, "--out", str(folder / "out")]

    found = (
        Victim("analyze from nothing", analyze, _nothing, files_of),
        Victim("analyze in parts of 2 s", lambda f: [*here, "parts", str(recording), str(f)], _nothing, files_of),
        Victim("analyze with tracks", analyze, lambda f: _tracks_only(ready, f / "x.cue"), files_of),
        Victim("batch of two with tracks", batch, study, files_of),
        Victim("review writes", lambda f: [*here, "review", str(f)], _nothing, _review_of),
        Victim("export in six formats", export, _nothing, files_of),
    )
    return {victim.name: victim for victim in found}


def files_of(folder: Path) -> dict[str, bytes]:
    """Return every file's bytes by its place, without what is not compared."""
    return {
        str(p.relative_to(folder)): _ELAN_DATE.sub(b"", p.read_bytes()) if p.suffix == ".eaf" else p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.name not in NOT_COMPARED and not p.name.startswith("ack")
    }


def _review_of(folder: Path) -> dict[str, bytes]:
    """Return a review's events without times and hashes; whatever was acknowledged must be among them."""
    from cuetrack.decisions.record import Record

    record = Record(folder / "review.sqlite")
    try:
        events, faults = record.events(), record.faults()
    finally:
        record.close()
    acknowledged = set((folder / "ack").read_text().split())
    lost = acknowledged - {e.uid for e in events}
    told = [(e.seq, e.uid, e.reviewer, e.kind, e.target, e.base, dict(e.body)) for e in events]
    return {"events": json.dumps(told).encode(), "faults": repr(faults).encode(), "lost": repr(sorted(lost)).encode()}


def _nothing(folder: Path) -> None:
    """Begin from an empty folder."""


def _tracks_only(ready: Path, folder: Path) -> None:
    shutil.copytree(ready / "tracks", folder / "tracks")


def _analyse(recording: Path, folder: Path, **picture: float) -> None:
    import cuetrack as ct

    ct.analyze(recording, people=PEOPLE, out=folder, settings={"picture": picture})


def _write_review(folder: Path) -> None:
    """Add numbered events to a review and note each one that was acknowledged; going on adds only what is missing."""
    from cuetrack.decisions.record import Record

    record = Record(folder / "review.sqlite")
    with (folder / "ack").open("a", buffering=1) as acknowledged:
        for number in range(EVENTS):
            event = record.add(
                reviewer="R1",
                uid=f"event-{number}",
                kind="judge",
                target=f"m{number % 8}",
                base=record.last("R1"),
                body={"verdict": "yes", "note": "x" * (number * 20)},
            )
            acknowledged.write(f"{event.uid}\n")
            if number % 20 == 19:
                record.backup()
    record.close()


if __name__ == "__main__":
    if sys.argv[1] == "parts":
        _analyse(Path(sys.argv[2]), Path(sys.argv[3]) / "x.cue", part_s=2.0, warm_up_s=0.5)
    else:
        _write_review(Path(sys.argv[2]))
