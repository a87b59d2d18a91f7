"""What the review page is told, as plain data; the rules of blind review are kept here, not in the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cuetrack.agreement.report import report
from cuetrack.coded import coded_session
from cuetrack.decisions.state import Decision, Review, taken_back
from cuetrack.errors import NotEnoughData
from cuetrack.export import FORMATS, write
from cuetrack.export.session_tiers import session_tiers
from cuetrack.review.codebooks import labels_of
from cuetrack.review.library import RATE_HZ, Item, plain
from cuetrack.store import audit
from cuetrack.store.consent import refuse_if_withdrawn

LONGEST_POSE_S = 30.0
AGREEMENT_DRAWS = 300
"""Resamples for the intervals on the page; `cuetrack agree` takes more."""
_POSE_HZ = 10.0
_OPEN_FIELDS = ("id", "start_s", "end_s", "peak_s")
_ALL_FIELDS = (
    *_OPEN_FIELDS, "person", "toward", "title", "chance_per_h", "moved_first", "before", "after", "why", "missing",
    "benign",
)  # fmt: skip
_TELLING = ("rank", "score", "control")
"""What would tell a control clip from a candidate: shown only after the reviewer has submitted."""


def overview(item: Item, reviewer: str) -> dict[str, Any]:
    """Return a session's line in the list: name, length, how many are judged."""
    decisions = item.review(reviewer).decisions if reviewer else {}
    judged = sum(1 for m in item.candidates["id"] if m in decisions and decisions[m].verdict)
    return {
        "id": item.id,
        "name": item.session.name,
        "duration_s": item.session.duration_s,
        "moments": len(item.candidates),
        "judged": judged,
        "submitted": item.review(reviewer).submitted if reviewer else False,
    }


def whole(item: Item) -> dict[str, Any]:
    """Return what the page needs to draw a session: people, media ids, channels, turns, rules, warnings."""
    turns = item.session.spans("turns")
    kept = turns[turns["label"].isin(["turn", "backchannel", "overlap", "laugh", "cough", "sigh"])]
    return {
        "id": item.id,
        "name": item.session.name,
        "people": list(item.session.people),
        "duration_s": item.session.duration_s,
        "rate_hz": RATE_HZ,
        "media": list(item.media),
        "channels": item.channels,
        "turns": plain(kept[["start_s", "end_s", "person", "label"]]),
        "rules": dict(item.settings()),
        "warnings": item.session.warnings,
    }


def moments(item: Item, reviewer: str) -> list[dict[str, Any]]:
    """Return the moments in the order of time; in blind review only where they are until they are judged.

    Control clips look like all others until the reviewer submits.
    """
    review = item.review(reviewer)
    rows = []
    for row in plain(item.candidates):
        fields = _ALL_FIELDS if _may_see(item, review, str(row["id"])) else _OPEN_FIELDS
        rows.append({k: row.get(k) for k in (*fields, *(_TELLING if review.submitted else ()))})
    return rows


def moment(item: Item, reviewer: str, moment_id: str) -> dict[str, Any] | None:
    """Return the evidence of one moment, None where blind review does not allow it yet."""
    review = item.review(reviewer)
    found = item.candidates[item.candidates["id"] == moment_id]
    if found.empty or not _may_see(item, review, moment_id):
        return None
    rank = int(found.iloc[0]["rank"])
    evidence, arcs = item.session.evidence, item.session.arcs
    told = {k: v for k, v in plain(found)[0].items() if k in _ALL_FIELDS or review.submitted}
    parts = ("rank", "contribution")
    return {
        **told,
        "evidence": plain(evidence[evidence["rank"] == rank].drop(columns=[p for p in parts if p in evidence])),
        "arc": plain(arcs[arcs["rank"] == rank].drop(columns="rank")),
    }


def own_review(item: Item, reviewer: str) -> dict[str, Any]:
    """Return the reviewer's own decisions and the number to base the next event on."""
    review = item.review(reviewer)
    events = item.record.events(reviewer)
    undone = taken_back(events)
    standing = [e for e in events if e.uid not in undone]
    return {
        "base": item.record.last(reviewer),
        "submitted": review.submitted,
        "decisions": {k: _decision(d, told=d.own or _may_see(item, review, k)) for k, d in review.decisions.items()},
        "undoable": [e.uid for e in standing if e.kind not in ("viewed", "submit", "import", "export", "undo")],
        "undone": [e.uid for e in standing if e.kind == "undo"],
    }


