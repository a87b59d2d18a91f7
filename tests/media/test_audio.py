"""Sound arrives on the session clock, from any container, with its gaps marked."""

from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recordings import clicks, even_times, make_sound, make_video, spoil

from cuetrack.errors import MediaUnreadable
from cuetrack.media.audio import load_sound, read_sound
from cuetrack.terms import Span

CLICKS_S = (0.5, 1.5, 3.25)


def click_times(sound):
    loud = np.abs(sound.mono()) > 0.25
    rises = np.flatnonzero(loud & ~np.r_[False, loud[:-1]]) / sound.rate_hz + sound.start_s
    return [float(rises[i]) for i in range(len(rises)) if i == 0 or rises[i] - rises[i - 1] > 0.02]


@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [
        ("a.wav", "pcm_s16le", 16000),
        ("a48.wav", "pcm_f32le", 48000),
        ("a.flac", "flac", 44100),
        ("a.m4a", "aac", 44100),
        ("a.mp3", "mp3", 44100),
        ("a.ogg", "libopus", 48000),
        ("a.mka", "pcm_s24le", 22050),
        ("telephone.wav", "pcm_mulaw", 8000),
    ],
)
def test_clicks_come_back_at_their_times(tmp_path, name, codec, rate):
    path = make_sound(tmp_path / name, clicks(4, CLICKS_S, rate), rate, codec)
    sound = load_sound(path)
    assert sound.rate_hz == 16000
    assert sound.gaps == ()
    assert sound.duration_s == pytest.approx(4, abs=0.15)
    assert click_times(sound) == pytest.approx(CLICKS_S, abs=0.002)


def test_sound_of_a_video_keeps_its_offset(tmp_path):
    path = make_video(
        tmp_path / "late.mkv", even_times(75, 25, 2.0), sound=clicks(2, [0.5], 48000), sound_rate_hz=48000,
        sound_start_s=3.0, sound_codec="libopus",
    )  # fmt: skip
    sound = load_sound(path)
    assert sound.start_s == pytest.approx(1.0, abs=0.01)
    assert click_times(sound) == pytest.approx([1.5], abs=0.002)


def test_channels_stay_apart(tmp_path):
    both = np.concatenate([clicks(2, [0.5]), clicks(2, [1.5])])
    sound = load_sound(make_sound(tmp_path / "two.wav", both))
    assert sound.samples.shape == (2, 32000)
    assert sound.samples.dtype == np.int16
    for index, time_s in enumerate((0.5, 1.5)):
        assert np.argmax(np.abs(sound.channel(index))) / 16000 == pytest.approx(time_s, abs=0.003)
    assert sound.channel(0).dtype == sound.mono().dtype == np.float32


def test_blocks_follow_each_other_without_seams(tmp_path):
    rng = np.random.default_rng(0)
    noise = (0.1 * rng.normal(size=(1, 44100 * 5))).astype(np.float32)
    path = make_sound(tmp_path / "noise.wav", noise, 44100)
    blocks = list(read_sound(path))
    ends = [b.time_s + b.samples.shape[1] / 16000 for b in blocks]
    assert [b.time_s for b in blocks[1:]] == pytest.approx(ends[:-1], abs=1e-6)
    assert all(0.9 < b.samples.shape[1] / 16000 < 1.2 for b in blocks[:-1])
    own = np.concatenate([b.samples for b in read_sound(path, rate_hz=None)], axis=1)
    assert own == pytest.approx(noise, abs=1e-4)


@settings(max_examples=20, deadline=None)
@given(start=st.floats(0, 3.5), length=st.floats(0.05, 3))
def test_any_span_is_cut_from_the_whole(plain, start, length):
    whole = load_sound(plain)
    part = load_sound(plain, start_s=start, end_s=start + length)
    assert part.start_s == pytest.approx(start, abs=2 / 16000)
    assert part.end_s == pytest.approx(min(start + length, whole.end_s), abs=2 / 16000)
    cut = whole.between(part.start_s, part.end_s)
    n = min(part.samples.shape[1], cut.samples.shape[1]) - 200
    near_click = min(abs(part.start_s - t) for t in CLICKS_S) < 0.1
    if n > 0 and not near_click:
        assert np.abs(part.samples[:, 100:n].astype(int) - cut.samples[:, 100:n]).max() < 2000
        assert click_times(part) == pytest.approx(click_times(cut), abs=0.001)


