import numpy as np
import pandas as pd
import pytest
from small_session import FORCEFUL, PEOPLE, QUIETER, session

from cuetrack.errors import FormatError, NotEnoughData
from cuetrack.moments import find_moments
from cuetrack.moments.learn import REVIEWED_COLUMNS, _folds, components, learn, reviewed_rows
from cuetrack.moments.patterns import CHANNELS, load_patterns
from cuetrack.moments.ranker import Ranker, load_ranker


def reviewed(moments=400, dyads=20, seed=0, *, only="posture"):
    """Verdicts that depend on one channel alone, though the shipped score adds all."""
    rng = np.random.default_rng(seed)
    parts = np.abs(rng.normal(0.3, 0.3, (moments, len(CHANNELS))))
    told = parts[:, CHANNELS.index(only)]
    worth = rng.random(moments) < 1 / (1 + np.exp(-6 * (told - np.median(told))))
    dyad = rng.integers(0, dyads, moments)
    table = pd.DataFrame(parts, columns=list(CHANNELS))
    return table.assign(
        session=[f"s{d}" for d in dyad],
        dyad=[f"d{d}" for d in dyad],
        therapist=[f"t{d // 2}" for d in dyad],
        worth=worth.astype(float),
        weight=1.0,
        score=parts.sum(axis=1),
    )[list(REVIEWED_COLUMNS)]


@pytest.fixture(scope="module")
def learnt():
    return learn(reviewed(), resamples=100)


def test_the_channel_that_reviewers_go_by_gains_and_the_others_lose(learnt):
    gained = learnt.multipliers["posture"]
    assert gained > 2
    assert all(m < 1 for c, m in learnt.multipliers.items() if c != "posture")
    assert learnt.report["auroc"][0] > learnt.report["auroc_shipped"][0] + 0.1
    assert learnt.report["auroc"][1] <= learnt.report["auroc"][0] <= learnt.report["auroc"][2]


def test_verdicts_that_follow_the_shipped_score_leave_the_shipped_weights():
    table = reviewed(seed=3)
    rng = np.random.default_rng(4)
    z = table["score"] - table["score"].median()
    table["worth"] = (rng.random(len(table)) < 1 / (1 + np.exp(-z))).astype(float)
    got = learn(table, resamples=20)
    assert np.allclose(list(got.multipliers.values()), 1.0, atol=0.35)


def test_few_verdicts_free_few_weights():
    table = reviewed(80)
    got = learn(table, resamples=10)
    free = got.report["free"]
    assert len(free) == int(table["worth"].sum()) // 10
    assert all(got.multipliers[c] == 1 for c in CHANNELS if c not in free)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (reviewed(40), "moments judged worth a look"),
        (reviewed().assign(worth=1.0), "judged not worth one"),
        (reviewed().assign(therapist="one"), "neither dyad nor therapist"),
    ],
)
def test_too_little_is_refused_with_the_reason(table, message):
    with pytest.raises(NotEnoughData, match=message):
        learn(table)


def test_people_who_share_a_therapist_never_stand_on_both_sides():
    groups = components(["a", "a", "b", "c", "d"], ["x", "y", "y", "z", "w"])
    assert groups.tolist() == [0, 0, 0, 1, 2]
    for train, test in _folds(np.repeat(groups, 5)):
        assert not set(np.repeat(groups, 5)[train]) & set(np.repeat(groups, 5)[test])


def test_a_ranker_survives_its_file_and_says_where_it_comes_from(learnt, tmp_path):
    learnt.save(tmp_path / "ranker.json")
    again = load_ranker(tmp_path / "ranker.json")
    assert again.multipliers == learnt.multipliers
    assert {"made", "dyads", "moments", "free", "auroc"} <= set(again.report)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"format": "other"}', '{"format": "cuetrack ranker 1"}',
             '{"format": "cuetrack ranker 1", "multipliers": {"mood": 1}, "report": {}}',
             '{"format": "cuetrack ranker 1", "multipliers": {"voice": -1}, "report": {}}'],
)  # fmt: skip
def test_other_files_are_refused(text, tmp_path):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(FormatError, match=r"x\.json"):
        load_ranker(tmp_path / "x.json")


def test_a_ranker_changes_weights_and_scores_still_add_up():
    cues, spans = session([(400.0, 460.0, "client", QUIETER), (900.0, 950.0, "therapist", FORCEFUL)])
    deaf = Ranker({"voice": 0.0, "timing": 0.0}, {})
    assert all(p.weights["voice"] == 0 for p in deaf.apply(load_patterns()) if p.kind != "nuisance")
    found = find_moments(cues, spans, PEOPLE, duration_s=1500, surrogates=5, ranker=deaf)
    voice = found.evidence[found.evidence["channel"] == "voice"]
    assert (voice["contribution"] == 0).all()
    sums = found.evidence.groupby("rank")["contribution"].sum()
    np.testing.assert_allclose(found.moments.set_index("rank")["score"], sums, rtol=1e-5)


def test_rows_for_learning_carry_contributions_and_weights_of_control_clips():
    cues, spans = session([(400.0, 460.0, "client", QUIETER)])
    found = find_moments(cues, spans, PEOPLE, duration_s=1500, surrogates=5)
    worth = {int(r): r == 1 for r in found.moments["rank"]}
    rows = reviewed_rows(found.moments, found.evidence, worth, session="s", dyad="d", therapist="t", duration_s=1500)
    assert list(rows.columns) == list(REVIEWED_COLUMNS)
    assert rows["worth"].tolist() == [1.0] + [0.0] * (len(rows) - 1)
    nuisance = found.evidence[(found.evidence["rank"] == 1) & (found.evidence["channel"] == "nuisance")]
    assert rows.loc[0, list(CHANNELS)].sum() + nuisance["contribution"].sum() == pytest.approx(rows.loc[0, "score"])
    assert rows.loc[~found.moments["control"].to_numpy(), "weight"].eq(1).all()
    assert rows.loc[found.moments["control"].to_numpy(), "weight"].gt(1).all()
