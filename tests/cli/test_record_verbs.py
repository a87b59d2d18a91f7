"""The verbs around the review record."""

import json
import shutil
import uuid
from pathlib import Path

import pytest
from written_session import write_session

from cuetrack.decisions.record import Record
from cuetrack.simulate.script import short_script


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verbs") / "s01.cue"
    write_session(folder, short_script(), surrogates=2)
    return folder


@pytest.fixture
def session(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "s01.cue"))


def review(folder: Path, reviewer: str, *acts: tuple[str, str, dict]) -> None:
    with Record(folder / "review.sqlite") as record:
        for kind, target, body in acts:
            base = record.last(reviewer)
            record.add(reviewer=reviewer, uid=str(uuid.uuid4()), kind=kind, target=target, base=base, body=body)


AT = {"start_ms": 1000, "end_ms": 4000, "person": "client"}


def test_two_reviewers_on_two_machines(session: Path, tmp_path: Path, run_cli) -> None:
    other = Path(shutil.copytree(session, tmp_path / "copy.cue"))
    review(session, "R1", ("viewed", "m1", AT), ("judge", "m1", {"verdict": "yes"}))
    review(other, "Zoë 好", ("viewed", "m1", AT), ("judge", "m1", {"verdict": "no"}))
    code, said, _ = run_cli("bundle", "export", other)
    assert code == 0
    (file,) = (other / "export").glob("*.review.json")
    assert file.name == "s01.Zoë 好.review.json"
    assert str(file) in said
    code, said, _ = run_cli("bundle", "merge", session, file)
    assert (code, "2 new events" in said) == (0, True)
    assert "R1, Zoë 好" in said
    assert "0 new events" in run_cli("bundle", "merge", session, file)[1]
    with Record(session / "review.sqlite", read_only=True) as record:
        assert record.review("Zoë 好").decisions["m1"].verdict == "no"
        assert record.faults() == []
    code, _, said = run_cli("bundle", "export", session)
    assert code == 2
    assert "--reviewer" in said
    code, _, said = run_cli("bundle", "merge", session, session / "session.toml")
    assert code == 1
    assert "expected a review bundle" in said


def test_doctor_writes_a_report_and_fails_on_faults(session: Path, run_cli) -> None:
    assert run_cli("doctor", session)[0] == 0
    review(session, "R1", ("viewed", "m1", AT), ("note", "m1", {"text": "SECRET"}))
    code, said, _ = run_cli("doctor", session, "--json")
    assert code == 0
    assert json.loads(said)["reviewers"][0]["decisions"] == 1
    assert "SECRET" not in (session / "doctor.json").read_text()
    (session / "review.sqlite").write_bytes(b"broken" * 1000)
    code, said, _ = run_cli("doctor", session)
    assert code == 1
    assert "fault" in said


def marks_of(folder: Path, reviewer: str) -> list[tuple[int, int, str, str]]:
    with Record(folder / "review.sqlite", read_only=True) as record:
        found = record.review(reviewer).decisions.values()
        return sorted((d.start_ms, d.end_ms, d.label, d.note) for d in found)


FORMATS = ("elan", "textgrid", "boris", "webvtt", "csv", "parquet")


@pytest.mark.parametrize("name", FORMATS)
def test_what_one_reviewer_exports_another_machine_imports(session: Path, tmp_path: Path, run_cli, name: str) -> None:
    fresh = Path(shutil.copytree(session, tmp_path / "fresh.cue"))
    acts = [
        ("create", "o1", {"start_ms": 0, "end_ms": 2500, "person": "client", "label": "repair", "note": 'a "b" --> c'}),
        ("create", "o2", {"start_ms": 2500, "end_ms": 2501, "person": "client", "label": "withdrawal"}),
        ("create", "o3", {"start_ms": 1000, "end_ms": 3000, "person": "", "label": "repair"}),
        ("viewed", "m1", {"start_ms": 5000, "end_ms": 9000, "person": "client"}),
        ("judge", "m1", {"verdict": "yes"}),
        ("viewed", "m2", {"start_ms": 9000, "end_ms": 9900, "person": "client"}),
        ("judge", "m2", {"verdict": "no"}),
        ("reflect", "m1", {"prompt": "own", "text": "mine"}),
    ]
    review(session, "Zoë 好", *acts)
    review(session, "R2", ("create", "x", AT))
    code, said, _ = run_cli("export", session, "--format", name, "--reviewer", "Zoë 好", "--out", tmp_path)
    assert code == 0
    assert "1 answers to reflect on" in said
    (file,) = [p for p in tmp_path.glob("s01.*") if p.suffix not in (".cue", ".json")]
    code, said, _ = run_cli("import", fresh, file, "--blind", "--submit")
    assert code == 0, said
    assert "Zoë 好: 4 new moments of 4 marks" in said
    assert "turns client: measured by cuetrack" in said
    assert "Zoë 好 judged: judgements of candidates" in said
    held = [m for m in marks_of(session, "Zoë 好") if m[0] != 9000]
    assert marks_of(fresh, "Zoë 好") == sorted((a, b, c or "moment", d) for a, b, c, d in held)
    with Record(fresh / "review.sqlite", read_only=True) as record:
        decisions = record.review("Zoë 好").decisions.values()
        assert {d.person for d in decisions} == {"client", ""}
        assert {d.source for d in decisions} == {name}
        assert all(d.own and d.blind for d in decisions)
        assert record.review("Zoë 好").submitted
        assert record.faults() == []
        n = len(record.events())
    code, said, _ = run_cli("import", fresh, file, "--blind", "--submit")
    assert "0 new moments of 4 marks" in said
    with Record(fresh / "review.sqlite", read_only=True) as record:
        assert len(record.events()) == n


