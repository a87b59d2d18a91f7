"""WebVTT subtitles: what was marked, for any player's subtitle track.

A cue's text is `tier: label`; all of it, notes and people included, is kept as JSON in a NOTE before each cue, the
block of `cuetrack.export.block` in a NOTE at the top.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cuetrack.errors import FormatError
from cuetrack.export.block import block_in, block_of, ids_of, restored
from cuetrack.export.tiers import Annotations, Mark, Tier
from cuetrack.store.files import write_text

_LARGEST_BYTES = 20_000_000
_TIMES = re.compile(r"(?:(\d+):)?(\d\d):(\d\d)\.(\d{3}) +--> +(?:(\d+):)?(\d\d):(\d\d)\.(\d{3})")


def write_webvtt(path: Path, annotations: Annotations) -> list[str]:
    """Write a WebVTT file and return in words what it could not carry."""
    tiers = zip(ids_of(annotations.tiers), annotations.tiers, strict=True)
    marks = [(m, t, i) for i, t in tiers for m in t.marks]
    marks.sort(key=lambda row: (row[0].start_ms, row[0].end_ms, row[2]))
    blocks = ["WEBVTT", f"NOTE cuetrack {_json(block_of(annotations))}"]
    for number, (mark, tier, name) in enumerate(marks, 1):
        known = {**asdict(mark), "tier": name, "person": tier.person, "rater": tier.rater}
        blocks.append(f"NOTE cuetrack {_json(known)}")
        shown = html.escape(f"{tier.name}: {mark.label}", quote=False)
        lines = [line or "\u00a0" for line in shown.splitlines()] or ["\u00a0"]  # a blank line would end the cue
        blocks.append("\n".join([str(number), f"{_clock(mark.start_ms)} --> {_clock(mark.end_ms)}", *lines]))
    write_text(path, "\n\n".join(blocks) + "\n")
    return []


def read_webvtt(path: Path) -> Annotations:
    """Read a WebVTT file, ours whole, others as one tier of their cue texts; raise FormatError if it is not one."""
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise FormatError(f"{path}: expected subtitles below {_LARGEST_BYTES // 1_000_000} MB")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FormatError(f"{path}: expected WebVTT subtitles ({error})") from error
    if not text.startswith("WEBVTT"):
        raise FormatError(f"{path}: expected WebVTT subtitles, the first line is {text[:40]!r}")
    ours: list[dict[str, Any]] = []
    plain: list[Mark] = []
    about: dict[str, Any] = {}
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n"))[1:]:
        if block.strip().startswith("NOTE cuetrack "):
            try:
                known = json.loads(block.strip().removeprefix("NOTE cuetrack "))
                if "tiers" in known:
                    about = block_in(block.strip().removeprefix("NOTE cuetrack "))
                else:
                    mark = Mark(int(known["start_ms"]), int(known["end_ms"]), str(known["label"]), str(known["note"]))
                    ours.append({"mark": mark, **{k: str(known[k]) for k in ("tier", "person", "rater")}})
            except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
                raise FormatError(f"{path}: a NOTE of cuetrack's is damaged ({error})") from error
        elif (times := _TIMES.search(block)) and not block.lstrip().startswith(("NOTE", "STYLE", "REGION")):
            start, end = (_from_clock(times.groups()[i : i + 4]) for i in (0, 4))
            plain.append(Mark(start, max(end, start + 1), html.unescape(block[times.end() :].strip())))
    if ours or about:
        known = len(ours) if about else 0
        lost = (f"{len(plain) - known} cues added by another program",) if about and len(plain) > known else ()
        return restored(_gathered(ours), about, Annotations((), 0, lost=lost))
    return restored([Tier("subtitles", tuple(plain))] if plain else [], {}, Annotations((), 0))


def _gathered(ours: list[dict[str, Any]]) -> tuple[Tier, ...]:
    found: dict[tuple[str, str, str], list[Mark]] = {}
    for row in ours:
        found.setdefault((row["tier"], row["person"], row["rater"]), []).append(row["mark"])
    return tuple(
        Tier(name, tuple(sorted(marks, key=lambda m: (m.start_ms, m.end_ms, m.label))), person, rater)
        for (name, person, rater), marks in found.items()
    )


def _json(content: dict[str, Any]) -> str:
    """Return JSON that WebVTT can hold in a NOTE: on one line and without an arrow."""
    return json.dumps(content, ensure_ascii=True).replace("-->", "--\\u003e")


def _clock(time_ms: int) -> str:
    return f"{time_ms // 3_600_000:02d}:{time_ms // 60_000 % 60:02d}:{time_ms // 1000 % 60:02d}.{time_ms % 1000:03d}"


def _from_clock(parts: tuple[str | None, ...]) -> int:
    hours, minutes, seconds, thousandths = (int(p or 0) for p in parts)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths
