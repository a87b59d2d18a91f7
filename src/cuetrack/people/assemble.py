"""From what the followers saw to each person's arrays, once it is settled who is who."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cuetrack.people import appearance, headpose, identity, likeness, shelf
from cuetrack.people.boxes import Box
from cuetrack.people.face import size_confidence
from cuetrack.people.tracks import BLENDSHAPES, FACE_POINTS

if TYPE_CHECKING:
    from cuetrack.people.follow import Row
    from cuetrack.people.part import Part

_CROWD_SHARE = 0.1


def part(watched: Part, state: Mapping[str, Any]) -> tuple[shelf.Arrays, dict[str, Any]]:
    """Return arrays and description of one part, given the state that the part before it left."""
    light = np.array([row[:3] for row in watched.light], np.float64).reshape(-1, 3)
    own_s = light[:, 0]
    keep = own_s >= watched.start_s
    time_s = np.array([watched.view.session_s(t) for t in own_s])
    order = _picture_order(watched)
    known = {n: _known(state.get("known", {}).get(n)) for n in order}
    stretches = _tracklets(watched, own_s)
    claims, known = identity.assign(stretches, known)
    background = np.array([row[1] for row in watched.camera], np.float64)
    arrays: shelf.Arrays = {
        "scene/time_s": time_s[keep],
        "scene/luma": light[keep, 1].astype(np.float32),
        "scene/luma_step": light[keep, 2].astype(np.float32),
        "scene/camera_px": np.array([row[0] for row in watched.camera], np.float32)[keep],
        "scene/cut": np.array([row[3] for row in watched.light], np.bool_)[keep],
    }
    counts = {}
    for number, name in enumerate(watched.people):
        rows, surety = _rows_of(name, watched, claims, len(own_s))
        before = state.get("exemplars", {}).get(name, np.zeros((0, *likeness.PATCH[::-1], 3), np.uint8))
        person, exemplars = _person(watched, rows, surety, keep, time_s, background, before)
        arrays |= {f"p{number}/{key}": value for key, value in person.items()}
        arrays[f"state/exemplars{number}"] = exemplars
        counts[name] = _counts(person, surety[keep])
    about = {
        "people": list(watched.people),
        "frame_size_px": list(watched.size_px),
        "counts": counts,
        "warnings": _warnings(watched),
        "gaps": [
            [watched.view.session_s(g.start_s), watched.view.session_s(g.end_s)]
            for g in watched.reader.gaps
            if g.end_s > watched.start_s
        ],
        "known": {name: _plain(k) for name, k in known.items()},
    }
    about["hash"] = _hash(about, arrays)
    return arrays, about


def _picture_order(watched: Part) -> list[str]:
    """Return the people from left to right as the engines saw them."""
    names = list(watched.people)
    return names[::-1] if watched.view.mirrored and len(names) == 2 else names


def _tracklets(watched: Part, own_s: npt.NDArray[np.float64]) -> list[identity.Tracklet]:
    found = []
    for follower in watched.followers:
        by_number: dict[int, list[Row]] = {}
        for row in follower.rows:
            if row.tracklet >= 0 and row.head is not None:
                by_number.setdefault(row.tracklet, []).append(row)
        for number, rows in by_number.items():
            looks = [r.look for r in rows if r.look is not None]
            first, last = rows[0], rows[-1]
            assert first.head is not None
            assert last.head is not None
            look = appearance.usual(looks)
            near = number in watched.near
            found.append(
                identity.Tracklet(
                    number, float(own_s[first.number]), float(own_s[last.number]), first.head, last.head, look, near
                )
            )
    return found


def _rows_of(
    name: str, watched: Part, claims: Mapping[int, identity.Claim], n: int
) -> tuple[list[Row | None], npt.NDArray[np.float32]]:
    rows: list[Row | None] = [None] * n
    surety = np.zeros(n, np.float32)
    for follower in watched.followers:
        for row in follower.rows:
            claim = claims.get(row.tracklet)
            if claim is not None and claim.person == name and (rows[row.number] is None or row.face is not None):
                rows[row.number] = row
                surety[row.number] = claim.surety
    return rows, surety


def _person(
    watched: Part,
    rows: list[Row | None],
    surety: npt.NDArray[np.float32],
    keep: npt.NDArray[np.bool_],
    time_s: npt.NDArray[np.float64],
    background_y: npt.NDArray[np.float64],
    exemplars: npt.NDArray[np.uint8],
) -> tuple[shelf.Arrays, npt.NDArray[np.uint8]]:
    n = len(rows)
    face = {
        "points": np.full((n, len(FACE_POINTS), 3), np.nan, np.float32),
        "shapes": np.full((n, len(BLENDSHAPES)), np.nan, np.float32),
        "matrix": np.full((n, 4, 4), np.nan, np.float32),
    }
    face_sure, like = np.zeros(n, np.float32), np.full(n, np.nan, np.float32)
    body = {
        "points": np.full((n, 33, 3), np.nan, np.float32),
        "world": np.full((n, 33, 3), np.nan, np.float32),
        "visible": np.zeros((n, 33), np.float32),
    }
    body_sure = np.zeros(n, np.float32)
    torso = np.full((n, 4), np.nan, np.float32)
    patches, at = [], []
    meshes = {i: row.pose_px for i, row in enumerate(rows) if row is not None and row.pose_px is not None}
    if meshes:
        face["matrix"][list(meshes)] = headpose.fit(np.array(list(meshes.values())), watched.size_px)
    for i, row in enumerate(rows):
        if row is None:
            continue
        if row.face is not None:
            face["points"][i], face["shapes"][i] = row.points_px, row.blendshapes
            face_sure[i] = size_confidence(row.face.width) * row.readable * surety[i]
            if row.patch is not None:
                patches.append(row.patch)
                at.append(i)
        if row.body is not None:
            body["points"][i], body["world"][i] = row.body.points_px, row.body.world_m
            body["visible"][i] = row.body.visibility
            body_sure[i] = row.body.confidence * surety[i]
        if math.isfinite(row.chest_y_px):
            torso[i] = row.chest_y_px - background_y[i], row.shoulder_px, row.energy, row.chest_quality * surety[i]
    _continue_chest(torso[:, 0], rows)
    if patches:
        like[at], exemplars = likeness.likeness(np.array(patches), exemplars)
    if watched.view.mirrored:
        width = watched.size_px[0]
        face["points"][:, :, 0] = width - face["points"][:, :, 0]
        body["points"][:, :, 0] = width - body["points"][:, :, 0]
    for_body = keep & (np.arange(n) % watched.pace.body_every == 0)
    for_torso = keep & (np.arange(n) % watched.pace.torso_every == 0)
    return {
        "face/time_s": time_s[keep],
        "face/points_px": shelf.pack_px(face["points"][keep], watched.size_px),
        "face/blendshapes": face["shapes"][keep],
        "face/matrix": face["matrix"][keep],
        "face/confidence": face_sure[keep],
        "face/likeness": like[keep],
        "body/time_s": time_s[for_body],
        "body/points_px": shelf.pack_px(body["points"][for_body], watched.size_px),
        "body/world_m": body["world"][for_body],
        "body/visibility": body["visible"][for_body],
        "body/confidence": body_sure[for_body],
        "torso/time_s": time_s[for_torso],
        "torso/chest_y_px": torso[for_torso, 0],
        "torso/shoulder_px": torso[for_torso, 1],
        "torso/energy": torso[for_torso, 2],
        "torso/quality": np.nan_to_num(torso[for_torso, 3]),
    }, exemplars


def _continue_chest(chest_y: npt.NDArray[np.float32], rows: list[Row | None]) -> None:
    """Let each stretch begin where the one before ended: where the chest stood in between is not known."""
    shift, last, stretch = 0.0, 0.0, -1
    for i, row in enumerate(rows):
        if row is None or not math.isfinite(chest_y[i]):
            continue
        if row.tracklet != stretch:
            shift, stretch = last - float(chest_y[i]), row.tracklet
        chest_y[i] += shift
        last = float(chest_y[i])


def _counts(person: shelf.Arrays, surety: npt.NDArray[np.float32]) -> dict[str, float]:
    """Return samples seen and samples there were, by kind; `sure` sums the surety of who it is over samples tracked."""
    counts = {
        kind: (float((person[f"{kind}/{column}"] > 0).sum()), float(len(person[f"{kind}/time_s"])))
        for kind, column in (("face", "confidence"), ("body", "confidence"), ("torso", "quality"))
    }
    counts["sure"] = (round(float(surety.sum()), 3), float((surety > 0).sum()))
    return {k: v for kind, (seen, of) in counts.items() for k, v in ((kind, seen), (f"{kind}_of", of))}


def _warnings(watched: Part) -> list[str]:
    name = watched.view.path.name
    warnings = [f"{name}: {w}" for w in watched.reader.warnings]
    if watched.searches and watched.crowd / watched.searches > _CROWD_SHARE:
        warnings.append(
            f"{name}: more people are in the picture than the {len(watched.people)} who are tracked; "
            "the others are left out"
        )
    if watched.view.mirrored:
        warnings.append(f"{name}: taken as a mirror image; each person's left and right are swapped back")
    return warnings


def _known(stored: Mapping[str, Any] | None) -> identity.Known:
    if stored is None:
        return identity.Known()
    look = (
        None if stored["look"] is None else np.array([np.nan if v is None else v for v in stored["look"]], np.float32)
    )
    box = None if stored["box"] is None else Box(*stored["box"])
    return identity.Known(look, box, -math.inf if stored["seen_s"] is None else stored["seen_s"])


def _plain(known: identity.Known) -> dict[str, Any]:
    look = None if known.look is None else [None if math.isnan(v) else round(float(v), 6) for v in known.look]
    b = known.box
    box = None if b is None else [float(b.left), float(b.top), float(b.right), float(b.bottom)]
    return {"look": look, "box": box, "seen_s": known.seen_s if math.isfinite(known.seen_s) else None}


def _hash(about: Mapping[str, Any], arrays: shelf.Arrays) -> str:
    """Return a hash of what the next part takes over."""
    digest = hashlib.sha256(repr(about["known"]).encode())
    for key in sorted(arrays):
        if key.startswith("state/"):
            digest.update(arrays[key].tobytes())
    return digest.hexdigest()
