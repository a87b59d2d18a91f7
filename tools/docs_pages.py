"""MkDocs hook: fill `<!-- made: KIND NAME -->` in pages from the code and from what the benchmarks wrote.

Kinds: `cue NAME` (signals, spans, needs, settings), `accuracy NAME` (measured rows), `verbs`, `patterns`, `settings`,
`notebooks`.
What is filled in cannot go stale; the words around it are written by hand.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

MARK = re.compile(r"<!-- made: (\w+)(?: (\w+))? -->")
MEASURED: Mapping[str, tuple[str, ...]] = {
    "gaze": ("gaze_", "eyelid_", "blink_"),
    "face": ("smile_", "brow_", "lip_press_", "jaw_"),
    "head": ("head_", "nod_", "shake_"),
    "posture": ("lean_", "slump_"),
    "gesture": ("hand_", "light_energy_"),
    "breathing": ("chest_", "breath_", "hold_", "sigh_f1", "belt_"),
    "voice": ("f0_", "level_", "articulation_", "jitter_", "shimmer_", "hnr_", "cpps_"),
    "turns": ("own_channel_", "crosstalk_20db_", "mix_", "sample_mono", "talker_", "rendered_mono", "laugh_", "cough_"),
}
"""Beginnings of the names of the measures of each cue."""
RENDERED = ROOT / ".cache" / "notebooks"
"""Where `make docs` renders the notebooks to HTML."""
FROM_OUTSIDE = re.compile(r'<script src="https?://[^"]*"></script>')
"""What plotly adds beside a figure for formulas in its labels, of which ours have none: the pages open offline."""
_TOLD = ("_r", "_mae", "_mae_deg", "_smallest", "_f1")


def on_files(files: Any, config: Any) -> Any:
    """Put the rendered notebooks among the pages (called by MkDocs)."""
    from mkdocs.structure.files import File

    for path in sorted(RENDERED.glob("*.html")):
        page = FROM_OUTSIDE.sub("", path.read_text(encoding="utf-8"))
        files.append(File.generated(config, f"notebooks/{path.name}", content=page))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace every mark of a page (called by MkDocs)."""
    return MARK.sub(lambda found: MADE[found[1]](found[2] or ""), markdown)


def cue(name: str) -> str:
    """Return what a cue declares: signals, spans, what it needs, its settings and version."""
    from cuetrack.cues.registry import all_cues

    declared = all_cues()[name]
    rows = [
        (f"`{s.name}`", s.unit or "share, 0..1" if (s.low, s.high) == (0, 1) else s.unit, f"{s.low:g} to {s.high:g}",
         s.positive_means, f"{s.noise:g}" if s.noise else "")
        for s in declared.signals
    ]  # fmt: skip
    parts = []
    if rows:
        parts.append(table(("signal", "unit", "range", "a larger value means", "noise (one SD)"), rows))
    if declared.span_labels:
        parts.append("Spans: " + ", ".join(f"`{label}`" for label in declared.span_labels) + ".")
    needs = ", ".join(f"`{n}`" + (" (if there)" if n in declared.optional else "") for n in declared.needs)
    parts.append(f"Needs {needs}. {'One table for both people. ' if declared.pair else ''}Version {declared.version}.")
    return "\n\n".join(parts)


def accuracy(name: str) -> str:
    """Return the rows of the benchmarks that tell how well a cue is measured, with when and on what."""
    parts = []
    for file, page in (("accuracy", "accuracy.md"), ("voice_accuracy", "voice-accuracy.md")):
        result = json.loads((ROOT / "benchmarks" / "results" / f"{file}.json").read_text(encoding="utf-8"))
        rows = [
            (
                f"`{r['measure']}`",
                value(r["value"], r["unit"]),
                r["target"] or "",
                interval(r["interval"]),
                r["n"] or "",
            )
            for r in result["rows"]
            if r["measure"].startswith(MEASURED[name])
            and (r["target"] or r["measure"].endswith(_TOLD) or file != "accuracy")
        ]
        if rows:
            parts.append(table(("measure", "value", "aimed at", "95 % interval", "n"), rows))
            parts.append(f"Measured {result['date']} on simulated people; all rows: [{page}](../{page}).")
    return "\n\n".join(parts)


def verbs(_: str) -> str:
    """Return every verb of the command line with its options."""
    import click

    from cuetrack.cli import VERBS, cli

    parts = []
    for name in VERBS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        context = click.Context(command, info_name=f"cuetrack {name}")
        help_text = inspect.cleandoc((command.help or "").replace("\b", ""))
        parts += [f"## {name}", f"    {command.get_usage(context).removeprefix('Usage: ')}", help_text]
        rows = [
            (f"`{', '.join((*p.opts, *p.secondary_opts))}`", p.help or "")
            for p in command.params
            if isinstance(p, click.Option) and not p.hidden
        ]
        if rows:
            parts.append(table(("option", "what it does"), rows))
    return "\n\n".join(parts)


def patterns(_: str) -> str:
    """Return every shipped pattern with its terms."""
    from cuetrack.moments.patterns import load_patterns

    parts = []
    for pattern in load_patterns():
        parts += [f"### {pattern.id}", f"Printed as “{pattern.title}”; kind {pattern.kind}; at least "
                  f"{pattern.min_channels} channels. {pattern.source}"]  # fmt: skip
        rows = [
            (t.channel, f"`{t.signal}`", t.direction, t.who, f"{t.weight:g}", "yes" if t.needed else "")
            for t in pattern.terms
        ]
        parts.append(table(("channel", "signal", "direction", "whose", "weight", "needed"), rows))
    return "\n\n".join(parts)


def settings(_: str) -> str:
    """Return every setting of every cue with its default; the page of the cue says what each does."""
    from cuetrack.cues.registry import all_cues

    rows = [
        (f"[{c.name}](cues/{c.name}.md)", f"`{key}`", f"`{default}`")
        for c in sorted(all_cues().values(), key=lambda c: c.name)
        for key, default in c.settings.items()
    ]
    return table(("cue", "setting", "default"), rows)


def table(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    """Return a Markdown table."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def value(number: float | None, unit: str) -> str:
    """Return a measured number as it is printed."""
    return "not measured" if number is None else f"{number:.3g} {unit}".strip()


def interval(bounds: list[float] | None) -> str:
    """Return an interval as it is printed."""
    return f"{bounds[0]:.3g} to {bounds[1]:.3g}" if bounds else ""


def notebooks(_: str = "") -> str:
    """Return every notebook with its first words, and where it was rendered a link to that."""
    parts = []
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        first = "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])
        title, _, words = first.removeprefix("# ").partition("\n")
        page = f"{path.stem}.html"
        seen = f"[With its outputs](notebooks/{page})" if (RENDERED / page).is_file() else f"`notebooks/{path.name}`"
        parts.append(f"## {title}\n\n{words.strip()}\n\n{seen}")
    return "\n\n".join(parts)


MADE: Mapping[str, Callable[[str], str]] = {
    f.__name__: f for f in (cue, accuracy, verbs, patterns, settings, notebooks)
}
