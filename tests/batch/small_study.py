"""How the tests run a batch, and what of it they compare."""

import os
import subprocess
import sys
from pathlib import Path

NOT_COMPARED = ("run.json", ".lock", ".lock.owner", "audit.jsonl", "batch.parquet", "batch.md", ".batch.lock")
"""What holds times, or who worked on it."""
MANIFEST = """session,media,people,dyad,therapist,date
early,early.m4a,therapist=left;client=right,d1,T1,2026-01-08
late,late.m4a,therapist=left;client=right,d1,T1,2026-01-15
seen,seen.mp4,therapist=left;client=right,d2,T1,2026-01-16
"""
COMMAND = [sys.executable, "-c", "from cuetrack.cli import main; main()"]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}


def batch(*words: object) -> subprocess.CompletedProcess[str]:
    """Run `cuetrack batch` as a user does."""
    command = [*COMMAND, "batch", *map(str, words)]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)


def files_of(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file by its place, without what holds times."""
    found = {str(p.relative_to(folder)): p for p in sorted(folder.rglob("*")) if p.is_file()}
    return {name: p.read_bytes() for name, p in found.items() if p.name not in NOT_COMPARED}
