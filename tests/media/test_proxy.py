"""A playable copy shows the same frames at the same session times, or is not there at all."""

import stat

import av
import numpy as np
import pytest
from recordings import clicks, even_times, make_sound, make_video, number_in, turn_mp4

from cuetrack.errors import MediaNotFound, StoreError
from cuetrack.media.audio import load_sound
from cuetrack.media.frames import read_frames
from cuetrack.media.probe import probe
from cuetrack.media.proxy import browser_can_play, make_proxy

KINDS = {
    "hevc.mov": {"codec": "libx265", "b_frames": 2},
    "transport.ts": {"b_frames": 2},
    "matroska.mkv": {},
    "old.avi": {"codec": "mpeg4", "sound_codec": "pcm_s16le"},
    "tenbit.mp4": {"pixel_format": "yuv420p10le"},
}


def first_click(path):
    sound = load_sound(path)
    return np.flatnonzero(np.abs(sound.mono()) > 0.25)[0] / 16000 + sound.start_s


def shown(path):
    return [(frame.time_s, number_in(frame.luma)) for frame in read_frames(path)]


@pytest.mark.parametrize("name", KINDS)
def test_the_copy_keeps_frames_and_times(tmp_path, name):
    path = make_video(tmp_path / name, even_times(60, 25), sound=clicks(2.4, [1.25]), **KINDS[name])
    playable, reason = browser_can_play(probe(path))
    assert not playable
    assert reason
    out = tmp_path / "copy.mp4"
    shares = []
    assert make_proxy(path, out, progress=shares.append)
    assert browser_can_play(probe(out)) == (True, "")
    assert [n for _, n in shown(out)] == list(range(60))
    assert [t for t, _ in shown(out)] == pytest.approx([t for t, _ in shown(path)], abs=0.0011)
    assert first_click(out) == pytest.approx(first_click(path), abs=0.003)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([name, "copy.mp4"])


def test_uneven_frames_turned_and_late_sound(tmp_path):
    times = np.cumsum(np.random.default_rng(0).uniform(0.02, 0.09, 60))
    made = make_video(
        tmp_path / "made.mp4", times, codec="libx265", sound=clicks(2, [0.5]), sound_start_s=1.0,
        picture=lambda n: np.full((600, 800, 3), 2 * n, np.uint8),
    )  # fmt: skip
    path = turn_mp4(made, tmp_path / "turned.mp4", (0, 1, -1, 0))
    out = tmp_path / "copy.mp4"
    assert make_proxy(path, out)
    frames = list(read_frames(out))
    assert [f.time_s for f in frames] == pytest.approx([f.time_s for f in read_frames(path)], abs=1e-4)
    assert frames[0].size_px in ((404, 540), (406, 540))
    assert probe(out).video.rotation_deg == 0
    assert first_click(out) == pytest.approx(first_click(path), abs=0.003)
    with av.open(str(out)) as copy:
        packets = [p for p in copy.demux(video=0) if p.size]
        keys = [float(p.pts * p.time_base) for p in packets if p.is_keyframe]
        assert all(p.pts == p.dts for p in packets)  # no B frames
    assert max(np.diff([*keys, frames[-1].time_s])) <= 1.1


def test_what_browsers_play(plain, tmp_path):
    assert browser_can_play(probe(plain)) == (True, "")
    webm = make_video(tmp_path / "a.webm", even_times(10, 25), codec="libvpx-vp9")
    assert browser_can_play(probe(webm)) == (True, "")
    assert browser_can_play(probe(make_sound(tmp_path / "a.wav", clicks(1, [0.5]))))[0]
    mute = make_video(
        tmp_path / "mute.mp4", even_times(10, 25), sound=clicks(1, [0.5], 48000), sound_rate_hz=48000, sound_codec="ac3"
    )
    assert browser_can_play(probe(mute)) == (False, "browsers do not sound ac3")


def test_sound_alone(tmp_path):
    path = make_sound(tmp_path / "a.mka", clicks(2, [1.0]), codec="pcm_s24le")
    assert not browser_can_play(probe(path))[0]
    assert make_proxy(path, tmp_path / "copy.m4a")
    assert first_click(tmp_path / "copy.m4a") == pytest.approx(first_click(path), abs=0.005)


def test_stopped_or_failed_leaves_nothing(plain, tmp_path):
    out = tmp_path / "copy.mp4"
    assert not make_proxy(plain, out, should_stop=lambda: True)
    with pytest.raises(MediaNotFound):
        make_proxy(tmp_path / "missing.mp4", out)
    with pytest.raises(StoreError, match="cannot write"):
        make_proxy(plain, tmp_path / "no such folder" / "copy.mp4")
    assert list(tmp_path.iterdir()) == []
