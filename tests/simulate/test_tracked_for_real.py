"""MediaPipe tracks the drawn people, and reads what was commanded, through the package's own video stage."""

from pathlib import Path

import numpy as np
import pytest

from cuetrack.people.rotation import angles, rotations
from cuetrack.people.watch import View, WatchSettings, load_tracks, watch
from cuetrack.simulate import Script, render
from cuetrack.simulate.script import Event, Output, Person
from cuetrack.simulate.script_channels import Change


def script() -> Script:
    """Return five seconds in which one turns left and smiles while the other turns right and closes the mouth."""
    people = (Person("therapist", "left", look=0), Person("client", "right", look=1, defaults={"smile": 0.1}))
    events = tuple(
        Event(1.5, 3.5, person.name, cues={"yaw_deg": Change("to", (side * 12.0,)), "smile": Change("to", (smile,))})
        for person, side, smile in zip(people, (1, -1), (1.0, 0.0), strict=True)
    )
    quiet = tuple(Event(0.0, 5.0, p.name, cues={"talk_share": Change("to", (0.0,))}, ramp_s=0.0) for p in people)
    return Script(5.0, people, events + quiet, seed=4, transition_s=1.0, output=Output(fps=12.5, missing=("sound",)))


@pytest.mark.slow
def test_mediapipe_reads_the_rendered_people(tmp_path: Path) -> None:
    truth = render(script(), tmp_path / "s.mp4")
    view = View(tmp_path / "s.mp4", {"therapist": "left", "client": "right"})
    seen = watch([view], tmp_path / "tracks", settings=WatchSettings(face_hz=12.5, body_hz=6.25))
    tracks = load_tracks(tmp_path / "tracks")
    for person, side in (("therapist", 1), ("client", -1)):
        assert seen.tracked[person]["face"] > 0.95
        assert seen.tracked[person]["body"] > 0.9
        face = tracks["face"][person]
        yaw, _, _ = angles(rotations(face.matrix))
        true = truth.samples["head"].query("person == @person")
        at = np.interp(face.time_s, true["time_s"], true["yaw_deg"])
        assert np.corrcoef(yaw[6:], at[6:])[0, 1] > 0.97
        turned = (face.time_s > 2.2) & (face.time_s < 3.2)
        rest = (face.time_s > 0.5) & (face.time_s < 1.0)
        assert side * (yaw[turned].mean() - yaw[rest].mean()) > 7
    smile = tracks["face"]["therapist"].shape("mouthSmile")
    assert smile[turned].mean() > smile[rest].mean() + 0.3
