"""A recording is described as it is, and what is not a recording is refused in words."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from recordings import clicks, cut_off, even_times, make_sound, make_video, spoil, turn_mp4

from cuetrack.errors import MediaNotFound, MediaUnreadable
from cuetrack.media.probe import probe, pts_table
from cuetrack.store.files import sha256


def test_plain_recording(plain):
    info = probe(plain)
    assert "mp4" in info.container
    assert info.size_bytes == plain.stat().st_size
    assert info.duration_s == pytest.approx(4, abs=0.1)
    assert info.first_pts_s == 0
    assert (info.video.codec, info.video.width_px, info.video.height_px) == ("h264", 320, 192)
    assert info.video.rate_hz == pytest.approx(25)
    assert not info.video.is_variable
    assert [(a.codec, a.channels, a.rate_hz) for a in info.audio] == [("aac", 2, 16000)]
    assert info.warnings == ()


def test_picture_and_sound_keep_their_offset(tmp_path):
    path = make_video(tmp_path / "late.mkv", even_times(50, 25, 7.5), sound=clicks(2, [0.5]), sound_start_s=7.0)
    info = probe(path)
    assert info.first_pts_s == pytest.approx(7.0, abs=0.07)  # AAC begins one frame of priming early
    assert info.video.start_s == pytest.approx(7.5 - info.first_pts_s, abs=0.002)
    assert info.duration_s == pytest.approx(9.5 - info.first_pts_s, abs=0.1)


@pytest.mark.parametrize("rate", [11.94, 23.976, 60.0])
def test_odd_rates(tmp_path, rate):
    video = probe(make_video(tmp_path / "odd.mkv", even_times(40, rate))).video
    assert video.steady_rate_hz == pytest.approx(rate, rel=0.02)
    assert not video.is_variable


def test_variable_rate(tmp_path):
    times = np.cumsum(np.random.default_rng(1).uniform(0.01, 0.09, 60))
    video = probe(make_video(tmp_path / "vfr.mp4", times)).video
    assert video.is_variable
    assert video.rate_hz == pytest.approx(60 / (times[-1] - times[0]), rel=0.05)


@pytest.mark.parametrize(
    ("matrix", "clockwise"), [((0, 1, -1, 0), 90), ((-1, 0, 0, -1), 180), ((0, -1, 1, 0), 270), ((1, 0, 0, 1), 0)]
)
def test_rotation(plain, tmp_path, matrix, clockwise):
    video = probe(turn_mp4(plain, tmp_path / "turned.mp4", matrix)).video
    assert video.rotation_deg == clockwise
    assert (video.width_px, video.height_px) == ((192, 320) if clockwise % 180 else (320, 192))


def test_sound_alone(tmp_path):
    info = probe(make_sound(tmp_path / "a.flac", clicks(3, [1.0], channels=2), codec="flac"))
    assert info.video is None
    assert info.audio[0].channels == 2
    assert info.duration_s == pytest.approx(3, abs=0.01)


def test_pts_table_gives_every_frame(plain, tmp_path):
    assert pts_table(plain) == pytest.approx(even_times(100, 25), abs=1e-6)
    with pytest.raises(MediaUnreadable, match="only sound"):
        pts_table(make_sound(tmp_path / "a.wav", clicks(1, [0.5])))


def test_sha256(plain):
    assert sha256(plain) == hashlib.sha256(plain.read_bytes()).hexdigest()


def test_a_colon_in_the_name_is_no_network_address(plain, tmp_path):
    named = tmp_path / "http:session.mp4"
    named.write_bytes(plain.read_bytes())
    assert probe(named).video is not None


def test_what_is_not_there(tmp_path):
    with pytest.raises(MediaNotFound, match="no such file"):
        probe(tmp_path / "missing.mp4")
    with pytest.raises(MediaNotFound, match="folder"):
        probe(tmp_path)
    with pytest.raises(MediaNotFound, match="not a name"):
        probe("x" * 5000)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"These are my notes of Monday.\n" * 50, "holds text"),
        (b"1\n00:00:01,000 --> 00:00:02,000\nhello\n\n" * 9, "neither|none of either|holds text"),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:9/x.ts\n", "text|list of other files"),
        (bytes(5000), "zeros"),
        (np.random.default_rng(0).bytes(5000), "something else or damaged"),
    ],
)
def test_what_is_no_recording(tmp_path, content, words):
    path = tmp_path / "session.mp4"
    path.write_bytes(content)
    with pytest.raises(MediaUnreadable, match=words):
        probe(path)


def test_mp4_cut_off_before_its_index(plain, tmp_path):
    with pytest.raises(MediaUnreadable, match="moov"):
        probe(cut_off(plain, tmp_path / "cut.mp4", 0.6))


def test_streams_of_zero_length(tmp_path):
    path = make_video(tmp_path / "none.mp4", [])
    with pytest.raises(MediaUnreadable, match="index|picture"):
        probe(path)


def test_nothing_that_decodes(tmp_path):
    path = make_video(tmp_path / "bad.mkv", even_times(50, 25))
    with pytest.raises(MediaUnreadable, match="decode"):
        probe(spoil(path, tmp_path / "spoilt.mkv", 0.15, 1.0))


def test_frames_without_times_are_refused(tmp_path):
    """A bare stream of frames says nothing of when they were; a guessed rate would be wrong for every cue."""
    path = make_video(tmp_path / "bare.h264", even_times(20, 25))
    with pytest.raises(MediaUnreadable, match="without times"):
        probe(path)
    with pytest.raises(MediaUnreadable, match="carry no time"):
        pts_table(path)


def test_picture_lost_but_sound_kept(plain, tmp_path):
    """Where only the picture is of no use, the sound is still there, with a word about the picture."""
    data = plain.read_bytes().replace(b"avc1", b"zzz1")
    path = tmp_path / "unknown.mp4"
    path.write_bytes(data)
    info = probe(path)
    assert info.video is None
    assert info.audio
    assert info.warnings


@pytest.mark.media
def test_real_clips(media: Path):
    langer = probe(media / "video" / "WolfgangLanger_Pexels.mp4")
    assert langer.video.rate_hz == pytest.approx(24000 / 1001, rel=1e-3)
    assert langer.duration_s == pytest.approx(19.7, abs=0.05)
    phone = probe(media / "video" / "face_noface.mov")
    assert phone.video.codec == "hevc"
    assert phone.video.is_variable
    assert phone.audio[0].start_s == pytest.approx(2.43, abs=0.01)
    assert probe(media / "video" / "head-pose-face-detection-female-and-male_from_gif.mp4").audio == ()
    assert probe(media / "audio_2spk" / "sample.wav").video is None
