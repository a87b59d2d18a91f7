"""Every frame arrives at its own pts, upright, for the rates that asked; what is damaged is a gap."""

import threading
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recordings import clicks, cut_off, even_times, make_sound, make_video, number_in, numbered_picture, spoil, turn_mp4

from cuetrack.errors import MediaUnreadable
from cuetrack.media.frames import FrameReader, read_frames, sample_frames
from cuetrack.media.probe import probe, pts_table

KINDS = {
    "h264.mp4": {"b_frames": 2},
    "h264.mkv": {"b_frames": 2},
    "hevc.mov": {"codec": "libx265", "b_frames": 2},
    "vp9.webm": {"codec": "libvpx-vp9"},
    "mpeg4.avi": {"codec": "mpeg4"},
    "h264.ts": {},
    "tenbit.mp4": {"pixel_format": "yuv420p10le"},
    "mjpeg.mov": {"codec": "mjpeg", "pixel_format": "yuvj420p"},
}


def numbers(frames):
    return [(frame.time_s, number_in(frame.luma)) for frame in frames]


@pytest.mark.parametrize("name", KINDS)
def test_every_container_gives_each_frame_its_time(tmp_path, name):
    path = make_video(tmp_path / name, even_times(40, 25), **KINDS[name])
    read = numbers(read_frames(path))
    assert [n for _, n in read] == list(range(40))
    assert [t for t, _ in read] == pytest.approx(even_times(40, 25), abs=0.0011)
    assert [t for t, _ in read] == pytest.approx(list(pts_table(path)), abs=1e-9)


def test_variable_rate_keeps_each_time(tmp_path):
    times = np.cumsum(np.random.default_rng(3).uniform(0.012, 0.09, 60))
    read = numbers(read_frames(make_video(tmp_path / "vfr.mp4", times)))
    assert [n for _, n in read] == list(range(60))
    assert [t for t, _ in read] == pytest.approx(list(times - times[0]), abs=1e-4)


def test_first_pts_is_session_time_0(tmp_path):
    path = make_video(tmp_path / "late.mkv", even_times(30, 25, 100.0), sound=clicks(1, [0.5]), sound_start_s=99.5)
    first = next(read_frames(path))
    assert first.time_s == pytest.approx(0.5, abs=0.07)  # the sound came first and set the clock


def test_one_decode_serves_several_rates(plain):
    reader = FrameReader(plain, {"face": 15, "torso": 10, "pose": 7.5, "fast": 100, "all": None})
    frames = list(reader)
    count = {name: sum(name in f.due for f in frames) for name in reader.rates_hz}
    assert count["all"] == count["fast"] == 100
    assert count["face"] == pytest.approx(60, abs=1)
    assert count["torso"] == pytest.approx(40, abs=1)
    assert count["pose"] == pytest.approx(30, abs=1)
    slow = [f.time_s for f in FrameReader(plain, {"pose": 7.5})]
    assert slow == [f.time_s for f in frames if "pose" in f.due]
    assert max(np.diff(slow)) < 2 / 7.5


@settings(max_examples=25, deadline=None)
@given(rate=st.floats(0.5, 60), start=st.floats(0, 3.5), length=st.floats(0.1, 4))
def test_any_rate_and_span(plain, rate, start, length):
    times = [f.time_s for f in read_frames(plain, rate_hz=rate, start_s=start, end_s=start + length)]
    assert all(start <= t < start + length for t in times)
    assert times == sorted(times)
    assert len(times) <= min(rate, 25) * length + 2
    inside = [t for t in even_times(100, 25) if start <= t < start + length]
    if rate >= 25.001:
        assert times == pytest.approx(inside)
    elif inside:
        assert len(times) >= min(rate * (inside[-1] - inside[0]) - 1, len(inside))


def test_starting_late_gives_the_same_frames(plain):
    whole = {round(t, 4): n for t, n in numbers(read_frames(plain))}
    part = numbers(read_frames(plain, start_s=2.02, end_s=3.0))
    assert part[0] == (pytest.approx(2.04), 51)
    assert all(whole[round(t, 4)] == n for t, n in part)
    assert len(part) == 24


@pytest.mark.parametrize(
    ("matrix", "corner"), [((0, 1, -1, 0), (0, 0)), ((-1, 0, 0, -1), (0, 1)), ((0, -1, 1, 0), (1, 1))]
)
def test_rotation_makes_the_picture_upright(plain, tmp_path, matrix, corner):
    """The red corner is stored below left; each turn puts it elsewhere."""
    frame = next(read_frames(turn_mp4(plain, tmp_path / "turned.mp4", matrix)))
    height, width, _ = frame.rgb.shape
    assert frame.size_px == (width, height)
    assert frame.luma.shape == (height, width)
    y, x = corner
    red = frame.rgb[(height - 1) * y, (width - 1) * x].astype(int)
    assert red[0] > red[1] + 100
    assert frame.rgb.flags.c_contiguous


def test_pixels_that_are_not_square_are_made_so(tmp_path):
    path = make_video(tmp_path / "wide.mp4", even_times(10, 25), pixel_shape=Fraction(16, 11))
    frame = next(read_frames(path))
    assert frame.size_px == (465, 192) == (probe(path).video.width_px, probe(path).video.height_px)
    assert frame.rgb.shape == (192, 465, 3)
    assert frame.luma.shape == (192, 465)
    assert number_in(list(read_frames(path))[7].luma) == 7


