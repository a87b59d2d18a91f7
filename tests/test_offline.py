"""The whole job without a network: nothing but this computer is ever asked for, not even a name looked up."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

GUARD = """
import socket, sys

LOCAL = ("127.0.0.1", "localhost", "::1", "")

def refuse(what):
    with open(NOTE, "a") as note:
        note.write(what + "\\n")
    raise OSError(f"the test forbids the network: {what}")

def hook(event, words):
    if event in ("socket.connect", "socket.sendto", "socket.bind"):
        sock, address = words[0], words[1]
        if sock.family == getattr(socket, "AF_UNIX", None):
            return
        host = address[0] if isinstance(address, tuple) else str(address)
        if host not in LOCAL:
            refuse(f"{event} {host}")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = words[0]
        host = host.decode() if isinstance(host, bytes) else host
        if host not in (*LOCAL, None):
            refuse(f"{event} {host}")
    elif event == "urllib.Request":
        if not words[0].startswith("http://127.0.0.1:"):
            refuse(f"{event} {words[0]}")

sys.addaudithook(hook)
"""
JOB = """
import sys, threading, time, os
from pathlib import Path
from cuetrack import cli

recording, place = sys.argv[1], Path(sys.argv[2])
session = place / "x.cue"

def run(*words):
    sys.argv = ["cuetrack", *map(str, words)]
    try:
        cli.run()
    except SystemExit as stop:
        assert not stop.code, (words, stop.code)

run("check", recording)
run("analyze", recording, "--people", "therapist=left,client=right", "--out", session, "--quiet")
run("moments", session, "--why")
run("report", session, "--faces", "--out", place / "faces.html")
for name in ("elan", "textgrid", "boris", "webvtt", "csv", "parquet"):
    run("export", session, "--format", name, "--out", place / "out")
run("redact", session, "--out", place / "s.cue", "--picture", "none", "--quiet")

import http.client
from cuetrack.review import serve
addresses = []
options = {"browser": False, "say": addresses.append}
server = threading.Thread(target=serve.serve, args=([session],), kwargs=options, daemon=True)
server.start()
for _ in range(600):
    if addresses:
        break
    time.sleep(0.1)
host, path = addresses[0].removeprefix("http://").split("/", 1)
def ask(path, cookie=""):
    link = http.client.HTTPConnection(host, timeout=60)
    link.request("GET", "/" + path, headers={"cookie": cookie} if cookie else {})
    answer = link.getresponse()
    return answer.status, answer.read(), answer.getheader("set-cookie", "")
status, _, cookie = ask(path)
assert status == 303, status
cookie = cookie.split(";")[0]
for page in ("", "static/main.js", "api/sessions"):
    status, body, _ = ask(page, cookie)
    assert status == 200 and body, (page, status)
print("all done")
os._exit(0)
"""


@pytest.fixture
def offline(tmp_path: Path) -> dict[str, str]:
    """Environment in which every Python process, children too, refuses the network and notes each attempt."""
    place = tmp_path / "guard"
    place.mkdir()
    (place / "sitecustomize.py").write_text(f"NOTE = {str(tmp_path / 'note')!r}\n{GUARD}", encoding="utf-8")
    path = os.pathsep.join([str(place), *(p for p in sys.path if p)])
    known = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    return {**known, "PYTHONPATH": path}


def attempts(tmp_path: Path) -> list[str]:
    note = tmp_path / "note"
    return note.read_text().splitlines() if note.is_file() else []


@pytest.mark.parametrize(
    "code",
    [
        "import socket; socket.create_connection(('192.0.2.1', 80), 1)",
        "import socket; socket.getaddrinfo('example.org', 80)",
        "import socket; socket.gethostbyname('example.org')",
        "import urllib.request as u; u.urlopen('http://example.org')",
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
        "import socket; socket.socket().bind(('0.0.0.0', 0))",
    ],
)
def test_the_guard_sees_every_way_out(offline: dict[str, str], tmp_path: Path, code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], env=offline, capture_output=True, text=True, check=False)
    assert "the test forbids the network" in done.stderr
    assert attempts(tmp_path)


def test_the_whole_job_needs_no_network(offline: dict[str, str], tmp_path: Path, rendered) -> None:
    """check, analyze, moments, report, export, redact, and the review server asked by its own client."""
    words = [sys.executable, "-c", JOB, str(rendered.path), str(tmp_path)]
    done = subprocess.run(words, env=offline, capture_output=True, text=True, check=False, timeout=500)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "all done" in done.stdout
    assert attempts(tmp_path) == []


@pytest.mark.skipif(sys.platform != "linux", reason="LOUD: network namespaces are a thing of Linux")
def test_native_code_needs_none_either(tmp_path: Path, rendered) -> None:
    """The same job, without the review server, in a network namespace that holds no interface that is up.

    The guard sees Python only; here the kernel gives codecs and engines nothing to reach.
    """
    out = tmp_path / "y.cue"
    path = os.pathsep.join(p for p in sys.path if p)
    code = "from cuetrack.cli import run; run()"
    words = ["unshare", "--net", sys.executable, "-c", code, "analyze", str(rendered.path)]
    words += ["--people", "therapist=left,client=right", "--out", str(out), "--quiet"]
    try:
        done = subprocess.run(
            words, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("LOUD: unshare is not here")
    if "unshare" in done.stderr:
        pytest.skip(f"LOUD: no network namespace may be made here ({done.stderr.strip()})")
    assert done.returncode == 0, done.stderr
    assert (out / "report.html").is_file()


def test_only_model_files_are_ever_fetched() -> None:
    """The one place in the source that opens a connection to another computer is the one that fetches models."""
    source = Path(__file__).parents[1] / "src" / "cuetrack"
    ways = re.compile(r"urlopen|http\.client|requests\.|httpx|socket\.create_connection|urllib\.request|ftplib|smtplib")
    found = {str(p.relative_to(source)) for p in source.rglob("*.py") if ways.search(p.read_text(encoding="utf-8"))}
    assert found == {"people/weights.py", "review/running.py"}
    assert 'startswith("http://127.0.0.1:")' in (source / "review" / "running.py").read_text(encoding="utf-8")
