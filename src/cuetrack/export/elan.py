"""ELAN annotation files (EAF 3.0): written to the schema, read from 2.7, 2.8 and 3.0.

ELAN allows no overlap within a tier, so overlapping marks go to lanes `name#2`, …, and come back together on reading.
Notes become a dependent tier `name:note`. Labels to choose from become controlled vocabularies. The block of
`cuetrack.export.block` is a property of the header.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from mimetypes import guess_type
from pathlib import Path
from urllib.parse import quote, unquote

from cuetrack.errors import FormatError
from cuetrack.export.block import NAME, NOTE, block_in, ids_of, restored, text_of
from cuetrack.export.tiers import Annotations, Mark, Tier, lane_names, lanes, order
from cuetrack.store.files import replacing

_LARGEST_BYTES = 50_000_000
_SCHEMA = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
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
    """Write an EAF 3.0 file and return in words what it could not carry: characters XML has no place for."""
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
    ET.SubElement(header, "PROPERTY", {"NAME": NAME}).text = text_of(annotations)
    order = ET.SubElement(root, "TIME_ORDER")
    for slot, time_ms in enumerate(rows.slots, 1):
        ET.SubElement(order, "TIME_SLOT", {"TIME_SLOT_ID": f"ts{slot}", "TIME_VALUE": str(time_ms)})
    root.extend(rows.tiers)
    plain = {"GRAPHIC_REFERENCES": "false", "TIME_ALIGNABLE": "true"}
    for name, number in rows.types.items():
        chosen = {"CONTROLLED_VOCABULARY_REF": f"labels {number}"} if number else {}
        ET.SubElement(root, "LINGUISTIC_TYPE", {"LINGUISTIC_TYPE_ID": name, **plain, **chosen})
    dependent = {"LINGUISTIC_TYPE_ID": _NOTE_TYPE, "CONSTRAINTS": "Symbolic_Association", "TIME_ALIGNABLE": "false"}
    ET.SubElement(root, "LINGUISTIC_TYPE", {**plain, **dependent})
    if rows.vocabularies:
        ET.SubElement(root, "LANGUAGE", {"LANG_ID": "und", "LANG_LABEL": "undetermined (und)"})
    for name, description in _CONSTRAINTS:
        ET.SubElement(root, "CONSTRAINT", {"STEREOTYPE": name, "DESCRIPTION": description})
    for labels, number in rows.vocabularies.items():
        vocabulary = ET.SubElement(root, "CONTROLLED_VOCABULARY", {"CV_ID": f"labels {number}"})
        for k, label in enumerate(labels):
            entry = ET.SubElement(vocabulary, "CV_ENTRY_ML", {"CVE_ID": _entry(number, k)})
            ET.SubElement(entry, "CVE_VALUE", {"LANG_REF": "und"}).text = _sayable(label)
    ET.indent(root)
    with replacing(path) as temporary:
        ET.ElementTree(root).write(temporary, encoding="utf-8", xml_declaration=True)
    texts = [text for t in annotations.tiers for m in t.marks for text in (m.label, m.note)]
    changed = sum(_sayable(text) != text for text in texts)
    return [f"control characters in {changed} labels or notes"] if changed else []


class _Rows:
    """Builds the tier elements and the time slots they point to, two slots per mark, sorted by time.

    `vocabularies` numbers each set of labels to choose from, `types` maps a tier type to its vocabulary (0 for none).
    """

    def __init__(self, annotations: Annotations) -> None:
        self.count = 0
        self.vocabularies: dict[tuple[str, ...], int] = {}
        self.types = {_TYPE: 0}
        laned = [(name, tier, lanes(tier.marks)) for name, tier in zip(ids_of(annotations.tiers), annotations.tiers,
                                                                      strict=True)]  # fmt: skip
        ends = [(t, name, i, k, side)
                for name, _, rows in laned for i, lane in enumerate(rows) for k, m in enumerate(lane)
                for side, t in (("a", m.start_ms), ("b", m.end_ms))]  # fmt: skip
        ends.sort(key=lambda e: (e[0], e[4] == "a", *e[1:4]))
        self.slots = [e[0] for e in ends]
        self._slot = {e[1:]: f"ts{n}" for n, e in enumerate(ends, 1)}
        self.tiers: list[ET.Element] = []
        for name, tier, rows in laned:
            names = lane_names(name, max(1, len(rows)))
            for i, lane in enumerate(rows or [[]]):
                self._add(tier, (name, i), names[i], lane)

    def _add(self, tier: Tier, whose: tuple[str, int], name: str, lane: list[Mark]) -> None:
        about = {k: _sayable(v) for k, v in (("ANNOTATOR", tier.rater), ("PARTICIPANT", tier.person)) if v}
        number = self.vocabularies.setdefault(tier.labels, len(self.vocabularies) + 1) if tier.labels else 0
        kind = f"{_TYPE} {number}" if number else _TYPE
        self.types[kind] = number
        element = ET.Element("TIER", {"TIER_ID": _sayable(name), "LINGUISTIC_TYPE_REF": kind, **about})
        beside = {"TIER_ID": _sayable(name + NOTE), "LINGUISTIC_TYPE_REF": _NOTE_TYPE, "PARENT_REF": _sayable(name)}
        notes = ET.Element("TIER", {**beside, **about})
        for k, mark in enumerate(lane):
            begin, end = (self._slot[(*whose, k, side)] for side in ("a", "b"))
            chosen = {"CVE_REF": _entry(number, tier.labels.index(mark.label))} if mark.label in tier.labels else {}
            refs = {"TIME_SLOT_REF1": begin, "TIME_SLOT_REF2": end, **chosen}
            own = self._annotation(element, "ALIGNABLE_ANNOTATION", mark.label, **refs)
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
    block = block_in(root.findtext(f"HEADER/PROPERTY[@NAME='{NAME}']") or "")
    media = tuple(
        Path(unquote((m.get("RELATIVE_MEDIA_URL") or m.get("MEDIA_URL") or "").removeprefix("./")))
        for m in root.iterfind("HEADER/MEDIA_DESCRIPTOR")
    )
    last = max(times.values(), default=0)
    return restored(tiers, block, Annotations((), last, media, tuple(lost)))


def _entry(vocabulary: int, index: int) -> str:
    return f"v{vocabulary}e{index}"


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
        if _is_note(tier)
        for ref in tier.iter("REF_ANNOTATION")
    }
    tiers, lost = [], []
    vocabularies = _vocabularies(root)
    for tier in root.iterfind("TIER"):
        name = tier.get("TIER_ID", "")
        if _is_note(tier):
            continue
        marks = []
        for element in (*tier.iter("ALIGNABLE_ANNOTATION"), *tier.iter("REF_ANNOTATION")):
            start, end = _ends(element, times, spans)
            text = element.findtext("ANNOTATION_VALUE") or ""
            marks.append(Mark(start, max(end, start + 1), text, notes.get(element.get("ANNOTATION_ID", ""), "")))
        if tier.get("PARENT_REF"):
            lost.append(f"tier {name}: that it depends on {tier.get('PARENT_REF')}")
        labels = vocabularies.get(tier.get("LINGUISTIC_TYPE_REF", ""), ())
        whose = tier.get("PARTICIPANT", ""), tier.get("ANNOTATOR", "")
        tiers.append(Tier(name, tuple(sorted(marks, key=order)), *whose, labels))
    return tiers, lost


def _is_note(tier: ET.Element) -> bool:
    name = tier.get("TIER_ID", "")
    return name.endswith(NOTE) and tier.get("PARENT_REF") == name.removesuffix(NOTE)


def _vocabularies(root: ET.Element) -> dict[str, tuple[str, ...]]:
    """Return the labels to choose from by tier type, in the first language they are given in."""
    known = {
        v.get("CV_ID", ""): tuple(
            entry.findtext("CVE_VALUE") or "" if entry.tag == "CV_ENTRY_ML" else entry.text or ""
            for entry in v
            if entry.tag in ("CV_ENTRY_ML", "CV_ENTRY")
        )
        for v in root.iterfind("CONTROLLED_VOCABULARY")
    }
    types = root.iterfind("LINGUISTIC_TYPE")
    return {t.get("LINGUISTIC_TYPE_ID", ""): known.get(t.get("CONTROLLED_VOCABULARY_REF", ""), ()) for t in types}


def _ends(element: ET.Element, times: dict[str, int], spans: dict[str, ET.Element]) -> tuple[int, int]:
    """Return an annotation's times, following references up to the annotation that has some."""
    for _ in range(len(spans) + 1):
        if element.tag == "ALIGNABLE_ANNOTATION":
            return times[element.get("TIME_SLOT_REF1", "")], times[element.get("TIME_SLOT_REF2", "")]
        element = spans[element.get("ANNOTATION_REF", "")]
    raise ValueError("annotations refer to each other in a circle")


def _sayable(text: str) -> str:
    """Return the text without the control characters that XML cannot hold."""
    return (
        "".join(c for c in text if c in "\t\n" or (c >= " " and not "\ud800" <= c <= "\udfff"))
        .replace("\ufffe", "")
        .replace("\uffff", "")
    )
