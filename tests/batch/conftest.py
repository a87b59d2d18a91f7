"""A small study: two clips of sound and one of film, cut from the simulated session, and what a batch makes of them."""

from pathlib import Path

import pytest
from filelock import FileLock
from recordings import clip
from small_study import MANIFEST, batch


@pytest.fixture(scope="session")
def study(shared_folder: Path, rendered) -> Path:
    """Folder with the clips and `study.csv`."""
    folder = shared_folder / "small-study"
    with FileLock(shared_folder / "small-study.lock"):
        if not (folder / "study.csv").exists():
            folder.mkdir(exist_ok=True)
            clip(rendered.path, folder / "early.m4a", 4, sound_only=True)
            clip(rendered.path, folder / "late.m4a", 4, start_s=8, sound_only=True)
            clip(rendered.path, folder / "seen.mp4", 3)
            (folder / "study.csv").write_text(MANIFEST)
    return folder


@pytest.fixture(scope="session")
def undisturbed(shared_folder: Path, study: Path) -> Path:
    """Folder of sessions as one batch makes them that nothing disturbs; only to be read."""
    out = shared_folder / "undisturbed"
    with FileLock(shared_folder / "undisturbed.lock"):
        if not (out / "batch.md").exists():
            done = batch(study / "study.csv", "--out", out, "--jobs", 2)
            assert done.returncode == 0, done.stderr
    return out
