"""Tracks on disk: packed points are an array like any other, parts that do not fit each other are a fault."""

from pathlib import Path

import numpy as np
import pytest

from cuetrack.errors import StoreError
from cuetrack.people.shelf import PackedPoints, load_tracks, pack_px, part_path, unpack_px, write_part


def test_points_of_a_kept_face_are_an_array_like_any_other():
    size = (1280, 720)
    rng = np.random.default_rng(3)
    given = rng.uniform(-600, 1900, (40, 154, 3)).astype(np.float32)
    given[5:9] = np.nan
    steps = pack_px(given, size)
    points, whole = PackedPoints(steps, size), unpack_px(steps, size)
    assert np.abs(whole - given)[np.isfinite(given)].max() < 0.06
    np.testing.assert_array_equal(np.asarray(points), whole)
    np.testing.assert_array_equal(np.isfinite(points), np.isfinite(given))
    assert (points.shape, points.ndim, points.dtype, len(points)) == (whole.shape, 3, whole.dtype, 40)
    for key in (3, slice(2, 30, 3), (slice(None), 7, slice(0, 2)), np.isfinite(given).all(axis=(1, 2)), [0, 39]):
        np.testing.assert_array_equal(points[key], whole[key])
    np.testing.assert_array_equal(points.astype(np.float64), whole.astype(np.float64))
    assert np.asarray(points, dtype=np.float64).dtype == np.float64


@pytest.mark.parametrize("odd", ["a name less", "a row less", "another type"])
def test_parts_that_do_not_fit_each_other_are_no_track(odd: str, tmp_path: Path):
    about = {"people": ["ann"], "frame_size_px": (640, 480)}
    torso = {name: np.arange(5.0) for name in ("time_s", "chest_y_px", "shoulder_px", "energy", "quality")}
    for k in (0, 1):
        if k == 1 and odd == "a name less":
            del torso["energy"]
        elif k == 1:
            torso["energy"] = torso["energy"][1:] if odd == "a row less" else torso["energy"].astype(np.float16)
        write_part(part_path(tmp_path, 0, k), {f"p0/torso/{n}": v for n, v in torso.items()}, about)
    torsos = load_tracks(tmp_path)["torso"]
    assert "ann" in torsos
    assert "bob" not in torsos
    with pytest.raises(StoreError, match=r"view0-0001\.npz does not fit the parts beside it"):
        torsos["ann"]
