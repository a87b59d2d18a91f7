"""`cuetrack info`: what a session folder holds, how fresh and how sure."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from cuetrack.cli import show
from cuetrack.session import Session, open_session
from cuetrack.store.consent import consents


@click.command("info")
@click.argument("session", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
def command(session: Path, as_json: bool) -> None:
    """Show what SESSION (a .cue folder) holds: people, cues with coverage and confidence, warnings, seconds."""
    opened = open_session(session)
    if as_json:
        show.as_json(summary(opened))
        return
    print_summary(opened)


def summary(session: Session) -> dict[str, object]:
    """Return what is known about a session as plain data."""
    run = session.folder.last_run()
    return {
        "session": str(session.folder.path),
        "name": session.name,
        "duration_s": session.duration_s,
        "people": dict(session.description.get("people", {})),
        "consent": {person: asdict(consent) for person, consent in consents(session.description).items()},
        "tracks_kept": bool(session.description.get("keep_tracks", True)),
        "media": list(session.description.get("media", [])),
        "sources": run.get("sources", {}),
        "cues": show.records(session.coverage()),
        "missing": run.get("missing", {}),
        "warnings": session.warnings,
        "seconds": run.get("seconds", {}),
    }


def print_summary(session: Session) -> None:
    """Print people, cues, what is missing, warnings and seconds per stage."""
    run = session.folder.last_run()
    click.echo(f"{session.name}: {show.clock(session.duration_s)} long, {session.folder.path}")
    people = []
    for person, known in session.description.get("people", {}).items():
        tracked = run.get("tracked", {}).get(person)
        share = "not seen" if tracked is None else f"{tracked.get('face', 0):.0%}"
        people.append(
            [person, str(known.get("place", "")), share, str(run.get("sources", {}).get(person, "not heard"))]
        )
    show.table("People", ["who", "where", "face tracked", "voice from"], people)
    stated = consents(session.description)
    rows = [[who, stated[who].told if who in stated else "not noted"] for who in session.people]
    show.table("Consent", ["who", "consent"], rows)
    if not session.description.get("keep_tracks", True):
        click.echo("\nTracks were not kept: no drawings of poses; a cue that goes stale needs the recording again.")
    coverage = session.coverage()
    rows = [[r.cue, r.person, f"{r.coverage:.0%}", f"{r.confidence:.2f}"] for r in show.rows(coverage)]
    show.table("Cues", ["cue", "who", "covers", "confidence"], rows)
    missing = [
        [cue, who, why] for cue, people_missing in run.get("missing", {}).items() for who, why in people_missing.items()
    ]
    show.table("Not measured", ["cue", "who", "why"], missing)
    if session.warnings:
        click.echo("\nWarnings")
        for warning in session.warnings:
            click.echo(f"  - {warning}")
    seconds = [[stage, f"{value:.1f}"] for stage, value in run.get("seconds", {}).items()]
    show.table("Seconds", ["stage", "s"], seconds)
