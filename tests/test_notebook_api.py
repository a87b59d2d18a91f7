"""What a notebook may rely on, on a session whose truth is known; and how things show themselves there."""

import html.parser
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import cuetrack as ct
from cuetrack.errors import StoreError
from cuetrack.simulate.signals_plan import random_plan
from cuetrack.store.files import read_json, write_json


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Two sessions of ten minutes of one dyad."""
    folder = tmp_path_factory.mktemp("study")
    for part in range(2):
        script = random_plan(40 + part, dyad=7, duration_s=600.0, negatives=(2, 4))
        ct.simulated_session(script, folder / f"dyad7-{part + 1}.cue", surrogates=5)
    return ct.open_study(folder)


@pytest.fixture(scope="module")
def session(study):
    return study.session("dyad7-1")


def test_every_name_of_the_design_page(session, study):
    cues = session.cues
    assert list(cues.columns) == ["cue", "person", "coverage", "confidence", "fresh"]
    assert cues["fresh"].all()
    gaze = session["gaze"]
    assert set(gaze["person"]) == set(session.people)
    signals = session.align(rate_hz=10)
    assert not signals.duplicated(["time_s", "person"]).any()
    told = signals.groupby("person").breath_rate_per_min.describe()
    assert set(told.index) >= set(session.people)
    moments = session.moments
    assert {"start_s", "end_s", "score", "label", "title", "why"} <= set(moments.columns)
    assert session.decisions().empty
    assert {"turn", "ipu"} <= set(session["turns"]["label"])
    assert {"transfer_offset_s", "latency_s", "reply_s"} <= set(session["response"].columns)
    assert set(session["synchrony"]["person"]) == {"pair"}
    assert ct.plot.timeline(session).data
    assert ct.plot.moment(session, moments.iloc[0], around_s=20).data
    assert set(study["gaze"]["session"]) == {"dyad7-1", "dyad7-2"}


def test_simulated_sessions_come_back_the_same_and_tell_their_truth(tmp_path):
    script = random_plan(3, duration_s=600.0, negatives=(2, 4))
    first, again = (ct.simulated_session(script, tmp_path / f"{n}.cue", surrogates=3) for n in "ab")
    pd.testing.assert_frame_equal(first["face"], again["face"])
    pd.testing.assert_frame_equal(first.moments, again.moments)
    truth = script.truth_spans()
    speaking = first["speaking"]
    own = speaking[(speaking["person"] == "client")]
    turns = script.turns()
    said = turns[(turns["person"] == "client") & turns["label"].isin(["ipu", "backchannel"])]
    inside = np.zeros(len(own), dtype=bool)
    for start, end in zip(said["start_s"], said["end_s"], strict=True):
        inside |= own["time_s"].between(start, end).to_numpy()
    assert (own["speaking"].to_numpy() > 0.5)[inside].mean() > 0.9
    assert truth["end_s"].max() <= script.duration_s
    with pytest.raises(StoreError):
        first["no such cue"]


def test_study_gives_spans_where_a_cue_has_no_samples(study):
    turns = study["turns"]
    apart = {name: study.session(name)["turns"] for name in study.names}
    assert len(turns) == sum(len(t) for t in apart.values())
    assert turns.columns[0] == "session"
    talk = study.sql(
        "select session, person, sum(end_s - start_s) as s from turns_spans where label = 'turn' group by all"
    )
    for row in talk.to_dict("records"):
        own = apart[row["session"]]
        own = own[(own["label"] == "turn") & (own["person"] == row["person"])]
        assert row["s"] == pytest.approx((own["end_s"] - own["start_s"]).sum())
    assert "turns_spans" not in set(study.summary()["signal"])


def test_a_cue_of_another_version_or_of_changed_cues_is_not_fresh(tmp_path):
    script = random_plan(5, duration_s=300.0, negatives=(1, 1), events=False)
    session = ct.simulated_session(script, tmp_path / "a.cue", surrogates=0)
    path = session.folder.provenance_path("cues", "gaze")
    write_json(path, {**read_json(path), "version": "0"})
    assert not session.cues.set_index("cue").loc["gaze", "fresh"].any()
    path = session.folder.provenance_path("cues", "turns")
    write_json(path, {**read_json(path), "digest": "of something else"})
    fresh = session.cues.groupby("cue")["fresh"].all()
    assert not fresh["response"]
    assert fresh["posture"]


class Tags(html.parser.HTMLParser):
    """Counts tags and keeps text."""

    def __init__(self):
        super().__init__()
        self.open, self.text, self.seen = [], [], set()

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.seen.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_cards_are_small_well_formed_and_escape(session, study, tmp_path):
    for shown in (session, study):
        tags = Tags()
        tags.feed(shown._repr_html_())
        assert tags.open == []
        assert tags.seen <= {"div", "b", "span", "table", "thead", "tbody", "tr", "th", "td", "ul", "li"}
        assert len(shown._repr_html_()) < 6000
    said = session._repr_html_()
    gaze = session.cues.query("cue == 'gaze' and person == 'client'").iloc[0]
    assert f"{gaze['coverage']:.0%}, {gaze['confidence']:.2f}" in said
    script = random_plan(6, duration_s=120.0, events=False, negatives=(0, 0))
    people = (replace(script.people[0], name="<b>x"), replace(script.people[1], name="y"))
    named = replace(script, people=people, events=())
    assert "<b>x" not in ct.simulated_session(named, tmp_path / "n.cue", surrogates=0)._repr_html_()
