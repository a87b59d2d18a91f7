"""What every registered cue must do, whatever it measures."""

import copy
from dataclasses import fields, replace
from functools import cache

import making
import numpy as np
import pandas as pd
import pytest

from cuetrack.cues import registry
from cuetrack.people.tracks import SpeechTrack
from cuetrack.terms import PAIR

PEOPLE = ("client", "therapist")
SWAPPED = {"client": "therapist", "therapist": "client", PAIR: PAIR, "": ""}
PICTURE = ("gaze", "face", "head", "posture", "gesture", "breathing")
every_cue = pytest.mark.parametrize("name", list(registry.all_cues()))


def run_all(tracks, people=PEOPLE):
    done = {}
    for name, cue in registry.all_cues().items():
        done[name] = registry.run(cue, tracks, done, people)
    return done


@cache
def made():
    return making.two_people(40.0, seed=1)


@cache
def measured():
    return run_all(made())


def each(tracks, change):
    return {kind: {person: change(track) for person, track in some.items()} for kind, some in tracks.items()}


def assert_same(one, other, *, later_s=0.0):
    for a, b in ((one.samples, other.samples), (one.spans, other.spans)):
        if a is None:
            assert b is None
            continue
        times = [c for c in ("time_s", "start_s", "end_s") if c in a]
        pd.testing.assert_frame_equal(a, b.assign(**{c: b[c] - later_s for c in times}), rtol=1e-3, atol=2e-3)


@every_cue
def test_the_same_input_gives_the_same_output_and_is_left_alone(name):
    tracks = copy.deepcopy(made())
    for some in tracks.values():
        for track in some.values():
            for field in fields(track):
                if isinstance(value := getattr(track, field.name), np.ndarray):
                    value.setflags(write=False)
    before = copy.deepcopy(tracks)
    done = dict(measured())
    again = registry.run(registry.all_cues()[name], tracks, done, PEOPLE)
    assert_same(again, done[name])
    for kind, some in tracks.items():
        for person, track in some.items():
            if isinstance(track, SpeechTrack):
                pd.testing.assert_frame_equal(track.spans, before[kind][person].spans)


@every_cue
def test_tables_hold_what_the_cue_declares(name):
    cue, result = registry.all_cues()[name], measured()[name]
    assert set(result.spans["label"]) <= set(cue.span_labels)
    assert cue.summary.endswith(".")
    if cue.signals:
        assert len(result.samples)
        assert result.samples["confidence"].between(0, 1).all()
        for signal in cue.signals:
            found = result.samples[signal.name].dropna()
            assert found.between(signal.low, signal.high).all()
            assert result.samples[signal.name].dtype == np.float32


@every_cue
def test_a_later_clock_moves_only_the_times(name):
    if name not in _later():
        pytest.fail(f"{name} was not run")
    assert_same(measured()[name], _later()[name], later_s=100.0)


@cache
def _later():
    return run_all(each(made(), lambda track: making.shifted(track, 100.0)))


@every_cue
def test_swapping_the_people_swaps_only_the_people(name):
    straight, swapped = measured()[name], _swapped()[name]
    for a, b in ((straight.samples, swapped.samples), (straight.spans, swapped.spans)):
        if a is None or PAIR in set(a["person"]):
            continue
        columns = [c for c in ("person", "toward") if c in a]
        renamed = b.assign(**{c: b[c].map(SWAPPED) for c in columns})
        order = ["person", "time_s"] if "time_s" in a else ["start_s", "end_s", "person", "label"]
        one, other = (t.sort_values(order, kind="stable", ignore_index=True) for t in (a, renamed))
        pd.testing.assert_frame_equal(one, other, check_dtype=False, rtol=1e-4, atol=1e-4)


@cache
def _swapped():
    tracks = {}
    for kind, some in made().items():
        tracks[kind] = {SWAPPED.get(p, p): _renamed(track) for p, track in some.items()}
    return run_all(tracks)


def _renamed(track):
    if not hasattr(track, "person"):
        return track
    new = SWAPPED[track.person]
    if isinstance(track, SpeechTrack):
        return replace(track, person=new, spans=track.spans.assign(person=new))
    return replace(track, person=new)


@pytest.mark.parametrize("name", PICTURE)
def test_what_was_not_seen_stays_missing(name):
    tracks = {k: v if k in ("speech", "sound", "scene") else each({k: v}, _blinded)[k] for k, v in made().items()}
    result = registry.run(registry.all_cues()[name], tracks, {}, PEOPLE).samples
    gone = result["time_s"].between(12.2, 19.8)
    signals = [s.name for s in registry.all_cues()[name].signals]
    assert gone.any()
    assert result.loc[gone, signals].isna().all(axis=None)
    assert (result.loc[gone, "confidence"] == 0).all()
    assert result.loc[~gone, signals[0]].notna().mean() > 0.8


def _blinded(track, start_s=12.0, end_s=20.0):
    gone = (track.time_s >= start_s) & (track.time_s < end_s)
    new = {}
    for field in fields(track):
        value = getattr(track, field.name)
        if field.name != "time_s" and isinstance(value, np.ndarray) and len(value) == len(gone):
            value = value.copy()
            value[gone] = 0.0 if field.name in ("confidence", "quality", "visibility") else np.nan
        new[field.name] = value
    return replace(track, **new)


@pytest.mark.parametrize("name", PICTURE)
@pytest.mark.parametrize("seconds", [0.0, 0.04, 0.4, 3.0])
def test_very_short_tracks_give_short_tables(name, seconds):
    tracks = each(making.two_people(12.0), lambda track: _cut(track, seconds))
    result = registry.run(registry.all_cues()[name], tracks, {}, PEOPLE)
    assert result.samples is not None
    assert len(result.samples) <= 2 * max(1, round(seconds * 25))


def _cut(track, seconds):
    if isinstance(track, SpeechTrack):
        return track
    keep = track.time_s < seconds - 1e-9
    values = {f.name: getattr(track, f.name) for f in fields(track)}
    cut = {k: v[keep] for k, v in values.items() if isinstance(v, np.ndarray) and len(v) == len(keep)}
    return replace(track, **cut)


@every_cue
def test_saved_and_loaded_tables_are_equal(name, tmp_path):
    for table in (measured()[name].samples, measured()[name].spans):
        if table is not None:
            table.to_parquet(tmp_path / "table.parquet")
            pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "table.parquet"), table)
