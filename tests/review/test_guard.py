"""One test per rule of the review app's guard."""

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from cuetrack.review.guard import Guard

PORT = 8123
HOST = f"127.0.0.1:{PORT}"


async def _here(request) -> JSONResponse:
    return JSONResponse({"here": True})


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def guard(clock: Clock) -> Guard:
    return Guard(Starlette(routes=[Route("/{path:path}", _here, methods=["GET", "POST"])]), port=PORT, clock=clock)


@pytest.fixture
def stranger(guard: Guard) -> TestClient:
    return TestClient(guard, base_url=f"http://{HOST}", follow_redirects=False)


@pytest.fixture
def reviewer(guard: Guard, stranger: TestClient) -> TestClient:
    assert stranger.get(guard.invite()).status_code == 303
    return stranger


def test_no_cookie_is_401(stranger: TestClient) -> None:
    assert stranger.get("/").status_code == 401


def test_a_wrong_cookie_is_401(stranger: TestClient) -> None:
    assert stranger.get("/", headers={"cookie": f"cuetrack_{PORT}=guess"}).status_code == 401


def test_a_foreign_host_is_421(reviewer: TestClient) -> None:
    for host in ("evil.example", "127.0.0.1", f"127.0.0.1:{PORT}.evil.example", "127.0.0.1:1"):
        assert reviewer.get("/", headers={"host": host}).status_code == 421


def test_the_one_time_address_opens_once(guard: Guard, stranger: TestClient) -> None:
    path = guard.invite()
    first = stranger.get(path)
    assert first.status_code == 303
    cookie = first.headers["set-cookie"]
    assert f"cuetrack_{PORT}=" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert stranger.get(path).status_code == 403
    assert stranger.get("/open/guess").status_code == 403
    assert stranger.get("/").status_code == 200


def test_a_form_is_415(reviewer: TestClient) -> None:
    assert reviewer.post("/api", data={"a": "b"}).status_code == 415
    assert reviewer.post("/api", content="{}", headers={"content-type": "text/plain"}).status_code == 415
    assert reviewer.post("/api", json={}).status_code == 200


def test_other_sites_are_403(reviewer: TestClient) -> None:
    assert reviewer.post("/api", json={}, headers={"origin": "http://evil.example"}).status_code == 403
    assert reviewer.get("/", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert reviewer.get("/", headers={"sec-fetch-site": "same-site"}).status_code == 403
    assert reviewer.post("/api", json={}, headers={"origin": f"http://{HOST}"}).status_code == 200


def test_large_requests_are_413(reviewer: TestClient) -> None:
    assert reviewer.post("/api", json={"text": "x" * 70_000}).status_code == 413


def test_other_methods_are_405(reviewer: TestClient) -> None:
    assert reviewer.put("/api", json={}).status_code == 405


def test_the_idle_lock(reviewer: TestClient, guard: Guard, clock: Clock) -> None:
    clock.now = 14 * 60
    assert reviewer.get("/").status_code == 200
    clock.now = 16 * 60
    assert reviewer.get("/").status_code == 401
    reviewer.get(guard.invite())
    assert reviewer.get("/", headers={"x-cuetrack-active": "1"}).status_code == 200


def test_only_cuetrack_itself_gets_a_new_address(stranger: TestClient, guard: Guard) -> None:
    known = {"x-cuetrack-launcher": guard.launcher}
    assert stranger.post("/invite").status_code == 403
    assert stranger.post("/invite", headers={"x-cuetrack-launcher": "guess"}).status_code == 403
    assert stranger.get("/invite", headers=known).status_code == 403
    assert stranger.post("/invite", headers={**known, "origin": f"http://{HOST}"}).status_code == 403  # a page
    assert stranger.post("/invite", headers={**known, "host": "evil.example"}).status_code == 421
    path = stranger.post("/invite", headers=known).text
    assert stranger.get(path).status_code == 303
    assert stranger.get("/").status_code == 200


def test_every_answer_carries_the_policy(reviewer: TestClient) -> None:
    for answer in (reviewer.get("/"), reviewer.get("/open/guess"), reviewer.get("/", headers={"host": "x"})):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
