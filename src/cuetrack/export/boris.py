"""BORIS projects (format 7.0), which BORIS opens; reads its projects and its tabular event exports (TSV).

One observation per rater, one behaviour per label, one subject per tier. A span is a state event: written twice, at its
start and at its end, the comment at the start only. BORIS tells starts from stops by counting, so marks of one label
that overlap on one tier go to lanes `name#2`, ….
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from cuetrack.errors import FormatError
from cuetrack.export.tiers import Annotations, Mark, Tier, joined, lane_names, lanes
from cuetrack.store.files import write_text

_LARGEST_BYTES = 50_000_000
_NOBODY = "No focal subject"
_BEHAVIOUR = {
    "key": "", "description": "", "category": "", "modifiers": "", "excluded": "", "coding map": "", "color": "",
}  # fmt: skip


def write_boris(path: Path, annotations: Annotations) -> list[str]:
    """Write a BORIS project and return in words what it could not carry."""
    lost = [f"tier {t.name}: that it is there but empty" for t in annotations.tiers if not t.marks]
    lost += [f"tier {t.name}: whom it is about ({t.person})" for t in annotations.tiers if t.person]
    events: dict[str, list[list[Any]]] = {}
    subjects: list[str] = []
    labels: list[str] = []
    for tier in annotations.tiers:
        spread = lanes(tier.marks)
        names = lane_names(tier.name, len(spread))
        subjects += [n for n in names.values() if n not in subjects]
        rows = events.setdefault(tier.rater or "cuetrack", [])
        for i, lane in enumerate(spread):
            for mark in lane:
                labels += [mark.label] if mark.label not in labels else []
                rows.append([mark.start_ms / 1000, names[i], mark.label, "", mark.note])
                rows.append([mark.end_ms / 1000, names[i], mark.label, "", ""])
    project = {
        "time_format": "hh:mm:ss",
        "project_date": "2000-01-01T00:00:00",
        "project_name": path.stem,
        "project_description": "",
        "project_format_version": "7.0",
        "subjects_conf": {str(i): {"key": "", "name": n, "description": ""} for i, n in enumerate(subjects)},
        "behaviors_conf": {
            str(i): {"type": "State event", **_BEHAVIOUR, "code": label} for i, label in enumerate(labels)
        },
        "behavioral_categories": [],
        "independent_variables": {},
        "coding_map": {},
        "behaviors_coding_map": [],
        "converters": {},
        "observations": {name: _observation(sorted(rows, key=_when), annotations) for name, rows in events.items()},
    }
    write_text(path, json.dumps(project, ensure_ascii=False, indent=1) + "\n")
    return lost


def read_boris(path: Path) -> Annotations:
    """Read a .boris project or a tabular TSV export; raise FormatError if it is neither."""
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise FormatError(f"{path}: expected a BORIS file below {_LARGEST_BYTES // 1_000_000} MB")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FormatError(f"{path}: expected a BORIS project or export ({error})") from error
    if not text.lstrip().startswith("{"):
        return _from_table(text, path)
    try:
        project = json.loads(text)
        return _from_project(project)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise FormatError(f"{path}: expected a BORIS project of format 7 ({type(error).__name__}: {error})") from error


def _observation(events: list[list[Any]], annotations: Annotations) -> dict[str, Any]:
    files = [m.as_posix() for m in annotations.media]
    length_s = annotations.duration_ms / 1000
    return {
        "file": {str(i): [files[i - 1]] if i <= len(files) else [] for i in range(1, 9)},
        "type": "MEDIA" if files else "LIVE",
        "date": "2000-01-01T00:00:00",
        "description": "",
        "time offset": 0.0,
        "events": events,
        "observation time interval": [0, 0],
        "independent_variables": {},
        "visualize_spectrogram": False,
        "visualize_waveform": False,
        "close_behaviors_between_videos": False,
        "scan_sampling_time": 0,
        "media_info": {
            "length": dict.fromkeys(files, length_s),
            "fps": dict.fromkeys(files, 0),
            "hasVideo": dict.fromkeys(files, True),
            "hasAudio": dict.fromkeys(files, True),
            "offset": {str(i): 0.0 for i in range(1, len(files) + 1)},
        },
    }


def _when(event: list[Any]) -> float:
    return float(event[0])


def _from_project(project: dict[str, Any]) -> Annotations:
    states = {b["code"] for b in project["behaviors_conf"].values() if "state" in str(b.get("type", "")).lower()}
    tiers: list[Tier] = []
    lost: list[str] = []
    media: list[Path] = []
    length_ms = 0
    for name, observation in project["observations"].items():
        found: dict[str, list[Mark]] = {}
        begun: dict[tuple[str, str], tuple[int, str]] = {}
        for event in sorted(observation["events"], key=_when):
            at_ms, subject, code = round(float(event[0]) * 1000), str(event[1]) or _NOBODY, str(event[2])
            if len(event) > 3 and event[3]:
                lost.append(f"observation {name}: modifier {event[3]} of {code} at {at_ms / 1000} s")
            comment = str(event[4]) if len(event) > 4 else ""
            if code not in states:
                found.setdefault(subject, []).append(Mark(at_ms, at_ms + 1, code, comment))
            elif (subject, code) in begun:
                start_ms, note = begun.pop((subject, code))
                found.setdefault(subject, []).append(Mark(start_ms, max(at_ms, start_ms + 1), code, note))
            else:
                begun[subject, code] = (at_ms, comment)
        lost += [
            f"observation {name}: {c} of {s} from {t / 1000} s, it never stops" for (s, c), (t, _) in begun.items()
        ]
        tiers += [Tier(subject, tuple(marks), "", name) for subject, marks in found.items()]
        files = observation.get("file") or {}
        media += [Path(f) for group in (files.values() if isinstance(files, dict) else []) for f in group]
        lengths = (observation.get("media_info") or {}).get("length") or {}
        length_ms = max([length_ms, *(round(float(v) * 1000) for v in lengths.values())])
    by_rater = [
        t for rater in dict.fromkeys(t.rater for t in tiers) for t in joined([t for t in tiers if t.rater == rater])
    ]
    last = max((m.end_ms for t in by_rater for m in t.marks), default=0)
    return Annotations(tuple(by_rater), max(length_ms, last), tuple(dict.fromkeys(media)), tuple(lost))


def _from_table(text: str, path: Path) -> Annotations:
    """Read an aggregated export: one row per event with Start (s) and Stop (s)."""
    rows = list(csv.reader(text.splitlines(), delimiter="\t" if "\t" in text else ","))
    head = next((i for i, row in enumerate(rows) if {"Subject", "Behavior"} <= set(row)), None)
    if head is None or "Start (s)" not in rows[head]:
        raise FormatError(f"{path}: expected a BORIS project (.boris) or its aggregated events as TSV")
    names = rows[head]
    found: dict[tuple[str, str], list[Mark]] = {}
    for number, row in enumerate(rows[head + 1 :], head + 2):
        cells = dict(zip(names, row, strict=False))
        if not any(row):
            continue
        try:
            start, stop = round(float(cells["Start (s)"]) * 1000), round(float(cells["Stop (s)"]) * 1000)
        except (KeyError, ValueError):
            raise FormatError(f"{path} row {number}: expected numbers in Start (s) and Stop (s)") from None
        note = cells.get("Comment start", "")
        whose = (cells.get("Observation id", ""), cells["Subject"] or _NOBODY)
        found.setdefault(whose, []).append(Mark(start, max(stop, start + 1), cells["Behavior"], note))
    tiers = tuple(Tier(subject, tuple(marks), "", rater) for (rater, subject), marks in found.items())
    return Annotations(tiers, max((m.end_ms for t in tiers for m in t.marks), default=0))
