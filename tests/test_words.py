"""Words cuetrack must not use: in the page, reports, documentation, help, column names, patterns, notebooks.

An exception is a file and the words around it; one that is not there any more fails, so the list cannot rot.
"""

import json
import re
import tomllib
from pathlib import Path

import click
import pandas as pd
import pytest

from cuetrack.cli import VERBS, Verbs
from cuetrack.cues import registry
from cuetrack.intended import INTENDED_USE, statement

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src" / "cuetrack"

NEVER = re.compile(
    r"\b(resist(ance|ances|ant|ing|ed|s)?|non-?complian(t|ce)|uncooperative|hostil\w*|defensive\w*|disengage\w*|"
    r"decepti\w*|deceiv\w*|liar|lying to|lies to|dishonest\w*|angry|anger\w*|sad|sadness|sadly|unhappy|happiness|"
    r"anxious\w*|anxiety|fearful|depress(ed|ion|ive)|diagnos\w*|alliance|emotion\w*|mood|mental state\w*|empath(y|ic)|"
    r"trustworth\w*|eye[- ]contact|fake smile\w*|genuine smile\w*|patholog\w*|manipulative|unmotivated|poor rapport|"
    r"performance of (the|a|any) therapist)\b",
    re.IGNORECASE,
)
"""Words about states of mind, intent, illness or the worth of a person."""
CLINICAL = re.compile(r"\b(withdrawals?|confrontations?|confronting|ruptures?)\b", re.IGNORECASE)
"""Clinical terms: a reviewer's labels and the names of simulated kinds, never what the tool says of anyone."""

EXPLAINING = {"docs/intended-use.md": "the page that states what cuetrack is not and lists the words it never uses"}
"""Whole pages that explain the rule; they are read by people, and shown by no part of the program."""
EXCEPTIONS: dict[str, tuple[str, ...]] = {
    "src/cuetrack/intended.py": (
        "does not recognise emotions, intentions or mental states, does not diagnose",
        "performance of any therapist",
    ),
    "src/cuetrack/cli/__init__.py": ("It never names emotions, intentions or", "diagnoses, and everything stays"),
    "src/cuetrack/cues/gaze.py": ("eye contact",),
    "src/cuetrack/review/static/home.js": ("It names no emotion, ", "intent or diagnosis and scores nobody"),
    "src/cuetrack/review/codebooks/plain.toml": (
        "What was the emotional impact here, apart from the content?",
        "Could this be a protective response to a break in trust, rather than resistance?",
    ),
    "src/cuetrack/review/codebooks/3rs.toml": (
        "What was the emotional impact here, apart from the content?",
        "Could this be a protective response to a break in trust, rather than resistance?",
        "R: validates the defensive stance",
        "such as a smile with sad words",
    ),
    "README.md": ("no emotion, intent or diagnosis and scores nobody", "not eye contact"),
    "CONTRIBUTING.md": ("The tool names no emotion, intent or diagnosis and scores no person",),
}
CLINICAL_IN = {
    "src/cuetrack/review/codebooks/plain.toml": "labels of reviewers",
    "src/cuetrack/review/codebooks/3rs.toml": "labels of reviewers, after the published manual",
    "docs/patterns.md": "names of simulated kinds, in the benchmark's table",
    "docs/faq.md": "says that it does not find them",
    "docs/cite.md": "titles and subjects of what is cited",
    "docs/simulation.md": "names of simulated kinds",
    "sample_media/README.md": "names of simulated kinds",
    "docs/privacy.md": "withdrawal of consent",
    "src/cuetrack/store/consent.py": "withdrawal of consent",
    "src/cuetrack/cli/consent.py": "withdrawal of consent",
    "src/cuetrack/pipeline/__init__.py": "withdrawal of consent",
    "notebooks/02_from_cues_to_moments.ipynb": "names of simulated kinds",
    "notebooks/05_pairs.ipynb": "what the studies were about whose findings are told",
    "docs/agreement.md": "the studies whose numbers are compared",
    "src/cuetrack/agreement/on_counts.py": "the instrument whose counts are compared",
}
PACKAGE = re.compile(r"\bimport ruptures|\bruptures(\.|-docs| [0-9]| needs|(?= \|)|(?=;))|\bbut ruptures\b")
"""The package `ruptures`, which finds change points."""


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def surfaces() -> list[Path]:
    """Every file whose text a user may read: source (messages, help), page, styles, patterns, codebooks, pages."""
    found = [p for ext in ("py", "js", "html", "css", "toml", "svg") for p in SRC.rglob(f"*.{ext}")]
    found = [p for p in found if "simulate" not in p.relative_to(SRC).parts]
    found += [
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("*.md"),
        *ROOT.glob("notebooks/**/*.ipynb"),
        ROOT / "sample_media" / "README.md",
    ]
    return sorted(p for p in found if p.name != "LICENSE")


