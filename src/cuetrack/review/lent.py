"""Recordings lent to a page of another server here, as a notebook is: each at an address nobody can guess."""

from __future__ import annotations

import secrets
import socket
import threading
from pathlib import Path
from typing import Any

_HEADERS = {
    "cache-control": "no-store",
    "cross-origin-resource-policy": "cross-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_lock = threading.Lock()
_lent: dict[str, Path] = {}
_home = ""


def lend(path: Path) -> str:
    """Return an address on 127.0.0.1 at which the file can be read, in parts too, until it is taken back."""
    word = secrets.token_urlsafe(32)
    with _lock:
        _lent[word] = path
        return f"{_served()}/{word}"


def take_back(address: str) -> None:
    """Stop answering at an address."""
    with _lock:
        _lent.pop(address.rsplit("/", 1)[-1], None)


def _served() -> str:
    """Start the server in the background of this process, once."""
    global _home
    if _home:
        return _home
    import uvicorn
    from starlette.applications import Starlette
    from starlette.routing import Route

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen(16)
    config = uvicorn.Config(
        Starlette(routes=[Route("/{word}", _file)]), log_level="error", access_log=False, server_header=False,
        date_header=False, lifespan="off",
    )  # fmt: skip
    server = uvicorn.Server(config)
    threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True, name="lent recordings").start()
    _home = f"http://127.0.0.1:{listener.getsockname()[1]}"
    return _home


async def _file(request: Any) -> Any:
    from starlette.responses import FileResponse, Response

    path = _lent.get(request.path_params["word"])
    if path is None or request.headers.get("host") != _home.removeprefix("http://"):
        return Response("There is nothing here.", status_code=404)
    return FileResponse(path, headers=_HEADERS)
