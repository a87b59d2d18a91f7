"""Round trips of every interchange format, and the real files of other tools."""

import gzip
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuetrack.errors import FormatError
from cuetrack.export.boris import read_boris, write_boris
from cuetrack.export.csv import read_csv, read_parquet, write_csv, write_parquet
from cuetrack.export.elan import read_elan, write_elan
from cuetrack.export.textgrid import read_textgrid, write_textgrid
from cuetrack.export.tiers import Annotations, Mark, Tier, lanes
from cuetrack.export.webvtt import read_webvtt, write_webvtt

FORMATS: dict[str, tuple[Callable[..., list[str]], Callable[[Path], Annotations]]] = {
    "eaf": (write_elan, read_elan),
    "TextGrid": (write_textgrid, read_textgrid),
    "boris": (write_boris, read_boris),
    "vtt": (write_webvtt, read_webvtt),
    "csv": (write_csv, read_csv),
    "parquet": (write_parquet, read_parquet),
}

texts = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn"), exclude_characters="\ufffe\uffff"), max_size=12)
awkward = st.sampled_from(
    ['"', '""', "-->", "a --> b", "<b>", "&amp;", "=1+1", "@x", "'", "😀", "שלום", "#2", "00:01.000", "NOTE",
     "a,b;c\td",
     "STYLE", "1", "nan", "NA", "null", "item [1]:", "<exists>", "\\", "]]>", "\u202etxt", "e\u0301", "\ufeffx"]
)  # fmt: skip
labels = st.one_of(texts.map(str.strip).filter(bool), awkward)
notes = st.one_of(st.just(""), labels)
names = st.sampled_from(["turns client", "moments", "R1", "a", "Ü-1", "a#2", "a:note", "a@R1", "=a", "cuetrack:about"])
raters = st.sampled_from(["", "R1", "R2", "Zoë 好"])
people = st.sampled_from(["", "client", "pair"])


@st.composite
def marks(draw: st.DrawFn) -> Mark:
    """A mark; its edges often meet, nest or overlap others' and the ends of the session."""
    start = draw(st.one_of(st.sampled_from([0, 1, 1000, 1001, 2000, 5_399_999]), st.integers(0, 5_399_999)))
    end = min(5_400_000, start + draw(st.sampled_from([1, 2, 40, 1000, 90_000, 5_400_000])))
    return Mark(start, end, draw(labels), draw(notes))


def _sorted(found: list[Mark]) -> tuple[Mark, ...]:
    return tuple(sorted(set(found), key=lambda m: (m.start_ms, m.end_ms, m.label, m.note)))


chosen = st.lists(labels, max_size=3, unique=True).map(tuple)
tiers = st.builds(
    lambda name, found, rater, person, vocabulary: Tier(name, _sorted(found), person, rater, vocabulary),
    names, st.lists(marks(), max_size=6), raters, people, chosen,
)  # fmt: skip
sessions = st.lists(tiers, max_size=4, unique_by=lambda t: (t.name, t.person, t.rater)).map(
    lambda found: Annotations(tuple(found), 5_400_000, provenance={"cuetrack": "0", "note": "-->"})
)


def content(annotations: Annotations) -> dict[tuple[str, str, str], list[tuple[int, int, str, str]]]:
    return {
        (t.name, t.person, t.rater): sorted((m.start_ms, m.end_ms, m.label, m.note) for m in t.marks)
        for t in annotations.tiers
    }


