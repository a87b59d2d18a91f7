"""Many sessions as one: every number of a study against the same number from its sessions, one by one."""

import shutil

import numpy as np
import pandas as pd
import pytest

import cuetrack as ct
from cuetrack.batch.entry import Entry
from cuetrack.batch.outcome import Results, outcome_of
from cuetrack.errors import SessionNotFound, StoreError
from cuetrack.simulate.signals_plan import random_plan
from cuetrack.store.files import read_json, write_json

DYADS = {"a1": "anna", "a2": "anna", "b1": "bert"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three sessions of two dyads, and the results table that a batch leaves."""
    folder = tmp_path_factory.mktemp("study")
    for seed, name in enumerate(DYADS):
        script = random_plan(60 + seed, duration_s=180.0 + 60 * seed, negatives=(1, 1), events=False)
        ct.simulated_session(script, folder / f"{name}.cue", surrogates=0)
    entries = [Entry(s, {"": s}, None, dyad=d, therapist="T1", date=f"2026-02-0{i}") for i, (s, d) in
               enumerate(DYADS.items(), 1)]  # fmt: skip
    results = Results(folder, entries)
    for entry in entries:
        results.add(outcome_of(entry, "done"))
    return folder


@pytest.fixture(scope="module")
def study(folder):
    return ct.open_study(folder)


def alone(study, cue: str, signal: str) -> pd.DataFrame:
    """Return a signal's mean, sd and count per session and person, session by session in pandas."""
    rows = []
    for name in study.names:
        for person, own in study.session(name)[cue].groupby("person"):
            values = own[signal].to_numpy(float)
            values = values[np.isfinite(values)]
            sd = values.std(ddof=1) if len(values) > 1 else np.nan
            rows.append({"session": name, "person": person, "mean": values.mean() if len(values) else np.nan,
                         "sd": sd, "n": len(values)})  # fmt: skip
    return pd.DataFrame(rows)


@pytest.mark.parametrize(("cue", "signal"), [("face", "smile"), ("voice", "pitch_st"), ("synchrony", "motion_sync_z")])
def test_a_summary_is_what_its_sessions_say(study, cue, signal):
    told = study.summary()
    mine = told[told["signal"] == signal].drop(columns="signal").reset_index(drop=True)
    wanted = alone(study, cue, signal).sort_values(["session", "person"], ignore_index=True)
    pd.testing.assert_frame_equal(mine, wanted, check_dtype=False, rtol=1e-9)


def test_a_dyad_counts_each_of_its_sessions_the_same(study):
    told = study.summary(by="dyad").query("signal == 'smile'").set_index(["dyad", "person"])
    means = alone(study, "face", "smile").set_index(["session", "person"])["mean"]
    for person in ("client", "therapist"):
        assert told.loc[("anna", person), "mean"] == pytest.approx((means["a1", person] + means["a2", person]) / 2)
        assert told.loc[("anna", person), "sessions"] == 2
        assert told.loc[("bert", person), "mean"] == pytest.approx(means["b1", person])
    with pytest.raises(StoreError, match="by session or by dyad"):
        study.summary(by="mood")


def test_a_group_mean_joins_what_the_manifest_says(study):
    told = study.sql(
        "select dyad, avg(smile) filter (isfinite(smile)) as smile from face join sessions using (session) "
        "where person = 'client' group by dyad order by dyad"
    )
    every = study["face"].query("person == 'client'")
    dyad = every["session"].map(DYADS)
    assert list(told["smile"]) == pytest.approx(list(every["smile"].groupby(dyad).mean()))
    assert study.sessions.set_index("session")["date"].to_dict()["b1"] == "2026-02-03"
    assert study.dyads() == DYADS


def test_only_what_a_query_names_is_read(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "study")
    (tmp_path / "study" / "a2.cue" / "cues" / "face.parquet").write_bytes(b"no parquet")
    study = ct.open_study(tmp_path / "study")
    assert set(study["gaze"]["session"]) == set(DYADS)
    with pytest.raises(StoreError, match="face"):
        study["face"]
    with pytest.raises(StoreError, match="Tables: .*gaze.*sessions"):
        study.sql("select * from mood")


def test_a_cue_that_some_sessions_lack_comes_from_the_others(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "it's a study")
    shutil.rmtree(tmp_path / "it's a study" / "a1.cue" / "cues")
    (tmp_path / "it's a study" / "batch.parquet").unlink()
    study = ct.open_study(tmp_path / "it's a study")
    assert set(study["gaze"]["session"]) == {"a2", "b1"}
    assert len(study) == 3
    assert study.dyads() == {}
    with pytest.raises(StoreError, match="dyad"):
        study.summary(by="dyad")


def test_the_methods_paragraph_follows_provenance(folder, study, tmp_path):
    said = study.methods()
    assert "3 sessions of 2 dyads" in said
    assert "median length 4.0 min (range 3.0–5.0)" in said
    assert "Simulated sessions are among them" in said
    for name in study.session("a1").folder.names("cues"):
        version = read_json(folder / "a1.cue" / "cues" / f"{name}.json")["version"]
        assert f"{name} (version {version})" in said
    assert "different ways" not in said
    assert "other than usual" not in said
    shutil.copytree(folder, tmp_path / "study")
    path = tmp_path / "study" / "b1.cue" / "cues" / "head.json"
    write_json(path, {**read_json(path), "version": "0"})
    (tmp_path / "study" / "b1.cue" / "cues" / "gaze.json").unlink()
    changed = ct.open_study(tmp_path / "study").methods()
    assert "The head was made in 2 different ways." in changed
    assert "The gaze is missing in 1 of 3 sessions." in changed


def test_methods_of_a_measured_session_name_models_and_rates(analysed, tmp_path):
    shutil.copytree(analysed, tmp_path / "one.cue")
    said = ct.open_study(tmp_path).methods()
    picture = read_json(analysed / "tracks" / "picture.json")
    assert f"up to {picture['settings']['face_hz']:g} and bodies" in said
    assert f"mediapipe {picture['packages']['mediapipe']}" in said
    assert "Simulated" not in said
    assert "other than usual" not in said


def test_a_study_is_drawn_and_an_empty_folder_is_refused(study, tmp_path):
    drawn = ct.plot.study(study, signals=("smile", "talk_share"))
    shown = {(t.name, round(float(y), 9)) for t in drawn.data if t.mode == "markers" for y in t.y}
    means = alone(study, "face", "smile")
    assert {(p, round(m, 9)) for p, m in zip(means["person"], means["mean"], strict=True)} <= shown
    with pytest.raises(SessionNotFound):
        ct.open_study(tmp_path)
