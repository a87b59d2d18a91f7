"""What is declared is used, what is used is declared, and everything needed at run time may be used by anyone."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SOURCES = sorted((ROOT / "src" / "cuetrack").rglob("*.py"))
OPTIONAL = ("simulate", "cluster", "encrypt", "notebook")
"""The extras a user may install; `docs` and `test` are for building the project."""
PULLED = {
    "opencv-contrib-python": "mediapipe needs it; it is held at the version of opencv-python",
    "onnxruntime": "swift-f0 runs on it; its version is part of the provenance of pitch",
    "pyarrow": "pandas loads it by name for every parquet file",
}
WEAK_COPYLEFT = {
    "soxr": "LGPL-2.1-or-later: a library of its own that librosa loads; it may be exchanged, as that asks"
}
BY_TOOLS = {"jupyterlab", "nbclient", "nbconvert", "statsmodels", "anywidget", "ipywidgets", "fsspec"}
"""Used in notebooks and by the tools around them, not in src."""
FREE = re.compile(
    r"\b(MIT|BSD|Apache|ISC|PSF|Python Software Foundation|Unlicense|MPL[- ]2|Mozilla Public License 2|Zlib|HPND|0BSD|"
    r"CC0|BSL|Public Domain|ZPL|CNRI)",
    re.IGNORECASE,
)
BOUND = re.compile(r"\b(A?GPL|GNU (Affero )?General Public|non-?commercial|CC-BY-NC)", re.IGNORECASE)
WITHOUT_METADATA = {
    "mediapipe": "Apache-2.0, says its LICENSE",
    "flatbuffers": "Apache-2.0, says its repository",
}
"""Packages whose metadata name no licence, and what their own text says."""


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(r).name) for r in requirements}


DECLARED = names(PROJECT["dependencies"])
EXTRAS = {extra: names(PROJECT["optional-dependencies"].get(extra, [])) for extra in OPTIONAL}


def imported() -> dict[str, set[str]]:
    """Top-level modules that src imports, anywhere in a file, with the files that do."""
    found: dict[str, set[str]] = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = []
            if isinstance(node, ast.Import):
                modules = [a.name for a in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                modules = [node.module or ""]
            for module in modules:
                found.setdefault(module.split(".")[0], set()).add(path.name)
    return {m: where for m, where in found.items() if m not in sys.stdlib_module_names and m != "cuetrack"}


PROVIDERS = {m: {canonicalize_name(d) for d in of} for m, of in packages_distributions().items()}


def test_every_declared_dependency_is_imported() -> None:
    used = {d for module in imported() for d in PROVIDERS.get(module, {module})}
    unused = (DECLARED | set().union(*EXTRAS.values())) - used - set(PULLED) - BY_TOOLS
    assert unused == set()


def test_every_import_is_declared() -> None:
    known = DECLARED | set().union(*EXTRAS.values())
    strangers = {m: sorted(where) for m, where in imported().items() if not PROVIDERS.get(m, {m}) & known}
    assert strangers == {}


def test_dependencies_are_bounded() -> None:
    loose = [r for r in PROJECT["dependencies"] if ">=" not in r]
    assert loose == []


def closure(roots: set[str]) -> set[str]:
    """Return everything that is installed with the roots, without extras."""
    seen: set[str] = set()
    waiting = sorted(roots)
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        try:
            needs = distribution(name).requires or []
        except PackageNotFoundError:
            continue  # for another system or Python
        seen.add(name)
        for need in map(Requirement, needs):
            if need.marker is None or need.marker.evaluate({"extra": ""}):
                waiting.append(canonicalize_name(need.name))
    return seen


def licence(name: str) -> str:
    about = distribution(name).metadata
    classifiers = [c for c in about.get_all("Classifier") or [] if c.startswith("License ::")]
    stated = about.get("License-Expression") or ""
    first = (about.get("License") or "").strip()[:200]
    return " | ".join(filter(None, [stated, " ".join(classifiers), first])) or WITHOUT_METADATA.get(name, "")


@pytest.mark.parametrize("name", sorted(closure(DECLARED | EXTRAS["simulate"] | EXTRAS["cluster"] | EXTRAS["encrypt"])))
def test_what_runs_may_be_used_by_anyone(name: str) -> None:
    said = licence(name)
    if name in WEAK_COPYLEFT:
        assert WEAK_COPYLEFT[name].startswith(said)
        return
    assert FREE.search(said), f"{name}: {said!r}"
    expression = distribution(name).metadata.get("License-Expression") or ""
    if " OR " not in expression:  # of several licences one may choose
        assert not BOUND.search(expression or said), f"{name}: {said!r}"


def test_the_shown_list_of_licences_names_every_dependency() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = page[page.index("## Dependencies and why") :]
    missing = [n for n in sorted(DECLARED) if n not in table.lower() and n.removesuffix("-lite") not in table.lower()]
    assert missing == []


def test_no_recordings_or_models_are_in_the_sources() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    suffixes = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".wav", ".mp3", ".m4a", ".flac", ".task", ".tflite", ".onnx")
    assert [f for f in listed.stdout.splitlines() if f.lower().endswith(suffixes)] == []
