"""What kills or holds up a decoder is an error in words: the children here really crash, hang and run out of memory."""

import os
import signal
from pathlib import Path

import pytest

from cuetrack.errors import MediaNotFound, MediaUnreadable
from cuetrack.media.guarded import tried
from cuetrack.media.probe import probe
from cuetrack.processes import how_it_ended


@pytest.fixture
def broken_codec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Put a package in av's place, for child processes, that does as told when it is imported."""

    def put(body: str) -> None:
        (tmp_path / "shadow" / "av").mkdir(parents=True)
        (tmp_path / "shadow" / "av" / "__init__.py").write_text(body)
        monkeypatch.syspath_prepend(str(tmp_path / "shadow"))

    return put


@pytest.mark.parametrize("decode", [True, False])
def test_a_good_recording_is_described_as_by_probe(plain: Path, decode: bool) -> None:
    assert tried(plain, decode=decode) == probe(plain)


def test_errors_arrive_as_they_were(tmp_path: Path) -> None:
    with pytest.raises(MediaNotFound, match="no such file"):
        tried(tmp_path / "missing.mp4")
    (tmp_path / "text.mp4").write_text("notes of Monday\n" * 40)
    with pytest.raises(MediaUnreadable, match="holds text"):
        tried(tmp_path / "text.mp4")


@pytest.mark.skipif(os.name != "posix", reason="signals are named otherwise there")
def test_a_crash_of_the_decoder_is_an_error(plain: Path, broken_codec) -> None:
    broken_codec("import ctypes\nctypes.string_at(0)\n")
    with pytest.raises(MediaUnreadable, match=r"plain.mp4: .*SIGSEGV.*[Ee]xport it again"):
        tried(plain)


def test_a_decoder_that_hangs_is_an_error(plain: Path, broken_codec) -> None:
    broken_codec("import time\ntime.sleep(60)\n")
    with pytest.raises(MediaUnreadable, match="did not end within 1 s"):
        tried(plain, time_limit_s=1.0)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="only Linux keeps a limit of memory")
def test_a_decoder_that_takes_all_memory_is_an_error(plain: Path, broken_codec) -> None:
    broken_codec("kept = [bytearray(64 << 20) for _ in range(10_000)]\n")
    with pytest.raises(MediaUnreadable, match=r"more than 600 MB"):
        tried(plain, memory_limit_bytes=600 << 20)


def test_ends_are_put_in_words() -> None:
    assert how_it_ended(-signal.SIGABRT) == "a crash (SIGABRT)"
    assert how_it_ended(0xC0000005) == "a crash (code 0xc0000005)"
    assert how_it_ended(1) == "a stop (code 1)"