def pose(item: Item, start_s: float, end_s: float) -> dict[str, Any]:
    """Return the points of everyone at 10 per second between two times: face and body in px of the picture."""
    tracks = item.tracks
    times = np.arange(np.ceil(start_s * _POSE_HZ), np.floor(end_s * _POSE_HZ) + 1) / _POSE_HZ
    people: dict[str, dict[str, Any]] = {}
    for kind in ("face", "body"):
        for person, track in tracks.get(kind, {}).items():
            at = np.clip(np.searchsorted(track.time_s, times), 0, max(0, len(track.time_s) - 1))
            near = np.abs(track.time_s[at] - times) < 0.5 if len(track.time_s) else np.zeros(len(times), bool)
            points = [
                [None if not np.isfinite(v) else round(float(v)) for v in track.points_px[i, :, :2].ravel()]
                if ok
                else None
                for i, ok in zip(at, near, strict=True)
            ]
            people.setdefault(person, {"size_px": list(track.frame_size_px)})[kind] = points
    return {"times": times.tolist(), "people": people}


def agreement(item: Item, reviewer: str) -> dict[str, Any] | None:
    """Return how far the reviewers agree, None before this reviewer submitted; no rows until all of two or more did."""
    if not item.review(reviewer).submitted:
        return None
    try:
        found = report([coded_session(item.session)], count=AGREEMENT_DRAWS)
    except NotEnoughData as error:
        return {"reviewers": [], "rows": [], "why": str(error)}
    rows = [
        (f"{row.who}: {row.measure}" if row.who else row.measure, str(row.estimate))
        for section in found.sections
        for row in section.rows
    ]
    return {"reviewers": found.reviewers, "rows": rows, "report": found.plain()}


def anchored(item: Item, target: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event's body with the hash and the nearest frame's time of each recording beside its times.

    On a ranked moment it also says whose moment it is, which the page of a blind review does not know.
    """
    from cuetrack.media.nearest import anchors

    ranked = item.candidates[item.candidates["id"] == target]
    if len(ranked):
        body = {**body, "person": str(ranked["person"].iloc[0])}
    times = {k: body.get(f"{k}_ms") for k in ("start", "end")}
    if not all(isinstance(t, int) and t >= 0 for t in times.values()):
        return dict(body)
    found = anchors(item.session.description.get("media", []), [int(str(t)) for t in times.values()])
    return {**body, "anchor": dict(zip(times, found, strict=True))}


def export(item: Item, reviewer: str, formats: Sequence[str]) -> dict[str, Any]:
    """Write session and own decisions in the formats asked for, into the session's folder; return what was written."""
    refuse_if_withdrawn(item.session.folder.description(), item.session.folder.path)  # as it is now
    review = item.review(reviewer)
    open_ = review.submitted or not item.settings()["blind"]
    labels = labels_of(item.session.description, item.session.folder.path)
    annotations = session_tiers(item.session, [review], labels=labels, moments=open_)
    written = []
    for name in formats or list(FORMATS):
        path = item.session.folder.path / "export" / f"{item.session.name}.{reviewer}{FORMATS.get(name, '')}"
        lost = [*annotations.lost, *write(path, annotations, name)]
        audit.note(item.session.folder.path, "export", format=name)
        written.append({"format": name, "file": path.name, "folder": str(path.parent), "lost": lost})
    return {"written": written}


def _may_see(item: Item, review: Review, moment_id: str) -> bool:
    judged = moment_id in review.decisions and bool(review.decisions[moment_id].verdict)
    return judged or review.submitted or not item.settings()["blind"]


def _decision(decision: Decision, *, told: bool) -> dict[str, Any]:
    """Return a decision for the page; whose moment it is stays out where that is not yet to be `told`."""
    return {name: getattr(decision, name) for name in decision.__slots__ if told or name != "person"}
