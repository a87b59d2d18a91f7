"""Every parser of a file from outside takes any bytes: it returns something, or raises an error of ours in words.

`CUETRACK_FUZZ=20000 pytest tests/test_parsers.py` is the long form.
"""

import json
import os
import tomllib
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuetrack.batch.manifest import read_study
from cuetrack.decisions.bundle import events_in, read_bundle
from cuetrack.errors import CuetrackError, FormatError
from cuetrack.export.boris import read_boris, write_boris
from cuetrack.export.csv import read_csv, read_parquet, write_csv, write_parquet
from cuetrack.export.elan import read_elan, write_elan
from cuetrack.export.textgrid import read_textgrid, write_textgrid
from cuetrack.export.tiers import Annotations, Mark, Tier
from cuetrack.export.webvtt import read_webvtt, write_webvtt
from cuetrack.moments.patterns import load_patterns
from cuetrack.moments.ranker import Ranker, load_ranker
from cuetrack.session import open_session
from cuetrack.simulate.script import load_script
from cuetrack.store.folder import SessionFolder

EXAMPLES = int(os.environ.get("CUETRACK_FUZZ", "60"))
MARKS = (Mark(0, 1200, "turn"), Mark(2000, 2600, "ü <5>", "a --> b"))
SESSION = Annotations((Tier("turns client", MARKS, "client", "R1"), Tier("moments", MARKS)), 5000, (Path("a.mp4"),))

fuzzing = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


def _session(path: Path) -> object:
    opened = open_session(path.parent)
    return [opened.people, opened.duration_s, opened.name, opened.warnings, opened.coverage()]


def _bundle(path: Path) -> object:
    return events_in(read_bundle(path))


READERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "session.toml": ("s.cue/session.toml", _session),
    "script": ("script.toml", load_script),
    "pattern": ("pattern.toml", load_patterns),
    "EAF": ("x.eaf", read_elan),
    "TextGrid": ("x.TextGrid", read_textgrid),
    "BORIS": ("x.boris", read_boris),
    "WebVTT": ("x.vtt", read_webvtt),
    "CSV": ("x.csv", read_csv),
    "parquet": ("x.parquet", read_parquet),
    "manifest CSV": ("study.csv", read_study),
    "manifest TOML": ("study.toml", read_study),
    "ranker": ("ranker.json", load_ranker),
    "review bundle": ("bundle.json", _bundle),
}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A right file of every kind, as bytes."""
    place = tmp_path_factory.mktemp("good")
    writers = {
        "EAF": write_elan, "TextGrid": write_textgrid, "BORIS": write_boris, "WebVTT": write_webvtt, "CSV": write_csv,
        "parquet": write_parquet,
    }  # fmt: skip
    made = {}
    for kind, write in writers.items():
        write(place / "x", SESSION)
        made[kind] = (place / "x").read_bytes()
    Ranker({"voice": 1.2}, {"n": 3}).save(place / "ranker.json")
    media = {"path": "a.mp4", "sha256": "0" * 64, "size": 5, "person": "", "offset_s": 0.0, "drift_ppm": 0.0}
    SessionFolder(place / "s.cue").describe(
        {"name": "s", "duration_s": 5.0, "people": {"client": {"place": "left"}}, "media": [media], "settings": {}}
    )
    scripts, patterns = files("cuetrack.simulate") / "scripts", files("cuetrack.moments") / "patterns"
    event = {
        "seq": 1, "uid": "u", "at_utc": "t", "reviewer": "R", "kind": "judge", "target": "m", "base": 0, "body": {},
        "app_version": "1", "previous": "", "hash": "h",
    }  # fmt: skip
    return made | {
        "session.toml": (place / "s.cue" / "session.toml").read_bytes(),
        "script": (scripts / "short.toml").read_bytes(),
        "pattern": (patterns / "quieter_slower.toml").read_bytes(),
        "ranker": (place / "ranker.json").read_bytes(),
        "manifest CSV": b"session,media,people,offset_s\none,a.mp4,client=left;therapist=right,0.5\n",
        "manifest TOML": b'[[session]]\nsession="one"\nmedia="a.mp4"\npeople={client="left"}\n',
        "review bundle": json.dumps({"format": "cuetrack review 1", "media": [], "events": [event]}).encode(),
    }


def reads_or_says_why(kind: str, content: bytes, tmp_path: Path) -> object:
    name, read = READERS[kind]
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    try:
        return read(path)
    except CuetrackError as error:
        assert str(error).strip()
        assert len(str(error)) < 20_000
    return None


@pytest.mark.parametrize("kind", READERS)
@fuzzing
@given(content=st.binary(max_size=400) | st.text(max_size=200).map(lambda t: t.encode("utf-8", "surrogatepass")))
def test_any_bytes(kind: str, content: bytes, tmp_path: Path) -> None:
    reads_or_says_why(kind, content, tmp_path)


@st.composite
def damage(draw: st.DrawFn, size: int) -> list[tuple[int, int, bytes]]:
    """Places, lengths and what stands there instead."""
    awkward = [
        b"",
        b"-1",
        b"1e999",
        b"nan",
        b'"',
        b"\x00",
        b"\xff\xfe",
        b"9" * 400,
        b"[" * 3000,
        b"{",
        b"<",
        b"&#0;",
        b"\n",
    ]
    pieces = st.binary(max_size=6) | st.sampled_from([*awkward, b",,,", b"[[", b"'"])
    return draw(st.lists(st.tuples(st.integers(0, size), st.integers(0, 40), pieces), min_size=1, max_size=6))


@pytest.mark.parametrize("kind", READERS)
@fuzzing
@given(data=st.data())
def test_a_good_file_that_was_damaged(kind: str, data: st.DataObject, good: dict[str, bytes], tmp_path: Path) -> None:
    content = good[kind]
    for at, length, piece in data.draw(damage(len(content))):
        content = content[:at] + piece + content[at + length :]
    reads_or_says_why(kind, content, tmp_path)


odd = st.recursive(
    st.one_of(
        st.integers(-(2**63), 2**63 - 1),
        st.floats(),
        st.booleans(),
        st.text(st.characters(exclude_categories=("Cs",)), max_size=20),
        st.dates(),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc-_", max_size=4), inner, max_size=3),
    max_leaves=6,
)


def exchanged(value: Any, path: list[int], new: Any) -> Any:
    """Return a document with the part that a path of numbers leads to exchanged."""
    if not path or not isinstance(value, dict | list) or not value:
        return new
    if isinstance(value, list):
        at = path[0] % len(value)
        return [exchanged(v, path[1:], new) if i == at else v for i, v in enumerate(value)]
    key = sorted(value)[path[0] % len(value)]
    return {k: exchanged(v, path[1:], new) if k == key else v for k, v in value.items()}


@pytest.mark.parametrize(
    "kind", ["session.toml", "script", "pattern", "manifest TOML", "ranker", "BORIS", "review bundle"]
)
@fuzzing
@given(path=st.lists(st.integers(0, 30), min_size=1, max_size=4), new=odd)
def test_a_value_of_another_kind(kind: str, path: list[int], new: Any, good: dict[str, bytes], tmp_path: Path) -> None:
    is_json = kind in ("ranker", "BORIS", "review bundle")
    document = json.loads(good[kind]) if is_json else tomllib.loads(good[kind].decode())
    changed = exchanged(document, path, new)
    if not isinstance(changed, dict):
        return
    text = json.dumps(changed, default=str) if is_json else tomli_w.dumps(changed)
    reads_or_says_why(kind, text.encode("utf-8", "surrogatepass"), tmp_path)


def test_good_files_are_read(good: dict[str, bytes], tmp_path: Path) -> None:
    for kind in set(READERS) - {"manifest CSV", "manifest TOML", "review bundle"}:
        assert reads_or_says_why(kind, good[kind], tmp_path) is not None, kind


LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
ATTACKS = {
    "billion laughs": f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]><ANNOTATION_DOCUMENT>&l9;</ANNOTATION_DOCUMENT>',
    "a file from the disk": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><ANNOTATION_DOCUMENT>&e;</ANNOTATION_DOCUMENT>',
    "a definition from outside": '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><ANNOTATION_DOCUMENT/>',
    "a parameter entity": '<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]><ANNOTATION_DOCUMENT/>',
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_xml_that_reaches_out_or_blows_up_is_refused(attack: str, tmp_path: Path) -> None:
    path = tmp_path / "x.eaf"
    path.write_text(ATTACKS[attack])
    with pytest.raises(FormatError, match="expected an ELAN file"):
        read_elan(path)


@pytest.mark.parametrize("kind", READERS)
def test_a_file_of_no_end_is_refused_unread(kind: str, tmp_path: Path) -> None:
    """A sparse file of 3 GB: whoever reads it whole needs that much memory."""
    name, read = READERS[kind]
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        file.truncate(3_000_000_000)
    with pytest.raises(CuetrackError, match="MB|parquet"):
        read(path)
