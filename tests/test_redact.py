"""A copy to share: no face for any of three detectors, another voice, no name, no date; whole or not there."""

import shutil
import tomllib
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from recordings import make_video

from cuetrack.errors import CuetrackError, MediaNotFound, StillSeen, StoreError
from cuetrack.media.audio import load_sound
from cuetrack.media.disguise import disguised
from cuetrack.media.frames import read_frames
from cuetrack.people import engines, hiding
from cuetrack.people.pitch import track_pitch
from cuetrack.pipeline import redact as redacting
from cuetrack.pipeline.redact import Shared, Wanted, redact
from cuetrack.session import open_session
from cuetrack.store.files import read_json, read_table, sha256, write_json, write_table
from cuetrack.store.folder import SessionFolder

FRAMES = 75
SECRETS = ("Maria", "maria", "Muster", "Peter", "2026-03-03", "2026-03-04", "Vienna", "march", "/home")


@pytest.fixture(scope="module")
def clip(rendered, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first three seconds of the rendered session, with names, a date and a place in its tags."""
    place = tmp_path_factory.mktemp("clip")
    pictures = [f.rgb for f in islice(read_frames(rendered.path), FRAMES)]
    sound = load_sound(rendered.path, 16000, end_s=FRAMES / 25).samples.astype(np.float32) / 32768
    plain = make_video(place / "plain.mp4", [k / 25 for k in range(FRAMES)], picture=lambda k: pictures[k], sound=sound)
    path = place / "Maria Muster 2026-03-03.mp4"
    with av.open(str(plain)) as source, av.open(str(path), "w", options={"movflags": "use_metadata_tags"}) as out:
        tags = {
            "title": "Maria Muster",
            "creation_time": "2026-03-04T10:00:00Z",
            "comment": "Vienna",
            "artist": "Peter",
        }
        out.metadata.update(tags)
        streams = {s.index: out.add_stream_from_template(s) for s in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
    assert b"Muster" in path.read_bytes()
    return path


def session_of(analysed: Path, clip: Path, place: Path, names: dict[str, str]) -> Path:
    """Return the analysed session as if the clip were its recording, its people called otherwise."""
    path = Path(shutil.copytree(analysed, place))
    folder = SessionFolder(path)
    known = folder.description()
    people = {names.get(p, p): v for p, v in known["people"].items()}
    media = [{**known["media"][0], "path": str(clip), "sha256": sha256(clip), "size": clip.stat().st_size}]
    consent = {"note": "Maria Muster signed", names.get("client", "client"): {"given": True, "date": "2026-03-03"}}
    folder.describe({**known, "name": place.stem, "people": people, "media": media, "consent": consent})
    for place in [*path.glob("cues/*.parquet"), *path.glob("moments/*.parquet")] if names else []:
        table = read_table(place)
        for column in table.select_dtypes(exclude=["number", "bool"]):
            for old, new in names.items():
                table[column] = table[column].str.replace(old, new)
        write_table(place, table)
    made = read_json(path / "moments" / "default.json")
    made["settings"]["baseline_from"] = ["/home/peter/maria-march.cue"]
    made["inputs"]["baseline Maria"] = "0"
    write_json(path / "moments" / "default.json", made)
    (path / "export").mkdir(exist_ok=True)
    (path / "export" / "maria.eaf").write_text("Maria")
    (path / "review.sqlite").write_bytes(b"Maria")
    return path


@pytest.fixture(scope="module")
def named(analysed: Path, clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("named") / "maria.cue"
    return session_of(analysed, clip, place, {"client": "Maria", "therapist": "Peter"})


@pytest.fixture(scope="module")
def shared(named: Path, tmp_path_factory: pytest.TempPathFactory) -> Shared:
    return redact(named, tmp_path_factory.mktemp("out") / "case7.cue")


def detectors() -> list[Any]:
    """Three ways to find faces that `redact` itself does not use so: MediaPipe's mesh on tiles, and two cascades."""
    import skimage
    from skimage.feature import Cascade

    mesh = engines.face_landmarker(faces=4, video=False)
    cascade = Cascade(str(Path(skimage.__file__).parent / "data" / "lbpcascade_frontalface_opencv.xml"))

    def in_mesh(rgb: Any) -> bool:
        high, wide = rgb.shape[:2]
        tiles = [rgb[:, x : x + high] for x in range(0, max(1, wide - high + 1), max(1, high // 2))]
        return any(mesh.detect(engines.image(np.ascontiguousarray(t))).face_landmarks for t in tiles)

    def in_cascade(rgb: Any) -> bool:
        return bool(cascade.detect_multi_scale(rgb, 1.2, 1, (60, 60), (400, 400)))

    return [in_mesh, in_cascade]


def test_no_detector_finds_a_face(shared: Shared, clip: Path) -> None:
    copy = shared.folder / "recording.mp4"
    assert shared.frames_checked == FRAMES
    frames = list(islice(read_frames(copy), 0, None, 5))
    before = list(islice(read_frames(clip), 0, None, 25))
    for finds in detectors():
        assert all(finds(f.rgb) for f in before)  # it can see them
        assert not any(finds(f.rgb) for f in frames)
    assert len(hiding.faces_left(clip, hiding.Heads())[0]) == FRAMES


def test_what_is_no_head_stays(shared: Shared, clip: Path) -> None:
    """Hands, gestures and posture are what a supervisor looks at: below the neck the picture is the same."""
    for old, new in zip(
        islice(read_frames(clip), 3), islice(read_frames(shared.folder / "recording.mp4"), 3), strict=True
    ):
        low = slice(int(0.85 * old.rgb.shape[0]), None)
        assert np.abs(old.rgb[low].astype(int) - new.rgb[low].astype(int)).mean() < 6
        assert old.time_s == pytest.approx(new.time_s, abs=0.001)


def test_the_voice_is_another_at_the_same_times(shared: Shared, clip: Path) -> None:
    old, new = (load_sound(p, 16000) for p in (clip, shared.folder / "recording.mp4"))
    assert abs(old.duration_s - new.duration_s) < 0.1
    n = min(old.samples.shape[1], new.samples.shape[1])
    f0 = [track_pitch(s.samples[:, :n].mean(axis=0).astype(np.int16))[0] for s in (old, new)]
    voiced = np.isfinite(f0[0]) & np.isfinite(f0[1])
    assert voiced.sum() > 40
    ratio = float(np.median(f0[1][voiced] / f0[0][voiced]))
    assert 0.75 < ratio < 0.85 or 1.19 < ratio < 1.31
    levels = [np.sqrt(np.convolve(s.mono()[:n] ** 2, np.ones(1600) / 1600, "same"))[::400] for s in (old, new)]
    assert np.corrcoef(levels)[0, 1] > 0.95


def test_no_name_and_no_date_is_left(shared: Shared) -> None:
    for path in sorted(shared.folder.rglob("*")):
        assert not any(secret.lower() in str(path.relative_to(shared.folder)).lower() for secret in SECRETS)
        if path.suffix == ".parquet":
            table = read_table(path)
            text = table.to_csv() + str(table.attrs) + str(list(table.columns))
        elif path.is_file():
            text = path.read_bytes().decode("latin-1")
        else:
            continue
        assert [s for s in SECRETS if s in text] == [], path.name
    with av.open(str(shared.folder / "recording.mp4")) as copy:
        tags = dict(copy.metadata) | {k: v for s in copy.streams for k, v in s.metadata.items()}
    assert set(tags) <= {
        "major_brand",
        "minor_version",
        "compatible_brands",
        "language",
        "handler_name",
        "vendor_id",
        "encoder",
    }
    assert "creation_time" not in tags
    kept = {p.name for p in shared.folder.iterdir()}
    assert kept == {"session.toml", "run.json", "report.html", "recording.mp4", "cues", "moments"}
    assert {p.stat().st_mode & 0o077 for p in [shared.folder, *shared.folder.rglob("*")]} == {0}
    assert shared.people == {"Peter": "person_1", "Maria": "person_2"}


def test_the_copy_opens_as_a_session(
    shared: Shared, named: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recording.mp4").write_text("another of the same name")
    moved = Path(shutil.copytree(shared.folder, tmp_path / "case7.cue"))
    opened, before = open_session(moved), open_session(named)
    assert opened.people == ("person_1", "person_2")
    assert Path(opened.description["media"][0]["path"]) == moved / "recording.mp4"
    assert len(opened.moments) == len(before.moments)
    np.testing.assert_array_equal(opened["gaze"]["gaze_yaw_deg"], before["gaze"]["gaze_yaw_deg"])
    assert "consent" not in tomllib.loads((moved / "session.toml").read_text())


def test_faces_that_were_missed_are_covered_in_another_go(
    named: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look beforehand sees nobody; the look afterwards does, until nobody can be found."""
    monkeypatch.setattr(hiding, "seen_heads", lambda *a, **k: hiding.Heads())
    made = redact(named, tmp_path / "x.cue", Wanted(voice="none"))
    assert made.passes >= 2
    assert hiding.faces_left(tmp_path / "x.cue" / "recording.mp4", hiding.Heads())[0] == {}
    with av.open(str(tmp_path / "x.cue" / "recording.mp4")) as copy:
        assert not copy.streams.audio


def test_a_face_that_stays_means_no_copy(named: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hiding.Heads, "cover", lambda self, rgb, time_s: rgb)
    monkeypatch.setattr(redacting, "_PASSES", 1)
    with pytest.raises(StillSeen, match="no copy was written"):
        redact(named, tmp_path / "x.cue")
    assert list(tmp_path.iterdir()) == []


def test_poses_alone(analysed: Path, clip: Path, tmp_path: Path) -> None:
    session = session_of(analysed, clip, tmp_path / "a.cue", {})
    made = redact(session, tmp_path / "b.cue", Wanted("pose", "changed", ((0.5, 2.0),)))
    assert made.frames_checked == FRAMES
    assert made.people == {"therapist": "therapist", "client": "client"}  # roles tell nobody's name
    frames = list(read_frames(tmp_path / "b.cue" / "recording.mp4"))
    assert len(frames) == FRAMES
    assert all(f.rgb.max() > 120 and np.median(f.rgb) < 40 for f in frames)  # lines on a dark ground
    sound = load_sound(tmp_path / "b.cue" / "recording.mp4", 16000).mono()
    assert np.abs(sound[int(0.6 * 16000) : int(1.9 * 16000)]).max() < 0.01
    assert np.abs(sound[int(2.1 * 16000) :]).max() > 0.05
    shutil.rmtree(session / "tracks")
    with pytest.raises(CuetrackError, match="no tracks"):
        redact(session, tmp_path / "c.cue", Wanted("pose"))
    assert not (tmp_path / "c.cue").exists()


def test_sound_alone_and_nothing(named: Path, tmp_path: Path) -> None:
    redact(named, tmp_path / "a.cue", Wanted("none", "changed"))
    assert (tmp_path / "a.cue" / "recording.m4a").is_file()
    redact(named, tmp_path / "b.cue", Wanted("none", "none"))
    assert open_session(tmp_path / "b.cue").description["media"] == []


def test_what_is_there_is_not_overwritten_and_rests_are_swept(named: Path, tmp_path: Path) -> None:
    (tmp_path / "a.cue").mkdir()
    with pytest.raises(StoreError, match="there already"):
        redact(named, tmp_path / "a.cue")
    rest = tmp_path / ".b.cue.redacting"
    rest.mkdir()
    (rest / "recording.mp4").write_bytes(b"half")
    redact(named, tmp_path / "b.cue", Wanted("none", "none"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.cue", "b.cue"]


def test_another_recording_in_its_place_is_not_taken(named: Path, tmp_path: Path, clip: Path) -> None:
    session = Path(shutil.copytree(named, tmp_path / "x.cue"))
    folder = SessionFolder(session)
    known = folder.description()
    folder.describe({**known, "media": [{**known["media"][0], "sha256": "0" * 64}]})
    with pytest.raises(MediaNotFound, match="relink"):
        redact(session, tmp_path / "y.cue")


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_every_frequency_moves_and_no_sample_is_lost(factor: float) -> None:
    """A buzz at 120 Hz with one resonance at 1200 Hz: both move by the factor; the length stays to the sample."""
    rate, n = 16000, 3 * 16000 + 37
    t = np.arange(n) / rate
    weights = {k: np.exp(-(((120 * k - 1200) / 200) ** 2)) + 0.05 for k in range(1, 40)}
    buzz = sum(w * np.sin(2 * np.pi * 120 * k * t) for k, w in weights.items()).astype(np.float32)[np.newaxis]
    for step in (160, 5000, n):
        out = np.concatenate(list(disguised((buzz[:, i : i + step] for i in range(0, n, step)), factor, rate)), axis=1)
        assert out.shape == buzz.shape
    spectrum = np.abs(np.fft.rfft(out[0, rate : 2 * rate] * np.hanning(rate)))
    assert np.argmax(spectrum[:250]) == pytest.approx(120 * factor, abs=3)
    around = np.convolve(spectrum[:4000], np.ones(160) / 160, "same")
    assert np.argmax(around[500:3000]) + 500 == pytest.approx(1200 * factor, rel=0.1)


def test_the_command_line(run_cli, named: Path, tmp_path: Path) -> None:
    words = ("redact", named, "--out", tmp_path / "x.cue", "--picture", "none", "--silence", "0:01-0:02", "--quiet")
    code, out, _ = run_cli(*words)
    assert code == 0
    assert "Maria is person_2" in out
    assert run_cli("redact", named, "--out", tmp_path / "y.cue", "--silence", "2-1")[0] == 2
    assert '"act": "redact"' in (named / "audit.jsonl").read_text()
