"""Adding a recording: look at it, say who is who, analyse it in the background."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cuetrack.errors import PeopleError, StoreError
from cuetrack.processes import command
from cuetrack.recording import check_names
from cuetrack.store.files import make_folder
from cuetrack.store.folder import SUFFIX, SessionFolder

_STAGES = {
    "rendering": 0.5, "clocks": 0.02, "picture": 0.75, "sound": 0.12, "cues": 0.07, "moments": 0.05, "report": 0.01,
}  # fmt: skip
"""Usual share of each stage in the time of an analysis, without those that are not there."""
_SURE_FROM = 0.04
"""Share of the work after which the time left is told."""


@dataclass
class Draft:
    """A recording that is being added: its files, what the check found, and a picture with the faces in it."""

    id: str
    files: tuple[Path, ...]
    findings: list[dict[str, str]] = field(default_factory=list)
    still: bytes = b""
    faces: list[dict[str, float]] = field(default_factory=list)
    kind: str = "picture"


@dataclass
class Job:
    """A running analysis: which stage, how far 0..1, and in the end the session's folder or why it failed."""

    process: subprocess.Popen[str]
    started_s: float
    state: str = "working"
    stage: str = ""
    done: float = 0.0
    why: str = ""
    folder: Path | None = None

    def told(self) -> dict[str, Any]:
        """Return what the page shows; `left_s` is None until it can be estimated."""
        spent = time.monotonic() - self.started_s
        left = spent * (1 - self.done) / self.done if self.done > _SURE_FROM else None
        return {"state": self.state, "stage": self.stage, "done": self.done, "left_s": left, "why": self.why}


def task_of(draft: Draft, people: Sequence[Mapping[str, Any]], out: Path) -> dict[str, Any]:
    """Return what the analysis is told: a file for each person, or one file with each person's place."""
    names = [str(p.get("name", "")).strip() for p in people]
    if draft.kind == "files":
        files = [str(draft.files[int(p.get("file", i)) % 2]) for i, p in enumerate(people)]
        return {"recordings": dict(zip(names, files, strict=True)), "people": None, "out": str(out)}
    places = {n: str(p.get("place", "")) for n, p in zip(names, people, strict=True)}
    return {"recordings": str(draft.files[0]), "people": places, "out": str(out)}


