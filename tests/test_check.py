"""What was wrong with a recording is what the check says, at its level, and nothing else."""

import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parent / "media"))
from portraits import side_by_side
from recordings import babble, even_times, make_sound, make_video

from cuetrack.check import check
from cuetrack.errors import MediaNotFound, MediaUnreadable, PeopleError

RATE = 48000


@pytest.fixture(scope="module")
def voices():
    """Two people taking turns of two seconds over faint noise, 12 s, (2, n)."""
    rng = np.random.default_rng(1)
    both = np.stack([babble(12, 1, RATE), babble(12, 2, RATE)])
    turn = (np.arange(both.shape[1]) // (2 * RATE)) % 2
    return (both * np.stack([turn == 0, turn == 1]) + 0.0003 * rng.normal(size=both.shape)).astype(np.float32)


@pytest.fixture(scope="module")
def film(tmp_path_factory, voices):
    """Make a film of n people in a row, with this sound or the two voices, a channel each."""
    folder = tmp_path_factory.mktemp("films")

    def make(name, people=2, size_px=400, light=1.0, rate_hz=25, sound=voices, **more):
        picture = side_by_side(people, size_px, light)
        times = even_times(round(12 * rate_hz), rate_hz)
        kind = {"sound_rate_hz": RATE, "stated_rate_hz": rate_hz, "gop": 25, **more}
        return make_video(folder / name, times, picture=lambda number: picture, sound=sound, **kind)

    return make


@pytest.fixture(scope="module")
def good(film):
    return film("good.mp4")


def said(report, level):
    return [f"{f.subject}: {f.text} {f.advice}" for f in report.findings if f.level == level]


def only(report, *words):
    """The report holds exactly these weak findings and problems, besides the shortness of what is made here."""
    found = [t for t in said(report, "problem") + said(report, "weak") if "it lasts" not in t]
    assert len(found) == len(words), found
    for word in words:
        assert any(word in text for text in found), (word, found)


def test_a_good_recording(good):
    report = check(good, people={"client": "left", "therapist": "right"})
    only(report)
    assert [p.name for p in report.people] == ["client", "therapist"]
    for person in report.people:
        assert 90 < person.face_px < 250
        assert person.share == 1
    assert any("a person per channel" in text for text in said(report, "ok"))
    assert any("client" in text and f"face {report.people[0].face_px:.0f} px" in text for text in said(report, "ok"))


def test_places_decide_the_names(good):
    assert [p.name for p in check(good, people={"client": "right", "therapist": ""}).people] == ["therapist", "client"]
    assert [p.name for p in check(good).people] == ["person on the left", "person on the right"]


def test_too_few_frames(film):
    only(check(film("slow.mp4", rate_hz=12)), "12 frames a second: too few for blinks")


def test_too_small_faces(film):
    report = check(film("small.mp4", size_px=160))
    only(report, "small for gaze", "small for gaze")


def test_dark(film):
    report = check(film("dark.mp4", light=0.2))
    assert any("the picture is dark" in text for text in said(report, "weak"))


def test_no_face_anywhere(film):
    report = check(film("empty.mp4", people=0))
    assert any("no face was found" in text for text in said(report, "problem"))
    assert report.people == ()


def test_more_than_two_people(film):
    only(check(film("three.mp4", people=3, size_px=300)), "3 people are seen, 2 expected")


def test_one_person_alone(film, voices):
    path = film("one.mp4", people=1, sound=voices[:1])
    only(check(path), "only 1 of 2", "mono mix")
    only(check(path, people={"client": ""}))


@pytest.mark.parametrize(
    ("name", "change", "word"),
    [
        ("mono", lambda v: np.repeat(v.sum(axis=0, keepdims=True), 2, axis=0), "mono mix"),
        ("silent", lambda v: v * 0, "silent: no voice"),
    ],
)
def test_sound_that_is_weak(tmp_path, voices, name, change, word):
    path = make_sound(tmp_path / f"{name}.wav", change(voices).astype(np.float32), RATE)
    only(check(path), word, "no picture")


def test_one_silent_channel(tmp_path, voices):
    path = make_sound(tmp_path / "half.wav", voices * np.array([[1], [0]], np.float32), RATE)
    only(check(path), "channel 2: this channel is silent", "mixed in every channel", "no picture")


def test_clipping(tmp_path, voices):
    path = make_sound(tmp_path / "loud.wav", np.clip(voices * 30, -1, 1), RATE)
    assert sum("clipping" in text for text in said(check(path), "weak")) == 2


def test_what_a_browser_cannot_show(film):
    only(check(film("camera.mov", codec="mjpeg", pixel_format="yuvj420p")), "browsers do not show mjpeg")


def test_no_sound(film):
    only(check(film("mute.mp4", sound=None)), "there is no sound")


def test_two_files_find_their_clocks(tmp_path, voices):
    near = np.array([[1, 0.05], [0.05, 1]], np.float32) @ voices
    save = partial(make_sound, rate_hz=RATE)
    first, second = save(tmp_path / "a.wav", near[:1]), save(tmp_path / "b.wav", near[1:, RATE:])
    report = check({"client": first, "therapist": second})
    assert any("starts +1.00 s" in f.text for f in report.findings)
    apart = save(tmp_path / "c.wav", babble(12, 9, RATE)[None])
    report = check({"client": first, "therapist": apart})
    assert any("cannot be aligned" in text and "--offset" in text for text in said(report, "problem"))


def test_bad_input_is_refused(good, tmp_path):
    with pytest.raises(MediaNotFound):
        check(tmp_path / "missing.mp4")
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(MediaUnreadable):
        check(tmp_path / "empty.mp4")
    with pytest.raises(PeopleError):
        check(good, people={"client": "above"})


@pytest.mark.media
def test_real_clips(media: Path):
    report = check(media / "video" / "head-pose-face-detection-female-and-male_from_gif.mp4")
    only(report, "there is no sound", "too few for blinks", "small for gaze", "small for gaze")
    report = check(media / "video" / "WolfgangLanger_Pexels.mp4")
    only(report, "sound track is silent", "only 1 of 2")
    assert report.people[0].share == 1
