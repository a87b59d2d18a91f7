"""Round trips of every interchange format, and the real files of other tools."""

from collections.abc import Callable
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
    ['"', '""', "-->", "a --> b", "<b>", "&amp;", "=1+1", "@x", "'", "😀", "שלום", "#2", "00:01.000"]
)
labels = st.one_of(texts.map(str.strip).filter(bool), awkward)
notes = st.one_of(st.just(""), labels)
names = st.sampled_from(["turns client", "moments", "R1", "a", "Ü-1"])


@st.composite
def marks(draw: st.DrawFn) -> Mark:
    start = draw(st.integers(0, 5_400_000))
    return Mark(start, start + draw(st.sampled_from([1, 2, 40, 1000, 90_000])), draw(labels), draw(notes))


def _sorted(found: list[Mark]) -> tuple[Mark, ...]:
    return tuple(sorted(set(found), key=lambda m: (m.start_ms, m.end_ms, m.label, m.note)))


tiers = st.builds(
    lambda name, found, rater: Tier(name, _sorted(found), "", rater), names, st.lists(marks(), max_size=6), st.just("")
)
sessions = st.lists(tiers, max_size=3, unique_by=lambda t: t.name).map(
    lambda found: Annotations(tuple(found), max([5_500_000, *(m.end_ms for t in found for m in t.marks)]))
)


def content(annotations: Annotations) -> dict[str, list[tuple[int, int, str, str]]]:
    return {
        t.name: sorted((m.start_ms, m.end_ms, m.label, m.note) for m in t.marks) for t in annotations.tiers if t.marks
    }


@pytest.mark.parametrize("suffix", FORMATS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(session=sessions)
def test_what_is_written_is_read_back(suffix: str, session: Annotations, tmp_path: Path) -> None:
    write, read = FORMATS[suffix]
    path = tmp_path / f"x.{suffix}"
    write(path, session)
    assert content(read(path)) == content(session)


@pytest.mark.parametrize("suffix", FORMATS)
def test_what_a_format_cannot_carry_is_listed(suffix: str, tmp_path: Path) -> None:
    session = Annotations(
        (Tier("empty", (), "client", "R1"), Tier("moments", (Mark(0, 5, "x"),), "client", "R1")), 1000
    )
    path = tmp_path / f"x.{suffix}"
    lost = FORMATS[suffix][0](path, session)
    back = FORMATS[suffix][1](path)
    kept = {(t.name, t.person, t.rater) for t in back.tiers}
    for tier in session.tiers:
        assert (tier.name, tier.person, tier.rater) in kept or any(tier.name in text for text in lost)


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
    write_elan(path, EXAMPLE)
    schema = etree.XMLSchema(etree.parse(media / "formats" / "EAFv3.0.xsd"))
    schema.assertValid(etree.parse(path))


def test_praat_opens_our_textgrid_and_we_open_what_praat_saves(tmp_path: Path) -> None:
    parselmouth = pytest.importorskip("parselmouth")
    path, again = tmp_path / "x.TextGrid", tmp_path / "praat.TextGrid"
    write_textgrid(path, EXAMPLE)
    grid = parselmouth.Data.read(str(path))
    assert parselmouth.praat.call(grid, "Get number of tiers") == 4
    parselmouth.praat.call(grid, "Save as text file", str(again))
    assert again.read_bytes()[:2] in (b"\xff\xfe", b"\xfe\xff")
    assert content(read_textgrid(again)) == content(EXAMPLE)


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
    mary = read_textgrid(formats / "mary.TextGrid")
    assert [m.label for m in mary.tier("word").marks] == ["mary", "rolled", "the", "barrel"]
