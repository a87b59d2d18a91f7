"""Choosing a recording and adding it: only what was shown can be asked for, and nothing without consent."""

import json
from pathlib import Path

import pytest
from recordings import clicks, even_times, make_sound, make_video
from starlette.testclient import TestClient

from cuetrack.errors import FormatError, SessionNotFound
from cuetrack.review import codebooks
from cuetrack.review.adding import Draft, task_of
from cuetrack.review.app import create_app
from cuetrack.review.guard import Guard
from cuetrack.review.library import Library
from cuetrack.review.places import Places
from cuetrack.review.preferences import Preferences

PORT = 8125


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    shelf = tmp_path / "shelf"
    (shelf / "inside").mkdir(parents=True)
    make_sound(shelf / "inside" / "voices.wav", clicks(4.0, [1.0, 2.0]))
    (shelf / "notes.txt").write_text("private")
    (shelf / ".hidden.mp4").write_bytes(b"")
    (shelf / "away").symlink_to(tmp_path)
    return shelf


@pytest.fixture
def browser(shelf: Path, tmp_path: Path):
    app = create_app(Library([]), Preferences(tmp_path / "config" / "review.json"), Places([shelf]))
    guard = Guard(app, port=PORT)
    with TestClient(guard, base_url=f"http://127.0.0.1:{PORT}", follow_redirects=False) as client:
        client.get(guard.invite())
        yield client


def test_only_recordings_and_folders_under_the_starts_are_shown(browser: TestClient, tmp_path: Path) -> None:
    top = browser.get("/api/places").json()
    shown = browser.get("/api/places", params={"place": top["folders"][0]["id"]}).json()
    assert [f["name"] for f in shown["folders"]] == ["inside"]  # no link that leads out
    assert shown["files"] == []  # neither notes nor hidden files
    assert shown["up"] == ""  # not above the start
    inside = browser.get("/api/places", params={"place": shown["folders"][0]["id"]}).json()
    assert [f["name"] for f in inside["files"]] == ["voices.wav"]
    assert str(tmp_path) not in json.dumps([top, shown, inside])


@pytest.mark.parametrize("asked", ["../..", "/etc", "%2e%2e", "0" * 16])
def test_what_was_not_shown_cannot_be_asked_for(browser: TestClient, asked: str) -> None:
    assert browser.get("/api/places", params={"place": asked}).status_code == 400
    assert browser.post("/api/adding", json={"files": [asked]}).status_code == 400


def test_nothing_is_analysed_without_consent(browser: TestClient, shelf: Path) -> None:
    start = browser.get("/api/places").json()["folders"][0]["id"]
    inside = browser.get("/api/places", params={"place": start}).json()["folders"][0]["id"]
    file = browser.get("/api/places", params={"place": inside}).json()["files"][0]["id"]
    draft = browser.post("/api/adding", json={"files": [file]}).json()
    assert draft["kind"] == "sound"
    assert any("no picture" in f["text"] for f in draft["findings"])
    people = [
        {"name": "therapist", "place": "left", "agreed": True},
        {"name": "client", "place": "right", "agreed": False},
    ]
    answer = browser.post(f"/api/adding/{draft['id']}/start", json={"code": "P1", "people": people})
    assert answer.status_code == 400
    assert "agreed" in answer.json()["error"]
    people[1]["agreed"] = True
    for code in ("", "../P1", "a b", "x" * 61):
        answer = browser.post(f"/api/adding/{draft['id']}/start", json={"code": code, "people": people})
        assert answer.status_code == 400
    assert not list(shelf.rglob("*.cue"))
    assert browser.get("/api/job").json()["state"] == "none"


def test_each_person_gets_the_file_that_was_chosen_for_them(tmp_path: Path) -> None:
    files = (tmp_path / "a.mp4", tmp_path / "b.mp4")
    people = [{"name": "therapist", "file": 1}, {"name": "client", "file": 0}]
    task = task_of(Draft("d", files, kind="files"), people, tmp_path / "x.cue")
    assert task["recordings"] == {"therapist": str(files[1]), "client": str(files[0])}
    places = [{"name": "therapist", "place": "right"}, {"name": "client", "place": "left"}]
    task = task_of(Draft("d", files[:1]), places, tmp_path / "x.cue")
    assert (task["recordings"], task["people"]) == (str(files[0]), {"therapist": "right", "client": "left"})


def test_places_refuse_what_is_gone(tmp_path: Path) -> None:
    video = make_video(tmp_path / "a.mp4", even_times(5, 25.0))
    places = Places([tmp_path])
    shown = places.listing(places.listing()["folders"][0]["id"])["files"][0]
    assert places.path(shown["id"]) == video
    video.unlink()
    with pytest.raises(SessionNotFound, match="not there any more"):
        places.path(shown["id"])


def test_preferences_keep_keys_and_nothing_of_a_session(browser: TestClient, tmp_path: Path) -> None:
    sent = {"keys": {"yes": "y"}, "toured": True, "note": "secret", "sessions": ["/etc"]}
    browser.post("/api/preferences", json=sent)
    browser.post("/api/reviewer", json={"name": "R1"})
    kept = Preferences(tmp_path / "config" / "review.json")
    assert kept.shown() == {"keys": {"yes": "y"}, "toured": True, "reviewer": "R1"}
    assert kept.sessions() == []
    assert "secret" not in (tmp_path / "config" / "review.json").read_text()
    assert (tmp_path / "config" / "review.json").stat().st_mode & 0o777 == 0o600
    (tmp_path / "config" / "review.json").write_text("{")
    assert Preferences(tmp_path / "config" / "review.json").shown()["keys"] == {}


def test_codebooks_shipped_and_own(tmp_path: Path) -> None:
    for name in codebooks.SHIPPED:
        book = codebooks.read(name)
        usual = ["withdrawal", "confrontation", "repair", "surface_repair", "other"]
        assert [e["id"] for e in book["label"]][:5] == usual
        assert len(book["prompt"]) == 4
    folder = tmp_path / "042.cue"
    folder.mkdir()
    (tmp_path / "mine.toml").write_text('[[label]]\nid = "silence"\nname = "Silence"\nkey = "1"\n')
    assert codebooks.read("mine.toml", folder)["label"][0]["name"] == "Silence"
    (tmp_path / "twice.toml").write_text('[[label]]\nid = "a"\nname = "A"\n[[label]]\nid = "a"\nname = "B"\n')
    for wrong in ("../mine.toml", "/etc/passwd", "none.toml", "twice.toml"):
        with pytest.raises(FormatError):
            codebooks.read(wrong, folder)
