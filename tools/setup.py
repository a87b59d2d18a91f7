"""Build the project's own environment in .venv and check the system libraries that wheels do not carry.

    python tools/setup.py [--extra simulate] [--extra test]

Needs Python 3.11 or newer and nothing else; works on Linux, macOS and Windows.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
LIBRARIES = {"libGL.so.1": "libgl1", "libEGL.so.1": "libegl1", "libGLESv2.so.2": "libgles2"}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--extra", action="append", default=[], help="optional dependencies to install")
    extras = sorted(set(parser.parse_args().extra))
    if sys.version_info < (3, 11):
        print(f"cuetrack needs Python 3.11 or newer; this is {sys.version.split()[0]}. Run with PYTHON=python3.11.")
        return 1
    if not system_libraries():
        return 1
    if "test" in extras:
        browser()
    python = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = [ROOT / "pyproject.toml", ROOT / "constraints.txt"]
    key = hashlib.sha256(b"".join(p.read_bytes() for p in wanted) + repr((extras, sys.version)).encode()).hexdigest()
    stamp = VENV / f".ready-{'-'.join(extras) or 'plain'}"
    if python.exists() and stamp.exists() and stamp.read_text() == key:
        return 0
    if not python.exists():
        print(f"making {VENV.name} …", flush=True)
        try:
            venv.create(VENV, with_pip=True)
        except (subprocess.CalledProcessError, OSError) as error:
            shutil.rmtree(VENV, ignore_errors=True)
            print(f"could not make a virtual environment ({error}). On Debian or Ubuntu: apt-get install python3-venv")
            return 1
    print("installing packages (a few minutes the first time) …", flush=True)
    target = f".[{','.join(extras)}]" if extras else "."
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-c", "constraints.txt"]
    if subprocess.run([*install, "-e", target], cwd=ROOT, check=False).returncode:
        print("installing failed; the lines above say why. Is there a network connection?")
        return 1
    stamp.write_text(key)
    return 0


def system_libraries() -> bool:
    """Say which of the needed shared libraries are missing; install them where that is allowed (root on Debian)."""
    if not sys.platform.startswith("linux"):
        return True
    missing = [name for name in LIBRARIES if not loads(name)]
    if not missing:
        return True
    packages = " ".join(LIBRARIES[name] for name in missing)
    print(f"missing system libraries: {', '.join(missing)}")
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"installing them: apt-get install {packages}", flush=True)
        quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
        subprocess.run(["apt-get", "update", "-q"], check=False, **quiet)
        subprocess.run(["apt-get", "install", "-y", "-q", *packages.split()], check=False, **quiet)
        missing = [name for name in missing if not loads(name)]
    if missing:
        print(f"install them first: sudo apt-get install {packages}")
    return not missing


def browser() -> None:
    """Install Chromium for the page's tests where that is allowed (root on Debian); else say what is skipped."""
    names = ("chromium", "chromium-browser", "google-chrome")
    if any(shutil.which(name) for name in names) or not sys.platform.startswith("linux"):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("installing the browser for the tests: apt-get install chromium", flush=True)
        quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
        subprocess.run(["apt-get", "update", "-q"], check=False, **quiet)
        subprocess.run(["apt-get", "install", "-y", "-q", "chromium"], check=False, **quiet)
    if not any(shutil.which(name) for name in names):
        print("NO BROWSER: the tests of the review page are skipped; sudo apt-get install chromium")


def loads(name: str) -> bool:
    """Say whether the dynamic loader finds a shared library."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
