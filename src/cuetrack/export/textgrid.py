"""Praat TextGrids, long text form: written in UTF-8, read in UTF-8 or UTF-16, long or short form.

Praat's interval tiers tile the whole time without overlap: gaps are empty intervals, overlapping marks go to lanes
`name#2`, …. Notes become a tier `name:note`; the block of `cuetrack.export.block` is the text of a last tier.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from cuetrack.errors import FormatError
from cuetrack.export.block import NAME, NOTE, block_in, ids_of, restored, text_of
from cuetrack.export.tiers import Annotations, Mark, Tier, lane_names, lanes
from cuetrack.store.files import write_text

_EXISTS = "<exists>"
_LARGEST_BYTES = 50_000_000
_TOKEN = re.compile(r'"((?:[^"]|"")*)"|(?<![\w.\[])(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)(?![\w.\]])|<exists>')


def write_textgrid(path: Path, annotations: Annotations) -> list[str]:
    """Write a TextGrid and return in words what it could not carry."""
    rows: list[tuple[str, list[Mark]]] = []
    lost = []
    end_ms = max([annotations.duration_ms, *(m.end_ms for t in annotations.tiers for m in t.marks)])
    for name, tier in zip(ids_of(annotations.tiers), annotations.tiers, strict=True):
        if unlabelled := sum(not m.label for m in tier.marks):
            lost.append(f"tier {tier.name}: {unlabelled} marks without a label, which Praat takes for silence")
        spread = lanes([m for m in tier.marks if m.label]) or [[]]
        names = lane_names(name, len(spread))
        for i, lane in enumerate(spread):
            rows.append((names[i], lane))
            if any(m.note for m in lane):
                rows.append((names[i] + NOTE, [Mark(m.start_ms, m.end_ms, m.note) for m in lane if m.note]))
    broken = sum("\n" in text or "\r" in text for _, lane in rows for m in lane for text in (m.label,))
    if broken:
        lost.append(f"line breaks within {broken} labels or notes, written as blanks")
    rows.append((NAME, [Mark(0, max(end_ms, 1), text_of(annotations))]))
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", f"xmax = {_s(end_ms)}"]
    lines += ["tiers? <exists>", f"size = {len(rows)}", "item []:"]
    for i, (name, lane) in enumerate(rows, 1):
        tiled = list(_tiled(lane, end_ms))
        lines += [f"    item [{i}]:", '        class = "IntervalTier"', f"        name = {_quoted(name)}"]
        lines += ["        xmin = 0", f"        xmax = {_s(end_ms)}", f"        intervals: size = {len(tiled)}"]
        for k, mark in enumerate(tiled, 1):
            lines += [f"        intervals [{k}]:", f"            xmin = {_s(mark.start_ms)}"]
            lines += [f"            xmax = {_s(mark.end_ms)}", f"            text = {_quoted(mark.label)}"]
    write_text(path, "\n".join(lines) + "\n")
    return lost


def read_textgrid(path: Path) -> Annotations:
    """Read a TextGrid of interval and point tiers; raise FormatError if it is not one."""
    tokens = _tokens(_text(path), path)
    try:
        tiers, end_ms = _parsed(tokens)
    except (StopIteration, TypeError, ValueError, OverflowError) as error:
        raise FormatError(f"{path}: the TextGrid ends early or holds something unexpected ({error})") from error
    block = block_in(next((m.label for t in tiers if t.name == NAME for m in t.marks), ""))
    tiers = [t for t in tiers if t.name != NAME or not block]
    there = {t.name for t in tiers}
    notes = {
        t.name: {(m.start_ms, m.end_ms): m.label for m in t.marks}
        for t in tiers
        if t.name.endswith(NOTE) and t.name.removesuffix(NOTE) in there
    }
    marked = []
    for tier in tiers:
        if tier.name not in notes:
            said = notes.get(tier.name + NOTE, {})
            marks = (Mark(m.start_ms, m.end_ms, m.label, said.get((m.start_ms, m.end_ms), "")) for m in tier.marks)
            marked.append(Tier(tier.name, tuple(marks)))
    return restored(marked, block, Annotations((), end_ms))


def _tiled(lane: list[Mark], end_ms: int) -> Iterator[Mark]:
    at = 0
    for mark in lane:
        if mark.start_ms > at:
            yield Mark(at, mark.start_ms, "")
        yield mark
        at = mark.end_ms
    if at < end_ms or not lane:
        yield Mark(at, max(end_ms, at + 1), "")


def _parsed(tokens: Iterator[str | float]) -> tuple[list[Tier], int]:
    if next(tokens) != "ooTextFile" or next(tokens) != "TextGrid":
        raise ValueError("it does not say TextGrid")
    float(next(tokens))
    end_ms = _ms(next(tokens))
    if next(tokens) != _EXISTS:
        return [], end_ms
    tiers = []
    for _ in range(int(float(next(tokens)))):
        kind, name = next(tokens), str(next(tokens))
        next(tokens), next(tokens)
        marks = []
        for _ in range(int(float(next(tokens)))):
            start = _ms(next(tokens))
            end = _ms(next(tokens)) if kind == "IntervalTier" else start + 1
            text = str(next(tokens))
            if text:
                marks.append(Mark(start, max(end, start + 1), text))
        tiers.append(Tier(name, tuple(marks)))
    return tiers, end_ms


def _tokens(text: str, path: Path) -> Iterator[str | float]:
    """Yield the strings, numbers and `<exists>` of a TextGrid, in long or short form."""
    if "ooTextFile" not in text[:200]:
        raise FormatError(f"{path}: expected a Praat TextGrid, its first line is {text[:40]!r}")
    for match in _TOKEN.finditer(text):
        if match.group(1) is not None:
            yield match.group(1).replace('""', '"')
        elif match.group(2) is not None:
            yield float(match.group(2))
        else:
            yield _EXISTS


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise FormatError(f"{path}: expected a TextGrid below {_LARGEST_BYTES // 1_000_000} MB")
        raw = path.read_bytes()
        if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return raw.decode("utf-16")
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            return raw.decode("latin-1")  # what old Praats wrote on western systems
    except (OSError, UnicodeDecodeError) as error:
        raise FormatError(f"{path}: expected a Praat TextGrid ({error})") from error


def _quoted(text: str) -> str:
    flat = text.replace("\r\n", " ").replace("\n", " ").replace("\r", " ")
    return '"' + flat.replace('"', '""') + '"'


def _s(time_ms: int) -> str:
    return f"{time_ms / 1000:.3f}"


def _ms(time_s: str | float) -> int:
    return round(float(time_s) * 1000)
