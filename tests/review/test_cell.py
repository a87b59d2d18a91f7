"""The timeline for a notebook's cell: what it is told, how its recording is lent, what it says when it cannot."""

import builtins
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest

import cuetrack as ct
from cuetrack.errors import ConsentWithdrawn, CuetrackError, NotEnoughData
from cuetrack.review import cell
from cuetrack.review.lent import lend, take_back
from cuetrack.review.one_module import one_module
from cuetrack.store.consent import with_consent


@pytest.fixture
def opened(session: Path) -> ct.Session:
    return ct.open_session(session)


def ask(address: str, **headers: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_its_traits_are_what_the_session_holds(opened: ct.Session, numbered: Path) -> None:
    shown = ct.watch(opened, signals=("lean_cm", "smile", "motion_sync_z"))
    channels = shown.session["channels"]
    first, second = opened.people
    assert [(c["person"], c["signal"]) for c in channels] == [
        (first, "lean_cm"), (first, "smile"), (second, "lean_cm"), (second, "smile"), ("pair", "motion_sync_z")
    ]  # fmt: skip
    values = np.frombuffer(shown.samples, "<f4").reshape(len(channels), -1)
    aligned = opened.align(10.0)
    for row, (person, signal) in enumerate([(first, "lean_cm"), (second, "smile")]):
        own = aligned.loc[aligned["person"] == person, signal].to_numpy(np.float32)
        np.testing.assert_array_equal(values[(0, 3)[row]], own)
    ranked = opened.moments[~opened.moments["control"]]
    assert [m["rank"] for m in shown.moments] == ranked["rank"].tolist()
    assert [m["start_s"] for m in shown.moments] == ranked["start_s"].tolist()
    assert len(shown.media) == 1
    assert len(shown.media[0]["frames_s"]) == 1000  # 40 s at 25 a second
    shown.close()


def test_the_recording_is_lent_whole_and_in_parts_until_it_is_closed(opened: ct.Session, numbered: Path) -> None:
    shown = ct.watch(opened)
    address = shown.media[0]["address"]
    assert address.startswith("http://127.0.0.1:")
    assert len(address.rsplit("/", 1)[1]) >= 43  # 32 random bytes
    data = numbered.read_bytes()
    assert ask(address) == (200, data)
    assert ask(address, Range="bytes=100-299") == (206, data[100:300])
    assert ask(address, Host="elsewhere.example")[0] == 404
    assert ask(address[:-1] + ("A" if address[-1] != "A" else "B"))[0] == 404
    shown.close()
    assert ask(address)[0] == 404


def test_two_lent_files_have_their_own_addresses(tmp_path: Path) -> None:
    kept = []
    for name in "ab":
        (tmp_path / name).write_text(name)
        kept.append(lend(tmp_path / name))
    assert [ask(address)[1] for address in kept] == [b"a", b"b"]
    take_back(kept[0])
    assert [ask(address)[0] for address in kept] == [404, 200]
    take_back(kept[1])


def test_the_owners_rule_of_no_picture_holds_here_too(opened: ct.Session) -> None:
    described = opened.folder.description()
    opened.folder.describe({**described, "review": {"pose_only": True, "pose_voice": False}})
    shown = ct.watch(ct.open_session(opened.folder.path))
    assert shown.media[0]["address"] == ""
    shown.close()


def test_what_it_refuses_it_says(opened: ct.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotEnoughData, match="choose others"):
        ct.watch(opened, signals=("no_such_signal",))
    described = opened.folder.description()
    opened.folder.describe(with_consent(described, opened.people[0], withdrawn="2026-01-02"))
    with pytest.raises(ConsentWithdrawn):
        ct.watch(ct.open_session(opened.folder.path))

    def without(name, *more, real=builtins.__import__, **kinds):
        if name == "anywidget":
            raise ImportError(name)
        return real(name, *more, **kinds)

    cell._kind.cache_clear()
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(CuetrackError, match=r'pip install "cuetrack\[notebook\]"'):
        ct.watch(opened)
    cell._kind.cache_clear()


def test_one_module_imports_nothing_and_takes_no_other_import(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = one_module("cell")
    assert not [line for line in whole.splitlines() if line.startswith(("import ", "export {"))]
    assert whole.count("export default") == 1
    assert whole.index("const $dom = ") < whole.index("const $draw = ") < whole.index("const $timeline = ")
    monkeypatch.setattr("cuetrack.review.one_module.text_of", lambda name: 'import * as all from "./dom.js";\n')
    with pytest.raises(ValueError, match="expected imports"):
        one_module("odd")
