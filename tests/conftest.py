"""What all tests share: the development media, where they are there."""

from pathlib import Path

import pytest

MEDIA = Path(__file__).parents[2] / "shared" / "media"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if MEDIA.is_dir():
        return
    for item in items:
        if "media" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="the development recordings are not here"))


@pytest.fixture(scope="session")
def media() -> Path:
    """Folder of development recordings; only for tests marked `media`."""
    return MEDIA
