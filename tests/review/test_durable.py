"""What the server acknowledged survives kill -9, asked of the running program over its own port."""

import http.client
import itertools
import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cuetrack.decisions.record import Record

PER_ROUND = 12


class Client:
    """A reviewer's page without a browser: follows the one-time address and keeps the cookie."""

    def __init__(self, address: str) -> None:
        self.port = int(address.split(":")[2].split("/")[0])
        self.path = "/" + address.split("/", 3)[3]
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        self.cookie = self._ask("GET", self.path)[1].get("set-cookie", "").split(";")[0]

    def _ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, Any, bytes]:
        headers = {"content-type": "application/json"} if body is not None else {}
        if hasattr(self, "cookie"):
            headers["cookie"] = self.cookie
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def get(self, path: str) -> Any:
        return json.loads(self._ask("GET", path)[2])

    def post(self, path: str, content: Any) -> tuple[int, Any]:
        status, _, body = self._ask("POST", path, json.dumps(content).encode())
        return status, json.loads(body)

    def close(self) -> None:
        self.connection.close()


def kill_after(process: int, acknowledged: list[str], count: int) -> None:
    """Kill the server somewhere between two of its answers, once so many were given."""
    while len(acknowledged) < count:
        time.sleep(0.001)
    time.sleep(random.Random(count).uniform(0, 0.02))
    os.kill(process, signal.SIGKILL)


def test_kill_9_loses_nothing_that_was_acknowledged(session: Path, serve: Callable[..., Any]) -> None:
    acknowledged: list[str] = []
    number = itertools.count()
    for round_number in range(3):
        served = serve(session)
        client = Client(served.address)
        client.post("/api/reviewer", {"name": "R1"})
        item = client.get("/api/sessions")["sessions"][0]["id"]
        base = client.get(f"/api/sessions/{item}/review")["base"]
        due = PER_ROUND * (round_number + 1)
        killing = threading.Thread(target=kill_after, args=(served.process.pid, acknowledged, due))
        killing.start()
        try:
            while True:
                uid = f"u{next(number)}"
                event = {
                    "uid": uid,
                    "kind": "create",
                    "target": uid,
                    "base": base,
                    "body": {"start_ms": 1, "end_ms": 2},
                }
                status, answer = client.post(f"/api/sessions/{item}/events", event)
                assert status == 200
                base = answer["base"]
                acknowledged.append(uid)
        except (OSError, http.client.HTTPException, ValueError):
            killing.join()
        client.close()
    record = Record(session / "review.sqlite")
    kept = {e.uid for e in record.events("R1")}
    assert record.faults() == []
    record.close()
    assert len(acknowledged) >= 3 * PER_ROUND
    assert set(acknowledged) <= kept


def test_started_again_it_opens_the_one_that_runs(session: Path, serve: Callable[..., Any]) -> None:
    first = serve(session)
    second = serve()  # no folders: the start page of the cuetrack that runs already
    assert second.home == first.home
    assert second.address != first.address
    assert second.process.wait(20) == 0
    client = Client(second.address)
    assert client.get("/api/sessions")["sessions"][0]["name"] == "written"
    client.close()
