"""The video stage on real clips: who is found, who is not invented, the same bytes however often it is interrupted."""

import hashlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from cuetrack.errors import PeopleError, StoreError
from cuetrack.people.identity import find_people
from cuetrack.people.shelf import read_part
from cuetrack.people.watch import View, WatchSettings, load_tracks, watch

pytestmark = pytest.mark.media

TALK = "L_talks_R_silent.mp4"
QUICK = WatchSettings(face_hz=8, body_hz=4, torso_hz=8)


def bytes_of(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


@pytest.fixture(scope="session")
def two_halves(media: Path) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The two people of one clip, each as small square pictures, every third frame."""
    import cv2

    from cuetrack.media.frames import read_frames

    frames = [cv2.resize(f.rgb, (480, 240), interpolation=cv2.INTER_AREA) for f in read_frames(media / "video" / TALK)]
    return [f[:, :240] for f in frames[::2]], [f[:, 240:] for f in frames[::2]]


def staged(path: Path, halves, place: Callable[[float], tuple[float | None, float | None]], seconds: float) -> Path:
    """Write a 960x300 clip at 12.5/s: the two people stand where `place(t)` says, left edges in px, None is away."""
    import av

    ground = (np.indices((300, 960)).sum(0)[..., None] // 8 % 32 + np.array([110, 115, 120])).astype(np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(25, 2))
        stream.width, stream.height, stream.pix_fmt = 960, 300, "yuv420p"
        stream.options = {"crf": "20", "preset": "veryfast"}
        for i in range(round(seconds * 12.5)):
            picture = ground.copy()
            for half, left in reversed(list(zip(halves, place(i / 12.5), strict=True))):
                if left is None:
                    continue
                begin, end = max(0, round(left)), min(960, round(left) + 240)
                if end > begin:
                    shown = half[i % len(half)][:, begin - round(left) : end - round(left)]
                    picture[30:270, begin:end] = shown
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = i
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def along(t: float, start_s: float, end_s: float, start: float, end: float) -> float:
    return start + (end - start) * float(np.clip((t - start_s) / (end_s - start_s), 0, 1))


LEFT, RIGHT = 80, 640
SCENES: dict[str, Callable[[float], tuple[float | None, float | None]]] = {
    "crossing": lambda t: (along(t, 2, 4, LEFT, RIGHT), along(t, 2, 4, RIGHT, LEFT)),
    "leaving and coming back on the other side": lambda t: (
        along(t, 2.5, 3.5, LEFT, RIGHT),
        along(t, 1, 2, RIGHT, 970) if t < 4 else along(t, 4, 5, -250, LEFT),
    ),
    "cut that swaps the sides": lambda t: (LEFT, RIGHT) if t < 3 else (RIGHT, LEFT),
    "cut to one and back": lambda t: (LEFT, RIGHT) if t < 2 or t >= 4 else (None, 360),
}


@pytest.mark.parametrize("name", SCENES)
def test_everyone_keeps_their_name(name: str, two_halves, tmp_path: Path):
    place, seconds = SCENES[name], 6.5
    clip = staged(tmp_path / "clip.mp4", two_halves, place, seconds)
    report = watch([View(clip, {"ann": "left", "bob": "right"})], tmp_path / "tracks", settings=QUICK)
    faces = load_tracks(tmp_path / "tracks")["face"]
    for person, k in (("ann", 0), ("bob", 1)):
        track = faces[person]
        seen = track.confidence > 0
        x = np.nanmean(track.points_px[seen][:, :, 0], axis=1)
        own = np.array([p if (p := place(t)[k]) is not None else np.nan for t in track.time_s[seen]])
        assert np.abs(x - own - 130).max() < 60, "someone else's face under this name"
        inside = np.array([(p := place(t)[k]) is not None and -60 < p < 780 for t in track.time_s])
        assert seen[inside].mean() > 0.75
        assert np.isnan(track.points_px[~seen]).all()
        assert np.isnan(track.blendshapes[~seen]).all()
    assert min(report.tracked["ann"]["sure"], report.tracked["bob"]["sure"]) > 0.8


@pytest.fixture(scope="session")
def talk(media: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, object]:
    folder = tmp_path_factory.mktemp("talk")
    return folder, watch([View(media / "video" / TALK, {"client": "left", "therapist": "right"})], folder)


def test_two_people_side_by_side(talk):
    folder, report = talk
    assert report.people == {"client": "left", "therapist": "right"}
    tracks = load_tracks(folder)
    for person in ("client", "therapist"):
        assert report.tracked[person]["face"] == 1
        assert report.tracked[person]["body"] > 0.9
        assert report.tracked[person]["torso"] > 0.9
        face = tracks["face"][person]
        assert (np.diff(face.time_s) > 0).all()
        least, most = (0.9, 1.0) if person == "client" else (0.6, 0.75)  # the one on the right has a short beard
        assert least < face.confidence.min() <= face.confidence.max() <= most
        turn = face.matrix[:, :3, :3].astype(float)
        assert np.allclose(turn @ turn.transpose(0, 2, 1), np.eye(3), atol=1e-4)
        assert (face.matrix[:, 2, 3] < -10).all()
    gap = tracks["face"]["therapist"].at(1)[:, 0] - tracks["face"]["client"].at(1)[:, 0]
    assert gap.min() > 350
    assert not tracks["scene"]["scene"].cut.any()
    assert tracks["scene"]["scene"].camera_px.max() < 0.2
    # the one on the left talks and moves, the one on the right sits still
    assert np.nanmean(tracks["torso"]["client"].energy) > 2 * np.nanmean(tracks["torso"]["therapist"].energy)


def test_the_same_recording_gives_the_same_bytes(talk, media: Path, tmp_path: Path):
    folder, _ = talk
    watch([View(media / "video" / TALK, {"therapist": "right", "client": "left"})], tmp_path)
    assert bytes_of(tmp_path) == bytes_of(folder)


def test_an_interrupted_run_goes_on_and_ends_equal(media: Path, tmp_path: Path):
    views = [View(media / "video" / TALK, {"client": "left", "therapist": "right"})]
    settings = WatchSettings(face_hz=6, body_hz=3, part_s=3, warm_up_s=1)
    whole = watch(views, tmp_path / "whole", settings=settings)
    assert len(bytes_of(tmp_path / "whole")) == 3
    blocks = iter(range(100))
    stopped = watch(views, tmp_path / "again", settings=settings, should_stop=lambda: next(blocks) > 5)
    assert stopped.stopped
    first = bytes_of(tmp_path / "again")
    assert 1 <= len(first) < 3
    resumed = watch(views, tmp_path / "again", settings=settings)
    assert not resumed.stopped
    assert bytes_of(tmp_path / "again") == bytes_of(tmp_path / "whole")
    assert resumed.tracked == whole.tracked
    for part in (tmp_path / "whole").glob("view*.npz"):  # no picture of a mouth is kept once all parts are made
        assert not [name for name in read_part(part)[0] if "exemplars" in name]
    tracks = load_tracks(tmp_path / "whole")
    assert (np.diff(tracks["face"]["client"].time_s) > 0).all()
    assert np.nanmax(np.abs(np.diff(tracks["torso"]["therapist"].chest_y_px))) < 10
    told: list[float] = []
    watch(views, tmp_path / "whole", settings=settings, progress=lambda done, of: told.append(done / of))
    assert told[-1] == pytest.approx(1)
    damaged = next((tmp_path / "whole").glob("view0-0001*"))
    damaged.write_bytes(damaged.read_bytes()[:1000])
    with pytest.raises(StoreError, match="Delete it"):
        load_tracks(tmp_path / "whole")
    watch(views, tmp_path / "whole", settings=settings)
    assert bytes_of(tmp_path / "whole") == bytes_of(tmp_path / "again")


def test_nobody_is_invented_where_nobody_is(media: Path, tmp_path: Path):
    report = watch([View(media / "video" / "face_noface.mov")], tmp_path, settings=QUICK)
    assert report.people == {"person": ""}
    tracks = load_tracks(tmp_path)
    face, torso = tracks["face"]["person"], tracks["torso"]["person"]
    shown = face.time_s < 2.4
    assert (face.confidence[shown] > 0.9).all()
    assert (face.confidence[face.time_s > 2.5] == 0).all()
    assert (tracks["body"]["person"].confidence[tracks["body"]["person"].time_s > 2.5] == 0).all()
    assert (torso.quality[torso.time_s > 3] == 0).all()
    assert tracks["scene"]["scene"].time_s[tracks["scene"]["scene"].cut][0] == pytest.approx(2.4, abs=0.15)


def test_a_hand_on_the_mouth_lowers_likeness_though_the_face_is_found(media: Path, tmp_path: Path):
    watch([View(media / "video" / "WolfgangLanger_Pexels.mp4")], tmp_path, settings=QUICK)
    face = load_tracks(tmp_path)["face"]["person"]
    hand = (face.time_s > 4) & (face.time_s < 9.3)  # looked at frame by frame
    free = (face.time_s < 2) | ((face.time_s > 10) & (face.time_s < 17.5))
    assert face.confidence[hand].min() > 0.9
    assert np.median(face.likeness[hand]) < 0.3
    assert np.median(face.likeness[free]) > 0.9
    assert (face.likeness[free] > 0.5).mean() > 0.95


def test_small_faces_on_a_picture_of_270_lines(media: Path, tmp_path: Path):
    name = "head-pose-face-detection-female-and-male_from_gif.mp4"
    report = watch([View(media / "video" / name, mirrored=True)], tmp_path)
    assert report.people == {"left": "left", "right": "right"}
    assert any("mirror" in w for w in report.warnings)
    faces = load_tracks(tmp_path)["face"]
    assert all(report.tracked[p]["face"] > 0.95 for p in ("left", "right"))
    assert np.nanmax(faces["left"].at(1)[:, 0]) < np.nanmin(faces["right"].at(1)[:, 0])
    # her own right eye lies at the right of the picture where the picture is a mirror image
    assert (faces["right"].at(33)[:, 0] > faces["right"].at(263)[:, 0]).all()


def test_one_file_per_person_on_one_clock(media: Path, tmp_path: Path):
    clip = media / "video" / "WolfgangLanger_Pexels.mp4"
    other = media / "video" / "face_noface.mov"
    report = watch([View(clip, {"client": ""}), View(other, {"therapist": ""}, offset_s=5.0)], tmp_path, settings=QUICK)
    assert set(report.people) == {"client", "therapist"}
    faces = load_tracks(tmp_path)["face"]
    assert faces["client"].time_s[0] == pytest.approx(0, abs=0.01)
    assert faces["therapist"].time_s[0] == pytest.approx(5, abs=0.2)
    assert faces["client"].frame_size_px == (640, 360)
    assert faces["therapist"].frame_size_px == (960, 540)
    cuts = load_tracks(tmp_path)["scene"]["scene"]
    assert cuts.time_s[cuts.cut][0] == pytest.approx(7.4, abs=0.3)


def test_people_are_found_on_a_picture(media: Path):
    from cuetrack.media.frames import read_frames

    frame = next(iter(read_frames(media / "video" / TALK)))
    found = find_people(frame.rgb)
    assert len(found) == 2
    assert all(p.face_box_px is not None and p.body_box_px is not None and p.score > 0.8 for p in found)
    assert found[0].centre_px[0] < 480 < found[1].centre_px[0]
    small = np.full((1080, 1920, 3), 128, np.uint8)
    small[400:640, 1000:1480] = frame.rgb[::2, ::2]
    assert len(find_people(small, bodies=False)) == 2
    assert find_people(np.full((480, 640, 3), 90, np.uint8)) == []


@pytest.mark.parametrize(
    ("people", "said"),
    [
        ({"a": "middle"}, "left or right"),
        ({"a": "left", "b": "left"}, "need the places left and right"),
        ({"a": "left", "b": "right", "c": ""}, "two people can be tracked"),
    ],
)
def test_people_who_cannot_be_placed(people: dict[str, str], said: str, media: Path, tmp_path: Path):
    with pytest.raises(PeopleError, match=said):
        watch([View(media / "video" / TALK, people)], tmp_path)


def test_the_same_name_twice(media: Path, tmp_path: Path):
    clip = media / "video" / "WolfgangLanger_Pexels.mp4"
    with pytest.raises(PeopleError, match="name of their own"):
        watch([View(clip, {"a": ""}), View(clip, {"a": ""})], tmp_path)


def test_no_tracks_at_all(tmp_path: Path):
    with pytest.raises(StoreError, match="analyse the recording first"):
        load_tracks(tmp_path)