@pytest.mark.parametrize(("name", "codec"), [("whole.flac", "flac"), ("whole.m4a", "aac")])
def test_damage_in_the_middle_is_a_gap(tmp_path, name, codec):
    time_s = np.arange(16000 * 10) / 16000
    tone = (0.3 * np.sin(2 * np.pi * 440 * time_s) * (1 + 0.5 * np.sin(2 * time_s))).astype(np.float32)
    whole = make_sound(tmp_path / name, tone[None], codec=codec)
    sound = load_sound(spoil(whole, tmp_path / f"spoilt{name}", 0.45, 0.5))
    assert sound.duration_s == pytest.approx(10, abs=0.1)
    assert 0.3 < sum(gap.duration_s for gap in sound.gaps) < 1.2
    for gap in sound.gaps:
        assert not sound.between(gap.start_s + 0.001, gap.end_s - 0.001).samples.any()


def test_what_is_no_number_is_a_gap(tmp_path):
    sound = np.full((1, 32000), 0.1, dtype=np.float32)
    sound[0, 16000:17000] = np.nan
    loaded = load_sound(make_sound(tmp_path / "nan.wav", sound, codec="pcm_f32le"))
    assert len(loaded.gaps) == 1
    assert loaded.gaps[0].overlap_s(Span(1.0, 1.0625)) == pytest.approx(0.0625)
    assert set(np.unique(loaded.samples)) <= {0, *range(3270, 3285)}


def test_too_loud_floats_are_clipped_not_wrapped(tmp_path):
    sound = np.full((1, 16000), 1.7, dtype=np.float32)
    loaded = load_sound(make_sound(tmp_path / "hot.wav", sound, codec="pcm_f32le"))
    assert loaded.samples.min() == 32767


def test_between_keeps_time_and_gaps(plain):
    sound = load_sound(plain)
    part = sound.between(1.0, 2.0)
    assert (part.start_s, part.duration_s) == (1.0, 1.0)
    assert click_times(part) == pytest.approx([1.5], abs=0.002)
    assert sound.between(90, 99).samples.shape == (2, 0)
    assert sound.between(-5, 0.25).start_s == 0


def test_no_sound_is_said(tmp_path, plain):
    silent = make_video(tmp_path / "silent.mp4", even_times(10, 25))
    with pytest.raises(MediaUnreadable, match="sound track 1, the recording has 0"):
        load_sound(silent)
    with pytest.raises(MediaUnreadable, match="sound track 2"):
        load_sound(plain, track=1)


@pytest.mark.media
def test_real_sound(media: Path):
    late = load_sound(media / "video" / "face_noface.mov")
    assert late.start_s == pytest.approx(2.43, abs=0.01)
    wav = load_sound(media / "audio_2spk" / "sample.wav")
    assert wav.samples.shape == (1, 480000)
    silent = load_sound(media / "video" / "WolfgangLanger_Pexels.mp4")
    assert not silent.samples.any()


@pytest.mark.parametrize(("jump_s", "read"), [(1800.0, True), (18 * 3600.0, False)])
def test_times_that_jump_by_hours_are_damage(tmp_path, jump_s, read):
    early = make_sound(tmp_path / "early.mka", clicks(1, (0.5,), 16000), 16000, "pcm_s16le")
    path = tmp_path / "jump.mka"
    with av.open(str(early)) as given, av.open(str(path), "w") as out:
        stream = out.add_stream_from_template(given.streams.audio[0])
        packets = [p for p in given.demux(audio=0) if p.dts is not None]
        for number, packet in enumerate(packets):
            later = round(jump_s / packet.time_base) if number >= len(packets) // 2 else 0
            packet.pts, packet.dts, packet.stream = packet.pts + later, packet.dts + later, stream
            out.mux(packet)
    if read:
        (gap,) = load_sound(path).gaps
        assert gap.duration_s == pytest.approx(jump_s, abs=0.1)
    else:
        with pytest.raises(MediaUnreadable, match=r"jump from 0\.0 to 18\.0 hours"):
            load_sound(path)
