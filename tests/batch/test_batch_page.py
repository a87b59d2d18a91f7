"""The examples of docs/batch.md do what the page says."""

import re
import shutil
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from cuetrack.batch.entry import COLUMNS
from cuetrack.batch.manifest import read_study
from cuetrack.cli.batch import command

PAGE = (Path(__file__).parents[2] / "docs" / "batch.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def folder(study, tmp_path):
    """A folder with every recording that the page names."""
    for name in ("042.mp4", "043.mp4", "client.mp4", "therapist.mp4"):
        shutil.copy(study / "seen.mp4", tmp_path / name)
    shutil.copy(study / "early.m4a", tmp_path / "talk.m4a")
    return tmp_path


def test_both_manifests_are_read_as_the_page_says(folder):
    (csv,), (toml,) = blocks("csv"), blocks("toml")
    (folder / "study.csv").write_text(csv)
    (folder / "study.toml").write_text(toml)
    rows = {e.session: e for e in read_study(folder / "study.csv")}
    assert list(rows) == ["042", "043", "044", "045"]
    assert rows["043"].settings == {"picture": {"fast": True}, "sound": {"remote": True}}
    assert set(rows["044"].media) == {"client", "therapist"}
    assert rows["044"].offset_s == -1.5
    assert rows["045"].people is None
    (entry,) = read_study(folder / "study.toml")
    assert entry.settings == tomllib.loads(toml)["session"][0]["settings"]
    assert entry.date == rows["042"].date == "2026-03-02"


def test_every_column_and_option_that_there_is_is_on_the_page(undisturbed):
    for name in (*COLUMNS, *pd.read_parquet(undisturbed / "batch.parquet").columns):
        assert re.search(rf"`[^`]*\b{name}\b[^`]*`", PAGE), name
    options = {o for p in command.params for o in p.opts if o.startswith("--")} - {"--fast", "--tracks"}
    assert {o for o in options if o not in PAGE} == set()
    for line in "\n".join(blocks("sh")).splitlines():
        if line.startswith("cuetrack batch"):
            used = set(re.findall(r"--[a-z-]+", line.split("#")[0]))
            assert used <= {o for p in command.params for o in p.opts}


def test_the_study_example_runs(undisturbed, tmp_path, monkeypatch, capsys):
    shutil.copytree(undisturbed, tmp_path / "sessions")
    monkeypatch.chdir(tmp_path)
    code = next(b for b in blocks("python") if "open_study" in b)
    place: dict[str, object] = {}
    exec(code.replace(".show()", ""), place)
    assert "3 sessions of 2 dyads" in capsys.readouterr().out
    turns = place["study"].sql(
        "select session, count(*) as turns from turns_spans where label = 'turn' group by session"
    )
    assert set(turns["session"]) <= {"early", "late", "seen"}
