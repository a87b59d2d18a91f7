"""Same in, same out: two runs give equal bytes; another number of cores changes values by no more than rounding."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cuetrack.store.files import read_json

TOLERANCE = 1e-6
"""What values may differ by, relative to the largest of their column, between numbers of cores."""
CODE = (
    "import sys, cuetrack as ct; "
    "ct.analyze(sys.argv[1], people={'therapist': 'left', 'client': 'right'}, out=sys.argv[2])"
)


def run(recording: Path, out: Path, cores: str) -> None:
    path = os.pathsep.join(p for p in sys.path if p)
    words = ["taskset", "-c", cores, sys.executable, "-c", CODE, str(recording), str(out)]
    subprocess.run(words, check=True, env={**os.environ, "PYTHONPATH": path}, stderr=subprocess.DEVNULL)


def tables(folder: Path) -> dict[str, Path]:
    return {str(p.relative_to(folder)): p for p in sorted(folder.rglob("*.parquet"))}


@pytest.mark.skipif(
    not shutil.which("taskset") or (os.cpu_count() or 1) < 2, reason="LOUD: needs taskset and two cores"
)
def test_one_core_gives_what_two_give(rendered, analysed: Path, tmp_path: Path) -> None:
    """The session analysed for all tests ran on every core; here it runs again, on one."""
    run(rendered.path, tmp_path / "one.cue", "0")
    notes = [read_json(f / "tracks" / "picture.json")["notes"] for f in (analysed, tmp_path / "one.cue")]
    assert [n["cores"] for n in notes] == [len(os.sched_getaffinity(0)), 1]  # provenance says which
    many, one = tables(analysed), tables(tmp_path / "one.cue")
    assert set(many) == set(one)
    for name, path in many.items():
        if path.read_bytes() == one[name].read_bytes():
            continue
        a, b = pd.read_parquet(path), pd.read_parquet(one[name])
        for column in a.columns:
            if a[column].dtype.kind == "f":
                scale = max(1.0, float(np.nanmax(np.abs(a[column].to_numpy()), initial=0.0)))
                np.testing.assert_allclose(a[column], b[column], rtol=0, atol=TOLERANCE * scale, err_msg=name)
            else:
                assert list(a[column]) == list(b[column]), (name, column)


@pytest.mark.skipif(not shutil.which("taskset"), reason="LOUD: needs taskset")
def test_two_runs_give_equal_bytes(rendered, analysed: Path, tmp_path: Path) -> None:
    """Everything is made again, from the recording, in another process."""
    run(rendered.path, tmp_path / "again.cue", f"0-{(os.cpu_count() or 1) - 1}")
    first = {k: p.read_bytes() for k, p in tables(analysed).items()}
    again = {k: p.read_bytes() for k, p in tables(tmp_path / "again.cue").items()}
    assert first == again
    for name in ("tracks/picture.json", "tracks/sound.json", "cues/gaze.json", "moments/default.json"):
        assert (analysed / name).read_bytes() == (tmp_path / "again.cue" / name).read_bytes(), name
