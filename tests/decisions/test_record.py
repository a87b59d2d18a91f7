import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuetrack.decisions.record import Event, Record, StaleBase
from cuetrack.decisions.state import review_of, table_of
from cuetrack.errors import StoreError

MOMENT = {"start_ms": 740_000, "end_ms": 761_000, "person": "client"}


def add(record: Record, kind: str, target: str = "m1", reviewer: str = "R1", **body: object) -> Event:
    return record.add(
        reviewer=reviewer, uid=str(uuid.uuid4()), kind=kind, target=target, base=record.last(reviewer), body=body
    )


@pytest.fixture
def record(tmp_path: Path):
    opened = Record(tmp_path / "review.sqlite")
    yield opened
    opened.close()


def test_events_add_up_to_decisions(record: Record) -> None:
    add(record, "viewed", **MOMENT)
    add(record, "judge", verdict="yes")
    add(record, "label", label="withdrawal")
    add(record, "edges", start_ms=741_000, end_ms=760_000)
    add(record, "reflect", prompt="impact", text="I leaned back too")
    add(record, "create", target="own1", start_ms=5, end_ms=900, person="therapist")
    review = review_of("R1", record.events())
    decision = review.decisions["m1"]
    assert (decision.verdict, decision.label, decision.start_ms) == ("yes", "withdrawal", 741_000)
    assert decision.reflections == {"impact": "I leaned back too"}
    assert review.decisions["own1"].own
    table = table_of([review])
    assert table["start_s"].tolist() == [741.0, 0.005]


def test_undo_and_undoing_the_undo(record: Record) -> None:
    add(record, "viewed", **MOMENT)
    judged = add(record, "judge", verdict="yes")
    undo = add(record, "undo", uid=judged.uid)
    assert review_of("R1", record.events()).decisions["m1"].verdict == ""
    add(record, "undo", uid=undo.uid)
    assert review_of("R1", record.events()).decisions["m1"].verdict == "yes"


def test_a_judgement_after_unblinding_is_marked(record: Record) -> None:
    add(record, "viewed", **MOMENT)
    add(record, "judge", verdict="no")
    add(record, "submit", target="")
    add(record, "unblind", target="")
    add(record, "viewed", target="m2", **MOMENT)
    add(record, "judge", target="m2", verdict="yes")
    review = review_of("R1", record.events())
    assert review.submitted
    assert review.decisions["m1"].blind
    assert not review.decisions["m2"].blind


def test_a_page_that_is_behind_is_told(record: Record) -> None:
    first = add(record, "viewed", **MOMENT)
    add(record, "judge", verdict="yes")
    with pytest.raises(StaleBase, match="reload"):
        record.add(reviewer="R1", uid="x", kind="judge", target="m1", base=first.seq, body={"verdict": "no"})
    record.add(reviewer="R2", uid="y", kind="judge", target="m1", base=0, body={"verdict": "no"})


def test_a_retry_is_taken_once(record: Record) -> None:
    sent = {"reviewer": "R1", "uid": "same", "kind": "judge", "target": "m1", "base": 0, "body": {"verdict": "no"}}
    assert record.add(**sent) == record.add(**sent)
    assert len(record.events()) == 1


def test_nothing_is_ever_changed_or_deleted(record: Record) -> None:
    add(record, "judge", verdict="yes")
    other = sqlite3.connect(record.path)
    for statement in ("update event set kind = 'note'", "delete from event"):
        with pytest.raises(sqlite3.IntegrityError, match="never"):
            other.execute(statement)
    other.close()
    assert record.faults() == []
    assert stat.S_IMODE(os.stat(record.path).st_mode) == 0o600


def test_an_edit_from_outside_is_noticed(record: Record) -> None:
    add(record, "judge", verdict="yes")
    add(record, "judge", verdict="no")
    other = sqlite3.connect(record.path)
    other.execute("drop trigger event_is_final")
    other.execute('update event set body = \'{"verdict": "unsure"}\' where seq = 1')
    other.commit()
    other.close()
    assert any("does not follow" in fault for fault in record.faults())


