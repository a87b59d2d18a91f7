"""The session that all figures are drawn of: the demo at the level of cues, with a known gap."""

import numpy as np
import pytest
from seen_session import GAP
from written_session import write_session

import cuetrack as ct
from cuetrack.simulate.script import demo_script
from cuetrack.store.provenance import Provenance


@pytest.fixture(scope="session")
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
