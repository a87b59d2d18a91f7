"""WebKit, Safari's engine, through WebDriver: enough of WebKitGTK's MiniBrowser to load a page, type and ask things."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

DRIVER = shutil.which("WebKitWebDriver")
SCREEN = shutil.which("Xvfb")
_BROWSER = next(iter(sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))), None)
MISSING = (
    None
    if DRIVER and SCREEN and _BROWSER
    else "NO WEBKIT: apt-get install webkit2gtk-driver xvfb gstreamer1.0-libav gstreamer1.0-gl"
)
_KEYS = {"Enter": "\ue007", "Escape": "\ue00c"}
_WATCH = """
window.__said = [];
addEventListener("error", (e) => window.__said.push(String(e.message)));
addEventListener("unhandledrejection", (e) => window.__said.push(String(e.reason)));
addEventListener("securitypolicyviolation", (e) => window.__said.push(`policy: ${e.violatedDirective}`));
"""


class WebKit:
    """A WebKit browser on a screen nobody sees, with a home of its own."""

    def __init__(self, home: Path, port: int) -> None:
        assert DRIVER
        assert SCREEN
        home.mkdir(parents=True)
        number = 100 + port % 10_000
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._screen = subprocess.Popen([SCREEN, f":{number}", "-screen", "0", "1400x900x24"], **quiet)
        own = {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CONFIG", "CACHE", "DATA")}
        own |= {"HOME": str(home), "DISPLAY": f":{number}", "LIBGL_ALWAYS_SOFTWARE": "1", "GDK_BACKEND": "x11"}
        own |= {"WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1"}  # a sandbox within a container may not be made
        self._driver = subprocess.Popen([DRIVER, f"--port={port}"], env={**os.environ, **own}, **quiet)
        self._base = f"http://127.0.0.1:{port}"
        options = {"binary": str(_BROWSER), "args": ["--automation"]}
        wanted = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
        deadline = time.monotonic() + 60
        while True:
            try:
                made = self._ask("POST", "/session", wanted)
                break
            except (urllib.error.URLError, ConnectionError):
                assert time.monotonic() < deadline, "WebKit did not start"
                time.sleep(0.3)
        self._base += f"/session/{made['sessionId']}"
        self._ask("POST", "/window/rect", {"width": 1280, "height": 800})
        self._ask("POST", "/timeouts", {"script": 60_000, "pageLoad": 60_000})

    def open(self, address: str) -> None:
        """Load an address and note from then on what goes wrong in the page."""
        self._ask("POST", "/url", {"url": address})
        self._ask("POST", "/execute/sync", {"script": _WATCH, "args": []})

    def evaluate(self, expression: str, *words: Any) -> Any:
        """Return what an expression is in the page, or a function of the page's language for words; by way of JSON."""
        value = f"({expression})({', '.join(map(json.dumps, words))})" if words else expression
        script = (
            "const done = arguments[arguments.length - 1];"
            f"Promise.resolve({value}).then((v) => done(JSON.stringify(v ?? null)), (e) => done('!' + e));"
        )
        told = self._ask("POST", "/execute/async", {"script": script, "args": []})
        assert not told.startswith("!"), told
        return json.loads(told)

    @property
    def said(self) -> list[str]:
        """What went wrong in the page since it was opened."""
        return list(self.evaluate("window.__said ?? ['the page was loaded anew']"))

    @property
    def asked(self) -> list[str]:
        """Every address that the page took something from."""
        return list(self.evaluate("performance.getEntriesByType('resource').map((r) => r.name)"))

    def wait_for_timeout(self, milliseconds: float) -> None:
        """Let the page go on for a while, as Playwright's pages do."""
        time.sleep(milliseconds / 1000)

    def press(self, *keys: str) -> None:
        """Press keys one after the other: a character, Enter or Escape."""
        actions = [{"type": kind, "value": _KEYS.get(key, key)} for key in keys for kind in ("keyDown", "keyUp")]
        self._ask("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def close(self) -> None:
        """End the browser and its screen."""
        with contextlib.suppress(OSError):
            self._ask("DELETE", "")
        for process in (self._driver, self._screen):
            process.terminate()
            process.wait(30)

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=90) as answer:
                return json.loads(answer.read())["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from error