def test_two_machines_merge_by_union(tmp_path: Path) -> None:
    here, there = Record(tmp_path / "a.sqlite"), Record(tmp_path / "b.sqlite")
    add(here, "judge", verdict="yes", reviewer="R1")
    add(there, "judge", verdict="no", reviewer="R2")
    bundle = json.loads(json.dumps(there.bundle("R2")))
    assert here.merge(bundle) == 1
    assert here.merge(bundle) == 0
    assert here.reviewers() == ["R1", "R2"]
    assert here.faults() == []
    bundle["events"][0]["body"] = {"verdict": "yes"}
    bundle["events"][0]["uid"] = "other"
    with pytest.raises(StoreError, match="damaged"):
        here.merge(bundle)
    add(here, "judge", verdict="yes", reviewer="R2")
    add(there, "judge", verdict="unsure", reviewer="R2")
    with pytest.raises(StoreError, match="two machines"):
        here.merge(there.bundle("R2"))
    here.close()
    there.close()


def test_backups_are_kept_and_old_ones_go(record: Record) -> None:
    add(record, "judge", verdict="yes")
    for _ in range(12):
        copy = record.backup()
    assert len(list(record.path.parent.glob("*.backup"))) == 10
    again = Record(copy)
    assert len(again.events()) == 1
    again.close()


def test_unknown_kinds_and_newer_files_are_refused(record: Record, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="kind"):
        add(record, "score")
    newer = sqlite3.connect(tmp_path / "n.sqlite")
    newer.execute("pragma user_version = 99")
    newer.close()
    with pytest.raises(StoreError, match="newer"):
        Record(tmp_path / "n.sqlite")


_WRITER = """
import sys, uuid
from pathlib import Path
from cuetrack.decisions.record import Record
record = Record(Path(sys.argv[1]))
while True:
    uid = str(uuid.uuid4())
    base = record.last(sys.argv[2])
    record.add(reviewer=sys.argv[2], uid=uid, kind="note", target="m", base=base, body={"text": uid})
    print(uid, flush=True)
"""


def test_nothing_acknowledged_is_lost_when_killed(tmp_path: Path) -> None:
    path = tmp_path / "review.sqlite"
    acknowledged: set[str] = set()
    for round_ in range(6):  # the file does not exist at first: both create it at once
        writers = [
            subprocess.Popen([sys.executable, "-c", _WRITER, str(path), f"R{i}"], stdout=subprocess.PIPE, text=True)
            for i in range(3)
        ]
        for writer in writers:
            assert writer.stdout is not None
            for _ in range(3 + round_):
                acknowledged.add(writer.stdout.readline().strip())
        for writer in writers:
            assert writer.poll() is None  # still writing when it is killed
            writer.kill()
        for writer in writers:
            acknowledged |= {line for line in writer.stdout.read().split("\n") if len(line) == 36}
            writer.stdout.close()
            assert writer.wait() == (-signal.SIGKILL if os.name != "nt" else 1)
    with Record(path) as record:
        assert len(acknowledged) > 50
        assert acknowledged <= {e.uid for e in record.events()}
        assert record.faults() == []


kinds = st.sampled_from(["viewed", "judge", "label", "note", "retract", "edges"])


@given(st.lists(st.tuples(kinds, st.sampled_from(["m1", "m2"])), max_size=12))
def test_undoing_everything_leaves_nothing(done: list[tuple[str, str]]) -> None:
    events = [
        Event(i, f"u{i}", "", "R1", kind, target, 0, {"verdict": "yes", "start_ms": 1, "end_ms": 2}, "", "", "")
        for i, (kind, target) in enumerate(done)
    ]
    undos = [
        Event(100 + i, f"z{i}", "", "R1", "undo", "", 0, {"uid": e.uid}, "", "", "")
        for i, e in enumerate(reversed(events))
    ]
    assert review_of("R1", [*events, *undos]).decisions == {}
