"""Serve the review app on this computer only and open the browser on it."""

from __future__ import annotations

import os
import socket
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cuetrack.review.app import create_app
from cuetrack.review.guard import Guard
from cuetrack.review.library import Library


def serve(
    paths: Sequence[Path], *, port: int = 0, browser: bool = True, say: Callable[[str], None] = lambda text: None
) -> None:
    """Serve the sessions of these folders on 127.0.0.1 until stopped; `say` is given the one-time address."""
    import uvicorn

    os.umask(0o077)
    library = Library(paths)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    chosen: int = listener.getsockname()[1]
    app: Any = create_app(library)
    guard = Guard(app, port=chosen)
    address = f"http://127.0.0.1:{chosen}{guard.invite()}"
    say(address)
    if browser:
        webbrowser.open(address)
    config = uvicorn.Config(guard, log_level="error", access_log=False, server_header=False, date_header=False)
    try:
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        listener.close()
        library.close()
