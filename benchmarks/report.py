"""Write what a benchmark measured: a page under docs/ and the numbers under benchmarks/results/.

rows = [row("recall_at_8", 0.9, target="≥ .85", interval=(0.86, 0.93), n=214)]
write("moments-benchmark", "Moments benchmark", "Synthetic scores …", rows, "make moments-bench", results="moments")
"""

import datetime
import json
import math
import os
import platform
import subprocess
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("cuetrack", "numpy", "scipy", "pandas", "mediapipe", "av", "opencv-python", "ruptures")


def row(
    measure: str,
    value: float | None,
    *,
    unit: str = "",
    target: str = "",
    interval: tuple[float, float] | None = None,
    n: int | None = None,
    note: str = "",
) -> dict[str, object]:
    """Return one row: what was measured, its value (None: not measured), what was hoped for, 95 % interval, count."""
    known = value is not None and math.isfinite(value)
    bounds = None if interval is None or not all(map(math.isfinite, interval)) else [float(v) for v in interval]
    return {
        "measure": measure, "value": float(value) if known and value is not None else None, "unit": unit,
        "target": target or None, "interval": bounds, "n": n, "note": note or None,
    }  # fmt: skip


def write(
    name: str,
    title: str,
    intro: str,
    rows: Sequence[Mapping[str, object]],
    command: str,
    *,
    results: str = "",
    after: str = "",
) -> None:
    """Write `docs/NAME.md` and `benchmarks/results/RESULTS.json` (by default the same name); `after` ends the page.

    A row holds `measure, value, unit, target, interval, n, note`; what is not known is None. A row may name its
    `section`; each section becomes a table of its own. A row that holds when it was `measured` keeps that, and the page
    says so at its section where it is not now.
    """
    date, commit = _today(), _commit()
    result = {
        "host": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "cores": os.cpu_count(),
        "date": date,
        "commit": commit,
        "versions": {p: v for p in PACKAGES if (v := _version(p))},
        "command": command,
        "rows": [{"measured": _when(date, commit)} | {k: _plain(v) for k, v in r.items()} for r in rows],
    }
    folder = ROOT / "benchmarks" / "results"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{results or name}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (ROOT / "docs" / f"{name}.md").write_text(_page(title, intro, result, after), encoding="utf-8")


def earlier(results: str) -> list[dict[str, object]]:
    """Return the rows of the last run with when they were measured, so that a part can be measured alone."""
    path = ROOT / "benchmarks" / "results" / f"{results}.json"
    if not path.is_file():
        return []
    last = json.loads(path.read_text(encoding="utf-8"))
    return [{"measured": _when(last["date"], last["commit"])} | r for r in last["rows"]]


def measured(section: str, measure: Callable[[], list[dict]]) -> list[dict[str, object]]:
    """Measure one section's rows, marked with the day and the commit at which that began."""
    began = _when(_today(), _commit())
    return [{**r, "section": section, "measured": began} for r in measure()]


def _when(date: object, commit: object) -> str:
    return f"{date} at commit {commit}"


def _today() -> str:
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def _commit() -> str:
    head = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(head, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _plain(value: object) -> object:
    """Return a value that JSON can hold: numpy scalars as Python's, not-a-number as None."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _page(title: str, intro: str, result: Mapping[str, object], after: str) -> str:
    lines = [f"# {title}", "", intro, ""]
    rows = result["rows"]
    now = _when(result["date"], result["commit"])
    for section in dict.fromkeys(r.get("section", "") for r in rows):
        held = [r for r in rows if r.get("section", "") == section]
        lines += [f"## {section}", ""] if section else []
        lines += ["| measure | value | target | 95 % interval | n | note |", "|---|---|---|---|---|---|"]
        lines += [_line(r) for r in held]
        for when in dict.fromkeys(r["measured"] for r in held):
            lines += ["", f"Measured {when}."] if when != now else []
        lines.append("")
    versions = ", ".join(f"{k} {v}" for k, v in result["versions"].items())
    lines += [after, ""] if after else []
    lines += [
        f"Measured {now} on {result['cores']} cores ({result['host']}; {versions}) with `{result['command']}`.",
        "",
    ]
    return "\n".join(lines)


def _line(r: Mapping[str, object]) -> str:
    value = "not measured" if r.get("value") is None else f"{_number(r['value'])} {r.get('unit') or ''}".strip()
    interval = "" if r.get("interval") is None else " to ".join(_number(v) for v in r["interval"])
    count = "" if r.get("n") is None else r["n"]
    return f"| {r['measure']} | {value} | {r.get('target') or ''} | {interval} | {count} | {r.get('note') or ''} |"


def _number(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, (int, float)) else str(value)
