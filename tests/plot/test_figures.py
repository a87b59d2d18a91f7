"""Every figure of a simulated session: small, offline, and showing what the tables say where they say it."""

import json

import numpy as np
import pandas as pd
import pytest
from seen_session import GAP

import cuetrack as ct
from cuetrack import tables
from cuetrack.errors import NotEnoughData, StoreError
from cuetrack.moments.shown import against_usual, clock, label
from cuetrack.plot import draw_coverage, draw_moment, draw_pair, draw_study
from cuetrack.plot.theme import DARK, LIGHT, MIDNIGHT_MS
from cuetrack.plot.timeline import _marks
from cuetrack.store.folder import SessionFolder
from cuetrack.store.provenance import Provenance
from cuetrack.synchrony.pair import moved_together

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
    marks = trace(figure, "moments")
    assert any("moment 1" in text for text in marks.hovertext)
    offered = {int(rank): (start, end) for rank, start, end in marks.customdata}
    assert offered == {int(m["rank"]): (m["start_s"], m["end_s"]) for m in moments.to_dict("records")}


def test_numbers_of_neighbouring_moments_do_not_lie_on_each_other():
    near = pd.DataFrame(
        [
            {"start_s": s, "end_s": s + 20, "rank": n, "person": "client", "title": "t", "label": "l"}
            for n, s in enumerate((100.0, 110, 115, 1500), start=1)
        ]
    )
    levels = [level for _, level in _marks(near, apart_s=60)]
    assert levels == [0, 1, 2, 0]


def test_moment_shows_evidence_in_words_and_both_people(session):
    first = session.moments.iloc[0]
    figure = ct.plot.moment(session, first, around_s=20)
    said = [a.text for a in figure.layout.annotations]
    evidence = session.evidence
    best = evidence[evidence["rank"] == first["rank"]].iloc[0]
    assert any(text.startswith(best["text"]) for text in said)
    under = figure.layout.title.subtitle.text.replace("<br>", " ")
    assert first["before"] in under
    assert first["after"] in under
    assert {"<b>before</b>", "<b>moment</b>", "<b>after</b>"} <= set(said)
    low, high = on_clock(figure.layout.xaxis.range)
    assert low == pytest.approx(max(0, first["start_s"] - 20))
    assert high == pytest.approx(min(session.duration_s, first["end_s"] + 20))
    with pytest.raises(StoreError, match="iloc"):
        ct.plot.moment(session, pd.Series({"rank": 1}))


def test_lag_map_says_who_really_follows():
    """The therapist does all the client does, two seconds later."""
    time = np.arange(0, 600, 0.2)
    lively = np.abs(np.random.default_rng(3).standard_normal(len(time) + 10)) + 0.01
    moves = {"client": lively[10:], "therapist": lively[:-10]}
    gesture = tables.join([tables.samples(time, p, {"motion_sw_per_s": x}, 0.9) for p, x in moves.items()])
    together = moved_together(gesture, ("motion_sw_per_s",), rate_hz=5.0, surrogates=10)
    figure = draw_pair(together, None, people=("therapist", "client"), duration_s=600)
    heat, above = figure.data[0], figure.data[1]
    mean = np.nanmean(np.asarray(heat.z, dtype=float), axis=1)
    assert heat.text[int(np.argmax(mean))][0].startswith("therapist follows by ")
    assert heat.y[int(np.argmax(mean))] == pytest.approx(2.0, abs=0.25)
    assert list(figure.layout.yaxis.ticktext) == ["client follows", "at once", "therapist follows"]
    assert above.marker.symbol == "cross-thin"
    assert np.median(np.asarray(above.y, dtype=float)) == pytest.approx(2.0, abs=0.25)


def test_pair_shows_turns_every_reply_and_chance(session):
    figure = ct.plot.pair(session, surrogates=10)
    response = session["response"]
    for person in session.people:
        own = response[response["person"] == person]
        drawn = trace(figure, person)
        assert on_clock(drawn.x) == pytest.approx(own["time_s"].to_numpy())
        offset, reply = np.asarray(drawn.customdata, dtype=float).T
        assert offset == pytest.approx(own["transfer_offset_s"].to_numpy(), abs=1e-5)
        assert reply == pytest.approx(own["reply_s"].to_numpy(), abs=1e-5)
    turns = session.spans("turns")
    own = turns[(turns["label"] == "turn") & (turns["person"] == session.people[1])]
    assert len(boxes(figure, lambda t: t.fillcolor == LIGHT.second)) == len(own)
    voice = trace(figure, "voice")
    assert np.asarray(voice.customdata, dtype=float) == pytest.approx(
        session["synchrony"]["voice_sync_z"].to_numpy(), abs=1e-5
    )
    with pytest.raises(ValueError, match="movement, head, face"):
        ct.plot.pair(session, of="voice")


