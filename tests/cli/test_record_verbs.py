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