@pytest.mark.media
def test_files_of_other_programs_become_moments(session: Path, media: Path, run_cli) -> None:
    formats = media / "formats"
    code, _, said = run_cli("import", session, formats / "mary.TextGrid")
    assert code == 1
    assert "--reviewer" in said
    code, said, _ = run_cli("import", session, formats / "mary.TextGrid", "--reviewer", "R1", "--tier", "word")
    assert (code, "R1: 4 new moments of 4 marks from word" in said) == (0, True)
    assert "not asked for" in said
    code, said, _ = run_cli("import", session, formats / "test.boris", "--json")
    told = json.loads(said)
    assert code == 0
    assert told["added"]["observation #1"] > 0
    assert any("never stops" in what for what in told["not_taken_in"])
    assert any("after the session's end" in what for what in told["not_taken_in"])
    assert all(end <= 30_000 for _, end, _, _ in marks_of(session, "observation #1"))
    code, said, _ = run_cli("import", session, formats / "file02.eaf", "--reviewer", "R3", "--dry-run")
    assert (code, "dry run" in said) == (0, True)
    with Record(session / "review.sqlite", read_only=True) as record:
        assert "R3" not in record.reviewers()


def test_what_import_refuses(session: Path, tmp_path: Path, run_cli) -> None:
    file = tmp_path / "x.csv"
    file.write_text("start_s,end_s,label\n0,1,a\n29,99,b\n500,501,c\n")
    assert "--format" in run_cli("import", session, tmp_path / "x.docx")[2]
    assert "no tier nope" in run_cli("import", session, file, "--reviewer", "R1", "--tier", "nope")[2]
    code, said, _ = run_cli("import", session, file, "--reviewer", "R1", "--submit")
    assert code == 0
    assert "begins after the session's end" in said
    assert "what lies after the session's end, 69.000 s" in said
    file.write_text("start_s,end_s,label\n0,1,other\n")
    code, _, said = run_cli("import", session, file, "--reviewer", "R1")
    assert (code, "R1 has submitted" in said) == (1, True)
    file.write_text("start_s,end_s,label\n")
    assert "nothing in the file" in run_cli("import", session, file, "--reviewer", "R9")[2]


def test_every_export_says_what_it_was_made_from(session: Path, tmp_path: Path, run_cli) -> None:
    from cuetrack.export import read

    review(session, "R1", ("create", "o1", {**AT, "label": "repair"}), ("submit", "", {}))
    review(session, "R2", ("create", "o1", {**AT, "label": "other"}))
    code, said, _ = run_cli("export", session, "--format", "all", "--out", tmp_path / "out")
    assert code == 0
    assert "left out: R2" in said
    files = [p for p in (tmp_path / "out").iterdir() if p.suffix != ".json"]
    assert len(files) == len(FORMATS)
    for file in files:
        found = read(file)
        about = found.provenance
        assert about["reviewers"] == [
            {"name": "R1", "submitted": True, "decisions": 1, "not_blind": 0, "imported": []}
        ]  # fmt: skip
        assert about["cuetrack"]
        assert len(about["results"]["moments/default"]["digest"]) == 64
        assert {"R1"} == {t.rater for t in found.tiers if t.rater}
        assert found.tier("R1 client").labels[:2] == ("withdrawal", "confrontation")
    assert run_cli("export", session, "--reviewer", "R9")[0] == 1


def test_two_coders_in_elan_then_agreement(session: Path, tmp_path: Path, run_cli) -> None:
    for name, at in (("R1", 1), ("R2", 2)):
        (tmp_path / f"{name}.csv").write_text(f"start_s,end_s,label\n{at},9,repair\n12,{20 + at},withdrawal\n")
        assert run_cli("import", session, tmp_path / f"{name}.csv", "--reviewer", name, "--submit")[0] == 0
    code, said, _ = run_cli("agree", session, "--draws", "10")
    assert code == 0
    assert "4 decisions were not, or not known to be, made blind" in said
    assert "u-alpha" in said
