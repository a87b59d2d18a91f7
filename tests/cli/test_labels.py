"""`cuetrack evaluate`, `learn`, and analysing with a ranker, own patterns and earlier sessions."""

import json
import shutil
from itertools import count
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from written_session import write_session

from cuetrack import open_session, open_study
from cuetrack.decisions.record import Record
from cuetrack.export import write
from cuetrack.export.tiers import Annotations, Mark, Tier
from cuetrack.learning import verdicts
from cuetrack.moments.patterns import CHANNELS
from cuetrack.simulate.signals_plan import suite


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four sessions at cue level, from dyads of the development half."""
    folder = tmp_path_factory.mktemp("study")
    for i, plan in enumerate(suite(8, half="development")[:4]):
        write_session(folder / f"s{i}.cue", plan)
    people = [{"session": f"s{i}", "dyad": f"d{i}", "therapist": f"t{i}"} for i in range(4)]
    pd.DataFrame(people).to_parquet(folder / "batch.parquet")
    return folder


def labelled(session: Path, path: Path, format_name: str) -> int:
    """Write the session's best three moments as a person's labels, starts 4 s early; return how many."""
    found = open_session(session).moments
    best = found[~found["control"]].sort_values("rank").head(3)
    marks = [Mark(round(m.start_s * 1000) - 4000, round(m.end_s * 1000), "w") for m in best.itertuples()]
    duration = round(open_session(session).duration_s * 1000)
    other = Tier("notes", (Mark(0, 1000, "chair"),))
    write(
        path, Annotations((Tier("coder", tuple(sorted(marks, key=lambda m: m.start_ms))), other), duration), format_name
    )
    return len(best)


@pytest.mark.parametrize(("name", "suffix"), [("elan", ".eaf"), ("csv", ".csv"), ("textgrid", ".TextGrid")])
def test_labels_of_every_kind_of_file_are_found_again(run_cli, study: Path, tmp_path: Path, name, suffix) -> None:
    file = tmp_path / f"labels{suffix}"
    labels = labelled(study / "s0.cue", file, name)
    code, out, err = run_cli("evaluate", study / "s0.cue", "--against", file, "--tier", "coder", "--json")
    assert code == 0, err
    got = {m["measure"]: m for m in json.loads(out)["measures"]}
    assert got["recall_at_8"]["value"] == 1.0
    assert got["recall_at_8"]["n"] == labels
    assert got["onset_error_s"]["value"] == pytest.approx(4.0, abs=0.01)
    assert got["average_precision"]["value"] == pytest.approx(1.0)


def test_a_study_is_evaluated_over_its_dyads(run_cli, study: Path, tmp_path: Path) -> None:
    for i in range(3):
        labelled(study / f"s{i}.cue", tmp_path / f"s{i}.eaf", "elan")
    code, out, err = run_cli("evaluate", study, "--against", tmp_path, "--label", "w")
    assert code == 0, err
    assert "3 sessions with labels" in out
    assert "left out: s3" in out
    assert "1.00 to 1.00" in out


def test_what_is_not_in_the_file_is_named(run_cli, study: Path, tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    labelled(study / "s0.cue", file, "csv")
    code, _, err = run_cli("evaluate", study / "s0.cue", "--against", file, "--tier", "other")
    assert code == 1
    assert "there is no tier 'other'; it has: coder, notes" in err
    assert run_cli("evaluate", study, "--against", file)[0] == 1
    assert run_cli("evaluate", study, "--against", tmp_path / "nothing")[0] == 1


def judged(session: Path, reviewer: str, verdict_of) -> None:
    uid = count()
    record = Record(session / "review.sqlite")
    base = 0
    for m in open_session(session).candidates.itertuples():
        body = {"start_ms": round(m.start_s * 1000), "end_ms": round(m.end_s * 1000)}
        record.add(reviewer=reviewer, uid=f"{reviewer}v{next(uid)}", kind="viewed", target=m.id, base=base, body=body)
        base = record.events()[-1].seq
        record.add(
            reviewer=reviewer, uid=f"{reviewer}j{next(uid)}", kind="judge", target=m.id, base=base,
            body={"verdict": verdict_of(m)},
        )  # fmt: skip
        base = record.events()[-1].seq
    record.close()


def test_verdicts_are_the_majority_of_reviewers(study: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(study / "s0.cue", tmp_path / "copy.cue"))
    judged(copy, "R1", lambda m: "yes" if m.rank <= 2 else "no")
    assert {r for r, v in verdicts(open_session(copy)).items() if v} == {1, 2}
    judged(copy, "R2", lambda m: "no" if m.rank == 1 else "unsure")
    assert {r for r, v in verdicts(open_session(copy)).items() if v} == {2}  # rank 1 is a tie


def test_learning_refuses_with_a_reason_until_there_is_enough(run_cli, study: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(study, tmp_path / "study"))
    code, _, err = run_cli("learn", copy, "--out", tmp_path / "r.json")
    assert code == 1
    assert "cuetrack review" in err
    for i in range(4):
        judged(copy / f"s{i}.cue", "R1", lambda m: "yes" if m.rank <= 2 else "no")
    code, _, err = run_cli("learn", copy, "--out", tmp_path / "r.json")
    assert code == 1
    assert "expected at least 30 moments judged worth a look, got 8" in err
    assert not (tmp_path / "r.json").exists()


def test_learning_writes_a_ranker_that_analysing_takes(
    run_cli, study: Path, tmp_path: Path, analysed, rendered
) -> None:
    copy = tmp_path / "study"
    copy.mkdir()
    people = []
    for i in range(16):
        shutil.copytree(study / f"s{i % 4}.cue", copy / f"s{i}.cue")
        judged(copy / f"s{i}.cue", "R1", lambda m: "yes" if m.rank % 2 else "no")
        people.append({"session": f"s{i}", "dyad": f"d{i}", "therapist": f"t{i}"})
    pd.DataFrame(people).to_parquet(copy / "batch.parquet")
    assert len(open_study(copy)) == 16
    ranker = tmp_path / "r.json"
    code, out, err = run_cli("learn", copy, "--out", ranker)
    assert code == 0, err
    assert "AUROC learnt, on people not seen" in out
    learnt = json.loads(ranker.read_text())
    assert set(learnt["multipliers"]) == set(CHANNELS)
    session = Path(shutil.copytree(analysed, tmp_path / "with.cue"))
    words = ("analyze", rendered.path, "--people", "therapist=left,client=right", "--out", session, "--quiet")
    code, _, err = run_cli(*words, "--ranker", ranker, "--baseline-from", study / "s0.cue")
    assert code == 0, err
    made = json.loads((session / "moments" / "default.json").read_text())
    assert {"ranker", "baseline s0"} <= set(made["inputs"])
    _, out, _ = run_cli(*words, "--ranker", ranker, "--baseline-from", study / "s0.cue", "--dry-run")
    assert "stale" not in out
    _, out, _ = run_cli(*words, "--dry-run")
    assert [line for line in out.splitlines() if "stale" in line and "moments/default" in line]


def test_earlier_sessions_must_be_of_the_same_people(run_cli, study: Path, tmp_path: Path, analysed, rendered) -> None:
    session = Path(shutil.copytree(analysed, tmp_path / "other.cue"))
    table = open_session(study / "s0.cue").baseline()
    assert np.isfinite(table["median"]).any()
    words = ("analyze", rendered.path, "--people", "therapist=left,client=right", "--out", session, "--quiet")
    assert run_cli(*words, "--baseline-from", tmp_path / "none.cue")[0] == 1
    assert run_cli(*words, "--ranker", rendered.path)[0] == 1