@pytest.mark.parametrize("suffix", FORMATS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(session=sessions)
def test_what_is_written_is_read_back(suffix: str, session: Annotations, tmp_path: Path) -> None:
    write, read = FORMATS[suffix]
    path = tmp_path / f"x.{suffix}"
    assert write(path, session) == []
    back = read(path)
    assert content(back) == content(session)
    assert {(t.name, t.person, t.rater): t.labels for t in back.tiers} == {
        (t.name, t.person, t.rater): t.labels for t in session.tiers
    }
    assert back.duration_ms == session.duration_ms
    assert back.provenance == session.provenance
    assert back.lost == ()


BROKEN = st.text(st.sampled_from("a\r\n\t\x00\x07\x1f\ufffe "), min_size=1, max_size=6)


@pytest.mark.parametrize("suffix", FORMATS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(label=BROKEN, note=BROKEN)
def test_awkward_text_comes_back_or_is_listed_as_lost(suffix: str, label: str, note: str, tmp_path: Path) -> None:
    path = tmp_path / f"x.{suffix}"
    session = Annotations((Tier("a", (Mark(0, 5, label, note),)),), 1000)
    try:
        lost = FORMATS[suffix][0](path, session)
    except FormatError as error:
        assert "character" in str(error)
        return
    if not lost:
        assert content(FORMATS[suffix][1](path)) == content(session)


@pytest.mark.parametrize("suffix", FORMATS)
def test_what_a_format_cannot_carry_is_listed(suffix: str, tmp_path: Path) -> None:
    session = Annotations((Tier("moments", (Mark(0, 5, ""), Mark(8, 9, "x\r\ny\x07"))),), 1000)
    path = tmp_path / f"x.{suffix}"
    lost = FORMATS[suffix][0](path, session)
    assert (content(FORMATS[suffix][1](path)) == content(session)) == (not lost)
    expected = {"TextGrid": ["1 marks without a label", "line breaks within 1"], "eaf": ["control characters in 1"]}
    assert len(lost) == len(expected.get(suffix, []))
    for told in expected.get(suffix, []):
        assert any(told in what for what in lost)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_whose_block_was_lost_still_gives_its_marks(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"x.{suffix}"
    marks_ = (Mark(0, 500, "x", "why"), Mark(100, 300, "y"), Mark(500, 900, "x"))
    FORMATS[suffix][0](path, Annotations((Tier("moments", marks_, "client", "R1"),), 1000))
    if suffix == "csv":
        path.with_name(path.name + ".json").unlink()
    elif suffix != "parquet":
        raw = path.read_bytes()
        assert b"format" in raw
        path.write_bytes(
            raw.replace(b'"format', b'"other').replace(b'format\\"', b'other_\\"').replace(b'""format', b'""other_')
        )
    back = FORMATS[suffix][1](path)
    found = sorted((m.start_ms, m.end_ms, m.label, m.note) for t in back.tiers if t.name == "moments" for m in t.marks)
    assert found == sorted((m.start_ms, m.end_ms, m.label, m.note) for m in marks_)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("junk", [b"", b"\x00\xff\xfe", b"hello", b"{}", b"<xml/>", b"WEBVTT", b"[" * 5000])
def test_junk_is_a_clear_error_or_empty(suffix: str, junk: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"x.{suffix}"
    path.write_bytes(junk)
    try:
        assert FORMATS[suffix][1](path).tiers == ()
    except FormatError as error:
        assert str(path) in str(error)


def test_a_file_with_entities_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.eaf"
    path.write_text(
        '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><ANNOTATION_DOCUMENT>&e;</ANNOTATION_DOCUMENT>'
    )
    with pytest.raises(FormatError, match="expected an ELAN file"):
        read_elan(path)


@given(st.lists(marks(), max_size=12))
def test_lanes_hold_every_mark_and_no_overlap(found: list[Mark]) -> None:
    spread = lanes(found)
    assert sorted(map(repr, found)) == sorted(repr(m) for lane in spread for m in lane)
    for lane in spread:
        assert all(a.end_ms <= b.start_ms for a, b in pairwise(lane))


EXAMPLE = Annotations(
    (
        Tier("turns client", (Mark(0, 1200, "turn"), Mark(2000, 2600, "turn")), "client"),
        Tier("moments", (Mark(500, 2500, 'he said "no"', "a --> b"), Mark(700, 900, "über <5 s>")), "client", "R1"),
    ),
    5000,
    (Path("media/a b.mp4"),),
)


@pytest.mark.media
def test_elan_files_are_valid_against_the_schema(tmp_path: Path, media: Path) -> None:
    etree = pytest.importorskip("lxml.etree")
    path = tmp_path / "x.eaf"
    same = Tier("moments", EXAMPLE.tiers[1].marks, "", "R2", ("über <5 s>", "other", ""))
    write_elan(path, replace(EXAMPLE, tiers=(*EXAMPLE.tiers, same, replace(same, name="b", rater="R3 & co"))))
    schema = etree.XMLSchema(etree.parse(media / "formats" / "EAFv3.0.xsd"))
    schema.assertValid(etree.parse(path))


def test_praat_opens_our_textgrid_and_we_open_what_praat_saves(tmp_path: Path) -> None:
    parselmouth = pytest.importorskip("parselmouth")
    path, again = tmp_path / "x.TextGrid", tmp_path / "praat.TextGrid"
    write_textgrid(path, EXAMPLE)
    grid = parselmouth.Data.read(str(path))
    assert parselmouth.praat.call(grid, "Get number of tiers") == 5
    parselmouth.praat.call(grid, "Save as text file", str(again))
    assert again.read_bytes()[:2] in (b"\xff\xfe", b"\xfe\xff")
    assert content(read_textgrid(again)) == content(EXAMPLE)


@pytest.mark.skipif(shutil.which("praat") is None, reason="NO PRAAT: install it (apt-get install praat)")
def test_the_praat_program_opens_our_textgrid(tmp_path: Path) -> None:
    path, again, script = tmp_path / "x.TextGrid", tmp_path / "again.TextGrid", tmp_path / "open.praat"
    write_textgrid(path, EXAMPLE)
    script.write_text(
        f'Read from file: "{path}"\n'
        'n = Get number of tiers\nlabel$ = Get label of interval: 1, 1\nwriteInfoLine: n, " ", label$\n'
        f'Save as text file: "{again}"\n'
    )
    ran = subprocess.run(["praat", "--run", str(script)], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.split() == ["5", "turn"]
    assert content(read_textgrid(again)) == content(EXAMPLE)
    assert read_textgrid(again).duration_ms == EXAMPLE.duration_ms


@pytest.mark.media
def test_real_files_of_other_tools_are_read(media: Path) -> None:
    formats = media / "formats"
    elan = read_elan(formats / "file02.eaf")
    assert {t.name: len(t.marks) for t in elan.tiers} == {
        "Aleph Alpha": 4, "Interlinear": 0, "Bet Beta": 4, "A_Words": 4, "A_Translation": 0,
    }  # fmt: skip
    assert elan.tier("A_Words").marks[0].start_ms >= elan.tier("Aleph Alpha").marks[0].start_ms
    assert sum(len(t.marks) for t in read_elan(formats / "sample_3.0.eaf").tiers) == 8778
    project = read_boris(formats / "test.boris")
    table = read_boris(formats / "test_export_aggregated_events_test_full_1.tsv")
    from_project = [m for t in project.tiers if t.rater == "observation #2" for m in t.marks]
    from_table = [m for t in table.tiers for m in t.marks]
    assert sorted((m.start_ms, m.label) for m in from_project) == sorted((m.start_ms, m.label) for m in from_table)
    assert any("never stops" in text for text in project.lost)
    tabular = read_boris(formats / "test_export_events_tabular.tsv")
    assert [(t.name, t.rater, len(t.marks)) for t in tabular.tiers] == [
        ("subject1", "observation #1", 3), ("subject2", "observation #1", 1),
    ]  # fmt: skip
    assert tabular.tiers[0].marks[0] == Mark(3300, 7750, "s")
    wind = read_textgrid(formats / "the_north_wind_and_the_sun.TextGrid")
    assert sum(len(t.marks) for t in wind.tiers) == 21
    mary = read_textgrid(formats / "mary.TextGrid")
    assert [m.label for m in mary.tier("word").marks] == ["mary", "rolled", "the", "barrel"]


def test_what_the_boris_program_saves_packed(tmp_path: Path) -> None:
    write_boris(tmp_path / "x.boris", EXAMPLE)
    packed = tmp_path / "x.boris.gz"
    packed.write_bytes(gzip.compress((tmp_path / "x.boris").read_bytes()))
    assert content(read_boris(packed)) == content(EXAMPLE)
    packed.write_bytes(gzip.compress(b" " * 60_000_000))
    with pytest.raises(FormatError, match="MB"):
        read_boris(packed)
    packed.write_bytes(packed.read_bytes()[:900])
    with pytest.raises(FormatError, match="expected"):
        read_boris(packed)
