"""ELAN annotation files (EAF 3.0): written to the schema, read from 2.7, 2.8 and 3.0.

ELAN allows no overlap within a tier, so overlapping marks go to lanes `name#2`, …, and come back together on reading.
Notes become a dependent tier `name:note`.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from mimetypes import guess_type
from pathlib import Path
from urllib.parse import quote, unquote

from cuetrack.errors import FormatError
from cuetrack.export.tiers import Annotations, Mark, Tier, joined, lane_names, lanes
from cuetrack.store.files import replacing

_LARGEST_BYTES = 50_000_000
_SCHEMA = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NOTE = ":note"
_TYPE, _NOTE_TYPE = "marks", "notes"
_CONSTRAINTS = (
    (
        "Time_Subdivision",
        "Time subdivision of parent annotation's time interval, no time gaps allowed within this interval",
    ),
    (
        "Symbolic_Subdivision",
        "Symbolic subdivision of a parent annotation. Annotations refering to the same parent are ordered",
    ),
    ("Symbolic_Association", "1-1 association with a parent annotation"),
    ("Included_In", "Time alignable annotations within the parent annotation's time interval, gaps are allowed"),
)


def write_elan(path: Path, annotations: Annotations, *, when: datetime | None = None) -> list[str]:
    """Write an EAF 3.0 file and return what it could not carry (nothing)."""
    ET.register_namespace("xsi", _XSI)
    stamp = (when or datetime.now(UTC)).isoformat(timespec="seconds")
    root = ET.Element(
        "ANNOTATION_DOCUMENT",
        {
            "AUTHOR": "cuetrack",
            "DATE": stamp,
            "FORMAT": "3.0",
            "VERSION": "3.0",
            f"{{{_XSI}}}noNamespaceSchemaLocation": _SCHEMA,
        },
    )
    header = ET.SubElement(root, "HEADER", {"MEDIA_FILE": "", "TIME_UNITS": "milliseconds"})
    for media in annotations.media:
        url = quote(media.as_posix())
        kind = guess_type(media.name)[0] or "application/octet-stream"
        relative = url if url.startswith((".", "/")) else f"./{url}"
        ET.SubElement(header, "MEDIA_DESCRIPTOR", {"MEDIA_URL": url, "MIME_TYPE": kind, "RELATIVE_MEDIA_URL": relative})
    rows = _Rows(annotations)
    ET.SubElement(header, "PROPERTY", {"NAME": "lastUsedAnnotationId"}).text = str(rows.count)
    ET.SubElement(header, "PROPERTY", {"NAME": "cuetrack:duration_ms"}).text = str(annotations.duration_ms)
    order = ET.SubElement(root, "TIME_ORDER")
    for slot, time_ms in enumerate(rows.slots, 1):
        ET.SubElement(order, "TIME_SLOT", {"TIME_SLOT_ID": f"ts{slot}", "TIME_VALUE": str(time_ms)})
    root.extend(rows.tiers)
    ET.SubElement(
        root, "LINGUISTIC_TYPE", {"LINGUISTIC_TYPE_ID": _TYPE, "TIME_ALIGNABLE": "true", "GRAPHIC_REFERENCES": "false"}
    )
    ET.SubElement(
        root,
        "LINGUISTIC_TYPE",
        {
            "LINGUISTIC_TYPE_ID": _NOTE_TYPE,
            "TIME_ALIGNABLE": "false",
            "GRAPHIC_REFERENCES": "false",
            "CONSTRAINTS": "Symbolic_Association",
        },
    )
    for name, description in _CONSTRAINTS:
        ET.SubElement(root, "CONSTRAINT", {"STEREOTYPE": name, "DESCRIPTION": description})
    ET.indent(root)
    with replacing(path) as temporary:
        ET.ElementTree(root).write(temporary, encoding="utf-8", xml_declaration=True)
    return []


class _Rows:
    """Builds the tier elements and the time slots they point to, two slots per mark, sorted by time."""

    def __init__(self, annotations: Annotations) -> None:
        self.count = 0
        laned = [(tier, list(enumerate(lanes(tier.marks)))) for tier in annotations.tiers]
        ends = [(t, tier.name, i, k, side)
                for tier, rows in laned for i, lane in rows for k, m in enumerate(lane)
                for side, t in (("a", m.start_ms), ("b", m.end_ms))]  # fmt: skip
        ends.sort(key=lambda e: (e[0], e[4] == "a", *e[1:4]))
        self.slots = [e[0] for e in ends]
        self._slot = {e[1:]: f"ts{n}" for n, e in enumerate(ends, 1)}
        self.tiers: list[ET.Element] = []
        for tier, rows in laned:
            names = lane_names(tier.name, max(1, len(rows)))
            for i, lane in rows or [(0, [])]:
                self._add(tier, names[i], i, lane)

    def _add(self, tier: Tier, name: str, lane_index: int, lane: list[Mark]) -> None:
        about = {k: v for k, v in (("ANNOTATOR", tier.rater), ("PARTICIPANT", tier.person)) if v}
        element = ET.Element("TIER", {"TIER_ID": name, "LINGUISTIC_TYPE_REF": _TYPE, **about})
        notes = ET.Element(
            "TIER", {"TIER_ID": name + _NOTE, "LINGUISTIC_TYPE_REF": _NOTE_TYPE, "PARENT_REF": name, **about}
        )
        for k, mark in enumerate(lane):
            slots = [self._slot[(tier.name, lane_index, k, side)] for side in ("a", "b")]
            own = self._annotation(
                element, "ALIGNABLE_ANNOTATION", mark.label, TIME_SLOT_REF1=slots[0], TIME_SLOT_REF2=slots[1]
            )
            if mark.note:
                self._annotation(notes, "REF_ANNOTATION", mark.note, ANNOTATION_REF=own)
        self.tiers.append(element)
        if len(notes):
            self.tiers.append(notes)

    def _annotation(self, tier: ET.Element, kind: str, text: str, **refs: str) -> str:
        self.count += 1
        name = f"a{self.count}"
        holder = ET.SubElement(ET.SubElement(tier, "ANNOTATION"), kind, {"ANNOTATION_ID": name, **refs})
        ET.SubElement(holder, "ANNOTATION_VALUE").text = _sayable(text)
        return name


def read_elan(path: Path) -> Annotations:
    """Read an EAF file; raise FormatError if it is not one. Unaligned times are spread evenly between known ones."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import parse

    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise FormatError(f"{path}: expected an ELAN file below {_LARGEST_BYTES // 1_000_000} MB")
        root = parse(path, forbid_dtd=True).getroot()
    except (OSError, ET.ParseError, DefusedXmlException, ValueError) as error:
        raise FormatError(f"{path}: expected an ELAN file ({error})") from error
    if root is None or root.tag != "ANNOTATION_DOCUMENT":
        raise FormatError(f"{path}: expected an ELAN file, its root is {getattr(root, 'tag', 'missing')!r}")
    try:
        times = _times(root)
        spans = {e.get("ANNOTATION_ID", ""): e for e in root.iter() if e.get("ANNOTATION_ID")}
        tiers, lost = _tiers(root, times, spans)
    except (KeyError, ValueError) as error:
        raise FormatError(f"{path}: the ELAN file points to something that is not in it ({error})") from error
    duration = root.findtext("HEADER/PROPERTY[@NAME='cuetrack:duration_ms']") or ""
    media = tuple(
        Path(unquote((m.get("RELATIVE_MEDIA_URL") or m.get("MEDIA_URL") or "").removeprefix("./")))
        for m in root.iterfind("HEADER/MEDIA_DESCRIPTOR")
    )
    last = int(duration) if duration.isdigit() else max(times.values(), default=0)
    return Annotations(joined(tiers), last, media, tuple(lost))


