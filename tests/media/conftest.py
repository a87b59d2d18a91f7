"""Recordings that several tests read, made once."""

from pathlib import Path

import pytest
from recordings import clicks, even_times, make_video


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("made")


@pytest.fixture(scope="session")
def plain(made: Path) -> Path:
    """Four seconds at 25/s with B frames, clicks at 0.5, 1.5 and 3.25 s."""
    sound = clicks(4, (0.5, 1.5, 3.25), channels=2)
    return make_video(made / "plain.mp4", even_times(100, 25), sound=sound, b_frames=2)
