"""Where a record lies: network drives and synchronised folders need care, because SQLite relies on file locks there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

_NETWORK = re.compile(
    r"^(nfs\d?|cifs|smb\w*|afpfs|afs|webdav|davfs\d?|9p|ncpfs|ceph|glusterfs|lustre|beegfs|gpfs|fuse\.(sshfs|rclone|"
    r"gvfsd-fuse|smbnetfs|davfs\d?|glusterfs|ceph\w*|s3fs|goofys))$"
)
_SYNCED = re.compile(
    r"^(onedrive.*|dropbox.*|google drive|googledrive|my drive|icloud drive|mobile documents|nextcloud|owncloud|box"
    r"|syncthing|seafile)$",
    re.IGNORECASE,
)


def on_network(path: Path) -> bool:
    """Tell whether a path lies on a network drive, as far as the operating system says."""
    folder = path.resolve().parent
    if sys.platform == "win32":
        import ctypes

        drive = os.path.splitdrive(folder)[0]
        return drive.startswith("\\\\") or ctypes.windll.kernel32.GetDriveTypeW(f"{drive}\\") == 4
    return bool(_NETWORK.match(file_system(folder, _mounts())))


def file_system(folder: Path, mounts: list[tuple[str, str]]) -> str:
    """Return the type of the file system a folder lies on, given (mount point, type) pairs; "" if none holds it."""
    holding = [(len(point), kind) for point, kind in mounts if folder.is_relative_to(point)]
    return max(holding, default=(0, ""), key=lambda found: found[0])[1]


def synced_by(path: Path) -> str:
    """Return the name of the folder in a path that a synchronising program keeps, "" if there is none."""
    return next((part for part in path.resolve().parts if _SYNCED.match(part)), "")


def _mounts() -> list[tuple[str, str]]:
    """Return every mount point with its type, the last mounted last; [] where the system does not tell."""
    try:
        if sys.platform == "linux":
            lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
            return [read_mountinfo(line) for line in lines if " - " in line]
        told = subprocess.run(["/sbin/mount"], capture_output=True, text=True, timeout=5, check=False).stdout
        return [(m[1], m[2]) for m in re.finditer(r" on (.+?) \((\w+)", told)]
    except (OSError, subprocess.SubprocessError):
        return []


def read_mountinfo(line: str) -> tuple[str, str]:
    """Return mount point and type from a line of Linux's mountinfo, in which blanks are written as octal numbers."""
    left, _, right = line.partition(" - ")
    point = re.sub(r"\\(\d{3})", lambda found: chr(int(found[1], 8)), left.split(" ")[4])
    return point, right.split(" ")[0]
