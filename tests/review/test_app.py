"""The review app's answers on the simulated session: blind rules, events, media, agreement."""

import itertools
import re
import shutil
import time
import tomllib
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from cuetrack.media.probe import probe
from cuetrack.review.app import STATIC, create_app
from cuetrack.review.guard import Guard
from cuetrack.review.library import Library

PORT = 8124
_uid = itertools.count()


@pytest.fixture
def folder(analysed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(analysed, tmp_path / "042.cue"))


@pytest.fixture
def browser(folder: Path):
    library = Library([folder])
    guard = Guard(create_app(library), port=PORT)
    client = TestClient(
        guard, base_url=f"http://127.0.0.1:{PORT}", follow_redirects=False, raise_server_exceptions=False
    )
    client.get(guard.invite())
    yield client
    client.close()
    library.close()


def session_of(browser: TestClient, reviewer: str = "R1") -> str:
    browser.post("/api/reviewer", json={"name": reviewer})
    return str(browser.get("/api/sessions").json()["sessions"][0]["id"])


def send(browser: TestClient, session: str, kind: str, target: str = "", **body: object):
    base = browser.get(f"/api/sessions/{session}/review").json()["base"]
    event = {"uid": f"u{next(_uid)}", "kind": kind, "target": target, "base": base, "body": body}
    return browser.post(f"/api/sessions/{session}/events", json=event)


def test_everything_the_page_draws(browser: TestClient) -> None:
    session = session_of(browser)
    whole = browser.get(f"/api/sessions/{session}").json()
    assert whole["people"] == ["therapist", "client"]
    assert {c["cue"] for c in whole["channels"]} >= {"gaze", "head", "voice"}
    raw = browser.get(f"/api/sessions/{session}/signals").content
    values = np.frombuffer(raw, "<f4").reshape(len(whole["channels"]), -1)
    assert abs(values.shape[1] / whole["rate_hz"] - whole["duration_s"]) < 1
    pose = browser.get(f"/api/sessions/{session}/pose", params={"from": 3, "to": 5}).json()
    assert len(pose["times"]) == 21
    assert set(pose["people"]["client"]) == {"size_px", "face", "body"}


def test_blind_review_tells_only_where(browser: TestClient) -> None:
    session = session_of(browser)
    for row in browser.get(f"/api/sessions/{session}/moments").json():
        assert set(row) == {"id", "start_s", "end_s", "peak_s"}
        assert browser.get(f"/api/sessions/{session}/moments/{row['id']}").status_code == 403


def test_evidence_opens_after_the_judgement(browser: TestClient) -> None:
    session = session_of(browser)
    rows = browser.get(f"/api/sessions/{session}/moments").json()
    if not rows:
        pytest.skip("this short session has neither a moment nor a control clip")
    first = rows[0]
    times = {"start_ms": round(first["start_s"] * 1000), "end_ms": round(first["end_s"] * 1000)}
    assert send(browser, session, "viewed", first["id"], **times).status_code == 200
    answer = send(browser, session, "judge", first["id"], verdict="yes").json()
    assert answer["decisions"][first["id"]]["verdict"] == "yes"
    opened = browser.get(f"/api/sessions/{session}/moments/{first['id']}").json()
    assert opened["evidence"]
    assert not {"control", "rank", "score"} & set(opened)


def test_a_second_reviewer_sees_nothing_of_the_first(browser: TestClient) -> None:
    session = session_of(browser)
    send(browser, session, "create", "own", start_ms=1000, end_ms=4000, person="client")
    send(browser, session, "note", "own", text="only mine")
    session_of(browser, "R2")
    for path in ("review", "moments", "bundle", ""):
        assert "only mine" not in browser.get(f"/api/sessions/{session}/{path}".rstrip("/")).text
    assert browser.get(f"/api/sessions/{session}/agreement").status_code == 403


def test_agreement_opens_when_both_submitted(browser: TestClient) -> None:
    session = session_of(browser)
    for reviewer in ("R1", "R2"):
        session_of(browser, reviewer)
        send(browser, session, "create", f"own {reviewer}", start_ms=1000, end_ms=4000, person="client")
        send(browser, session, "judge", f"own {reviewer}", verdict="yes")
        assert send(browser, session, "submit").status_code == 200
    found = browser.get(f"/api/sessions/{session}/agreement").json()
    assert found["reviewers"] == ["R1", "R2"]
    assert next(text for name, text in found["rows"] if "F1, any overlap" in name).startswith("1.00")


