"""Every figure of a simulated session: small, offline, and showing what the tables say where they say it."""

import json

import numpy as np
import pandas as pd
import pytest
from written_session import write_session

import cuetrack as ct
from cuetrack import tables
from cuetrack.errors import NotEnoughData, StoreError
from cuetrack.moments.shown import clock, label
from cuetrack.plot import draw_coverage, draw_study
from cuetrack.plot.theme import DARK, LIGHT, MIDNIGHT_MS
from cuetrack.simulate.script import demo_script
from cuetrack.store.folder import SessionFolder
from cuetrack.store.provenance import Provenance

GAP = (60.0, 95.0)


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """The demo's session with 35 s without the client's face."""
    path = tmp_path_factory.mktemp("plots") / "demo.cue"
    written = write_session(path, demo_script(), surrogates=4)
    face = written["face"]
    gone = (face["person"] == "client") & face["time_s"].between(*GAP)
    signals = [c for c in face.columns if c not in ("time_s", "person", "confidence")]
    face.loc[gone, signals] = np.nan
    face.loc[gone, "confidence"] = 0.0
    parts = {"": face, "spans": written.spans("face")}
    written.folder.keep("cues", "face", parts, Provenance("face", "1", {"gap": True}))
    return ct.open_session(path)


DRAW = {
    "timeline": lambda s, dark: ct.plot.timeline(s, dark=dark),
    "moment": lambda s, dark: ct.plot.moment(s, s.moments.iloc[0], around_s=20, dark=dark),
    "pair": lambda s, dark: ct.plot.pair(s, surrogates=10, dark=dark),
    "coverage": lambda s, dark: ct.plot.coverage(s, dark=dark),
}


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", DRAW)
def test_small_offline_and_in_its_theme(session, name, dark):
    figure = DRAW[name](session, dark)
    sizes = [t.z.size if t.type == "heatmap" else len(t.x) for t in figure.data if t.x is not None]
    assert max(sizes) <= 2000
    assert figure.layout.paper_bgcolor == (DARK if dark else LIGHT).paper
    plain = json.dumps(figure.to_plotly_json(), default=str)
    assert "http" not in plain
    assert {t.type for t in figure.data} <= {"scatter", "heatmap"}
    assert session.name in figure.layout.title.text or name == "moment"


def on_clock(x):
    """Session seconds of a trace's x."""
    return (np.asarray(x, dtype=float) - MIDNIGHT_MS) / 1000


def trace(figure, name):
    return next(t for t in figure.data if t.name == name)


def test_timeline_mirrors_people_and_tells_units(session):
    figure = ct.plot.timeline(session)
    first, second = session.people
    assert (np.asarray(trace(figure, f"{first}: lean").y) > 0).all()
    lean = trace(figure, f"{second}: lean")
    assert np.nanmax(np.asarray(lean.y, dtype=float)) < 0
    assert " cm" in lean.hovertemplate
    posture = session["posture"]
    own = posture[posture["person"] == second]
    z, value, usual = np.asarray(lean.customdata, dtype=float).T
    at = on_clock(lean.x)
    near = np.interp(at, own["time_s"], own["lean_cm"])
    assert np.nanmedian(np.abs(value - near)) < 0.7
    baseline = session.baseline()
    known = baseline[(baseline["person"] == second) & (baseline["signal"] == "lean_cm")]["median"]
    assert known.min() - 1e-3 <= np.nanmedian(usual) <= known.max() + 1e-3
    assert np.nanmax(np.abs(z)) <= 5


def boxes(figure, fill):
    """Spans in seconds of all boxes filled so."""
    found = [t for t in figure.data if t.type == "scatter" and t.fill == "toself" and fill(t)]
    return {
        (round(a, 3), round(b, 3)) for t in found for a, b in zip(on_clock(t.x)[0::5], on_clock(t.x)[2::5], strict=True)
    }


def test_timeline_hatches_gaps_and_shades_moments(session):
    figure = ct.plot.timeline(session)
    hatched = boxes(figure, lambda t: t.fillpattern.shape == "/")
    assert any(abs(a - GAP[0]) < 8 and abs(b - GAP[1]) < 8 for a, b in hatched)
    shaded = boxes(figure, lambda t: t.fillcolor == LIGHT.moment)
    moments = session.moments[~session.moments["control"]]
    assert all(any(a <= s and e <= b for a, b in shaded) for s, e in zip(moments.start_s, moments.end_s, strict=True))
    turns = session.spans("turns")
    own = turns[(turns["label"] == "turn") & (turns["person"] == session.people[0])]
    drawn = boxes(figure, lambda t: t.fillcolor == LIGHT.first)
    assert drawn == {(round(s, 3), round(e, 3)) for s, e in zip(own.start_s, own.end_s, strict=True)}
    assert any("moment 1" in text for text in trace(figure, "moments").hovertext)


