"""The command line as a user meets it, on the simulated session and on bad input."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cuetrack import cli, open_session
from cuetrack.store.folder import FORMAT


@pytest.fixture
def session(analysed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(analysed, tmp_path / "copy.cue"))


def test_the_summary_names_people_cues_and_seconds(run_cli, analysed: Path) -> None:
    code, out, _ = run_cli("info", analysed)
    assert code == 0
    for word in (
        "therapist",
        "client",
        "face tracked",
        "own channel",
        "gaze",
        "voice",
        "breathing",
        "Seconds",
        "picture",
    ):
        assert word in out


def test_json_for_scripts(run_cli, analysed: Path) -> None:
    code, out, _ = run_cli("info", analysed, "--json")
    known = json.loads(out)
    assert code == 0
    assert list(known["people"]) == ["therapist", "client"]
    assert {row["cue"] for row in known["cues"]} >= {"gaze", "face", "head", "voice", "speaking", "response"}
    code, out, _ = run_cli("moments", analysed, "--json")
    assert set(json.loads(out)) == {"moments", "evidence", "arcs"}


def test_a_second_run_makes_nothing_again(run_cli, session: Path, rendered) -> None:
    words = ("analyze", rendered.path, "--people", "therapist=left,client=right", "--out", session, "--quiet")
    before = {p: p.stat().st_mtime_ns for room in ("tracks", "cues", "moments") for p in (session / room).iterdir()}
    code, _, err = run_cli(*words)
    assert (code, err) == (0, "")
    assert before == {p: p.stat().st_mtime_ns for p in before}
    code, out, _ = run_cli(*words, "--dry-run")
    assert "stale" not in out
    assert "missing" not in out
    (session / "cues" / "voice.json").unlink()
    _, out, _ = run_cli(*words, "--dry-run")
    assert [line.split()[1] for line in out.splitlines() if "voice" in line] == ["missing"]


def test_the_same_recording_gives_the_same_bytes(run_cli, session: Path, rendered, analysed: Path) -> None:
    for room in ("cues", "moments"):
        shutil.rmtree(session / room)
    (session / "tracks" / "sound.json").unlink()
    code, _, _ = run_cli(
        "analyze", rendered.path, "--people", "therapist=left,client=right", "--out", session, "--quiet"
    )
    assert code == 0
    for path in sorted(analysed.rglob("*.parquet")):
        assert (session / path.relative_to(analysed)).read_bytes() == path.read_bytes(), path.name


def test_export_writes_every_format(run_cli, analysed: Path, tmp_path: Path) -> None:
    formats = [
        word for name in ("elan", "textgrid", "boris", "webvtt", "csv", "parquet") for word in ("--format", name)
    ]
    code, _, _ = run_cli("export", analysed, *formats, "--out", tmp_path)
    assert code == 0
    made = {".eaf", ".TextGrid", ".boris", ".vtt", ".csv", ".parquet", ".json"}  # .json: where the CSV came from
    assert {p.suffix for p in tmp_path.iterdir()} == made


def test_the_report_is_one_page_that_asks_nothing_outside(run_cli, analysed: Path, tmp_path: Path) -> None:
    code, _, _ = run_cli("report", analysed, "--out", tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert code == 0
    for outside in ('src="http', 'href="http', "@import", "url(http", 'src="//'):
        assert outside not in page


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("missing.mp4", None),
        ("empty.mp4", b""),
        ("text.mp4", b"this is not a film\n" * 40),
        ("cut.mp4", b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41" + b"\x00" * 500),
        ("noise.wav", bytes(range(256)) * 20),
    ],
)
def test_bad_recordings_end_in_one_clear_line(run_cli, tmp_path: Path, name: str, content: bytes | None) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    for verb in ("analyze", "check"):
        code, _, err = run_cli(verb, path)
        assert code == 1
        assert err.startswith("cuetrack: ")
        assert name in err
        assert "Traceback" not in err
    assert not (tmp_path / name).with_suffix(".cue").exists()


def test_a_folder_is_not_a_recording(run_cli, tmp_path: Path) -> None:
    code, _, err = run_cli("analyze", tmp_path)
    assert code == 1
    assert "folder" in err or "directory" in err


@pytest.mark.parametrize(
    ("people", "says"),
    [
        ("client=left,therapist=left", "cannot both sit left"),
        ("client=up", "expected left or right"),
        ("a,b,c", "one or two people"),
        ("client=left,client=right", "different names"),
        ("pair=left", "cannot be a person's name"),
    ],
)
def test_wrong_people_are_named(run_cli, rendered, tmp_path: Path, people: str, says: str) -> None:
    code, _, err = run_cli("analyze", rendered.path, "--people", people, "--out", tmp_path / "x.cue")
    assert code == 1
    assert says in err
    assert not (tmp_path / "x.cue").exists()


def test_two_files_need_names(run_cli, rendered) -> None:
    code, _, err = run_cli("analyze", rendered.path, "b.mp4")
    assert code == 1
    assert "client=a.mp4 therapist=b.mp4" in err


def test_an_output_place_that_cannot_be_written(run_cli, rendered, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, _, err = run_cli("analyze", rendered.path, "--out", tmp_path / "file" / "x.cue")
    assert code == 1
    assert "--out" in err


def test_a_session_of_a_newer_version_is_left_alone(run_cli, session: Path, rendered) -> None:
    toml = session / "session.toml"
    toml.write_text(toml.read_text().replace(f"format = {FORMAT}", f"format = {FORMAT + 1}"))
    for words in (("info", session), ("moments", session), ("analyze", rendered.path, "--out", session)):
        code, _, err = run_cli(*words)
        assert code == 1
        assert "newer cuetrack" in err
    assert f"format = {FORMAT + 1}" in toml.read_text()


def test_no_session_there(run_cli, tmp_path: Path) -> None:
    code, _, err = run_cli("info", tmp_path)
    assert code == 1
    assert "session.toml" in err


def test_a_stopped_run_goes_on_and_ends_the_same(rendered, analysed: Path, tmp_path: Path) -> None:
    import cuetrack as ct

    class Stop(Exception):
        """Stands for a user's Ctrl-C."""

    people = {"therapist": "left", "client": "right"}
    for stage, share in (("sound", 0.0), ("cues", 0.4), ("moments", 0.0)):

        def stop(now: str, done: float, stage: str = stage, share: float = share) -> None:
            if now == stage and done >= share:
                raise Stop

        if stage == "sound":  # the picture is the slow stage: taken over whole, as after a stop behind it
            shutil.copytree(analysed / "tracks", tmp_path / "x.cue" / "tracks")
            (tmp_path / "x.cue" / "tracks" / "sound.json").unlink()
        with pytest.raises(Stop):
            ct.analyze(rendered.path, people=people, out=tmp_path / "x.cue", progress=stop)
    ct.analyze(rendered.path, people=people, out=tmp_path / "x.cue")
    for path in sorted(analysed.rglob("*.parquet")):
        assert (tmp_path / "x.cue" / path.relative_to(analysed)).read_bytes() == path.read_bytes(), path.name
    assert not list((tmp_path / "x.cue").rglob("*.part"))


