"""`cuetrack moments`: the ranked candidates of a session."""

from __future__ import annotations

from pathlib import Path

import click

from cuetrack.cli import show
from cuetrack.session import Session, open_session
from cuetrack.store.consent import refuse_if_withdrawn


@click.command("moments")
@click.argument("session", type=click.Path(path_type=Path))
@click.option("--top", default=8, show_default=True, type=click.IntRange(1), help="How many to print.")
@click.option("--why", is_flag=True, help="Also print the evidence of each.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
def command(session: Path, top: int, why: bool, as_json: bool) -> None:
    """Print the moments of SESSION worth a second look, strongest first."""
    opened = open_session(session)
    refuse_if_withdrawn(opened.description, session)
    found = opened.moments
    if as_json:
        show.as_json(
            {
                "moments": show.records(found),
                "evidence": show.records(opened.evidence),
                "arcs": show.records(opened.arcs),
            }
        )
        return
    print_moments(opened, top=top, why=why)


def print_moments(session: Session, *, top: int = 8, why: bool = False) -> None:
    """Print the ranked moments, or say in words that there are none."""
    found = session.moments
    found = found[~found["control"]].sort_values("rank").head(top)
    if found.empty:
        click.echo("\nNo moment stood out from usual in at least three channels.")
        return
    rows = [
        [
            str(m.rank),
            f"{show.clock(m.start_s)}-{show.clock(m.end_s)}",
            m.person,
            m.title,
            f"{m.chance_per_h:.1f}",
            m.after,
        ]
        for m in show.rows(found)
    ]
    show.table("Moments worth a second look", ["#", "when", "who", "what moved", "by chance/h", "afterwards"], rows)
    if why:
        evidence = session.evidence
        for m in show.rows(found):
            click.echo(f"\n{m.rank}. {show.clock(m.start_s)} {m.person}: {m.title}. Before: {m.before}")
            for text in evidence.loc[evidence["rank"] == m.rank, "text"]:
                click.echo(f"   - {text}")
    click.echo("\nThese are shifts from each person's own usual, not findings: people decide what they mean.")
