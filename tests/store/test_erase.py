"""Deleting a session: everything in it, nothing outside it, a receipt that tells nothing, harmless twice."""

import json
import shutil
from pathlib import Path

import pytest

from cuetrack.errors import SessionLocked, StoreError
from cuetrack.review.preferences import Preferences
from cuetrack.store import audit, erase
from cuetrack.store.folder import SessionFolder


@pytest.fixture
def recording(tmp_path: Path, rendered) -> Path:
    return Path(shutil.copy(rendered.path, tmp_path / "Maria Muster 2026-03-03.mp4"))


@pytest.fixture
def session(analysed: Path, tmp_path: Path, recording: Path) -> Path:
    path = Path(shutil.copytree(analysed, tmp_path / "maria.cue"))
    folder = SessionFolder(path)
    known = folder.description()
    folder.describe({**known, "media": [{**known["media"][0], "path": str(recording)}]})
    for place in ("proxy/a.mp4", "export/maria.eaf", "review.sqlite", "review.20260101.backup", "cues/.gaze.x.part"):
        (path / place).parent.mkdir(exist_ok=True)
        (path / place).write_bytes(b"x")
    return path


def test_everything_goes_and_the_recording_stays(run_cli, session: Path, recording: Path) -> None:
    Preferences().opened(session)
    code, out, _ = run_cli("delete", session, "--yes")
    assert code == 0
    assert not session.exists()
    assert recording.is_file()
    assert f"{recording} stays" in out
    assert "not made by cuetrack" not in out
    assert str(session) not in Preferences().path.read_text()
    receipt = erase.receipts_of(session)[-1]
    assert set(json.loads(receipt.read_text())) == {"act", "when", "place", "content", "files", "recordings"}
    for text in (receipt.read_text(), audit.user_log().read_text()):
        assert "maria" not in text.lower()
        assert "client" not in text
    assert receipt.stat().st_mode & 0o777 == 0o600


def test_without_yes_it_asks(session: Path, run_cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("click.confirm", lambda *a, **k: False)
    before = sorted(session.rglob("*"))
    assert run_cli("delete", session)[0] == 0
    assert sorted(session.rglob("*")) == before


def test_a_second_run_is_harmless(run_cli, session: Path, tmp_path: Path) -> None:
    run_cli("delete", session, "--yes")
    code, out, _ = run_cli("delete", session, "--yes")
    assert (code, "deleted before" in out) == (0, True)
    code, _, err = run_cli("delete", tmp_path / "never.cue", "--yes")
    assert (code, "nothing was deleted" in err) == (1, True)
    code, _, err = run_cli("delete", tmp_path, "--yes")  # a folder that is no session
    assert (code, "nothing was deleted" in err) == (1, True)


def test_an_empty_folder_that_a_power_cut_left_goes(run_cli, session: Path) -> None:
    run_cli("delete", session, "--yes")
    session.mkdir()
    assert run_cli("delete", session, "--yes")[0] == 0
    assert not session.exists()
    session.mkdir()
    (session / "new.txt").write_text("not ours")
    assert run_cli("delete", session, "--yes")[0] == 1
    assert (session / "new.txt").is_file()


def test_no_link_is_followed(run_cli, session: Path, recording: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept.txt").write_text("kept")
    (session / "notes").symlink_to(outside)
    (session / "cues" / "deep").symlink_to(outside)
    (session / "file").symlink_to(outside / "kept.txt")
    link = tmp_path / "link.cue"
    link.symlink_to(session)
    code, _, err = run_cli("delete", link, "--yes")
    assert (code, "is a link" in err) == (1, True)
    assert (session / "session.toml").is_file()
    assert run_cli("delete", session, "--yes")[0] == 0
    assert not session.exists()
    assert (outside / "kept.txt").read_text() == "kept"


def test_the_recording_goes_when_asked(run_cli, session: Path, recording: Path) -> None:
    code, out, _ = run_cli("delete", session, "--yes", "--recording")
    assert (code, recording.exists()) == (0, False)
    assert "deleted, too" in out


def test_what_is_not_ours_is_named_before(run_cli, session: Path) -> None:
    (session / "thesis.docx").write_text("mine")
    assert "not made by cuetrack: thesis.docx" in run_cli("delete", session, "--yes")[1]


@pytest.mark.parametrize("description", ["format = 99\n", "not toml at all ["])
def test_what_cannot_be_opened_can_still_be_deleted(run_cli, session: Path, description: str) -> None:
    (session / "session.toml").write_text(description)
    assert run_cli("delete", session, "--yes")[0] == 0
    assert not session.exists()


@pytest.mark.parametrize("every", [5, 7, 11])  # the last three go in one attempt
def test_a_deletion_that_was_stopped_goes_on(session: Path, every: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """At whichever file it stops, the session is still known as one and the next call ends it."""
    removed, real = 0, erase._unlink

    def stop_after(file: Path) -> None:
        nonlocal removed
        removed += 1
        if removed % every == 0:
            raise StoreError("the power went")
        real(file)

    monkeypatch.setattr(erase, "_unlink", stop_after)
    for _ in range(80):
        try:
            erase.erase(session)
            break
        except StoreError:
            assert session.is_dir()
    assert not session.exists()


def test_nothing_is_deleted_while_another_works_on_it(run_cli, session: Path) -> None:
    with SessionFolder(session).locked(), pytest.raises(SessionLocked):
        erase.erase(session)
    assert (session / "cues" / "gaze.parquet").is_file()


def test_a_relative_place_has_the_same_receipt(run_cli, session: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_cli("delete", session, "--yes")
    monkeypatch.chdir(session.parent)
    assert "deleted before" in run_cli("delete", session.name, "--yes")[1]