def _times(root: ET.Element) -> dict[str, int]:
    """Return every slot's time; slots without one lie evenly between their neighbours, as ELAN shows them."""
    slots = [(s.get("TIME_SLOT_ID", ""), s.get("TIME_VALUE")) for s in root.iterfind("TIME_ORDER/TIME_SLOT")]
    known = [(i, int(t)) for i, (_, t) in enumerate(slots) if t is not None]
    times: dict[str, int] = {}
    for i, (name, value) in enumerate(slots):
        if value is not None:
            times[name] = int(value)
            continue
        before = max((k for k in known if k[0] < i), default=(i, known[0][1] if known else 0))
        after = min((k for k in known if k[0] > i), default=before)
        share = (i - before[0]) / max(1, after[0] - before[0])
        times[name] = round(before[1] + share * (after[1] - before[1]))
    return times


def _tiers(root: ET.Element, times: dict[str, int], spans: dict[str, ET.Element]) -> tuple[list[Tier], list[str]]:
    notes = {
        ref.get("ANNOTATION_REF", ""): ref.findtext("ANNOTATION_VALUE") or ""
        for tier in root.iterfind("TIER")
        if tier.get("TIER_ID", "").endswith(_NOTE)
        for ref in tier.iter("REF_ANNOTATION")
    }
    tiers, lost = [], []
    for tier in root.iterfind("TIER"):
        name = tier.get("TIER_ID", "")
        if name.endswith(_NOTE):
            continue
        marks = []
        for element in (*tier.iter("ALIGNABLE_ANNOTATION"), *tier.iter("REF_ANNOTATION")):
            start, end = _ends(element, times, spans)
            text = element.findtext("ANNOTATION_VALUE") or ""
            marks.append(Mark(start, max(end, start + 1), text, notes.get(element.get("ANNOTATION_ID", ""), "")))
        if tier.get("PARENT_REF"):
            lost.append(f"tier {name}: that it depends on {tier.get('PARENT_REF')}")
        marks.sort(key=lambda m: (m.start_ms, m.end_ms, m.label))
        tiers.append(Tier(name, tuple(marks), tier.get("PARTICIPANT", ""), tier.get("ANNOTATOR", "")))
    return tiers, lost


def _ends(element: ET.Element, times: dict[str, int], spans: dict[str, ET.Element]) -> tuple[int, int]:
    """Return an annotation's times, following references up to the annotation that has some."""
    for _ in range(len(spans) + 1):
        if element.tag == "ALIGNABLE_ANNOTATION":
            return times[element.get("TIME_SLOT_REF1", "")], times[element.get("TIME_SLOT_REF2", "")]
        element = spans[element.get("ANNOTATION_REF", "")]
    raise ValueError("annotations refer to each other in a circle")


def _sayable(text: str) -> str:
    """Return the text without the control characters that XML cannot hold."""
    return "".join(c for c in text if c in "\t\n" or c >= " ").replace("\ufffe", "").replace("\uffff", "")
