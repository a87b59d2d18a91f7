"""Firefox through WebDriver BiDi, its remote protocol: enough of a driver to load a page, type and ask it things."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

FIREFOX = next((found for name in ("firefox-esr", "firefox") if (found := shutil.which(name))), None)
MISSING = None if FIREFOX else "NO FIREFOX: apt-get install firefox-esr"
_KEYS = {"Enter": "\ue007", "Escape": "\ue00c"}


class Firefox:
    """A headless Firefox with a profile of its own; `said` and `asked` pile up what the page says and requests."""

    def __init__(self, profile: Path, port: int) -> None:
        import websocket

        assert FIREFOX is not None
        profile.mkdir(parents=True)
        command = [
            FIREFOX,
            "--headless",
            "--no-remote",
            "--profile",
            str(profile),
            "--remote-debugging-port",
            str(port),
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.said: list[str] = []
        self.asked: list[str] = []
        self._numbers = itertools.count(1)
        deadline = time.monotonic() + 60
        while True:
            try:
                self._socket = websocket.create_connection(
                    f"ws://127.0.0.1:{port}/session", timeout=60, suppress_origin=True
                )
                break
            except OSError:
                assert time.monotonic() < deadline, "Firefox did not start"
                time.sleep(0.2)
        self.tell("session.new", capabilities={})
        self._page = self.tell("browsingContext.getTree")["contexts"][0]["context"]
        self.tell("browsingContext.activate", context=self._page)  # keys go to a window that has the focus
        self.tell("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent"])
        self.tell("browsingContext.setViewport", context=self._page, viewport={"width": 1280, "height": 720})

    def tell(self, method: str, **params: Any) -> Any:
        """Send a command and return its result; events that come meanwhile are noted."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            got = json.loads(self._socket.recv())
            if got.get("id") == number:
                assert got["type"] == "success", got
                return got["result"]
            if got.get("method") == "log.entryAdded" and got["params"]["level"] in ("error", "warn"):
                self.said.append(got["params"]["text"])
            if got.get("method") == "network.beforeRequestSent":
                self.asked.append(got["params"]["request"]["url"])

    def open(self, address: str) -> None:
        """Load an address."""
        self.tell("browsingContext.navigate", context=self._page, url=address, wait="complete")

    def evaluate(self, expression: str, *words: Any) -> Any:
        """Return what an expression is in the page, or a function of the page's language for words; by way of JSON."""
        value = f"({expression})({', '.join(map(json.dumps, words))})" if words else expression
        told = self.tell(
            "script.evaluate",
            expression=f"Promise.resolve({value}).then((v) => JSON.stringify(v ?? null))",
            target={"context": self._page},
            awaitPromise=True,
        )
        assert told["type"] == "success", told
        return json.loads(told["result"]["value"])

    def wait_for_timeout(self, milliseconds: float) -> None:
        """Let the page go on for a while, as Playwright's pages do."""
        time.sleep(milliseconds / 1000)

    def press(self, *keys: str) -> None:
        """Press keys one after the other: a character, Enter or Escape."""
        actions = [
            {"type": kind, "value": _KEYS.get(key, key)} for key in keys for kind in ("keyDown", "keyUp")
        ]  # fmt: skip
        self.tell(
            "input.performActions", context=self._page, actions=[{"type": "key", "id": "keys", "actions": actions}]
        )

    def close(self) -> None:
        """End the browser."""
        self._socket.close()
        self._process.terminate()
        self._process.wait(30)