def text_of(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        text = "\n".join("".join(c["source"]) + json.dumps(c.get("outputs", "")) for c in cells)
    return text


def without_exceptions(path: Path) -> str:
    """Return a file's text without the sentences excepted for it."""
    text = text_of(path)
    for sentence in EXCEPTIONS.get(name(path), ()):
        text = text.replace(sentence, "")
    return text


def hits(pattern: re.Pattern[str], text: str) -> list[str]:
    return [text[max(0, m.start() - 40) : m.end() + 20].replace("\n", " ") for m in pattern.finditer(text)]


def test_the_pattern_knows_each_word_that_must_not_be_used() -> None:
    words = (
        "resistance resistant non-compliant noncompliant hostile hostility defensive disengaged deceptive deception "
        "angry anger sad diagnosis diagnose diagnostic emotion emotional emotions alliance mood anxious"
    )
    assert [w for w in words.split() if not NEVER.search(f"the client is {w} here")] == []
    assert NEVER.search("good eye contact")
    assert NEVER.search("an alliance score of 4")
    for fine in ("motion", "removed", "said", "angle", "readiness", "moody_blue_is_a_name", "comply", "saddle"):
        assert not NEVER.search(fine), fine


@pytest.mark.parametrize("path", surfaces(), ids=name)
def test_no_word_for_what_nobody_can_see(path: Path) -> None:
    if name(path) not in EXPLAINING:
        assert hits(NEVER, without_exceptions(path)) == []


@pytest.mark.parametrize("path", surfaces(), ids=name)
def test_clinical_terms_are_reviewers_labels(path: Path) -> None:
    if name(path) in EXPLAINING or name(path) in CLINICAL_IN:
        return
    text = text_of(path)
    if path.suffix in (".py", ".toml"):
        text = re.sub(r"#[^\n]*|^source = .*$", "", text, flags=re.MULTILINE)  # what a pattern is drawn from
    assert hits(CLINICAL, PACKAGE.sub("", text)) == []


def test_every_exception_is_still_needed() -> None:
    for place, sentences in EXCEPTIONS.items():
        text = text_of(ROOT / place)
        for sentence in sentences:
            assert sentence in text, f"{place}: {sentence!r} is not there any more: take it off the list"
            assert NEVER.search(sentence), f"{sentence!r} holds no such word"
    for place in EXPLAINING:
        assert NEVER.search(text_of(ROOT / place))
    for place in CLINICAL_IN:
        assert re.search(r"withdraw|confront|rupture", text_of(ROOT / place), re.IGNORECASE), place


def test_help_texts() -> None:
    group = Verbs("cuetrack")
    for verb in VERBS:
        command = group.get_command(click.Context(group), verb)
        assert command is not None
        commands = [command, *(command.commands.values() if isinstance(command, click.Group) else ())]
        for each in commands:
            said = each.get_help(click.Context(each, info_name=verb))
            assert hits(NEVER, said) == [], verb
            assert hits(CLINICAL, said.replace("withdrawal", "")) == [], verb


def test_names_of_signals_columns_and_labels(analysed: Path) -> None:
    cues = registry.all_cues()
    names = [
        *cues,
        *(s.name for c in cues.values() for s in c.signals),
        *(s.positive_means for c in cues.values() for s in c.signals),
    ]
    for path in analysed.rglob("*.parquet"):
        table = pd.read_parquet(path)
        names += [str(c) for c in table]
        for column in table.select_dtypes(exclude=["number", "bool"]):
            names += [str(v) for v in table[column].dropna().unique()]
    text = "\n".join(names).replace("_", " ")
    assert len(names) > 100
    assert hits(NEVER, text) == []
    assert hits(CLINICAL, text) == []


def test_what_the_program_writes(run_cli, analysed: Path, tmp_path: Path) -> None:
    """The report as it stands, the moments and every export, without the statement of what cuetrack is not."""
    run_cli("report", analysed, "--out", tmp_path / "r.html")
    run_cli(
        "export",
        analysed,
        *(w for f in ("elan", "textgrid", "boris", "webvtt", "csv") for w in ("--format", f)),
        "--out",
        tmp_path,
    )
    printed = run_cli("moments", analysed, "--why")[1] + run_cli("info", analysed)[1]
    for text in (printed, *(p.read_text(encoding="utf-8", errors="replace") for p in tmp_path.iterdir())):
        shown = text.replace(INTENDED_USE, "").replace(statement(), "")
        assert hits(NEVER, shown) == []
        assert hits(CLINICAL, shown) == []


def test_the_package_describes_itself_so() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert hits(NEVER, project["description"] + " ".join(project["keywords"])) == []
    assert "docs/intended-use.md" in (ROOT / "README.md").read_text(encoding="utf-8")
    page = " ".join((ROOT / "docs" / "intended-use.md").read_text(encoding="utf-8").replace("\n> ", " ").split())
    assert INTENDED_USE in page  # one text everywhere
