"""Documentation that holds: it builds without a warning, everything has its place, links lead somewhere, code runs."""

import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from contextlib import redirect_stdout
from inspect import isclass
from pathlib import Path
from typing import Any

import click
import pytest

from cuetrack import cli, errors
from cuetrack.cues.registry import all_cues

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "sample_media" / "README.md", *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
TESTED_APART = {"batch.md": "tests/batch/test_batch_page.py"}
"""Pages whose blocks need a cluster or many sessions, and the test that runs what can be run of them."""
PLACES = re.compile(r"\]\(([^)\s]+)\)")


def blocks(page: Path, *languages: str) -> list[str]:
    return [text for language, text in BLOCK.findall(page.read_text(encoding="utf-8")) if language in languages]


def named(pages: list[Path]) -> list[Any]:
    return [pytest.param(p, id=p.relative_to(ROOT).as_posix()) for p in pages]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built pages; a warning is an error."""
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(out)]
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def test_the_built_pages_fetch_nothing_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        found = re.findall(r"<(?:script|img|link|iframe)[^>]+(?:src|href)=\"(https?:)?//", page.read_text("utf-8"))
        assert not found, page.name


def test_every_cue_has_a_page_with_its_signals_and_their_accuracy(site: Path) -> None:
    for cue in all_cues().values():
        text = (site / "cues" / f"{cue.name}.html").read_text("utf-8")
        for signal in cue.signals:
            assert f"<code>{signal.name}</code>" in text
        for heading in ("how-it-is-measured", "read-it-rightly", "how-well", "sources"):
            assert f'id="{heading}"' in text, (cue.name, heading)
        assert f"cue-{cue.name}.png" in text


def test_every_verb_and_option_is_told(site: Path) -> None:
    text = (site / "cli.html").read_text("utf-8")
    for name in cli.VERBS:
        assert f'id="{name}"' in text
        command = cli.cli.get_command(click.Context(cli.cli), name)
        assert command is not None
        for option in command.params:
            if isinstance(option, click.Option) and not option.hidden:
                assert option.opts[0] in text, (name, option.opts)


def test_every_error_and_every_setting_is_told(site: Path) -> None:
    text = (site / "errors.html").read_text("utf-8")
    for name, kind in vars(errors).items():
        if isclass(kind) and issubclass(kind, errors.CuetrackError):
            assert f"<code>{name}</code>" in text
    settings = (site / "settings.html").read_text("utf-8")
    for cue in all_cues().values():
        for setting in cue.settings:
            assert f"<code>{setting}</code>" in settings


def test_every_pattern_is_told(site: Path) -> None:
    text = (site / "patterns-reference.html").read_text("utf-8")
    for path in (ROOT / "src" / "cuetrack" / "moments" / "patterns").glob("*.toml"):
        assert tomllib.loads(path.read_text("utf-8"))["id"] in text


@pytest.mark.parametrize("page", named(PAGES))
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.DOTALL)
    for place in PLACES.findall(text):
        if place.startswith(("http:", "https:", "mailto:", "#")):
            continue
        assert (page.parent / place.split("#")[0]).exists(), place


@pytest.mark.parametrize("page", named([p for p in PAGES if blocks(p, "sh", "bat", "console")]))
def test_every_command_line_is_understood(page: Path) -> None:
    lines = [line for block in blocks(page, "sh", "bat", "console") for line in block.splitlines()]
    for line in lines:
        words = shlex.split(line.replace("\\", "/"), comments=True)
        if not words or Path(words[0]).name != "cuetrack" or len(words) == 1 or words[1].startswith("-"):
            continue
        command = cli.cli.get_command(click.Context(cli.cli), words[1])
        assert command is not None, line
        understood(command, words[2:], line)


def understood(command: click.Command, words: list[str], line: str) -> None:
    if isinstance(command, click.Group) and words and not words[0].startswith("-"):
        deeper = command.get_command(click.Context(command), words[0])
        assert deeper is not None, line
        understood(deeper, words[1:], line)
        return
    try:
        command.make_parser(click.Context(command)).parse_args([w for w in words if w not in ("|", "…", "...")])
    except click.UsageError as error:
        pytest.fail(f"{line}: {error.format_message()}")


@pytest.mark.parametrize("page", named([p for p in PAGES if blocks(p, "toml", "json")]))
def test_every_piece_of_data_parses(page: Path) -> None:
    for block in blocks(page, "toml"):
        tomllib.loads(block)
    for block in blocks(page, "json"):
        json.loads(block)


@pytest.mark.parametrize("page", named([p for p in PAGES if blocks(p, "python") and p.name not in TESTED_APART]))
def test_every_python_block_runs(
    page: Path, tmp_path: Path, rendered: Any, analysed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page's blocks run one after the other, in a folder with a recording and its session."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(rendered.path, "042.mp4")
    shutil.copytree(analysed, "042.cue")
    names: dict[str, object] = {"__name__": "page"}
    with redirect_stdout(io.StringIO()):
        for block in blocks(page, "python"):
            exec(compile(block, str(page), "exec"), names)


def test_pages_with_a_test_of_their_own_have_it() -> None:
    for page, test in TESTED_APART.items():
        assert page in (ROOT / test).read_text("utf-8")


def test_the_citation_names_this_version() -> None:
    text = (ROOT / "CITATION.cff").read_text("utf-8")
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert f"\nversion: {version}\n" in text
    for key in ("cff-version: 1.2.0", "\ntitle: ", "\nauthors:", "\nmessage: ", "\nlicense: Apache-2.0\n"):
        assert key in text
