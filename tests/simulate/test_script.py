"""A script says what happens; its curves, turns and truth must say the same."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuetrack import tables
from cuetrack.errors import ScriptError
from cuetrack.simulate.archetypes import FAMILIES, kinds, names
from cuetrack.simulate.script import Event, Script, demo_script, load_script, short_script
from cuetrack.simulate.script_channels import CHANNELS, read_change
from cuetrack.simulate.script_curves import levels

PEOPLE = """duration_s = 60
seed = 3

[[people]]
name = "a"
place = "left"

[[people]]
name = "b"
place = "right"
"""


def script_with(*events: str) -> Script:
    return load_script(PEOPLE + "".join(f"\n[[events]]\n{e}\n" for e in events))


def mean(values: np.ndarray, start_s: float, end_s: float, rate_hz: float = 25.0) -> float:
    return float(values[int(start_s * rate_hz) : int(end_s * rate_hz)].mean())


def share(spans, label: str, person: str, start_s: float, end_s: float) -> float:
    """Return which share of a stretch a person fills with spans of a label."""
    rows = spans[(spans["label"] == label) & (spans["person"] == person)]
    inside = np.minimum(rows["end_s"], end_s) - np.maximum(rows["start_s"], start_s)
    return float(np.maximum(inside, 0).sum() / (end_s - start_s))


def test_free_cues_move_the_channel_to_their_value_and_back() -> None:
    script = script_with(
        'start_s = 20\nend_s = 40\nperson = "a"\ncues = {yaw_deg = 12, level_db = "-6", breath_px = "x0.5"}'
    )
    curves = script.curves()["a"]
    assert mean(curves["yaw_deg"], 22, 38) == pytest.approx(12, abs=2.0)
    assert mean(curves["yaw_deg"], 0, 18) == pytest.approx(0, abs=2.0)
    assert mean(curves["level_db"], 22, 38) == pytest.approx(-30)
    assert mean(curves["breath_px"], 22, 38) == pytest.approx(1)
    assert mean(script.curves()["b"]["level_db"], 0, 60) == pytest.approx(-24)


def test_a_change_is_half_done_at_its_border() -> None:
    script = script_with('start_s = 20\nend_s = 40\nperson = "a"\ncues = {level_db = -10}')
    level = script.curves(100)["a"]["level_db"]
    assert level[2000] == pytest.approx(-17, abs=0.3)
    assert level[4000] == pytest.approx(-17, abs=0.3)
    assert np.abs(np.diff(level)).max() < 0.15


def test_strength_scales_every_way_of_writing_a_change() -> None:
    assert read_change(4.0).delta(4.0, 2.0, 0.5) == pytest.approx(1.0)
    assert read_change("+4").delta(4.0, 2.0, 0.5) == pytest.approx(2.0)
    assert read_change("x4").delta(4.0, 2.0, 0.5) == pytest.approx(2.0)
    assert -8 <= read_change("-4..8").draw(1, "x") <= -4
    assert {read_change("±6").draw(seed) for seed in range(20)} == {6.0, -6.0}
    assert {read_change("x0.7|1.3").draw(seed) for seed in range(20)} == {0.7, 1.3}


@pytest.mark.parametrize("written", ["", "+", "4", "x", "+1..", "*2", True, None, float("nan"), [1]])
def test_what_is_no_change_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="expected a number"):
        read_change(written)


def test_holding_the_floor_and_keeping_silent() -> None:
    script = script_with(
        'start_s = 10\nend_s = 20\nperson = "a"\nkind = "question"',
        'start_s = 30\nend_s = 40\nperson = "a"\nkind = "silence"',
    )
    turns = script.turns()
    assert share(turns, "ipu", "a", 10.5, 19.5) > 0.6
    assert share(turns, "ipu", "b", 10.5, 19.5) == 0
    assert share(turns, "ipu", "a", 30.5, 39.5) == share(turns, "ipu", "b", 30.5, 39.5) == 0


def test_latency_and_turn_length_are_those_of_the_script() -> None:
    text = PEOPLE.replace("duration_s = 60", "duration_s = 1800")
    people = text.replace(
        'name = "b"\nplace = "right"',
        'name = "b"\nplace = "right"\ndefaults = {latency_s = 2.5, turn_s = 1.5, minimal_share = 0}',
    )
    turns = load_script(people).turns()
    pauses = turns[turns["label"] == "pause"]
    for person, other, wanted in (("a", "b", 0.6), ("b", "a", 2.5)):
        own = pauses[(pauses["person"] == other) & (pauses["toward"] == person)]
        assert (own["end_s"] - own["start_s"]).median() == pytest.approx(wanted, rel=0.25)
    length = (
        turns[turns["label"] == "turn"].assign(s=lambda t: t["end_s"] - t["start_s"]).groupby("person")["s"].median()
    )
    assert length["a"] > 2.5 * length["b"]


def test_interruptions_break_in_and_overlap() -> None:
    text = PEOPLE.replace("duration_s = 60", "duration_s = 600")
    calm, rude = (
        load_script(
            text.replace('place = "right"', f'place = "right"\ndefaults = {{interruptions_per_min = {rate}}}')
        ).turns()
        for rate in (0, 8)
    )
    assert not ((calm["label"] == "interruption") & (calm["person"] == "b")).any()
    broke = rude[(rude["label"] == "interruption") & (rude["person"] == "b")]
    assert len(broke) >= 10
    assert (broke["end_s"] - broke["start_s"]).between(0.1, 1.05).all()


def test_speech_of_the_curves_is_that_of_the_turns() -> None:
    script = short_script()
    turns, curves = script.turns(), script.curves(100)
    for person in ("therapist", "client"):
        said = share(turns, "ipu", person, 0, 30) + share(turns, "backchannel", person, 0, 30)
        assert curves[person]["speech"].mean() == pytest.approx(said, abs=0.01)
        assert (curves[person]["envelope"][curves[person]["speech"] == 0] == 0).all()


def test_nobody_speaks_over_themselves() -> None:
    turns = demo_script().turns()
    for _, rows in turns[turns["label"].isin(["ipu", "backchannel", "laugh", "cough"])].groupby("person"):
        ordered = rows.sort_values("start_s")
        assert (ordered["start_s"].to_numpy()[1:] >= ordered["end_s"].to_numpy()[:-1] - 1e-9).all()


def test_a_held_breath_stands_still_and_a_sigh_is_deep() -> None:
    script = script_with(
        'start_s = 20\nend_s = 30\nperson = "a"\nkind = "hold"',
        'start_s = 40\nend_s = 42.5\nperson = "a"\nkind = "sigh"',
    )
    chest = script.curves()["a"]["breath_y_px"]
    assert np.ptp(chest[21 * 25 : 29 * 25]) < 0.05
    assert chest[39 * 25 : 43 * 25].max() > 1.8 * chest[: 18 * 25].max()
    assert ((script.acts()["label"] == "hold") & (script.acts()["person"] == "a")).sum() == 1


def test_closed_eyes_stay_closed() -> None:
    script = script_with('start_s = 10\nend_s = 50\nperson = "a"\nkind = "imagery"')
    lids = script.curves()["a"]["blink"]
    assert lids[13 * 25 : 47 * 25].min() > 0.95
    assert np.median(lids[: 8 * 25]) == 0


def test_blinks_and_nods_come_at_their_rate_and_move_the_curves() -> None:
    text = PEOPLE.replace("duration_s = 60", "duration_s = 600").replace(
        'place = "left"', 'place = "left"\ndefaults = {blink_rate_per_min = 24, nod_rate_per_min = 6}'
    )
    script = load_script(text)
    acts = script.acts()[lambda t: t["person"] == "a"]
    assert (acts["label"] == "blink").sum() == pytest.approx(240, rel=0.2)
    assert (acts["label"] == "nod").sum() == pytest.approx(60, rel=0.3)
    blink = acts[acts["label"] == "blink"].iloc[0]
    middle = round((blink["start_s"] + blink["end_s"]) / 2 * 25)
    assert script.curves()["a"]["blink"][middle] > 0.8


def test_every_channel_moves_in_the_short_script_and_stays_in_range() -> None:
    curves = short_script().curves()
    still = {"zoom", "camera_px", "sound", "interruptions_per_min", "backchannels_per_min", "turn_s", "minimal_share",
             "unanswered_share", "mirroring", "breath_px", "f0_sd_st", "eyes_closed", "light_side", "grain",
             "crosstalk_db"}  # fmt: skip
    for name, channel in CHANNELS.items():
        both = np.concatenate([curves[p][name] for p in curves])
        assert both.min() >= channel.low
        assert both.max() <= channel.high
        if name not in still:
            assert np.ptp(both) > 0, name


def test_curves_do_not_depend_on_the_rate() -> None:
    slow, fast = (short_script().curves(rate)["client"] for rate in (10, 50))
    for name in ("yaw_deg", "smile", "lean"):
        assert np.abs(slow[name] - fast[name][::5]).max() < 1e-6


def test_the_demo_holds_every_act_of_the_arc() -> None:
    script = demo_script()
    truth = script.truth_spans()
    tables.check_spans(truth)
    found = {r["label"]: (r["start_s"], r["end_s"], r["person"]) for r in truth.to_dict("records")}
    assert found["withdrawal_flat"] == (84, 112, "client")
    assert found["pseudo_repair"] == (112, 136, "client")
    assert found["confrontation"] == (148, 176, "client")
    assert found["repair"] == (186, 222, "client")
    client = script.curves()["client"]
    calm, quiet, masked, forceful, back = ((5, 38), (87, 109), (115, 133), (151, 173), (189, 219))
    assert mean(client["smile"], *masked) > mean(client["smile"], *calm) + 0.2  # the mask is a smile
    for name in ("gaze_x", "slump_px", "breath_rate_per_min"):  # what a mask does not bring back, the true return does
        assert mean(client[name], *masked) > mean(client[name], *calm) + 0.3, name
        assert abs(mean(client[name], *back) - mean(client[name], *calm)) < 1.0, name
    assert mean(client["level_db"], *quiet) < -30
    assert mean(client["level_db"], *forceful) > -18
    turns = script.turns()
    assert (
        (turns["label"] == "interruption") & (turns["person"] == "client") & turns["start_s"].between(148, 176)
    ).sum() >= 2


def test_truth_tables_keep_the_projects_shape() -> None:
    script = short_script()
    for table in (script.turns(), script.acts(), script.truth_spans()):
        tables.check_spans(table)
    samples = script.truth_samples(10)
    assert list(samples.columns[:2]) == ["time_s", "person"]
    assert len(samples) == 2 * 300
    assert (samples["confidence"] == 1).all()


def test_every_named_event_can_happen() -> None:
    base = script_with()
    for name, kind in kinds().items():
        assert kind.family in FAMILIES
        length = min(max(kind.seconds[1], 1.0), 50.0)
        script = replace(base, events=(Event(5, 5 + length, "both" if kind.who == "both" else "b", name),))
        assert np.isfinite(np.concatenate([c for p in levels(script, 5).values() for c in p.values()])).all()
        for part in kind.parts:
            assert part.kind in kinds()
    assert len(names("negative")) >= 20


@given(st.integers(0, 2**31), st.floats(0.2, 2.0))
@settings(max_examples=15, deadline=None)
def test_turns_stay_within_the_session_whatever_the_seed(seed: int, latency: float) -> None:
    script = replace(
        script_with(
            f'start_s = 10\nend_s = 50\nperson = "b"\nkind = "withdrawal_flat"\ncues = {{latency_s = {latency}}}'
        ),
        seed=seed,
    )
    turns = tables.check_spans(script.turns())
    assert (turns["start_s"] >= 0).all()
    assert (turns["end_s"] <= 60).all()


ONE = 'start_s = 1\nend_s = 5\nperson = "a"\n'


@pytest.mark.parametrize(
    ("event", "where", "what"),
    [
        (ONE + 'kind = "withdrawl"', "events[0].kind", "unknown kind of event 'withdrawl'"),
        (ONE + "cues = {yaw = 3}", "events[0].yaw", "unknown cue"),
        (ONE + "cues = {yaw_deg = 80}", "events[0].yaw_deg", "out of range"),
        (ONE + 'cues = {yaw_deg = "lots"}', "events[0].yaw_deg", "expected a number"),
        (ONE, "events[0].kind", "expected a kind or cues"),
        ('start_s = -1\nend_s = 5\nperson = "a"\nkind = "cough"', "events[0].start_s", "out of range"),
        ('start_s = 9\nend_s = 5\nperson = "a"\nkind = "cough"', "events[0].end_s", "not after its start"),
        ('start_s = 9\nend_s = 500\nperson = "a"\nkind = "cough"', "events[0].end_s", "out of range"),
        ('start_s = "one"\nend_s = 5\nperson = "a"\nkind = "cough"', "events[0].start_s", "expected a number"),
        ('start_s = 1\nend_s = 5\nperson = "c"\nkind = "cough"', "events[0].person", "unknown person"),
        (ONE + 'kind = "cough"\nloud = 3', "events[0].loud", "unknown key"),
        (ONE + 'kind = "cough"\nstrength = 9', "events[0].strength", "out of range"),
    ],
)  # fmt: skip
def test_a_wrong_event_is_one_error_with_line_and_field(event: str, where: str, what: str) -> None:
    with pytest.raises(ScriptError, match=what) as caught:
        script_with(event)
    message = str(caught.value)
    assert where in message
    line = int(message.split("line ")[1].split(",")[0])
    field = where.split(".")[1]
    written = (PEOPLE + f"\n[[events]]\n{event}\n").splitlines()[line - 1]
    assert field in written or written == "[[events]]"


@pytest.mark.parametrize(
    ("events", "where"),
    [
        ((ONE + 'kind = "withdrawal_flat"', ONE + 'kind = "confrontation"'), "events[1].kind"),
        ((ONE + "cues = {yaw_deg = 3}", ONE + "cues = {yaw_deg = 9}"), "events[1].yaw_deg"),
        ((ONE + 'kind = "sip"', 'start_s = 4\nend_s = 6\nperson = "both"\nkind = "occlusion"'), "events[1].kind"),
    ],
)
def test_what_one_person_cannot_do_at_once_is_refused(events: tuple[str, ...], where: str) -> None:
    with pytest.raises(ScriptError) as caught:
        script_with(*events)
    assert where in str(caught.value)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("duration_s = \n", "not valid TOML"),
        (PEOPLE.replace("duration_s = 60", "duration_s = -5"), "line 1, duration_s: -5 is out of range"),
        (PEOPLE.replace('name = "b"', 'name = "a"'), "two people"),
        (PEOPLE.replace('place = "right"', 'place = "left"'), "one person left and one right"),
        (PEOPLE + '[output]\nlayout = "wall"\n', "unknown layout"),
        (PEOPLE + "[output]\nsize = [1]\n", "expected \\[width, height\\]"),
        (PEOPLE + "colour = 3\n", "unknown key"),
        (PEOPLE + "look = 4\n", "people\\[1\\].look: expected 0 or 1"),
        (PEOPLE + "skin = 1.5\n", "people\\[1\\].skin: 1.5 is out of range"),
        (PEOPLE + 'beard = "yes"\n', "people\\[1\\].beard: expected true or false"),
        (PEOPLE + "[output]\nsound_late_s = 9\n", "output.sound_late_s: 9 is out of range"),
    ],
)
def test_a_wrong_script_is_one_error(text: str, what: str) -> None:
    with pytest.raises(ScriptError, match=what):
        load_script(text)


def test_a_missing_file_says_so(tmp_path) -> None:
    with pytest.raises(ScriptError, match="could not read"):
        load_script(tmp_path / "none.toml")


def test_the_page_on_simulation_names_every_channel_and_kind() -> None:
    page = (Path(__file__).parents[2] / "docs" / "simulation.md").read_text(encoding="utf-8")
    for name in (*CHANNELS, *kinds()):
        assert f"`{name}`" in page
    example = page.split("```toml\n")[1].split("```")[0]
    assert load_script(example).duration_s == 60
