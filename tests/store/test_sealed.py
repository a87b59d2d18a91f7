"""A session under a passphrase: round trip, wrong passphrase, damage, and SIGKILL at every step of the disk."""

import hmac
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from cuetrack.errors import SessionNotFound, StoreError, WrongPassphrase
from cuetrack.session import open_session
from cuetrack.store import cipher, sealed

WORD, COST = "quiet green river", 4


@pytest.fixture
def session(tmp_path: Path) -> Path:
    folder = tmp_path / "x.cue"
    (folder / "cues").mkdir(parents=True)
    (folder / "session.toml").write_text('format = 1\nname = "x"\n')
    (folder / "cues" / "gaze.parquet").write_bytes(os.urandom(2_500_000))
    (folder / "cues" / "empty.json").write_bytes(b"")
    return folder


def content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != ".lock"}


def test_there_and_back(session: Path) -> None:
    before = content(session)
    locked = sealed.lock(session, WORD)
    assert (session.exists(), locked.stat().st_mode & 0o777) == (False, 0o600)
    assert [p.name for p in session.parent.iterdir()] == [locked.name]
    assert b"session.toml" not in locked.read_bytes()
    with pytest.raises(SessionNotFound, match="cuetrack unlock"):
        open_session(session)
    assert sealed.unlock(locked, WORD) == session
    assert content(session) == before
    assert [p.name for p in session.parent.iterdir()] == [session.name]
    assert {p.stat().st_mode & 0o077 for p in session.rglob("*")} == {0}


def test_a_wrong_passphrase_changes_nothing(session: Path) -> None:
    locked = sealed.lock(session, WORD, cost=COST)
    before = locked.read_bytes()
    for wrong in ("quiet green rivers", "", "Quiet green river"):
        with pytest.raises(WrongPassphrase, match="nothing was changed"):
            sealed.unlock(session, wrong)
    assert [p.name for p in session.parent.iterdir()] == [locked.name]
    assert locked.read_bytes() == before


def test_accents_typed_in_either_way_are_the_same(session: Path) -> None:
    sealed.lock(session, "stille grüne flüsse", cost=COST)
    sealed.unlock(session, "stille gru\u0308ne flu\u0308sse")


def test_a_short_passphrase_and_links_are_refused(session: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="at least"):
        sealed.lock(session, "short", cost=COST)
    (session / "link").symlink_to(tmp_path)
    with pytest.raises(StoreError, match="link"):
        sealed.lock(session, WORD, cost=COST)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.cue"]


@pytest.mark.parametrize("place", [0, 5, 8, 9, 12, 30, 40, 66, 70, 1_100_000, -1])
def test_any_changed_byte_is_seen(session: Path, place: int) -> None:
    locked = sealed.lock(session, WORD, cost=COST)
    data = bytearray(locked.read_bytes())
    data[place] ^= 1
    locked.write_bytes(data)
    with pytest.raises(StoreError):
        sealed.unlock(session, WORD)
    assert [p.name for p in session.parent.iterdir()] == [locked.name]


def pieces(data: bytes) -> list[bytes]:
    size = cipher.PIECE + 16
    return [data[66 + i : 66 + i + size] for i in range(0, len(data) - 66, size)]


def test_pieces_cannot_be_cut_off_swapped_or_repeated(session: Path) -> None:
    locked = sealed.lock(session, WORD, cost=COST)
    data = locked.read_bytes()
    head, parts = data[:66], pieces(data)
    assert len(parts) == 3
    for forged in (parts[:-1], parts[:1], [], [parts[1], parts[0], parts[2]], [*parts, parts[-1]], [parts[0], *parts]):
        locked.write_bytes(head + b"".join(forged))
        with pytest.raises(StoreError, match=r"damaged|cut off"):
            sealed.unlock(session, WORD)
        assert not session.exists()


