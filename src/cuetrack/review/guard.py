"""What stands between the review app and everything else that could talk to it.

Only this computer, only by the exact host name, only with the cookie that a one-time address gave, only JSON, and never
from another site's page. Every answer carries a strict content security policy.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

IDLE_S = 15 * 60
LARGEST_BODY = 64_000
LARGEST_BUNDLE = 50_000_000
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}

App = Callable[[Any, Any, Any], Awaitable[None]]


class Guard:
    """An ASGI wrapper that lets only the reviewer's own browser through.

    `/open/<one_time>` works once and sets the cookie. After `idle_s` without a sign of the reviewer every request is
    refused until a new one-time address is made with `invite`, or by another cuetrack of the same user, which knows
    `launcher` from a file that only its owner can read.
    """

    def __init__(
        self, app: App, *, port: int, idle_s: float = IDLE_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.app = app
        self.hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self.cookie = f"cuetrack_{port}"  # cookies ignore ports: the name tells two apps apart
        self.idle_s = idle_s
        self._clock = clock
        self._key = secrets.token_urlsafe(32)
        self.launcher = secrets.token_urlsafe(32)
        self._invitations: set[str] = set()
        self._spent: set[str] = set()
        self._seen = clock()

    def invite(self) -> str:
        """Return a new one-time path that opens the app."""
        word = secrets.token_urlsafe(32)
        self._invitations.add(word)
        return f"/open/{word}"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Refuse with 401, 403, 413, 415 or 421, or pass the request on."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        if headers.get("host", "") not in self.hosts:
            await _refuse(send, 421, "This address is not served here.")
        elif scope["path"].startswith("/open/"):
            await self._open(scope["path"].removeprefix("/open/"), send)
        elif scope["path"] == "/invite":
            await self._invited(scope["method"], headers, send)
        elif self._fault(scope["method"], scope["path"], headers):
            await _refuse(send, *self._fault(scope["method"], scope["path"], headers))  # type: ignore[misc]
        else:
            if headers.get("x-cuetrack-active") == "1" or scope["method"] == "POST":
                self._seen = self._clock()
            await self.app(scope, receive, _with_headers(send))

    async def _open(self, word: str, send: Any) -> None:
        if word in self._spent or not any(hmac.compare_digest(word.encode(), i.encode()) for i in self._invitations):
            await _refuse(send, 403, "This address was used already. Start the review again from cuetrack.")
            return
        self._invitations.discard(word)
        self._spent.add(word)
        self._seen = self._clock()
        cookie = f"{self.cookie}={self._key}; HttpOnly; SameSite=Strict; Path=/"
        await _answer(send, 303, b"", {"location": "/", "set-cookie": cookie})

    async def _invited(self, method: str, headers: Mapping[str, str], send: Any) -> None:
        shown = headers.get("x-cuetrack-launcher", "")
        known = hmac.compare_digest(shown.encode(), self.launcher.encode())
        if method != "POST" or "origin" in headers or not known:
            await _refuse(send, 403, "Only cuetrack itself may ask for this.")
            return
        await _answer(send, 200, self.invite().encode(), {"content-type": "text/plain; charset=utf-8"})

    def _fault(self, method: str, path: str, headers: Mapping[str, str]) -> tuple[int, str] | None:
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return 403, "Requests from other sites are refused."
        origin = headers.get("origin")
        if origin is not None and origin.removeprefix("http://") not in self.hosts:
            return 403, "Requests from other sites are refused."
        if not self._knows(headers.get("cookie", "")):
            return 401, "Open the review from cuetrack: it gives the browser a one-time address."
        if self._clock() - self._seen > self.idle_s:
            return 401, "The review was idle for a while and is locked. Open it again from cuetrack."
        if method not in ("GET", "HEAD", "POST"):
            return 405, "Only reading and posting are possible here."
        if method == "POST":
            if headers.get("content-type", "").split(";")[0].strip() != "application/json":
                return 415, "Expected JSON."
            limit = LARGEST_BUNDLE if path.endswith("/import") else LARGEST_BODY
            length = headers.get("content-length", "")
            if not length.isdigit() or int(length) > limit:
                return 413, "The request is too large."
        return None

    def _knows(self, cookies: str) -> bool:
        try:
            found = SimpleCookie(cookies).get(self.cookie)
        except CookieError:
            return False
        return found is not None and hmac.compare_digest(found.value.encode(), self._key.encode())


async def _refuse(send: Any, status: int, text: str) -> None:
    await _answer(send, status, text.encode(), {"content-type": "text/plain; charset=utf-8"})


async def _answer(send: Any, status: int, body: bytes, headers: Mapping[str, str]) -> None:
    known = {**HEADERS, **headers, "content-length": str(len(body))}
    raw = [(k.encode(), v.encode()) for k, v in known.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def _with_headers(send: Any) -> Callable[[Any], Awaitable[None]]:
    async def sending(message: Any) -> None:
        if message["type"] == "http.response.start":
            own = [(k, v) for k, v in message["headers"] if k.decode().lower() not in HEADERS]
            message["headers"] = [*own, *((k.encode(), v.encode()) for k, v in HEADERS.items())]
        await send(message)

    return sending
