"""Consent in session.toml: read, changed, and a refusal everywhere once it is withdrawn."""

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest

import cuetrack as ct
from cuetrack.errors import ConsentWithdrawn, StoreError
from cuetrack.review.library import Library
from cuetrack.store import audit
from cuetrack.store.consent import consents, refuse_if_withdrawn, with_consent
from cuetrack.store.folder import SessionFolder

PEOPLE = {"therapist": "left", "client": "right"}


@pytest.fixture
def session(analysed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(analysed, tmp_path / "x.cue", ignore=shutil.ignore_patterns(audit.NAME)))


def test_a_toml_date_and_a_written_one_are_the_same() -> None:
    stored = {"note": "forms in the safe", "client": {"given": True, "date": dt.date(2026, 3, 3)}}
    assert consents({"consent": stored}) == consents({"consent": {"client": {"given": True, "date": "2026-03-03"}}})


@pytest.mark.parametrize(
    "entry", [5, {"given": "yes"}, {"withdrawn": "yesterday"}, {"withdrawn": 3}, {"date": [1]}, {"scope": 4}]
)
def test_what_cannot_be_understood_may_be_a_withdrawal_and_is_never_passed_over(entry: object) -> None:
    with pytest.raises(StoreError, match="client"):
        refuse_if_withdrawn({"consent": {"client": entry}}, Path("x.cue"))


def test_only_people_of_the_session_can_consent() -> None:
    with pytest.raises(StoreError, match="nurse"):
        with_consent({"people": {"client": {}}}, "nurse", given=True)


def test_a_withdrawal_stops_everything_and_offers_deletion(run_cli, session: Path, rendered) -> None:
    """Consent of one person is enough to lose; given again, everything works again."""
    assert (
        run_cli("consent", session, "--person", "client", "--given", "--date", "2026-03-03", "--scope", "training")[0]
        == 0
    )
    assert run_cli("consent", session, "--person", "client", "--withdrawn", "--date", "2026-05-01")[0] == 0
    before = {p: p.read_bytes() for p in session.rglob("*") if p.is_file() and p.name not in (audit.NAME, ".lock")}
    for words in (
        ("export", session),
        ("report", session),
        ("moments", session),
        ("review", session, "--no-browser"),
        ("analyze", rendered.path, "--people", "therapist=left,client=right", "--out", session, "--quiet"),
    ):
        code, _, err = run_cli(*words)
        assert code == 1, words
        assert "client withdrew consent on 2026-05-01" in err
        assert f"cuetrack delete {session}" in err
    with pytest.raises(ConsentWithdrawn):
        ct.analyze(rendered.path, people=PEOPLE, out=session)
    library = Library([session.parent])
    assert not library.items
    assert "withdrew" in library.faults["x"]
    assert before == {p: p.read_bytes() for p in before}
    assert run_cli("consent", session, "--person", "client", "--given", "--date", "2026-06-01")[0] == 0
    assert consents(SessionFolder(session).description())["client"].told == "given on 2026-06-01 for training"
    assert run_cli("export", session)[0] == 0


def test_analysing_again_keeps_the_consent(session: Path, rendered) -> None:
    folder = SessionFolder(session)
    folder.describe(with_consent(folder.description(), "client", given=True, date="2026-03-03"))
    ct.analyze(rendered.path, people=PEOPLE, out=session)
    assert consents(folder.description())["client"].date == "2026-03-03"


def test_the_log_says_who_opened_and_exported_and_nothing_else(run_cli, session: Path, monkeypatch) -> None:
    monkeypatch.setattr(audit, "_opened", set())
    run_cli("export", session, "--format", "csv")
    run_cli("report", session, "--faces")
    with (session / audit.NAME).open("ab") as log:
        log.write(b'{"when": "2026-')  # the power went
    run_cli("export", session)
    lines = audit.entries(session / audit.NAME)
    assert [(e["act"], e.get("format")) for e in lines] == [
        ("open", None), ("export", "csv"), ("export", "report with faces"), ("export", "elan"),
    ]  # fmt: skip
    assert {key for e in lines for key in e} == {"when", "act", "by", "on", "format"}
    text = (session / audit.NAME).read_text()
    assert not any(word in text for word in ("client", "therapist", "right", "score"))
    assert (session / audit.NAME).stat().st_mode & 0o777 == 0o600
    assert dt.datetime.fromisoformat(json.loads(text.splitlines()[0])["when"]).tzinfo


def test_a_folder_that_cannot_be_written_is_logged_outside(session: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (session / audit.NAME).mkdir()
    audit.note(session, "open")
    assert audit.entries(audit.user_log())[0]["place"] == audit.place_hash(session)
    assert str(session) not in audit.user_log().read_text()
