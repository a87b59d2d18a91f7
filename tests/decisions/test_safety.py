"""The record where things go wrong: old files, damaged files, read-only folders, network drives, many processes."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuetrack.decisions import place
from cuetrack.decisions.doctor import examine
from cuetrack.decisions.event import hash_of
from cuetrack.decisions.record import Draft, Record
from cuetrack.decisions.schema import MIGRATIONS
from cuetrack.decisions.state import review_of
from cuetrack.errors import StoreError


def add(record: Record, kind: str, target: str = "m1", reviewer: str = "R1", **body: object):
    return record.add(
        reviewer=reviewer, uid=str(uuid.uuid4()), kind=kind, target=target, base=record.last(reviewer), body=body
    )


acts = st.lists(
    st.tuples(
        st.sampled_from(["R1", "Zoë 好"]),
        st.sampled_from(
            ["viewed", "judge", "label", "note", "edges", "reflect", "create", "retract", "submit", "unblind", "undo"]
        ),
        st.sampled_from(["m1", "m2", "own"]),
        st.integers(0, 30),
    ),
    max_size=25,
)
BODY = {"verdict": "yes", "label": "repair", "text": "t", "prompt": "p", "start_ms": 5, "end_ms": 9, "person": "client"}


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts)
def test_kept_decisions_are_what_the_events_add_up_to(tmp_path: Path, acted) -> None:
    record = Record(tmp_path / f"{uuid.uuid4()}.sqlite")
    uids: list[str] = []
    for reviewer, kind, target, which in acted:
        body = {"uid": uids[which % len(uids)]} if kind == "undo" and uids else {**BODY, "start_ms": which}
        uids.append(add(record, kind, target, reviewer, **body).uid)
    for reviewer in record.reviewers():
        assert record.review(reviewer) == review_of(reviewer, record.events())
        assert list(record.review(reviewer).decisions) == list(review_of(reviewer, record.events()).decisions)
    assert record.faults() == []
    record.close()


def old_file(path: Path) -> None:
    """Write a record as the first version did, with two events."""
    database = sqlite3.connect(path)
    for step in MIGRATIONS[0]:
        assert isinstance(step, str)
        database.execute(step)
    previous = ""
    for seq, (kind, body) in enumerate([("viewed", {"end_ms": 9, "start_ms": 5}), ("judge", {"verdict": "yes"})], 1):
        when, text = "2026-01-01T00:00:00.000+00:00", json.dumps(body, sort_keys=True)
        values = (f"u{seq}", when, "R1", kind, "m1", seq - 1, text, "0.1.0", previous)
        previous = hash_of(values)
        database.execute("insert into event values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (seq, *values, previous))
    database.execute("pragma user_version = 1")
    database.commit()
    database.close()


def test_an_old_file_is_brought_forward_and_copied_before(tmp_path: Path) -> None:
    old_file(tmp_path / "review.sqlite")
    with Record(tmp_path / "review.sqlite", read_only=True) as record:
        assert record.review("R1").decisions["m1"].verdict == "yes"
        assert record.schema == 1
    with Record(tmp_path / "review.sqlite") as record:
        assert record.schema == len(MIGRATIONS)
        assert record.review("R1").decisions["m1"].verdict == "yes"
        assert record.faults() == []
        copies = record.backups()
    assert len(copies) == 1
    copy = sqlite3.connect(copies[0])
    assert copy.execute("pragma user_version").fetchone() == (1,)
    copy.close()


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "review.sqlite"
    Record(path).close()
    broken = (*MIGRATIONS, ("create table more (x text) strict", "create table more (x text) strict"))
    monkeypatch.setattr("cuetrack.decisions.schema.MIGRATIONS", broken)
    with pytest.raises(StoreError, match="already exists"):
        Record(path)
    monkeypatch.undo()
    with Record(path) as record:
        assert record.schema == len(MIGRATIONS)


def test_a_submission_leaves_a_copy(tmp_path: Path) -> None:
    with Record(tmp_path / "review.sqlite") as record:
        add(record, "judge", verdict="yes")
        assert record.backups() == []
        add(record, "submit", target="")
        copies = record.backups()
    with Record(copies[0], read_only=True) as copy:
        assert copy.review("R1").submitted


def test_several_events_are_added_all_or_none(tmp_path: Path) -> None:
    with Record(tmp_path / "review.sqlite") as record:
        with pytest.raises(StoreError, match="kind"):
            record.add_all(reviewer="R1", drafts=[Draft("a", "create"), Draft("b", "nonsense")], base=0)
        assert record.events() == []
        many = [Draft(f"u{i}", "create", f"m{i}", {"start_ms": i, "end_ms": i + 1, "label": "x"}) for i in range(3_000)]
        assert len(record.add_all(reviewer="R1", drafts=many, base=0)) == 3_000
        assert [e.uid for e in record.add_all(reviewer="R1", drafts=many, base=0)] == [d.uid for d in many]
        assert len(record.review("R1").decisions) == 3_000
        assert record.faults() == []


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 81, "a\u202eb"])
def test_names_nobody_can_read_are_refused(tmp_path: Path, name: str) -> None:
    with Record(tmp_path / "review.sqlite") as record, pytest.raises(StoreError, match="name"):
        record.add(reviewer=name, uid="u", kind="judge")


@pytest.mark.parametrize("body", [{"text": "\ud800"}, {"x": float("nan")}, {"x": object()}, {"text": "y" * 20_001}])
def test_what_cannot_be_stored_is_refused_in_words(tmp_path: Path, body: dict) -> None:
    with Record(tmp_path / "review.sqlite") as record:
        with pytest.raises(StoreError, match="body"):
            record.add(reviewer="R1", uid="u", kind="note", target="m", body=body)
        with pytest.raises(StoreError, match="expected"):
            record.add(reviewer="R1", uid="\ud800", kind="note", target="m", body={})
        assert record.events() == []


def test_a_network_drive_gets_no_shared_memory_and_says_so(tmp_path: Path) -> None:
    with Record(tmp_path / "review.sqlite", network=lambda path: True) as record:
        assert record.journal == "delete"
        assert "network drive" in record.notes[0]
        add(record, "judge", verdict="yes")
        with Record(tmp_path / "review.sqlite", network=lambda path: True) as other:
            add(other, "judge", verdict="no", reviewer="R2")
        assert len(record.events()) == 2
    assert not (tmp_path / "review.sqlite-wal").exists()


def test_opening_waits_while_another_program_makes_the_file(tmp_path: Path) -> None:
    path = tmp_path / "review.sqlite"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("pragma user_version = 0")  # no write-ahead log yet, as when two create the record at once
    other.execute("begin immediate")
    other.execute("create table held (a)")
    with ThreadPoolExecutor() as pool:
        opening = pool.submit(lambda: Record(path).close())
        with pytest.raises(TimeoutError):
            opening.result(timeout=0.5)
        other.execute("rollback")
        other.close()
        opening.result(timeout=20)
    with Record(path) as record:
        assert record.journal == "wal"


def test_which_file_systems_are_network_drives() -> None:
    line = r"36 35 98:0 /mnt1 /srv/my\040share rw,noatime master:1 - nfs4 host:/x rw"
    assert place.read_mountinfo(line) == ("/srv/my share", "nfs4")
    mounts = [("/", "ext4"), ("/srv/my share", "nfs4"), ("/srv/my share/local", "xfs")]
    assert place.file_system(Path("/srv/my share/a.cue"), mounts) == "nfs4"
    assert place.file_system(Path("/srv/my share/local/a.cue"), mounts) == "xfs"
    assert place.file_system(Path("/srv/my shared"), mounts) == "ext4"
    for kind in ("nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "fuse.rclone", "9p", "webdav"):
        assert place._NETWORK.match(kind), kind
    for kind in ("ext4", "btrfs", "apfs", "fuseblk", "overlay", "tmpfs", "fuse.ntfs-3g"):
        assert not place._NETWORK.match(kind), kind


def test_a_synchronised_folder_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "OneDrive - Clinic" / "042.cue"
    folder.mkdir(parents=True)
    with Record(folder / "review.sqlite") as record:
        assert "OneDrive - Clinic" in record.notes[0]
    with Record(tmp_path / "review.sqlite") as record:
        assert record.notes == []


def test_reading_changes_nothing_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "review.sqlite"
    with Record(path) as record:
        add(record, "judge", verdict="yes")
    before = path.read_bytes()
    with Record(path, read_only=True) as record:
        assert len(record.events()) == 1
        with pytest.raises(StoreError, match="written"):
            add(record, "judge", verdict="no")
    assert path.read_bytes() == before
    with pytest.raises(StoreError, match="nobody"):
        Record(tmp_path / "none.sqlite", read_only=True)


@pytest.mark.parametrize("damage", ["text", "cut", "middle"])
def test_a_damaged_file_names_the_newest_copy_and_the_copy_works(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "review.sqlite"
    with Record(path) as record:
        record.add_all(
            reviewer="R1", base=0, drafts=[Draft(f"u{i}", "note", f"m{i}", {"text": "x" * 500}) for i in range(60)]
        )
        copy = record.backup()
    whole = path.read_bytes()
    path.write_bytes(
        {"text": b"not a database " * 90, "cut": whole[: len(whole) // 3], "middle": whole[:9000] + b"\xff" * 9000}[
            damage
        ]
    )
    found = examine(path, [])
    assert found["faults"]
    with pytest.raises(StoreError, match=copy.name), Record(path) as record:
        record.events()
        record.review("R1")
        raise AssertionError("; ".join(record.faults()) + copy.name)
    shutil.copy(copy, path)
    with Record(path) as record:
        assert len(record.events()) == 60


def test_the_doctor_finds_and_mends_without_telling_anything(tmp_path: Path) -> None:
    folder = tmp_path / "Frau Muster.cue"
    folder.mkdir()
    path = folder / "review.sqlite"
    with Record(path) as record:
        for name in ("SECRETNAME", "Zoë 好"):
            anchor = {"start": [{"media": "a" * 64, "pts_us": 1}]}
            add(record, "create", "SECRETMOMENT", name, label="SECRETLABEL", person="SECRETPERSON", anchor=anchor)
            add(record, "note", "SECRETMOMENT", name, text="SECRETNOTE")
    assert examine(path, ["a" * 64])["faults"] == []
    assert examine(path, ["a" * 64])["anchored"] == 2
    assert examine(path, ["b" * 64])["anchored_to_other_recordings"] == 2
    other = sqlite3.connect(path)
    other.execute("update decision set state = replace(state, 'SECRETNOTE', 'changed')")
    other.execute("drop trigger event_is_final")
    other.execute('update event set body = \'{"text": "SECRETOTHER"}\' where seq = 2')
    other.commit()
    other.close()
    os.chmod(path, 0o644)
    found = examine(path, ["a" * 64])
    told = json.dumps(found, ensure_ascii=False)
    assert "kept decisions of reviewer 1" in told
    assert "does not follow" in told
    assert os.name == "nt" or "0600" in told
    for secret in ("SECRET", "Zoë", "Muster", str(tmp_path)):
        assert secret not in told
    again = examine(path, ["a" * 64])["faults"]
    assert not any("kept decisions" in fault for fault in again)
    assert any("does not follow" in fault for fault in again)


def test_a_bundle_for_other_recordings_or_with_a_known_event_changed_is_refused(tmp_path: Path) -> None:
    with Record(tmp_path / "a.sqlite") as here, Record(tmp_path / "b.sqlite") as there:
        add(there, "judge", verdict="no", reviewer="R2")
        bundle = there.bundle("R2", ["a" * 64])
        with pytest.raises(StoreError, match="other recordings"):
            here.merge(bundle, ["b" * 64])
        assert here.merge(bundle, ["b" * 64, "a" * 64]) == 1
        assert here.review("R2") == there.review("R2")
        changed = json.loads(json.dumps(bundle))
        event = changed["events"][0]
        event["body"] = {"verdict": "yes"}
        values = [event[k] for k in ("uid", "at_utc", "reviewer", "kind", "target", "base")]
        event["hash"] = hash_of([*values, json.dumps(event["body"], sort_keys=True), event["app_version"], ""])
        with pytest.raises(StoreError, match="apart"):
            here.merge(changed)
        for junk in ({}, {"format": 1}, {"format": "cuetrack review 1", "events": [{}]}, {"format": "x", "events": 3}):
            with pytest.raises(StoreError, match="expected"):
                here.merge(junk)


_RACER = """
import sys, uuid
from pathlib import Path
from cuetrack.decisions.record import Record, StaleBase
added = 0
with Record(Path(sys.argv[1])) as record:
    while added < 15:
        try:
            base = record.last("R1")
            record.add(reviewer="R1", uid=str(uuid.uuid4()), kind="note", target="m", base=base, body={"text": "x"})
            added += 1
        except StaleBase:
            pass
"""


def test_many_processes_on_one_reviewer_keep_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "review.sqlite"
    racers = [subprocess.Popen([sys.executable, "-c", _RACER, str(path)]) for _ in range(4)]
    assert [r.wait(timeout=120) for r in racers] == [0] * 4
    with Record(path) as record:
        assert len(record.events()) == 60
        assert record.faults() == []
