"""Tracks that are not kept: gone after a run and after a stopped one, made again only where they are needed."""

import shutil
from pathlib import Path

import pytest

import cuetrack as ct
from cuetrack.review import answers
from cuetrack.review.library import Library

WORDS = ("--people", "therapist=left,client=right", "--quiet")
PERSONAL = ("view*.npz", "sound.*", "speech.*", "*.part")


@pytest.fixture
def session(analysed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(analysed, tmp_path / "x.cue"))


def personal(folder: Path) -> list[str]:
    """What of the tracks holds points of faces and bodies, or measures of a voice."""
    found = [p for pattern in PERSONAL for p in (folder / "tracks").glob(pattern)]
    return sorted(p.name for p in found if p.name != "sound.json")


def tables(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.glob("[cm]*/*.parquet")}


def test_the_tracks_go_and_the_cues_stay(run_cli, session: Path, rendered) -> None:
    assert personal(session)
    before = tables(session)
    assert run_cli("analyze", rendered.path, *WORDS, "--out", session, "--no-tracks")[0] == 0
    assert personal(session) == []
    assert tables(session) == before
    assert "class='posture'" not in (session / "report.html").read_text()
    assert "Tracks were not kept" in run_cli("info", session)[1]
    item = next(iter(Library([session]).items.values()))
    assert answers.pose(item, 0.0, 5.0)["people"] == {}  # the page then says that there are none
    code, out, _ = run_cli("analyze", rendered.path, *WORDS, "--out", session, "--dry-run")
    assert (code, "stale" in out, "missing" in out) == (0, False, False)  # nothing needs them


def test_they_are_made_again_only_for_what_needs_them_and_go_again(session: Path, rendered, run_cli) -> None:
    before = tables(session)
    words = ("analyze", rendered.path, *WORDS, "--out", session)
    run_cli(*words, "--no-tracks")
    (session / "cues" / "gaze.json").unlink()
    (session / "cues" / "gaze.parquet").unlink()
    assert "was not kept, and is needed" in run_cli(*words, "--dry-run")[1]
    assert run_cli(*words)[0] == 0  # the session remembers
    assert personal(session) == []
    assert tables(session) == before
    (session / "cues" / "gaze.json").unlink()
    assert run_cli(*words, "--tracks")[0] == 0
    assert "view0-0000.npz" in personal(session)
    assert "keep_tracks" not in (session / "session.toml").read_text()


def test_a_stopped_run_leaves_none(session: Path, rendered, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        assert personal(session)
        raise KeyboardInterrupt

    (session / "cues" / "gaze.json").unlink()
    monkeypatch.setattr("cuetrack.cues.registry.run", stop)
    with pytest.raises(KeyboardInterrupt):
        ct.analyze(rendered.path, people={"therapist": "left", "client": "right"}, out=session, keep_tracks=False)
    assert personal(session) == []
