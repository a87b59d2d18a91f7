"""`cuetrack doctor`: whether the reviewers' decisions are whole, in a report without clinical content."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cuetrack.cli import show
from cuetrack.decisions.doctor import examine
from cuetrack.session import open_session
from cuetrack.store.files import write_json

REPORT = "doctor.json"


@click.command("doctor")
@click.argument("session", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help=f"Where to write the report; else {REPORT} in SESSION.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
def command(session: Path, out: Path | None, as_json: bool) -> None:
    """Check the review record of SESSION and write a report that can be sent to somebody who must not see the session.

    Adds every reviewer's decisions up again from the events and compares, checks that each event follows from the one
    before and that the file is sound. The report holds counts, no names, labels, notes or file names. Exit code 1 if
    something is wrong.
    """
    opened = open_session(session)
    media = [str(m.get("sha256", "")) for m in opened.description.get("media", [])]
    found = examine(opened.folder.review, media)
    target = out or opened.folder.path / REPORT
    write_json(target, found)
    if as_json:
        show.as_json(found)
    else:
        for line in told(found):
            click.echo(line)
        click.echo(f"wrote {target}")
    if found["faults"]:
        sys.exit(1)


def told(found: dict[str, object]) -> list[str]:
    """Return the report in words."""
    lines = [f"fault: {f}" for f in _list(found, "faults")] or ["no faults found"]
    lines += [f"note: {n}" for n in _list(found, "notes")]
    if "events" in found:
        lines.append(
            f"{found['events']} events, {found['anchored']} of them tied to a frame; {found['backups']} backups; "
            f"schema {found['schema']}, journal {found['journal']}"
        )
    if found.get("anchored_to_other_recordings"):
        lines.append(
            f"{found['anchored_to_other_recordings']} decisions were made on recordings other than the session's now: "
            "compare them before trusting their times"
        )
    for who in _list(found, "reviewers"):
        if isinstance(who, dict):
            state = "submitted" if who["submitted"] else "not submitted"
            lines.append(f"{who['who']}: {who['decisions']} decisions, {state}")
    return lines


def _list(found: dict[str, object], key: str) -> list[object]:
    value = found.get(key, [])
    return list(value) if isinstance(value, list) else []
