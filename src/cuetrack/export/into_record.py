"""Marks from a file become a reviewer's own moments in the record; what does not is listed."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cuetrack.decisions.record import Draft, Record
from cuetrack.errors import FormatError, StoreError
from cuetrack.export.review_tiers import JUDGED
from cuetrack.export.tiers import Annotations, Mark, Tier
from cuetrack.session import Session

_SPACE = uuid.UUID("6a1f2c0e-53bb-4f0e-9a57-9f2f4a0f7a11")
_LONGEST_NOTE = 10_000
_LISTED = 40


@dataclass(frozen=True)
class Taking:
    """What of a file goes into the record: tiers by reviewer, and in words what stays out."""

    by_reviewer: dict[str, list[Tier]]
    left: list[str] = field(default_factory=list)


def choose(annotations: Annotations, *, reviewer: str = "", tiers: Sequence[str] = ()) -> Taking:
    """Choose which tiers are somebody's marks: those named, else all except what cuetrack itself had written.

    `reviewer` says whose they are; without it each tier's own rater is. Raises FormatError for a tier that is not there
    or is nobody's.
    """
    names = [t.name for t in annotations.tiers]
    if unknown := [name for name in tiers if name not in names]:
        raise FormatError(f"there is no tier {', '.join(unknown)} in the file; there is: {', '.join(names) or 'none'}")
    taken: dict[str, list[Tier]] = {}
    left = list(annotations.lost)
    for tier in annotations.tiers:
        ours = bool(annotations.provenance)
        if tiers and tier.name not in tiers:
            left.append(f"tier {tier.name}: not asked for, {len(tier.marks)} marks")
        elif not tiers and ours and not tier.rater:
            left.append(f"tier {tier.name}: measured by cuetrack, {len(tier.marks)} marks")
        elif not tiers and ours and tier.name.endswith(f" {JUDGED}"):
            left.append(f"tier {tier.name}: judgements of candidates; `cuetrack bundle` carries them")
        elif not tier.marks:
            left.append(f"tier {tier.name}: it is empty")
        elif who := reviewer or tier.rater:
            taken.setdefault(who, []).append(tier)
        else:
            raise FormatError(
                f"whose marks are these? Say with --reviewer NAME; --tier NAME takes one tier of {', '.join(names)}"
            )
    if not taken:
        raise FormatError("nothing in the file can be taken in: " + ("; ".join(left) or "it holds no marks"))
    return Taking(taken, left)


def bring_in(
    record: Record, session: Session, taking: Taking, source: Path, *, format_name: str, blind: bool, submit: bool
) -> dict[str, int]:
    """Add the marks as the reviewers' own moments, all or none of each; return how many were new by reviewer.

    The same file again adds nothing. `blind` says that whoever coded it saw nobody else's work nor the ranked moments;
    `submit` that the work is finished. `taking.left` grows by what could not be taken in. Raises StoreError for a
    reviewer who has submitted already.
    """
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    added = {}
    for reviewer, tiers in taking.by_reviewer.items():
        marks = [(t, m) for t in tiers for m in _within(t, session, taking.left)]
        people = {t.name: _person(t, session, taking.left) for t in tiers}
        times = [t for _, m in marks for t in (m.start_ms, m.end_ms)]
        anchors = session.anchors(times)
        about = {"file": source.name, "sha256": digest, "format": format_name, "marks": len(marks)}
        told = {"tiers": [t.name for t in tiers][:_LISTED], "left": [w[:200] for w in taking.left[:_LISTED]]}
        drafts = [Draft(_uid(digest, reviewer, "import", *(t.name for t in tiers)), "import", "", {**about, **told})]
        for k, (tier, mark) in enumerate(marks):
            uid = _uid(digest, reviewer, tier.name, mark.start_ms, mark.end_ms, mark.label, mark.note, k)
            body: dict[str, Any] = {
                "start_ms": mark.start_ms, "end_ms": mark.end_ms, "person": people[tier.name], "label": mark.label,
                "note": mark.note, "tier": tier.name, "source": format_name, "blind": blind,
                "anchor": {"start": anchors[2 * k], "end": anchors[2 * k + 1]},
            }  # fmt: skip
            drafts.append(Draft(uid, "create", f"i{uid.replace('-', '')[:15]}", body))
        known = {e.uid for e in record.events(reviewer)}
        fresh = [d for d in drafts if d.uid not in known]
        if fresh and record.review(reviewer).submitted:
            raise StoreError(f"{reviewer} has submitted; import the file under another name with --reviewer")
        if submit and not record.review(reviewer).submitted:
            fresh.append(Draft(str(uuid.uuid4()), "submit"))
        if fresh:
            record.add_all(reviewer=reviewer, drafts=fresh, base=record.last(reviewer))
        added[reviewer] = sum(d.kind == "create" for d in fresh)
    return added


def _within(tier: Tier, session: Session, left: list[str]) -> list[Mark]:
    end_ms = round(session.duration_s * 1000)
    kept = []
    for mark in tier.marks:
        where = f"tier {tier.name}: mark {mark.label[:60]!r} at {mark.start_ms / 1000:.3f} s"
        if mark.start_ms >= end_ms:
            left.append(f"{where}: it begins after the session's end")
        elif len(mark.label) + len(mark.note) > _LONGEST_NOTE:
            left.append(f"{where}: its text is longer than {_LONGEST_NOTE} characters")
        else:
            if mark.end_ms > end_ms:
                left.append(f"{where}: what lies after the session's end, {(mark.end_ms - end_ms) / 1000:.3f} s")
            kept.append(Mark(mark.start_ms, min(mark.end_ms, end_ms), mark.label, mark.note))
    return kept


def _person(tier: Tier, session: Session, left: list[str]) -> str:
    """Return whom a tier is about: as it says, or as its name ends, if that is a person of the session."""
    named = [p for p in session.people if tier.name == p or tier.name.endswith((f" {p}", f"_{p}", f"-{p}", f"@{p}"))]
    if tier.person in session.people:
        return tier.person
    if tier.person:
        left.append(f"tier {tier.name}: whom it is about ({tier.person}), who is not in this session")
    return named[0] if named else ""


def _uid(*parts: object) -> str:
    return str(uuid.uuid5(_SPACE, "\x1f".join(map(str, parts))))
