"""Running a notebook from its first cell to its last, without a way to any other computer."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
_NO_NETWORK = """
import socket

def only_here(connect):
    def guarded(self, address, *rest):
        if self.family != getattr(socket, "AF_UNIX", None) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise OSError(f"a notebook asked for {address}")
        return connect(self, address, *rest)
    return guarded

socket.socket.connect = only_here(socket.socket.connect)
socket.socket.connect_ex = only_here(socket.socket.connect_ex)
"""


def executed(path: Path, folder: Path, *checks: str) -> Any:
    """Run a notebook in a folder, then `checks` as further cells; return it with its outputs.

    A cell that raises raises CellExecutionError here; an address outside this computer is an OSError in its cell.
    """
    notebook = nbformat.read(path, as_version=4)
    notebook.cells += [nbformat.v4.new_code_cell(check) for check in checks]
    guard = folder / "guard"
    guard.mkdir(exist_ok=True)
    (guard / "sitecustomize.py").write_text(_NO_NETWORK)
    paths = os.pathsep.join([str(guard), str(ROOT / "src")])
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", store_widget_state=False,
                            resources={"metadata": {"path": str(folder)}})  # fmt: skip
    client.execute(env={**os.environ, "PYTHONPATH": paths, "JUPYTER_PLATFORM_DIRS": "1"})
    return notebook