def test_moment_shows_evidence_in_words_and_both_people(session):
    first = session.moments.iloc[0]
    figure = ct.plot.moment(session, first, around_s=20)
    said = [a.text for a in figure.layout.annotations]
    evidence = session.evidence
    best = evidence[evidence["rank"] == first["rank"]].iloc[0]
    assert best["text"] in said
    assert {"<b>before</b>", "<b>moment</b>", "<b>after</b>"} <= set(said)
    low, high = on_clock(figure.layout.xaxis.range)
    assert low == pytest.approx(max(0, first["start_s"] - 20))
    assert high == pytest.approx(min(session.duration_s, first["end_s"] + 20))
    with pytest.raises(StoreError, match="iloc"):
        ct.plot.moment(session, pd.Series({"rank": 1}))


def test_pair_says_who_follows(session):
    figure = ct.plot.pair(session, surrogates=10)
    assert f"+ {sorted(session.people)[1]} follows" in figure.layout.yaxis.title.text
    assert figure.data[0].type == "heatmap"
    with pytest.raises(ValueError, match="movement, head, face"):
        ct.plot.pair(session, of="voice")


def test_coverage_is_empty_where_nothing_was_measured(session):
    figure = ct.plot.coverage(session)
    heat = figure.data[0]
    row = np.asarray(heat.z, dtype=float)[list(heat.y).index("client: face")]
    at = on_clock(heat.x)
    assert np.isnan(row[(at > GAP[0] + 3) & (at < GAP[1] - 3)]).all()
    assert np.isfinite(row[at < GAP[0] - 3]).all()
    window = tables.samples(np.arange(0, 100, 5.0), "pair", {"mirroring": np.zeros(20)}, 0.5)
    windows = draw_coverage({"synchrony": window}, people=("a", "b"), duration_s=100)
    assert np.isfinite(np.asarray(windows.data[0].z, dtype=float)).all()


def test_study_joins_both_people_of_a_session():
    summary = pd.DataFrame(
        [
            {"session": f"s{k}", "person": p, "signal": "lean_cm", "mean": k + 0.5 * n, "sd": 1.0}
            for k in range(5)
            for n, p in enumerate(("client", "therapist"))
        ]
    )
    figure = draw_study(summary, title="5 sessions")
    lines, client, therapist = figure.data
    assert list(client.y) == [0, 1, 2, 3, 4]
    assert list(therapist.text) == ["s0", "s1", "s2", "s3", "s4"]
    assert len(lines.x) == 15
    with pytest.raises(NotEnoughData, match="choose others"):
        draw_study(summary, signals=("latency_s",))


def test_one_person_is_said(tmp_path):
    folder = SessionFolder(tmp_path / "one.cue")
    folder.describe({"name": "one", "people": {"client": {}}, "duration_s": 60.0})
    with pytest.raises(NotEnoughData, match="no measured cues"):
        ct.plot.timeline(ct.open_session(tmp_path / "one.cue"))


def test_words():
    assert [label(s) for s in ("motion_sw_per_s", "pitch_st", "nod_rate_per_min", "smile")] == [
        "motion", "pitch", "nod rate", "smile"
    ]  # fmt: skip
    assert clock(3599.7) == "1:00:00"


def test_one_person_is_drawn_alone(tmp_path):
    folder = SessionFolder(tmp_path / "alone.cue")
    folder.describe({"name": "alone", "people": {"client": {}}, "duration_s": 60.0})
    time = np.arange(0, 60, 0.1)
    posture = tables.samples(time, "client", {"lean_cm": np.sin(time)}, 0.9)
    folder.keep("cues", "posture", {"": posture, "spans": tables.spans()}, Provenance("posture", "1"))
    figure = ct.plot.timeline(ct.open_session(folder.path))
    assert (np.asarray(trace(figure, "client: lean").y) > 0).all()
    assert [t.name for t in figure.data if t.mode == "lines"] == ["client: lean"]