def test_times_are_anchored_in_the_recording(browser: TestClient, folder: Path) -> None:
    session = session_of(browser)
    send(browser, session, "create", "own", start_ms=1010, end_ms=4000, person="client")
    bundle = browser.get(f"/api/sessions/{session}/bundle").json()
    media = tomllib.loads((folder / "session.toml").read_text())["media"][0]
    assert bundle["media"] == [media["sha256"]]
    (start,) = bundle["events"][-1]["body"]["anchor"]["start"]
    assert start["media"] == media["sha256"]
    assert abs(start["pts_us"] - 1_010_000) <= 20_000  # the nearest frame of 25 a second


def test_a_page_that_is_behind_gets_409(browser: TestClient) -> None:
    session = session_of(browser)
    send(browser, session, "create", "own", start_ms=0, end_ms=9)
    late = {"uid": "late", "kind": "note", "target": "own", "base": 0, "body": {"text": "x"}}
    assert browser.post(f"/api/sessions/{session}/events", json=late).status_code == 409


def test_media_in_ranges_and_never_by_path(browser: TestClient) -> None:
    session = session_of(browser)
    media = browser.get(f"/api/sessions/{session}").json()["media"][0]
    part = browser.get(f"/media/{session}/{media}", headers={"range": "bytes=10-19"})
    assert part.status_code == 206
    assert len(part.content) == 10
    state = browser.get(f"/media/{session}/{media}/state").json()
    assert state["state"] == "ready"
    assert len(state["frames_s"]) > 100
    for path in ("..%2f..%2fetc%2fpasswd", "../session.toml", "%2e%2e/session.toml"):
        assert browser.get(f"/media/{session}/{path}").status_code == 404
    assert browser.get("/static/..%2f..%2fapp.py").status_code == 404


def test_pose_only_is_enforced_by_the_server(folder: Path, tmp_path: Path) -> None:
    toml = folder / "session.toml"
    toml.write_text(toml.read_text() + "\n[review]\npose_only = true\n")
    library = Library([folder])
    guard = Guard(create_app(library), port=PORT)
    with TestClient(guard, base_url=f"http://127.0.0.1:{PORT}", follow_redirects=False) as client:
        client.get(guard.invite())
        session = session_of(client)
        media = client.get(f"/api/sessions/{session}").json()["media"][0]
        deadline = time.monotonic() + 30
        while client.get(f"/media/{session}/{media}/state").json()["state"] != "ready":
            assert time.monotonic() < deadline
            time.sleep(0.05)
        (tmp_path / "voice.mp4").write_bytes(client.get(f"/media/{session}/{media}").content)
        served = probe(tmp_path / "voice.mp4")
        assert served.video is None
        assert served.audio
        toml.write_text(toml.read_text() + "pose_voice = false\n")
    library.close()
    library = Library([folder])
    guard = Guard(create_app(library), port=PORT)
    with TestClient(guard, base_url=f"http://127.0.0.1:{PORT}", follow_redirects=False) as client:
        client.get(guard.invite())
        assert client.get(f"/media/{session}/{media}").status_code == 403
        assert client.get(f"/media/{session}/{media}/state").json()["state"] == "silent"
    library.close()


def test_wrong_requests_are_told_in_words(browser: TestClient) -> None:
    session = session_of(browser)
    assert browser.get("/api/sessions/none").status_code == 404
    assert browser.post(f"/api/sessions/{session}/events", json={"kind": "score", "uid": "x"}).status_code == 400
    assert browser.post("/api/reviewer", json={"name": "<b>"}).status_code == 400
    assert "error" in browser.get(f"/api/sessions/{session}/pose").json()
    assert browser.post(f"/api/sessions/{session}/import", json={"format": "x"}).status_code == 400


def test_what_is_written_is_the_owners_alone(browser: TestClient, folder: Path) -> None:
    session = session_of(browser)
    send(browser, session, "create", "own", start_ms=1000, end_ms=4000)
    send(browser, session, "judge", "own", verdict="yes")
    send(browser, session, "submit")
    browser.post(f"/api/sessions/{session}/export", json={"formats": ["elan", "csv"]})
    made = [*(folder / "export").iterdir(), *folder.glob("review*")]
    assert len(made) >= 4
    for path in made:
        assert path.stat().st_mode & 0o077 == 0, path.name
    assert (folder / "export").stat().st_mode & 0o077 == 0


def test_the_page_parses_no_text_as_html_and_knows_no_other_address() -> None:
    static = Path(str(STATIC))
    for path in static.iterdir():
        text = path.read_text(encoding="utf-8")
        parsed = ("innerHTML", "outerHTML =", "insertAdjacentHTML", "document.write", "eval(", "new Function", "srcdoc")
        for forbidden in parsed:
            assert forbidden not in text, f"{path.name}: {forbidden}"
        assert "://" not in text, path.name
        assert len(text.splitlines()) <= 200, path.name
    page = (static / "index.html").read_text(encoding="utf-8")
    assert "<style" not in page
    assert " style=" not in page
    assert not re.search(r"<[^>]*\son\w+=", page)
