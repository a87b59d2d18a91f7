"""The short form of `make bad-media`: recordings written wrongly or damaged end in a named error or a marked gap."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
from bad_media import Reader
from bad_media_corpus import WRITTEN, corpus

SLOW = ("8K", "8K H.264", "16K", "3 hours of sound beside a minute of picture", "16 by 4096 px",
        "a minute of sound beside an hour of picture")  # fmt: skip


def test_no_bad_recording_crashes_hangs_or_raises_what_has_no_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in SLOW:
        monkeypatch.delitem(WRITTEN, name)
    reader = Reader()
    ends: dict[str, list[str]] = {}
    try:
        for what, path in corpus(tmp_path, len(WRITTEN) + 14, seed=7):
            verdict = reader.read(what, path)
            ends.setdefault(verdict.end, []).append(f"{what}: {verdict.text}")
    finally:
        reader.close()
    assert set(ends) <= {"error", "gaps", "read"}, ends
    assert len(ends["error"]) >= 10  # most of these files cannot be read, and that is said
    assert any("one frame" in e for e in ends["error"] + ends["read"] + ends["gaps"])
    assert all(":" in e and len(e) < 1000 for e in ends["error"])
