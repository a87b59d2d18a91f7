"""What a session folder, the logs and the temporary folders never hold: faces, secrets, files that others may read."""

import base64
import contextlib
import http.client
import os
import re
import shutil
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cuetrack.store.files import make_folder, write_text

PICTURE_STARTS = {
    "JPEG": b"\xff\xd8\xff", "PNG": b"\x89PNG\r\n", "GIF": b"GIF8", "WebP": b"WEBPVP8", "BMP": b"BM6",
    "TIFF": b"II*\x00", "mp4": b"ftypisom", "Matroska": b"\x1a\x45\xdf\xa3",
}  # fmt: skip
CODE = "import os; os.umask(0o022); from cuetrack.cli import run; run()"


def environment(**more: str) -> dict[str, str]:
    known = {k: v for k, v in os.environ.items() if not k.startswith("CUETRACK_")}
    return {**known, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), **more}


def pictures_in(path: Path) -> list[str]:
    """Every way in which a file holds a picture: as itself, embedded in a page, or as an array of pixels."""
    data, found = path.read_bytes(), []
    found += [f"{path.name} is {kind}" for kind, start in PICTURE_STARTS.items() if start in data[:16]]
    if path.suffix in (".html", ".toml", ".json", ".jsonl", ".svg"):
        found += [
            f"{path.name} embeds {m[1].decode()}" for m in re.finditer(rb"data:(image/[a-z+]+|video/[a-z0-9]+)", data)
        ]
        for text in re.findall(rb"[A-Za-z0-9+/]{400,}={0,2}", data):
            blob = base64.b64decode(text[: len(text) // 4 * 4])
            found += [f"{path.name} embeds {kind}" for kind, s in PICTURE_STARTS.items() if s in blob[:16]]
    if path.suffix == ".npz":
        with np.load(path) as stored:
            found += [
                f"{path.name} holds pixels in {name}"
                for name in stored.files
                if stored[name].dtype == np.uint8 and stored[name].ndim >= 2
            ]
    if path.suffix == ".parquet":
        table = pd.read_parquet(path)
        found += [f"{path.name}.{c} holds bytes" for c in table if table[c].map(lambda v: isinstance(v, bytes)).any()]
    return found


def test_the_scan_sees_pictures(tmp_path: Path) -> None:
    """Each way to keep a face, once, so that the scan below cannot pass by being blind."""
    png = b"\x89PNG\r\n\x1a\n" + bytes(400)
    (tmp_path / "a.bin").write_bytes(png)
    (tmp_path / "b.html").write_text(f"<img src='data:image/png;base64,{base64.b64encode(png).decode()}'>")
    (tmp_path / "c.json").write_text(f'{{"x": "{base64.b64encode(png).decode()}"}}')
    np.savez(tmp_path / "d.npz", face=np.zeros((16, 20, 3), np.uint8))
    pd.DataFrame({"x": [png]}).to_parquet(tmp_path / "e.parquet")
    assert all(pictures_in(p) for p in sorted(tmp_path.iterdir()))


def test_no_face_in_the_folder(analysed: Path) -> None:
    assert [f for p in sorted(analysed.rglob("*")) if p.is_file() for f in pictures_in(p)] == []


def test_faces_in_a_report_only_when_asked(run_cli, analysed: Path, tmp_path: Path) -> None:
    run_cli("report", analysed, "--out", tmp_path / "plain.html")
    run_cli("report", analysed, "--faces", "--out", tmp_path / "faces.html")
    assert pictures_in(tmp_path / "plain.html") == []
    shown = 'id="moment-' in (tmp_path / "faces.html").read_text(encoding="utf-8")
    assert bool(pictures_in(tmp_path / "faces.html")) == shown


def test_others_can_read_nothing_that_is_made(tmp_path: Path, rendered, analysed: Path) -> None:
    """Under the usual umask of 022: session, report, exports, logs and everything below them are the owner's alone."""
    session = Path(shutil.copytree(analysed, tmp_path / "x.cue"))
    for place in (session, *session.rglob("*")):
        assert stat.S_IMODE(place.stat().st_mode) & 0o077 == 0, place.name  # as analyze made them
    own = {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("CONFIG", "DATA", "STATE")}
    shutil.rmtree(session / "moments")
    analyze = ("analyze", rendered.path, "--people", "therapist=left,client=right", "--out", session)
    for words in (
        analyze,
        ("report", session, "--out", tmp_path / "new" / "r.html"),
        ("export", session, "--format", "csv", "--format", "elan"),
        ("redact", session, "--out", tmp_path / "s.cue", "--picture", "none", "--quiet"),
        ("consent", session, "--person", "client", "--given"),
    ):
        done = subprocess.run(
            [sys.executable, "-c", CODE, *map(str, words)],
            env=environment(**own),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    made = [p for p in tmp_path.rglob("*") if not p.is_symlink()]
    assert len(made) > 100
    assert [str(p) for p in made if stat.S_IMODE(p.stat().st_mode) & 0o077] == []


def test_half_written_files_are_the_owners_and_go(tmp_path: Path) -> None:
    old = os.umask(0o022)
    try:
        folder = make_folder(tmp_path / "a" / "b")
        seen: list[int] = []
        from cuetrack.store.files import replacing

        with replacing(folder / "x.txt") as part:
            part.write_text("half")
            seen.append(stat.S_IMODE(part.stat().st_mode))
        with pytest.raises(ZeroDivisionError), replacing(folder / "x.txt") as part:
            part.write_text("half")
            raise ZeroDivisionError
        write_text(folder / "y.txt", "whole")
    finally:
        os.umask(old)
    assert seen == [0o600]
    assert {stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir()} == {0o600}
    assert {stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "a", folder)} == {0o700}
    assert sorted(p.name for p in folder.iterdir()) == ["x.txt", "y.txt"]


def test_nothing_is_left_in_the_temporary_folder(tmp_path: Path, rendered, analysed: Path) -> None:
    place = tmp_path / "tmp"
    place.mkdir()
    session = Path(shutil.copytree(analysed, tmp_path / "x.cue"))
    shutil.rmtree(session / "cues")
    code = "from cuetrack.cli import main; main()"
    for words in (
        ("check", rendered.path),
        ("analyze", rendered.path, "--people", "therapist=left,client=right", "--out", session, "--quiet"),
        ("redact", session, "--out", tmp_path / "s.cue", "--picture", "none", "--quiet"),
    ):
        known = environment(TMPDIR=str(place))
        done = subprocess.run(
            [sys.executable, "-c", code, *map(str, words)], env=known, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
    assert [p.name for p in place.rglob("*")] == []


def test_secrets_are_in_no_output(analysed: Path, tmp_path: Path) -> None:
    """The review's own key and a passphrase: not on a screen, in an error, a log, or the list of processes."""
    session = Path(shutil.copytree(analysed, tmp_path / "x.cue"))
    word = "seven quiet rivers"
    locked = environment(CUETRACK_PASSPHRASE=word, CUETRACK_DEBUG="1")
    said = b""
    for verb in ("lock", "unlock", "unlock"):
        done = subprocess.run(
            [sys.executable, "-c", CODE, verb, str(session)], env=locked, capture_output=True, check=False
        )
        said += done.stdout + done.stderr
    subprocess.run([sys.executable, "-c", CODE, "lock", str(session)], env=locked, capture_output=True, check=True)
    wrong = environment(CUETRACK_PASSPHRASE="another " + word, CUETRACK_DEBUG="1")  # with the traceback
    done = subprocess.run(
        [sys.executable, "-c", CODE, "unlock", str(session)], env=wrong, capture_output=True, check=False
    )
    assert done.returncode != 0
    said += done.stdout + done.stderr
    assert b"WrongPassphrase" in said
    assert word.encode() not in said


def ask(address: str, cookie: str = "") -> tuple[int, str]:
    host, path = address.removeprefix("http://").split("/", 1)
    with contextlib.closing(http.client.HTTPConnection(host, timeout=60)) as link:
        link.request("GET", f"/{path}", headers={"cookie": cookie})
        answer = link.getresponse()
        answer.read()
        return answer.status, answer.getheader("set-cookie", "")


def test_the_reviews_key_is_in_no_log(analysed: Path, tmp_path: Path) -> None:
    session = Path(shutil.copytree(analysed, tmp_path / "x.cue"))
    own = {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("CONFIG", "DATA", "STATE")}
    words = [sys.executable, "-u", "-c", CODE, "review", str(session), "--no-browser"]
    child = subprocess.Popen(
        words, env=environment(**own, CUETRACK_DEBUG="1"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    said: list[str] = []
    assert child.stdout is not None
    reader = threading.Thread(target=lambda: said.extend(child.stdout), daemon=True)
    reader.start()
    try:
        for _ in range(300):
            if any("http://" in line for line in said):
                break
            time.sleep(0.1)
        address = re.search(r"http://127\.0\.0\.1:\d+/open/\S+", "".join(said))
        assert address, said
        key = ask(address[0])[1].split("=", 1)[1].split(";")[0]
        home = address[0].split("/open/")[0]
        assert ask(f"{home}/api/sessions/none", cookie=f"cuetrack_{home.rsplit(':')[-1]}={key}")[0] == 404  # an error
    finally:
        child.terminate()
        child.wait(20)
        reader.join(5)
        child.stdout.close()
    assert len(key) > 30
    assert key not in "".join(said)
    for file in (p for p in tmp_path.rglob("*") if p.is_file()):
        assert key.encode() not in file.read_bytes(), file.name