def test_the_pieces_open_with_the_library_alone(session: Path) -> None:
    """What is written is what docs/privacy.md says, checked without the code that wrote it."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    data = sealed.lock(session, WORD, cost=COST).read_bytes()
    keys = Scrypt(salt=data[11:27], length=64, n=2 ** data[8], r=8, p=1).derive(WORD.encode())
    assert hmac.digest(keys[32:], data[:34], "sha256") == data[34:66]
    parts, plain = pieces(data), b""
    for number, part in enumerate(parts):
        nonce = data[27:34] + number.to_bytes(4, "big") + bytes([number == len(parts) - 1])
        plain += AESGCM(keys[:32]).decrypt(nonce, part, data[:34])
    assert plain[:11] == b"cues/empty."


def test_memory_does_not_grow_with_the_session(session: Path) -> None:
    def most() -> int:
        tracemalloc.start()
        sealed.unlock(sealed.lock(session, WORD, cost=COST), WORD)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    small = most()
    (session / "proxy.mp4").write_bytes(os.urandom(40_000_000))
    assert most() < small + 4_000_000


KILLED = """
import os, shutil, signal, sys
from pathlib import Path
from cuetrack.store import sealed
place, word, cost, act = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
state = {"left": 0}

def counted(real):
    def call(*words, **named):
        state["left"] -= 1
        if state["left"] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*words, **named)
    return call

for name in ("fsync", "rename", "replace", "unlink", "rmdir", "mkdir", "open", "write", "close"):
    setattr(os, name, counted(getattr(os, name)))

def content(folder):
    files = (p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    return {str(p.relative_to(folder)): p.read_bytes() for p in files}

def do(folder):
    sealed.lock(folder, word, cost=cost) if act == "lock" else sealed.unlock(folder, word)

start = place / "start"
folder = start / "x.cue"
before = content(folder)
if act == "unlock":
    sealed.lock(folder, word, cost=cost)
step = 0
while True:
    step += 1
    trial = place / "trial"
    shutil.rmtree(trial, ignore_errors=True)
    shutil.copytree(start, trial)
    child = os.fork()
    if child == 0:
        state["left"] = step
        do(trial / "x.cue")
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    state["left"] = 0
    here, file = trial / "x.cue", trial / "x.cue.locked"
    assert here.is_dir() or file.is_file(), (step, os.listdir(trial))
    if here.is_dir():  # the old or the new, whole
        assert content(here) == before, step
    do(here)  # the same command ends what was begun
    if act == "lock":
        assert sorted(os.listdir(trial)) == ["x.cue.locked"], (step, os.listdir(trial))
        sealed.unlock(here, word)
    assert sorted(os.listdir(trial)) == ["x.cue"], (step, os.listdir(trial))
    assert content(here) == before, step
    if status == 0:
        break
print(step)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="LOUD: kills at every step need fork")
@pytest.mark.parametrize("act", ["lock", "unlock"])
def test_a_kill_at_every_step_leaves_the_old_or_the_new(session: Path, act: str) -> None:
    """A child is ended by SIGKILL before its 1st, 2nd, … call that changes the disk, until one comes through."""
    (session / "cues" / "gaze.parquet").write_bytes(os.urandom(50_000))
    place = session.parent
    (place / "start").mkdir()
    session.rename(place / "start" / "x.cue")
    path = os.pathsep.join(p for p in sys.path if p)
    words = [sys.executable, "-c", KILLED, str(place), WORD, str(COST), act]
    done = subprocess.run(words, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 15


def test_the_command_line(run_cli, session: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "word.txt"
    file.write_text(f"{WORD}\n")
    assert run_cli("lock", session, "--passphrase-file", file, "--quiet")[0] == 0
    monkeypatch.setenv("CUETRACK_PASSPHRASE", "another long passphrase")
    code, out, err = run_cli("unlock", session, "--quiet")
    assert (code, "nothing was changed" in err) == (1, True)
    assert "another long" not in out + err
    assert run_cli("unlock", session, "--passphrase-file", file, "--quiet")[0] == 0
    assert run_cli("lock", session, "--passphrase-file", file, "--quiet")[0] == 0
    assert run_cli("delete", session, "--yes")[0] == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["word.txt"]
