"""Tracks on disk: one file per view and 300 s, written whole or not at all, same bytes for same input."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cuetrack.errors import StoreError
from cuetrack.people.tracks import BodyTrack, FaceTrack, SceneTrack, TorsoTrack
from cuetrack.store.files import replacing

Arrays = dict[str, npt.NDArray[Any]]

_STATE = "state/exemplars"
_MISSING = -32768
_STEPS = 65534


def part_path(folder: Path, view: int, part: int) -> Path:
    """Return where one part of one view lies."""
    return folder / f"view{view}-{part:04d}.npz"


def write_part(path: Path, arrays: Mapping[str, npt.NDArray[Any]], about: Mapping[str, Any]) -> None:
    """Write a part atomically; raises StoreError if the folder cannot be written."""
    text = json.dumps(about, sort_keys=True).encode()
    buffer = io.BytesIO()
    packed = dict(sorted(arrays.items()))
    np.savez_compressed(buffer, allow_pickle=False, about=np.frombuffer(text, np.uint8), **packed)
    with replacing(path) as partial:
        partial.write_bytes(buffer.getbuffer())


def read_part(path: Path) -> tuple[Arrays, dict[str, Any]]:
    """Return arrays and description of a part; raises StoreError if it is damaged."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        return arrays, json.loads(arrays.pop("about").tobytes())
    except Exception as error:  # zip, zlib, numpy and json each raise their own for a damaged file
        raise StoreError(
            f"{path} cannot be read ({error}). Delete it and analyse again: only it is made anew."
        ) from error


def about_part(path: Path) -> dict[str, Any] | None:
    """Return the description of a part, None if it is not there or damaged."""
    if not path.is_file():
        return None
    try:
        return read_part(path)[1]
    except StoreError:
        return None


def state_of(path: Path) -> dict[str, Any]:
    """Return what the next part takes over from this one: `known`, `hash` and, unless it is bare, `exemplars`."""
    arrays, about = read_part(path)
    exemplars = {n: arrays[_STATE + str(i)] for i, n in enumerate(about["people"]) if _STATE + str(i) in arrays}
    return {"known": about["known"], "hash": about["hash"], **({"exemplars": exemplars} if exemplars else {})}


def make_bare(path: Path) -> None:
    """Take the exemplars out of a part: small pictures of lower faces, of use only to a part still to be made."""
    arrays, about = read_part(path)
    kept = {name: values for name, values in arrays.items() if not name.startswith(_STATE)}
    if len(kept) < len(arrays):
        write_part(path, kept, about)


def pack_px(points_px: npt.NDArray[np.floating], frame_size_px: tuple[int, int]) -> npt.NDArray[np.int16]:
    """Store px as int16 steps of 3 frame sizes / 65534 (0.06 px at 1280), up to one frame outside on either side."""
    longest = max(frame_size_px)
    steps = (np.asarray(points_px, np.float64) / longest - 0.5) / 3 * _STEPS
    inside = np.isfinite(steps) & (np.abs(steps) <= _STEPS / 2)
    return np.where(inside, np.round(np.where(inside, steps, 0)), _MISSING).astype(np.int16)


def unpack_px(steps: npt.NDArray[np.int16], frame_size_px: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Return pixel positions from `pack_px`, NaN where missing."""
    longest = max(frame_size_px)
    px = (steps.astype(np.float32) / _STEPS * 3 + 0.5) * longest
    return np.asarray(np.where(steps == _MISSING, np.nan, px), dtype=np.float32)


def load_tracks(folder: str | Path) -> dict[str, dict[str, Any]]:
    """Return all tracks of a folder by kind and person: `face`, `body`, `torso`; `scene` holds one track, "scene".

    Raises StoreError if there are none or a part is damaged.
    """
    paths = sorted(Path(folder).glob("view*-*.npz"))
    if not paths:
        raise StoreError(f"there are no picture tracks in {folder}; analyse the recording first")
    views: dict[str, list[tuple[Arrays, dict[str, Any]]]] = {}
    for path in paths:
        views.setdefault(path.name.split("-")[0], []).append(read_part(path))
    tracks: dict[str, dict[str, Any]] = {"face": {}, "body": {}, "torso": {}, "scene": {}}
    scenes = []
    for parts in views.values():
        about = parts[0][1]
        size = (int(about["frame_size_px"][0]), int(about["frame_size_px"][1]))
        for number, person in enumerate(about["people"]):
            tracks["face"][person] = _face(_joined(parts, f"p{number}/face/"), person, size)
            tracks["body"][person] = _body(_joined(parts, f"p{number}/body/"), person, size)
            tracks["torso"][person] = TorsoTrack(person, **_joined(_continued(parts, number), f"p{number}/torso/"))
        scenes.append(SceneTrack(**_joined(parts, "scene/")))
    tracks["scene"]["scene"] = _one_scene(scenes)
    return tracks


def _joined(parts: list[tuple[Arrays, dict[str, Any]]], prefix: str) -> Arrays:
    names = [name for name in parts[0][0] if name.startswith(prefix)]
    return {name.removeprefix(prefix): np.concatenate([arrays[name] for arrays, _ in parts]) for name in names}


def _continued(parts: list[tuple[Arrays, dict[str, Any]]], number: int) -> list[tuple[Arrays, dict[str, Any]]]:
    """Shift each part's chest motion, which starts anew, to go on where the part before ended."""
    name, last, continued = f"p{number}/torso/chest_y_px", 0.0, []
    for arrays, about in parts:
        chest = arrays[name]
        seen = chest[np.isfinite(chest)]
        if len(seen):
            chest = chest + np.float32(last - seen[0])
            last = float(chest[np.isfinite(chest)][-1])
        continued.append((arrays | {name: chest}, about))
    return continued


def _face(stored: Arrays, person: str, size: tuple[int, int]) -> FaceTrack:
    stored["points_px"] = unpack_px(stored["points_px"], size)
    return FaceTrack(person=person, frame_size_px=size, **stored)


def _body(stored: Arrays, person: str, size: tuple[int, int]) -> BodyTrack:
    stored["points_px"] = unpack_px(stored["points_px"], size)
    return BodyTrack(person=person, frame_size_px=size, **stored)


def _one_scene(scenes: list[SceneTrack]) -> SceneTrack:
    """Merge the views onto the first one's times: a step of light or a cut in either counts."""
    first = scenes[0]
    luma_step, camera, cut = first.luma_step.copy(), first.camera_px.copy(), first.cut.copy()
    for scene in scenes[1:]:
        if not (len(scene.time_s) and len(first.time_s)):
            continue
        at = np.clip(np.searchsorted(scene.time_s, first.time_s), 0, len(scene.time_s) - 1)
        inside = (first.time_s >= scene.time_s[0]) & (first.time_s <= scene.time_s[-1])
        larger = inside & (np.abs(scene.luma_step[at]) > np.abs(luma_step))
        luma_step[larger] = scene.luma_step[at][larger]
        camera = np.where(inside, np.fmax(camera, scene.camera_px[at]), camera)
        where = np.clip(np.searchsorted(first.time_s, scene.time_s[scene.cut]), 0, len(first.time_s) - 1)
        cut[where] = True
    return SceneTrack(first.time_s, first.luma, luma_step, camera, cut)
