"""A manifest is read whole, and everything wrong with it is told at once with its row."""

from pathlib import Path

import pytest

from cuetrack.batch.manifest import read_study
from cuetrack.errors import ManifestError


def faults(folder: Path, text: str, suffix: str = "csv") -> list[str]:
    path = folder / f"wrong.{suffix}"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ManifestError) as raised:
        read_study(path)
    first, *listed = str(raised.value).splitlines()
    assert f"{len(listed)} fault" in first
    assert "nothing was started" in first
    return [line.strip() for line in listed]


def test_csv_toml_and_folder_say_the_same(study, tmp_path):
    from_csv = read_study(study / "study.csv")
    toml = tmp_path / "study.toml"
    toml.write_text(
        "".join(
            f'[[session]]\nsession = "{e.session}"\nmedia = "{e.media[""]}"\ndyad = "{e.dyad}"\ntherapist = "T1"\n'
            f'date = {e.date}\npeople = {{therapist = "left", client = "right"}}\n'
            for e in from_csv
        )
    )
    assert read_study(toml) == from_csv
    assert [e.session for e in from_csv] == ["early", "late", "seen"]
    assert [e.date for e in from_csv] == ["2026-01-08", "2026-01-15", "2026-01-16"]
    assert [round(e.duration_s) for e in from_csv] == [4, 4, 3]
    from_folder = read_study(study)
    assert [(e.session, e.media, e.people) for e in from_folder] == [(e.session, e.media, None) for e in from_csv]


def test_two_files_an_offset_and_settings(study):
    path = study / "pairs.csv"
    path.write_text(
        "session,media,media_2,people,offset_s,settings\n"
        'p1,early.m4a,late.m4a,client;therapist,-1.5,"picture.fast = true; sound.remote = true"\n'
    )
    (entry,) = read_study(path)
    assert {p: Path(f).name for p, f in entry.media.items()} == {"client": "early.m4a", "therapist": "late.m4a"}
    assert entry.people is None
    assert entry.offset_s == -1.5
    assert entry.settings == {"picture": {"fast": True}, "sound": {"remote": True}}


def test_every_fault_is_listed_with_its_row(study):
    listed = faults(
        study,
        "session,media,media_2,people,offset_s,settings,date\n"
        "ok,early.m4a,,client=left;therapist=right,,,\n"
        ",early.m4a,,client=left;therapist=left,,,\n"
        "OK,nowhere.mp4,,,soon,,31.3.2026\n"
        "a/b,early.m4a,late.m4a,client,,,\n"
        "c,wrong.csv,,,2.5,picture.fast = 3,\n"
        "d,early.m4a,,,,cues.gaze.nothing = 1,\n"
        "e,early.m4a,,,,bright = true,\n"
        "f,early.m4a,,a,b,c,d,e\n",
    )
    said = {}
    for line in listed:
        where, _, what = line.partition(": ")
        said.setdefault(where, []).append(what)
    assert set(said) == {f"line {n}" for n in range(3, 10)}
    assert any("session is empty" in w for w in said["line 3"])
    assert any("cannot both sit left" in w for w in said["line 3"])
    for words in ("offset_s: expected a number", "date: expected a day", "nowhere.mp4", "is also at line 2"):
        assert any(words in w for w in said["line 4"]), words
    assert len(said["line 4"]) == 4
    assert any("cannot be a folder's name" in w for w in said["line 5"])
    assert any("two files need two people" in w for w in said["line 5"])
    assert any("wrong.csv" in w for w in said["line 6"])
    assert any("offset_s needs a second file" in w for w in said["line 6"])
    assert any("picture.fast: expected true or false, got 3" in w for w in said["line 6"])
    assert any("cue gaze has no nothing" in w for w in said["line 7"])
    assert any("got bright" in w for w in said["line 8"])
    assert any("more cells than columns" in w for w in said["line 9"])


def test_toml_faults_name_the_session(study):
    listed = faults(
        study,
        '[[session]]\nsession = "a"\nmedia = "early.m4a"\n[[session]]\nsession = "b"\nmedia = "early.m4a"\nroom = 3\n'
        '[[session]]\nsession = "a"\nmedia = "early.m4a"\nsettings = {picture = {face_hz = "often"}}\n',
        "toml",
    )
    assert [line.split(":")[0] for line in listed] == ["session 2", "session 3", "session 3"]
    assert "unknown key room" in listed[0]
    assert "picture.face_hz: expected a number" in listed[1]
    assert "is also at session 1" in listed[2]


@pytest.mark.parametrize("text", ["session,media\n", "media\nx.mp4\n", "session,media,mood\na,b,c\n"])
def test_a_manifest_without_sessions_or_with_other_columns_is_refused(tmp_path, text):
    (tmp_path / "study.csv").write_text(text)
    with pytest.raises(ManifestError):
        read_study(tmp_path / "study.csv")


def test_nothing_is_started_where_one_row_is_wrong(study, tmp_path, run_cli):
    path = study / "one-wrong.csv"
    path.write_text("session,media\ngood,early.m4a\nwrong,nowhere.mp4\n")
    code, out, err = run_cli("batch", path, "--out", tmp_path / "out")
    assert code == 1
    assert "line 3" in err
    assert not (tmp_path / "out").exists()
    assert out == ""


def test_a_dry_run_lists_sessions_and_makes_nothing(study, tmp_path, run_cli):
    code, out, _ = run_cli("batch", study / "study.csv", "--out", tmp_path / "out", "--dry-run")
    assert code == 0
    assert all(name in out for name in ("3 sessions", "early", "late", "seen"))
    assert not (tmp_path / "out").exists()