class Adding:
    """Drafts and the one analysis that runs; `ready` is called with each finished session folder."""

    def __init__(self, ready: Callable[[Path], str]) -> None:
        self._ready = ready
        self._drafts: dict[str, Draft] = {}
        self.job: Job | None = None
        self.session = ""

    def draft(self, draft_id: str) -> Draft:
        """Return a draft; raise StoreError if it is gone."""
        if draft_id not in self._drafts:
            raise StoreError("this recording is not being added any more; choose it again")
        return self._drafts[draft_id]

    def look(self, files: Sequence[Path]) -> Draft:
        """Check one recording, or two of one person each, and keep what was seen; raises MediaError."""
        from cuetrack.check import check
        from cuetrack.media.probe import probe

        if not 1 <= len(files) <= 2:
            raise PeopleError("choose one recording of both people, or two recordings with one person each")
        draft = Draft(secrets.token_hex(8), tuple(files))
        given: Any = dict(zip(("first", "second"), files, strict=True)) if len(files) == 2 else files[0]
        report = check(given)
        draft.findings = [
            {"level": f.level, "subject": f.subject, "text": f.text, "advice": _in_page(f.advice)}
            for f in report.findings
        ]
        infos = [probe(f) for f in files]
        draft.kind = "files" if len(files) == 2 else "picture" if infos[0].video else "sound"
        if draft.kind == "picture":
            _picture(draft, infos[0].duration_s)
        self._drafts[draft.id] = draft
        return draft

    def start(self, draft: Draft, sent: Mapping[str, Any]) -> Path:
        """Write the session's description with the consent that was stated, and start the analysis.

        `sent` holds `code` (the session's name), `people` (each with `name`, `place` or `file`, and `agreed`) and
        `note` on the consent. Raises PeopleError where consent or a name is missing.
        """
        people = [dict(p) for p in sent.get("people", []) if isinstance(p, dict)]
        names = [str(p.get("name", "")).strip() for p in people]
        check_names(names)
        if not all(p.get("agreed") is True for p in people):
            raise PeopleError("everyone who is recorded must have agreed to this analysis; without that it is not made")
        out = _folder_for(draft, str(sent.get("code", "")).strip())
        try:
            task = task_of(draft, people, out)
        except (TypeError, ValueError):
            raise PeopleError("expected for each person a place, or which of the two files is theirs") from None
        stated = {n: {"given": True, "date": time.strftime("%Y-%m-%d")} for n in names}
        consent = {"note": str(sent.get("note", ""))[:500], **stated}
        SessionFolder(out).describe({"name": out.stem, "people": {n: {} for n in names}, "consent": consent})
        self._run(task)
        return out

    def start_example(self, out: Path) -> None:
        """Start rendering and analysing the simulated example."""
        make_folder(out.parent)
        self._run({"example": True, "out": str(out)})

    def cancel(self) -> None:
        """Stop the running analysis; started again, it goes on where it was."""
        job = self.job
        if job and job.state == "working":
            job.state, job.why = "stopped", "stopped; started again, it goes on where it was"
            assert job.process.stdin is not None
            job.process.stdin.close()  # it tidies up and ends

    def close(self) -> None:
        """Stop what runs and wait for its end."""
        self.cancel()
        if self.job:
            try:
                self.job.process.wait(10)
            except subprocess.TimeoutExpired:
                self.job.process.kill()

    def _run(self, task: Mapping[str, Any]) -> None:
        if self.job and self.job.state == "working":
            raise StoreError("another analysis is running; wait for it or stop it first")
        self.session = ""
        process = subprocess.Popen(
            command("cuetrack.review.analysing"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdin is not None
        process.stdin.write(json.dumps(task) + "\n")
        process.stdin.flush()
        job = self.job = Job(process, time.monotonic())
        threading.Thread(target=self._listen, args=(job, bool(task.get("example"))), daemon=True).start()

    def _listen(self, job: Job, example: bool) -> None:
        assert job.process.stdout is not None
        stages = {k: v for k, v in _STAGES.items() if example or k != "rendering"}
        with job.process.stdout as lines:
            for line in lines:
                try:
                    told = json.loads(line)
                except ValueError:
                    continue
                if "stage" in told and job.state == "working":
                    job.stage, job.done = told["stage"], max(job.done, _overall(stages, told["stage"], told["done"]))
                elif "failed" in told:
                    job.state, job.why = "failed", str(told["failed"])
                elif "ready" in told:
                    job.folder = Path(told["ready"])
        job.process.wait()
        if job.process.stdin is not None:
            job.process.stdin.close()
        if job.state == "working" and job.folder is not None:
            self.session = self._ready(job.folder)
            job.done, job.state = 1.0, "ready"
        elif job.state == "working":
            job.state, job.why = "failed", "the analysis ended unexpectedly; started again, it goes on where it was"


def _overall(stages: Mapping[str, float], stage: str, done: float) -> float:
    names = list(stages)
    if stage not in stages:
        return 0.0
    before = sum(stages[n] for n in names[: names.index(stage)])
    return float((before + stages[stage] * done) / sum(stages.values()))


def _picture(draft: Draft, duration_s: float) -> None:
    """Keep the one of a few pictures in which most faces are seen."""
    from cuetrack.media.frames import sample_frames
    from cuetrack.media.still import jpeg
    from cuetrack.people.identity import find_people

    seen = []
    for frame in sample_frames(draft.files[0], 5, duration_s):
        faces = [p.face_box_px for p in find_people(frame.rgb, bodies=False) if p.face_box_px]
        seen.append((len(faces), frame.rgb, faces))
    if not seen:
        return
    _, rgb, faces = max(seen, key=lambda s: s[0])
    height, width = rgb.shape[:2]
    draft.still = jpeg(rgb)
    draft.faces = [
        {"left": f.left / width, "top": f.top / height, "right": f.right / width, "bottom": f.bottom / height}
        for f in faces
    ]


def _folder_for(draft: Draft, code: str) -> Path:
    plain = code.replace("-", "").replace("_", "")
    if not plain.isalnum() or len(code) > 60:
        raise PeopleError("the session needs a short name of letters, digits, - and _; a pseudonym, not a real name")
    parent = draft.files[0].parent
    if not os.access(parent, os.W_OK):
        parent = make_folder(Path.home() / "cuetrack")
    folder = parent / f"{code}{SUFFIX}"
    if (folder / "run.json").exists():  # an analysis that was stopped has none: it goes on
        raise StoreError(f"there is a session called {code} already; choose another name")
    return folder


def _in_page(advice: str) -> str:
    """Leave out advice that speaks of the command line: the page has its own steps for it."""
    return "" if "--" in advice or "cuetrack " in advice else advice
