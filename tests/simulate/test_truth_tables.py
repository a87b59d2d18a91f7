"""Truth comes as the project's own tables, with the signals and labels that the cues declare."""

import numpy as np
import pytest

from cuetrack import tables
from cuetrack.cues.registry import all_cues
from cuetrack.simulate import short_script
from cuetrack.simulate.sound import voices
from cuetrack.simulate.truth import Truth, truth


@pytest.fixture(scope="module")
def known() -> Truth:
    script = short_script()
    return truth(script, voices(script))


def test_every_signal_and_label_is_one_that_a_cue_declares(known: Truth) -> None:
    cues = all_cues()
    for name, table in known.samples.items():
        declared = {s.name: s for s in cues[name].signals}
        there = [c for c in table.columns if c not in {"time_s", "person", "confidence"}]
        tables.check_samples(table, [declared[c] for c in there], name=name)
    for name, spans in known.spans.items():
        assert set(spans["label"]) <= set(cues[name].span_labels)
        tables.check_spans(spans, name=name)
    tables.check_spans(known.events, name="events")


def test_commands_come_back_in_the_cues_units(known: Truth) -> None:
    """The script turns the client's head 12 deg and eyes 0.7 to the side, and leans them in by a tenth later."""
    aside = known.samples["head"].query("person == 'client' and 4.5 < time_s < 7")
    assert aside["yaw_deg"].mean() == pytest.approx(12, abs=4)
    eyes = known.samples["gaze"].query("person == 'client' and 4.5 < time_s < 7")
    assert eyes["eye_yaw_deg"].mean() == pytest.approx(np.degrees(np.arcsin(0.7 * 9 / 12)), abs=5)
    assert eyes["gaze_yaw_deg"].mean() == pytest.approx(eyes["eye_yaw_deg"].mean() + aside["yaw_deg"].mean(), abs=1)
    assert (eyes["off_home_deg"] >= eyes["gaze_yaw_deg"].abs() - 1e-3).all()
    near = known.samples["posture"].query("person == 'client' and 9 < time_s < 11")
    assert near["lean_cm"].mean() == pytest.approx(80 * (1 - 1 / 1.1), abs=2.5)


def test_a_voice_is_known_only_where_it_sounds(known: Truth) -> None:
    said = known.spans["turns"].query("person == 'client' and label in ('ipu', 'backchannel')")
    voice = known.samples["voice"].query("person == 'client'")
    inside = np.zeros(len(voice), dtype=bool)
    for start, end in zip(said["start_s"], said["end_s"], strict=True):
        inside |= voice["time_s"].between(start - 0.11, end + 0.01).to_numpy()
    assert np.isfinite(voice["pitch_st"][inside]).mean() > 0.7
    assert not np.isfinite(voice["pitch_st"][~inside]).any()
    assert abs(voice["pitch_st"].median()) < 0.5
    assert abs(voice["level_db"].median()) < 0.5
