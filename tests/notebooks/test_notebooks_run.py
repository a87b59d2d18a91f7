"""Every notebook runs to its end on simulated people, finds what was put in, and holds no outputs in git."""

import re
import shutil
from pathlib import Path

import nbformat
import pytest
from running import NOTEBOOKS, ROOT, executed

CHECKS = {
    "01_first_session": """
assert set(session.people) == {p.name for p in script.people} and session.cues["fresh"].all()
true = ct.simulate.demo_script().truth_spans().query("source in ['quieter', 'forceful']")
for t in true.itertuples():  # what was put in is among what the notebook shows
    assert (moments["peak_s"].between(t.start_s - 15, t.end_s + 15)).any(), t
assert demo.decisions()["verdict"].tolist() == ["yes"]
""",
    "02_from_cues_to_moments": """
assert hits(moments, truth)["found_by_rank"].map(len).all()
drawn = with_truth(go.Figure(line), "")
assert len(drawn.layout.shapes) == truth["source"].ne("return").sum()
from scipy.stats import poisson
assert 0.001 < poisson.cdf(claimed, hours) and poisson.sf(claimed - 1, hours) > 0.001, (claimed, hours)  # one an hour
""",
    "03_study": """
assert len(study) == 24 and 0.9 < usual["B"] - usual["A"] < 1.5
assert np.mean(every_reply) > 0.2 and np.mean(one_mean) < 0.09  # 5 % promised, of 1,000 deals
assert agreed.sections[1:]
""",
    "04_own_cue_and_pattern": """
assert listed.iloc[0]["person"] == "client" and shift.start_s - 15 <= listed.iloc[0]["peak_s"] <= shift.end_s + 15
assert "expected one of +, -, either, return" in said
""",
    "05_pairs": """
assert abs(strangers.session_signed_z) < 3 < 5 < together.session_signed_z
assert abs(float(together.lag_s[np.nanmean(together.against.values, axis=0).argmax()]) - 2.0) < 0.25
assert high > 0.6
""",
}
"""What must be true at the end of each, in its own names."""


@pytest.fixture
def folder(tmp_path, request):
    """An empty folder, for the first notebook with the tests' own analysis of the same recording in it."""
    if request.getfixturevalue("path").stem == "01_first_session":
        shutil.copytree(request.getfixturevalue("analysed"), tmp_path / "first.cue")
    return tmp_path


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_runs_to_its_end_and_finds_what_was_put_in(path: Path, folder: Path):
    check = CHECKS[path.stem]
    notebook = executed(path, folder, check)
    code = [c for c in notebook.cells if c.cell_type == "code"]
    assert all(c.execution_count for c in code)
    said = "".join(o.text for c in code for o in c.outputs if o.output_type == "stream" and o.name == "stderr")
    assert "Warning:" not in said
    assert (
        any("application/vnd.plotly.v1+json" in o.get("data", {}) for c in code for o in c.outputs) or "04" in path.stem
    )


def test_there_are_five():
    assert [p.stem for p in NOTEBOOKS] == list(CHECKS)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_holds_no_outputs_and_its_links_lead_somewhere(path: Path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
        assert not cell.metadata
        for link in re.findall(r"\]\(([^)#]+)\)", cell.source if cell.cell_type == "markdown" else ""):
            assert "://" not in link
            assert (path.parent / link).is_file(), link
    assert str(ROOT) not in path.read_text("utf-8")
