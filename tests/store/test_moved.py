"""Recordings that were renamed or moved are found by what they hold; another file is never taken for them."""

import shutil
from pathlib import Path

import pytest

from cuetrack.pipeline.relink import relink
from cuetrack.session import open_session
from cuetrack.store.files import sha256
from cuetrack.store.folder import SessionFolder


@pytest.fixture
def moved(tmp_path: Path) -> Path:
    """A session whose recording is no longer at its place; the recording itself is `away/renamed.mp4`."""
    away = tmp_path / "away" / "renamed.mp4"
    away.parent.mkdir()
    away.write_bytes(b"0123456789")
    media = {"path": str(tmp_path / "gone.mp4"), "sha256": sha256(away), "size": 10, "person": "", "offset_s": 0.0}
    folder = SessionFolder(tmp_path / "s.cue")
    folder.describe({"people": {"client": {"place": "left"}}, "media": [media], "kept": {"x": [1, 2]}})
    return folder.path


def place(session: Path) -> Path:
    return Path(open_session(session).description["media"][0]["path"])


def test_a_copied_folder_finds_the_recording_beside_it(moved: Path, tmp_path: Path) -> None:
    assert place(moved) == tmp_path / "gone.mp4"
    shutil.copy(tmp_path / "away" / "renamed.mp4", tmp_path / "new name.mp4")
    before = (moved / "session.toml").read_bytes()
    assert place(moved) == tmp_path / "new name.mp4"
    assert (moved / "session.toml").read_bytes() == before


def test_a_file_of_the_same_size_but_other_content_is_not_taken(moved: Path, tmp_path: Path) -> None:
    (tmp_path / "gone.mp4.bak").write_bytes(b"9876543210")
    assert place(moved) == tmp_path / "gone.mp4"


@pytest.mark.parametrize("what", ["away", "away/renamed.mp4"])
def test_relink_writes_the_new_place_and_nothing_else(moved: Path, tmp_path: Path, run_cli, what: str) -> None:
    before = SessionFolder(moved).description()
    code, out, err = run_cli("relink", moved, tmp_path / what)
    assert code == 0, err
    assert "gone.mp4: now" in out
    after = SessionFolder(moved).description()
    assert place(moved) == tmp_path / "away" / "renamed.mp4"
    before["media"][0]["path"] = after["media"][0]["path"]
    assert after == before


def test_relink_refuses_another_recording_and_changes_nothing(moved: Path, tmp_path: Path, run_cli) -> None:
    other = tmp_path / "other.mp4"
    other.write_bytes(b"another recording")
    before = (moved / "session.toml").read_bytes()
    for given, says in ((other, "SHA-256"), (tmp_path / "nowhere", "no such file or folder")):
        code, _, err = run_cli("relink", moved, given)
        assert code == 1
        assert says in err
    assert (moved / "session.toml").read_bytes() == before


def test_relink_with_nothing_new(moved: Path, tmp_path: Path) -> None:
    relink(moved, [tmp_path / "away"])
    assert relink(moved, [tmp_path / "away"]) == {str(tmp_path / "away" / "renamed.mp4"): place(moved)}