def test_coverage_is_empty_where_nothing_was_measured(session):
    figure = ct.plot.coverage(session)
    heat = figure.data[0]
    rows = [names[0] for names in heat.text]
    at_row = rows.index("client: face")
    row = np.asarray(heat.z, dtype=float)[at_row]
    at = on_clock(heat.x)
    assert np.isnan(row[(at > GAP[0] + 3) & (at < GAP[1] - 3)]).all()
    assert np.isfinite(row[at < GAP[0] - 3]).all()
    assert figure.layout.yaxis.ticktext[at_row] == "face"
    hatched = [t for t in figure.data if t.type == "scatter" and min(t.y) < at_row < max(t.y)]
    assert [on_clock(t.x)[[0, 2]] for t in hatched] == [pytest.approx(GAP, abs=240 / len(at))]
    window = tables.samples(np.arange(0, 100, 5.0), "pair", {"mirroring": np.zeros(20)}, 0.5)
    windows = draw_coverage({"synchrony": window}, people=("a", "b"), duration_s=100)
    assert np.isfinite(np.asarray(windows.data[0].z, dtype=float)[1]).all()


def test_study_joins_both_people_of_a_session():
    summary = pd.DataFrame(
        [
            {"session": f"s{k}", "person": p, "signal": "lean_cm", "mean": k + 0.5 * n, "sd": 1.0}
            for k in range(5)
            for n, p in enumerate(("client", "therapist"))
        ]
    )
    figure = draw_study(summary, signals=("lean_cm",), title="5 sessions")
    lines, client, therapist = figure.data
    assert list(client.y) == [0, 1, 2, 3, 4]
    assert list(therapist.text) == ["s0", "s1", "s2", "s3", "s4"]
    assert len(lines.x) == 15
    swapped = draw_study(summary, signals=("lean_cm",), people=("therapist", "client"))
    assert [t.name for t in swapped.data[1:]] == ["therapist", "client"]  # colours as in the session's own figures
    with pytest.raises(NotEnoughData, match="choose others"):
        draw_study(summary, signals=("latency_s",))


def test_moment_marks_when_a_signal_came_back():
    """Lean goes 10 cm back for a minute and returns at 360 s; the slump lasts longer than is looked for."""
    time = np.arange(0, 2000, 0.2)
    rng = np.random.default_rng(1)
    away = (time >= 300) & (time < 360)
    signals = {"lean_cm": -10.0 * away, "slump_cm": 8.0 * ((time >= 300) & (time < 720))}
    noisy = {name: x + rng.standard_normal(len(time)) for name, x in signals.items()}
    still = {name: rng.standard_normal(len(time)) for name in signals}
    both = [tables.samples(time, person, x, 0.9) for person, x in (("client", noisy), ("therapist", still))]
    found = against_usual({"posture": tables.join(both)}, {}, ("client", "therapist"), duration_s=2000)
    evidence = pd.DataFrame({"person": "client", "signal": list(signals), "contribution": 1.0, "text": list(signals)})
    arcs = pd.DataFrame(columns=["phase", "person", "signal"])
    moment = pd.Series({"rank": 1, "start_s": 300.0, "end_s": 340.0, "person": "client", "label": "x"})
    figure = draw_moment(found, moment, evidence=evidence, arcs=arcs)
    back = [t for t in figure.data if t.name == "back to usual"]
    assert len(back) == 1
    assert 345 <= on_clock(back[0].x)[0] <= 362
    said = [a.text for a in figure.layout.annotations]
    assert any(text.startswith("lean_cm · ◆ back ") for text in said)
    assert "slump_cm · not back" in said
    assert not any(
        "◆" in a.text for a in draw_moment(found, moment, evidence=evidence, arcs=arcs, until_s=380).layout.annotations
    )


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
