import inspect

import numpy as np
import pandas as pd
import pytest

from cuetrack import tables
from cuetrack.cues import registry
from cuetrack.cues.registry import CueTables, cue
from cuetrack.errors import CuetrackError, TableError
from cuetrack.terms import Signal

PEOPLE = ("client", "therapist")
SPEED = Signal("speed", "", 0, 10, "faster")


def declared(function) -> registry.Cue:
    return function.cue


@cue(version="1", signals=(SPEED,))
def speed(face, partner_face=None, *, gain=1.0):
    """Double a number."""
    return tables.samples(
        [0.0], face["name"], {"speed": [face["value"] * gain + (partner_face or {}).get("value", 0)]}, 1
    )


@cue(version="1", spans=("both",), pair=True)
def together(face, face_cue=None):
    """Look at both."""
    return tables.spans([{"start_s": 0, "end_s": len(face), "person": "pair", "label": "both"}])


TRACKS = {"face": {"client": {"name": "client", "value": 1}, "therapist": {"name": "therapist", "value": 2}}}


def test_the_signature_is_the_declaration() -> None:
    cue_ = declared(speed)
    assert cue_.needs == ("face", "partner_face")
    assert cue_.optional == {"partner_face"}
    assert dict(cue_.settings) == {"gain": 1.0}
    assert cue_.name == "test_registry"
    assert cue_.summary == "Double a number."


def test_a_cue_runs_for_each_person_with_the_partner_at_hand() -> None:
    done = registry.run(declared(speed), TRACKS, {}, PEOPLE, {"gain": 10.0 / 4})
    assert done.samples is not None
    assert done.samples.set_index("person")["speed"].to_dict() == {"client": 4.5, "therapist": 6.0}
    assert done.missing == {}


def test_who_cannot_be_measured_is_named() -> None:
    done = registry.run(declared(speed), {"face": {"client": TRACKS["face"]["client"]}}, {}, PEOPLE)
    assert done.missing == {"therapist": "needs face"}
    assert done.samples is not None
    assert set(done.samples["person"]) == {"client"}
    nobody = registry.run(declared(speed), {}, {}, PEOPLE)
    assert nobody.samples is not None
    assert list(nobody.samples.columns) == ["time_s", "person", "speed", "confidence"]


def test_a_pair_cue_gets_everyone_at_once() -> None:
    done = registry.run(declared(together), TRACKS, {}, PEOPLE)
    assert done.samples is None
    assert done.spans["end_s"].tolist() == [2]


def test_unknown_settings_and_values_out_of_range_are_refused() -> None:
    with pytest.raises(CuetrackError, match="no setting gian"):
        registry.run(declared(speed), TRACKS, {}, PEOPLE, {"gian": 1})
    with pytest.raises(TableError, match="outside"):
        registry.run(declared(speed), TRACKS, {}, PEOPLE, {"gain": 100.0})


def test_settings_need_defaults() -> None:
    with pytest.raises(TypeError, match="window_s"):

        @cue(version="1", signals=(SPEED,))
        def broken(face, *, window_s):
            """Lack a default."""


@pytest.mark.parametrize(
    ("need", "expected"),
    [
        ("face", None),
        ("gaze", "gaze"),
        ("face_cue", "face"),
        ("turns_spans", "turns"),
        ("partner_voice", "voice"),
        ("x", None),
    ],
)
def test_parameter_names_say_what_is_needed(need: str, expected: str | None) -> None:
    assert registry.cue_needed(need, {"gaze": 0, "face": 0, "turns": 0, "voice": 0}) == expected


def test_tables_of_other_cues_arrive_for_the_right_person() -> None:
    table = pd.concat([tables.samples(np.arange(2.0), p, {"speed": [i, i]}, 1) for i, p in enumerate(PEOPLE)])
    done = {"gaze": CueTables(table, tables.spans(), {})}
    mine = registry._give("gaze", "client", {}, done, PEOPLE)
    theirs = registry._give("partner_gaze", "client", {}, done, PEOPLE)
    assert set(mine["speed"]) == {0}
    assert set(theirs["speed"]) == {1}
    assert len(registry._give("gaze", "pair", {}, done, PEOPLE)) == 4


def test_who_asks_for_a_table_gets_a_cue_and_who_asks_for_a_track_gets_that() -> None:
    known = registry.all_cues()
    for cue_ in known.values():
        for need, parameter in inspect.signature(cue_.function).parameters.items():
            if need in cue_.needs:
                wants_table = "DataFrame" in str(parameter.annotation)
                assert (registry.cue_needed(need, known) is not None) == wants_table, (cue_.name, need)