def test_a_picture_that_changes_size_is_scaled_to_the_first(tmp_path):
    """Calls send smaller pictures when the line is poor."""
    parts = [
        make_video(
            tmp_path / f"{k}.ts", even_times(10, 25, 0.4 * k), picture=partial(numbered_picture, width=w, height=h)
        )
        for k, (w, h) in enumerate([(320, 192), (160, 96)])
    ]
    path = tmp_path / "call.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    reader = FrameReader(path, {"all": None})
    frames = list(reader)
    assert len(frames) >= 15  # gluing the parts breaks the packet counter, which counts as damage at the seam
    assert {f.rgb.shape for f in frames} == {(192, 320, 3)}
    assert [number_in(f.luma) for f in frames][-10:] == list(range(10))
    assert "changes size" in " ".join(reader.warnings)


@pytest.mark.parametrize("gop", [5, 500])
def test_a_sample_of_frames_is_spread_evenly(tmp_path, gop):
    path = make_video(tmp_path / "long.mp4", even_times(250, 25), gop=gop)
    frames = sample_frames(path, 8, 10.0)
    times = [f.time_s for f in frames]
    assert len(times) == 8
    assert max(np.diff([0, *times, 10])) < 2.6
    assert [number_in(f.luma) for f in frames] == [round(t * 25) for t in times]


def test_rgb_and_luma_show_the_same(plain):
    for frame in read_frames(plain, rate_hz=5):
        grey = frame.rgb @ np.array([0.299, 0.587, 0.114])
        assert np.abs(grey * 219 / 255 + 16 - frame.luma).mean() < 2
        assert frame.rgb is frame.rgb
        assert not frame.luma.flags.writeable


def test_frames_outlive_their_reader_and_go_to_other_threads(plain):
    frames = list(read_frames(plain, rate_hz=10))
    found = [0] * len(frames)

    def look(first):
        for index in range(first, len(frames), 2):
            assert frames[index].rgb.shape == (192, 320, 3)
            found[index] = number_in(frames[index].luma)

    threads = [threading.Thread(target=look, args=(k,)) for k in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [round(f.time_s * 25) for f in frames]


def test_damage_in_the_middle_is_a_gap(tmp_path):
    whole = make_video(tmp_path / "whole.mkv", even_times(200, 25), gop=20)
    reader = FrameReader(spoil(whole, tmp_path / "spoilt.mkv", 0.4, 0.5), {"all": None})
    read = numbers(reader)
    assert all(n == round(t * 25) for t, n in read)
    assert 100 < len(read) < 195
    assert read[-1][1] == 199
    assert reader.gaps
    lost = set(range(200)) - {n for _, n in read}
    assert all(any(gap.start_s <= n / 25 <= gap.end_s for gap in reader.gaps) for n in lost)
    assert "damaged" in " ".join(reader.warnings)


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("whole.mp4", {"b_frames": 2}),
        ("whole.mov", {"codec": "libx265", "b_frames": 2}),
        ("whole.webm", {"codec": "libvpx-vp9"}),
        ("whole.ts", {"b_frames": 2}),
    ],
)
def test_no_damaged_frame_gets_through(tmp_path, name, more):
    whole = make_video(tmp_path / name, even_times(200, 25), gop=20, **more)
    reader = FrameReader(spoil(whole, tmp_path / f"spoilt{name}", 0.4, 0.43), {"all": None})
    read = numbers(reader)
    assert all(n == round(t * 25) for t, n in read)
    assert len(read) > 100
    assert reader.gaps
    assert "damaged" in " ".join(reader.warnings)


def test_an_avi_says_that_its_times_suffer(tmp_path):
    whole = make_video(tmp_path / "whole.avi", even_times(200, 25), gop=20, codec="mpeg4")
    reader = FrameReader(spoil(whole, tmp_path / "spoilt.avi", 0.4, 0.43), {"all": None})
    assert len(list(reader)) > 100
    assert "avi" in " ".join(reader.warnings)


def test_a_recording_that_ends_in_the_middle(tmp_path):
    whole = make_video(tmp_path / "whole.mkv", even_times(200, 25), gop=20)
    read = numbers(FrameReader(cut_off(whole, tmp_path / "cut.mkv", 0.5), {"all": None}))
    assert 50 < len(read) < 150
    assert all(n == round(t * 25) for t, n in read)


def test_no_picture_for_a_while_is_a_gap(tmp_path):
    times = even_times(25, 25) + even_times(25, 25, 4.0)
    reader = FrameReader(make_video(tmp_path / "pause.mp4", times), {"all": None})
    assert len(list(reader)) == 50
    assert [(g.start_s, g.end_s) for g in reader.gaps] == [(pytest.approx(0.96), pytest.approx(4.0))]


def test_every_frame_fails(tmp_path):
    whole = make_video(tmp_path / "whole.mkv", even_times(50, 25))
    with pytest.raises(MediaUnreadable, match="no frame"):
        list(read_frames(spoil(whole, tmp_path / "spoilt.mkv", 0.15, 1.0)))


def test_sound_alone_has_no_frames(tmp_path):
    with pytest.raises(MediaUnreadable, match="only sound"):
        list(read_frames(make_sound(tmp_path / "a.wav", clicks(1, [0.5]))))


def test_a_rate_must_be_above_0(plain):
    with pytest.raises(ValueError, match="above 0"):
        FrameReader(plain, {"face": 0})


@pytest.mark.media
def test_real_clips_give_every_frame(media: Path):
    for name, n in (("WolfgangLanger_Pexels.mp4", 472), ("face_noface.mov", 169), ("L_talks_R_silent.mp4", 200)):
        reader = FrameReader(media / "video" / name, {"all": None})
        times = [frame.time_s for frame in reader]
        assert len(times) == n
        assert times == pytest.approx(list(pts_table(media / "video" / name)), abs=1e-9)
        assert reader.gaps == []
        assert reader.warnings == []
