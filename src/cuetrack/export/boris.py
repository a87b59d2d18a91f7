"""BORIS projects (format 7.0), which BORIS opens; reads its projects and its tabular event exports (TSV).

One observation per rater, one behaviour per label, one subject per tier. A span is a state event: written twice, at its
start and at its end, the comment at the start only. BORIS tells starts from stops by counting, so marks of one label
that overlap on one tier go to lanes `name#2`, …. The block of `cuetrack.export.block` is the project's description.
"""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from cuetrack.errors import FormatError
from cuetrack.export.block import block_in, ids_of, restored, text_of
from cuetrack.export.tiers import Annotations, Mark, Tier, lane_names, lanes, order
from cuetrack.store.files import write_text

_LARGEST_BYTES = 50_000_000
_NOBODY = "No focal subject"
_PROGRAM = "cuetrack"
_BEHAVIOUR = {
    "key": "", "description": "", "category": "", "modifiers": "", "excluded": "", "coding map": "", "color": "",
}  # fmt: skip


def write_boris(path: Path, annotations: Annotations) -> list[str]:
    """Write a BORIS project and return in words what it could not carry."""
    events: dict[str, list[list[Any]]] = {}
    subjects: list[str] = []
    labels: list[str] = []
    for name, tier in zip(ids_of(annotations.tiers), annotations.tiers, strict=True):
        spread = lanes(tier.marks)
        names = lane_names(name, max(1, len(spread)))
        subjects += [n for n in names.values() if n not in subjects]
        labels += [label for label in tier.labels if label not in labels]
        rows = events.setdefault(tier.rater or _PROGRAM, [])
        for i, lane in enumerate(spread):
            for mark in lane:
                labels += [mark.label] if mark.label not in labels else []
                rows.append([mark.start_ms / 1000, names[i], mark.label, "", mark.note])
                rows.append([mark.end_ms / 1000, names[i], mark.label, "", ""])
    described = {"project_description": text_of(annotations)}
    project = {
        "time_format": "hh:mm:ss",
        "project_date": "2000-01-01T00:00:00",
        "project_name": path.stem,
        **described,
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
    return []


def read_boris(path: Path) -> Annotations:
    """Read a .boris project or a tabular TSV export; raise FormatError if it is neither."""
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise FormatError(f"{path}: expected a BORIS file below {_LARGEST_BYTES // 1_000_000} MB")
        text = _unpacked(path).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise FormatError(f"{path}: expected a BORIS project or export ({error})") from error
    if not text.lstrip().startswith("{"):
        return _from_table(text, path)
    try:
        project = json.loads(text)
        return _from_project(project)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise FormatError(f"{path}: expected a BORIS project of format 7 ({type(error).__name__}: {error})") from error


def _unpacked(path: Path) -> bytes:
    raw = path.read_bytes()
    if raw[:2] != b"\x1f\x8b":
        return raw
    with gzip.open(path) as packed:  # what BORIS saves as .boris.gz
        text = packed.read(_LARGEST_BYTES + 1)
    if len(text) > _LARGEST_BYTES:
        raise FormatError(f"{path}: expected a BORIS file below {_LARGEST_BYTES // 1_000_000} MB, unpacked")
    return text


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
        for event in sorted(observation["events"], key=_when):  # stable: a stop comes before a start at its time
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
    block = block_in(str(project.get("project_description") or ""))
    about = Annotations((), length_ms, tuple(dict.fromkeys(media)), tuple(lost))
    if block:
        return restored([replace(t, rater="") for t in tiers], block, about)
    found_tiers: list[Tier] = []
    for rater in dict.fromkeys(t.rater for t in tiers):
        found_tiers += restored([t for t in tiers if t.rater == rater], {}, about).tiers
    last = max((m.end_ms for t in found_tiers for m in t.marks), default=0)
    return replace(about, tiers=tuple(found_tiers), duration_ms=max(length_ms, last))


def _from_table(text: str, path: Path) -> Annotations:
    """Read an export: aggregated (a row per event) or tabular (a row per start and stop)."""
    rows = list(csv.reader(text.splitlines(), delimiter="\t" if "\t" in text else ","))
    head = next((i for i, row in enumerate(rows) if {"Subject", "Behavior"} <= set(row)), None)
    if head is None or not ("Start (s)" in rows[head] or {"Time", "Status"} <= set(rows[head])):
        raise FormatError(f"{path}: expected a BORIS project (.boris), or its aggregated or tabular events as TSV")
    told = {row[0]: row[1] for row in rows[:head] if len(row) > 1}
    cells = [
        (n, dict(zip(rows[head], row, strict=False))) for n, row in enumerate(rows[head + 1 :], head + 2) if any(row)
    ]
    try:
        if "Start (s)" in rows[head]:
            return _aggregated(cells)
        return _tabular(cells, told.get("Observation id", ""))
    except (KeyError, ValueError, OverflowError) as error:
        raise FormatError(f"{path}: expected numbers of seconds and the columns BORIS writes ({error})") from error


def _aggregated(cells: list[tuple[int, dict[str, str]]]) -> Annotations:
    found: dict[tuple[str, str], list[Mark]] = {}
    lost = []
    for number, row in cells:
        start, stop = round(float(row["Start (s)"]) * 1000), round(float(row["Stop (s)"]) * 1000)
        whose = (row.get("Observation id", ""), row["Subject"] or _NOBODY)
        lost += [f"row {number}: {c} {row[c]!r}" for c in ("Modifiers", "Comment stop") if row.get(c)]
        mark = Mark(start, max(stop, start + 1), row["Behavior"], row.get("Comment start", "") or "")
        found.setdefault(whose, []).append(mark)
    return _gathered(found, lost)


def _tabular(cells: list[tuple[int, dict[str, str]]], observation: str) -> Annotations:
    found: dict[tuple[str, str], list[Mark]] = {}
    lost = []
    begun: dict[tuple[str, str, str], tuple[int, str, int]] = {}
    for number, row in cells:
        at_ms, code = round(float(row["Time"]) * 1000), row["Behavior"]
        whose = (row.get("Observation id") or observation, row["Subject"] or _NOBODY)
        key, note = (*whose, code), row.get("Comment", "") or ""
        lost += [f"row {number}: modifier {v!r}" for c, v in row.items() if c.startswith("Modifier") and v]
        if row["Status"] == "START":
            begun[key] = (at_ms, note, number)
        elif row["Status"] == "STOP" and key in begun:
            start_ms, told, _ = begun.pop(key)
            lost += [f"row {number}: comment at the stop {note!r}"] if note and note != told else []
            found.setdefault(whose, []).append(Mark(start_ms, max(at_ms, start_ms + 1), code, told))
        elif row["Status"] == "POINT":
            found.setdefault(whose, []).append(Mark(at_ms, at_ms + 1, code, note))
        else:
            lost.append(f"row {number}: {code} stops without a start")
    lost += [f"row {number}: {key[2]} of {key[1]} never stops" for key, (_, _, number) in begun.items()]
    return _gathered(found, lost)


def _gathered(found: dict[tuple[str, str], list[Mark]], lost: list[str]) -> Annotations:
    tiers = tuple(
        Tier(subject, tuple(sorted(marks, key=order)), "", rater) for (rater, subject), marks in found.items()
    )
    return Annotations(tiers, max((m.end_ms for t in tiers for m in t.marks), default=0), lost=tuple(lost))
