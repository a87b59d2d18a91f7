"""Write what a benchmark measured: a page under docs/ and the numbers under benchmarks/results/."""

import datetime
import json
import math
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("cuetrack", "numpy", "scipy", "pandas", "mediapipe", "av", "opencv-python")


def write(name: str, title: str, intro: str, rows: Sequence[Mapping[str, object]], command: str) -> None:
    """Write `benchmarks/results/NAME.json` and `docs/NAME.md`.

    A row holds `measure, value, unit, target, interval, n, note`; what is not known is None.
    """
    head = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(head, cwd=ROOT, capture_output=True, text=True, check=False)
    result = {
        "host": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "cores": os.cpu_count(),
        "date": datetime.date.today().isoformat(),
        "commit": commit.stdout.strip(),
        "versions": {p: v for p in PACKAGES if (v := _version(p))},
        "command": command,
        "rows": [{k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in r.items()} for r in rows],
    }
    folder = ROOT / "benchmarks" / "results"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (ROOT / "docs" / f"{name}.md").write_text(_page(title, intro, result), encoding="utf-8")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _page(title: str, intro: str, result: Mapping[str, object]) -> str:
    lines = [f"# {title}", "", intro, ""]
    lines += ["| measure | value | target | interval | n | note |", "|---|---|---|---|---|---|"]
    for row in result["rows"]:
        value = "not measured" if row["value"] is None else f"{row['value']:.4g} {row['unit']}"
        interval = "" if row["interval"] is None else "–".join(f"{v:.4g}" for v in row["interval"])
        lines.append(
            f"| {row['measure']} | {value} | {row['target'] or ''} | {interval} | {row['n']} | {row['note'] or ''} |"
        )
    versions = ", ".join(f"{k} {v}" for k, v in result["versions"].items())
    lines += [
        "",
        f"Measured {result['date']} at commit {result['commit']} on {result['cores']} cores "
        f"({result['host']}; {versions}) with `{result['command']}`.",
        "",
    ]
    return "\n".join(lines)
