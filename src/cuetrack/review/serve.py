"""Serve the review app on this computer only and open the browser on it."""

from __future__ import annotations

import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cuetrack.review.app import create_app
from cuetrack.review.guard import Guard
from cuetrack.review.library import Library
from cuetrack.review.preferences import Preferences
from cuetrack.review.running import announce, ask_running, forget


def serve(
    paths: Sequence[Path], *, port: int = 0, browser: bool = True, say: Callable[[str], None] = lambda text: None
) -> None:
    """Serve the sessions of these folders on 127.0.0.1 until stopped; `say` is given each one-time address.

    Without folders, the sessions opened before are shown, and a cuetrack that runs already is opened again.
    """
    import uvicorn

    os.umask(0o077)
    running = ask_running() if not paths else None
    if running:
        _open(running, browser, say)
        return
    preferences = Preferences()
    library = Library(paths)
    for folder in preferences.sessions() if not paths else ():
        library.add_if_sound(folder)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(128)  # before the address is given: a quick browser waits instead of being refused
    chosen: int = listener.getsockname()[1]
    app: Any = create_app(library, preferences)
    guard = Guard(app, port=chosen)
    home = f"http://127.0.0.1:{chosen}"
    announce(home, guard.launcher)
    opening = (home + guard.invite(), browser, say)
    threading.Thread(target=_open, args=opening, daemon=True).start()  # one in the terminal would block
    if sys.stdin is not None and sys.stdin.isatty():
        again = threading.Thread(target=_open_again, args=(home, guard, browser, say), daemon=True)
        again.start()
    config = uvicorn.Config(guard, log_level="error", access_log=False, server_header=False, date_header=False)
    try:
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        forget(home)
        app.state.adding.close()
        listener.close()
        library.close()


def _open(address: str, browser: bool, say: Callable[[str], None]) -> None:
    say(address)
    if browser:
        webbrowser.open(address)


def _open_again(home: str, guard: Guard, browser: bool, say: Callable[[str], None]) -> None:
    """Give a new one-time address whenever Enter is pressed in the terminal: the way back after the idle lock."""
    while sys.stdin.readline():
        _open(home + guard.invite(), browser, say)
