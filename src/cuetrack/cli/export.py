"""`cuetrack export`: a session's turns, spans, moments and reviewers' decisions in the formats of other tools."""

from __future__ import annotations

from pathlib import Path

import click

from cuetrack.decisions.state import Review
from cuetrack.errors import NotEnoughData
from cuetrack.export import FORMATS, write
from cuetrack.export.csv import beside
from cuetrack.export.session_tiers import session_tiers
from cuetrack.session import Session, open_session
from cuetrack.store import audit
from cuetrack.store.consent import refuse_if_withdrawn
from cuetrack.store.files import sweep_rests_of


@click.command("export")
@click.argument("session", type=click.Path(path_type=Path))
@click.option(
    "--format", "formats", multiple=True, type=click.Choice([*FORMATS, "all"]), help="May be given several times."
)
@click.option("--reviewer", "reviewers", multiple=True, help="Whose decisions; else everyone's who has submitted.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write into; else the session's own folder.")
def command(session: Path, formats: tuple[str, ...], reviewers: tuple[str, ...], out: Path | None) -> None:
    """Write turns, spans, moments and reviewers' decisions of SESSION for ELAN, Praat, BORIS, players or tables.

    Every file says what it was made from; what a format cannot carry is listed.
    """
    from cuetrack.review.codebooks import labels_of

    opened = open_session(session)
    refuse_if_withdrawn(opened.description, session)
    reviews = _chosen(opened, reviewers)
    annotations = session_tiers(opened, reviews, labels=labels_of(opened.description, opened.folder.path))
    for what in annotations.lost:
        click.echo(f"in no file: {what}")
    for name in tuple(FORMATS) if "all" in formats else formats or ("elan",):
        path = (out or opened.folder.path / "export") / f"{opened.name}{FORMATS[name]}"
        lost = write(path, annotations, name)
        sweep_rests_of(path)
        audit.note(session, "export", format=name)
        click.echo(f"wrote {path}" + (f", and what it was made from: {beside(path).name}" if name == "csv" else ""))
        for what in lost:
            click.echo(f"  not carried: {what}")


def _chosen(session: Session, wanted: tuple[str, ...]) -> list[Review]:
    reviews = session.reviews()
    if missing := set(wanted) - {r.reviewer for r in reviews}:
        there = ", ".join(r.reviewer for r in reviews) or "nobody"
        raise NotEnoughData(f"{session.name} holds nothing by {', '.join(sorted(missing))}; reviewers: {there}")
    for review in reviews:
        if not wanted and not review.submitted:
            click.echo(
                f"left out: {review.reviewer}'s review, which is not submitted; --reviewer takes it all the same"
            )
    return [r for r in reviews if (r.reviewer in wanted if wanted else r.submitted)]