def test_every_verb_has_help_and_the_import_is_light() -> None:
    code = "import sys, cuetrack, cuetrack.cli; print([m for m in sys.argv[1:] if m in sys.modules])"
    heavy = ["mediapipe", "cv2", "av", "librosa", "onnxruntime", "pandas", "scipy", "plotly", "sklearn"]
    loaded = subprocess.run([sys.executable, "-c", code, *heavy], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


@pytest.mark.parametrize("verb", cli.VERBS)
def test_help(run_cli, verb: str) -> None:
    code, out, _ = run_cli(verb, "--help")
    assert code == 0
    assert "Usage" in out


@pytest.fixture(scope="module")
def mono_talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two generated voices in one channel: the low one speaks from 0.5 to 5 s, the high one from 6 to 10 s, …"""
    import soundfile
    from spoken import RATE_HZ, conversation

    turns = [("low", 0.5, 5), ("high", 6, 10), ("low", 10.5, 15), ("high", 15.4, 20)]
    channels = conversation(turns, {"low": {"f0_hz": 110, "tract": 0.95}, "high": {"f0_hz": 215, "tract": 1.14}}, 21)
    path = tmp_path_factory.mktemp("mono") / "talk.wav"
    soundfile.write(path, sum(channels.values()), RATE_HZ)
    return path


def talked_s(run_cli, session: Path, person: str, start_s: float, end_s: float) -> float:
    speech = open_session(session).spans("turns")
    own = speech[(speech["person"] == person) & (speech["label"] == "speech")]
    return float((own["end_s"].clip(start_s, end_s) - own["start_s"].clip(start_s, end_s)).sum())


def test_a_known_stretch_names_the_voices_of_a_mono_recording(run_cli, mono_talk: Path, tmp_path: Path) -> None:
    out = tmp_path / "named.cue"
    words = ("analyze", mono_talk, "--people", "client,therapist", "--out", out, "--quiet")
    code, said, err = run_cli(*words, "--voice", "client=6.5-9.5")
    assert code == 0, err
    assert "told apart by sound alone" in said
    assert talked_s(run_cli, out, "client", 6, 10) > 3.2
    assert talked_s(run_cli, out, "therapist", 6, 10) < 0.4
    code, _, err = run_cli(*words, "--speaker-a", "client")  # the low voice is heard first
    assert code == 0, err
    assert talked_s(run_cli, out, "client", 0.5, 5) > 3.6


@pytest.mark.parametrize("voice", ["client", "client=5", "client=9-6", "=1-2", "client=a-b"])
def test_a_stretch_that_is_none_is_refused(run_cli, mono_talk: Path, tmp_path: Path, voice: str) -> None:
    code, _, err = run_cli("analyze", mono_talk, "--voice", voice, "--out", tmp_path / "x.cue", "--quiet")
    assert code == 1
    assert "as in client=62-72" in err
    assert not (tmp_path / "x.cue").exists()


def test_one_person_alone_is_measured_and_their_moments_are_theirs(run_cli, mono_talk: Path, tmp_path: Path) -> None:
    out = tmp_path / "alone.cue"
    code, said, err = run_cli("analyze", mono_talk, "--people", "client", "--out", out, "--quiet")
    assert code == 0, err
    assert "only one person is there" in said
    found = open_session(out).moments
    assert set(found["person"]) <= {"client"}
    assert set(found["toward"]) <= {""}


def test_the_list_of_verbs_loads_none_of_them() -> None:
    code = "import sys; from cuetrack.cli import cli; cli.main(['--help'], standalone_mode=False); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for verb in cli.VERBS:
        assert f"  {verb} " in done.stdout
    assert not {"numpy", "pandas", "mediapipe", "cuetrack.cli.analyze"} & set(done.stdout.split())
