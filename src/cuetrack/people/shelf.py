"""Tracks on disk: one file per view and 300 s, written whole or not at all, same bytes for same input."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cuetrack.errors import StoreError
from cuetrack.people.tracks import BodyTrack, FaceTrack, SceneTrack, TorsoTrack
from cuetrack.store.files import replacing
from cuetrack.store.kept import Kept

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
    with replacing(path) as unfinished:
        unfinished.write_bytes(buffer.getbuffer())


def read_part(path: Path, prefix: str = "") -> tuple[Arrays, dict[str, Any]]:
    """Return the arrays of a part whose names begin with `prefix`, and its description.

    Raises StoreError if it is damaged.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files if name.startswith(prefix) and name != "about"}
            return arrays, json.loads(stored["about"].tobytes())
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


class PackedPoints:
    """Points as they lie on disk, pixels only where asked for: an hour of a face is 50 MB, all pixels at once 100.

    Indexed and given to numpy like the float32 array (n, k, 3) it stands for.
    """

    def __init__(self, steps: npt.NDArray[np.int16], frame_size_px: tuple[int, int]) -> None:
        self._steps, self._size = steps, frame_size_px
        self.shape, self.ndim, self.dtype = steps.shape, steps.ndim, np.dtype(np.float32)

    def __getitem__(self, key: Any) -> npt.NDArray[np.float32]:
        """Return the pixels under an index."""
        return unpack_px(self._steps[key], self._size)

    def __len__(self) -> int:
        """How many samples there are."""
        return len(self._steps)

    def astype(self, dtype: Any) -> npt.NDArray[Any]:
        """Return all pixels as another type."""
        return self[:].astype(dtype)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """Return all pixels."""
        return np.asarray(self[:], dtype=dtype)


def load_tracks(folder: str | Path) -> dict[str, Kept]:
    """Return all tracks of a folder by kind and person: `face`, `body`, `torso`; `scene` holds one track, "scene".

    Each is read when it is asked for. Raises StoreError if there are none or a part was cut off; damage within a part
    raises it when that is read.
    """
    paths = sorted(Path(folder).glob("view*-*.npz"))
    if not paths:
        raise StoreError(f"there are no picture tracks in {folder}; analyse the recording first")
    views: dict[str, list[Path]] = {}
    for path in paths:
        views.setdefault(path.name.split("-")[0], []).append(path)
    kinds: dict[str, Callable[..., Any]] = {"face": _face, "body": _body, "torso": _torso}
    readers: dict[str, dict[str, Callable[[], Any]]] = {kind: {} for kind in kinds}
    for parts in views.values():
        about, *_ = [read_part(part, "about")[1] for part in parts]  # all: one that was cut off is found now
        for number, person in enumerate(about["people"]):
            for kind, read in kinds.items():
                readers[kind][person] = partial(read, parts, number, person, tuple(map(int, about["frame_size_px"])))
    readers["scene"] = {"scene": lambda: _one_scene([SceneTrack(**_joined(v, "scene/")) for v in views.values()])}
    return {kind: Kept(of_kind) for kind, of_kind in readers.items()}


def _joined(paths: Sequence[Path], prefix: str) -> Arrays:
    """Return the arrays under a prefix, part after part; only one part is held beside them.

    Raises StoreError where parts do not fit each other, as when two formats of them lie in one folder.
    """
    clock = prefix + "time_s"
    ends = np.cumsum([len(read_part(path, clock)[0].get(clock, ())) for path in paths])
    joined: Arrays = {}
    for path, begin, end in zip(paths, [0, *ends[:-1]], ends, strict=True):
        part = {name.removeprefix(prefix): values for name, values in read_part(path, prefix)[0].items()}
        if not joined:
            joined = {name: np.empty((ends[-1], *values.shape[1:]), values.dtype) for name, values in part.items()}
        alike = {name: (end - begin, *values.shape[1:], values.dtype) for name, values in joined.items()}
        if {name: (*values.shape, values.dtype) for name, values in part.items()} != alike:
            raise StoreError(f"{path} does not fit the parts beside it. Delete {path.parent} and analyse again.")
        for name, values in part.items():
            joined[name][begin:end] = values
    return joined


def _face(paths: Sequence[Path], number: int, person: str, size: tuple[int, int]) -> FaceTrack:
    joined = _joined(paths, f"p{number}/face/")
    points: Any = PackedPoints(joined.pop("points_px"), size)  # stands for the array
    return FaceTrack(person=person, frame_size_px=size, points_px=points, **joined)


def _body(paths: Sequence[Path], number: int, person: str, size: tuple[int, int]) -> BodyTrack:
    joined = _joined(paths, f"p{number}/body/")
    return BodyTrack(person=person, frame_size_px=size, points_px=unpack_px(joined.pop("points_px"), size), **joined)


def _torso(paths: Sequence[Path], number: int, person: str, size: tuple[int, int]) -> TorsoTrack:
    """Join the parts; each part's chest motion, which starts anew, goes on where the part before ended."""
    joined = _joined(paths, f"p{number}/torso/")
    chest, begin, last = joined["chest_y_px"], 0, 0.0
    for path in paths:
        end = begin + len(read_part(path, f"p{number}/torso/time_s")[0][f"p{number}/torso/time_s"])
        seen = np.isfinite(chest[begin:end])
        if seen.any():
            chest[begin:end] += np.float32(last - chest[begin:end][seen][0])
            last = float(chest[begin:end][seen][-1])
        begin = end
    return TorsoTrack(person, **joined)


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
