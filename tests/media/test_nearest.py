"""The frame nearest to a time, against the table of all timestamps."""

from pathlib import Path

import numpy as np
import pytest

from cuetrack.media.nearest import anchors, nearest_pts_us
from cuetrack.media.probe import probe, pts_table


def check(path: Path) -> None:
    table, zero = pts_table(path), probe(path).first_pts_s
    times = np.random.default_rng(0).uniform(-0.5, table[-1] + 1, 25)
    expected = [round((table[np.argmin(np.abs(table - t))] + zero) * 1e6) for t in times]
    by_seeking = nearest_pts_us(path, list(times))
    in_one_pass = nearest_pts_us(path, list(np.tile(times, 5)))
    assert by_seeking is not None
    assert in_one_pass is not None
    assert np.abs(np.array(by_seeking) - expected).max() <= 1
    assert in_one_pass[:25] == by_seeking


def test_the_nearest_frame_by_seeking_and_in_one_pass(rendered) -> None:
    check(rendered.path)


@pytest.mark.media
@pytest.mark.parametrize("name", ["face_noface.mov", "WolfgangLanger_Pexels.mp4"])
def test_the_nearest_frame_of_real_recordings(media: Path, name: str) -> None:
    check(media / "video" / name)


def test_anchors_follow_offset_and_drift(rendered) -> None:
    known = {"path": str(rendered.path), "sha256": "a" * 64, "offset_s": 2.0, "drift_ppm": 1000.0}
    ((there,), (late,)) = anchors([known, {"path": "/nowhere.mp4", "sha256": "b" * 64}], [3000, 12_010])
    zero = probe(rendered.path).first_pts_s
    assert there["media"] == "a" * 64
    assert abs(there["pts_us"] - (zero + 0.999) * 1e6) < 25_000
    assert abs(late["pts_us"] - (zero + 10.0) * 1e6) < 25_000


@pytest.mark.media
def test_sound_alone_has_no_frames(media: Path) -> None:
    assert nearest_pts_us(media / "audio_2spk" / "sample.wav", [1.0]) is None
    assert anchors([{"path": str(media / "audio_2spk" / "sample.wav"), "sha256": "a"}], [5]) == [[]]
