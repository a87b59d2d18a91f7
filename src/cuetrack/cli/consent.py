"""`cuetrack consent`: who agreed to the analysis of a session, when, to what, and who took it back."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import click

from cuetrack.cli import show
from cuetrack.session import open_session
from cuetrack.store import audit
from cuetrack.store.consent import consents, with_consent


@click.command("consent")
@click.argument("session", type=click.Path(path_type=Path))
@click.option("--person", metavar="NAME", help="Whose consent is noted.")
@click.option("--given", "act", flag_value="given", help="NAME gave consent (also after a withdrawal).")
@click.option("--withdrawn", "act", flag_value="withdrawn", help="NAME took consent back.")
@click.option("--date", "day", metavar="YYYY-MM-DD", help="When; today if not said.")
@click.option("--scope", metavar="WORDS", help="What NAME agreed to, e.g. 'supervision, no teaching'.")
def command(session: Path, person: str | None, act: str | None, day: str | None, scope: str | None) -> None:
    """Show whose consent SESSION holds, or note that of one person.

    After a withdrawal the session is not analysed, reviewed, exported or shared any more; `cuetrack delete` removes it.
    """
    opened = open_session(session)
    if person is None:
        if act or day or scope:
            raise click.UsageError("say whose consent with --person")
        stated = consents(opened.description)
        rows = [[who, stated[who].told if who in stated else "not noted"] for who in opened.people]
        show.table("Consent", ["who", "consent"], rows)
        return
    if act is None:
        raise click.UsageError("say --given or --withdrawn")
    when = day or dt.datetime.now().astimezone().date().isoformat()
    changes: dict[str, Any] = {"withdrawn": when}
    if act == "given":
        changes = {"given": True, "date": when, "withdrawn": ""}
    if scope is not None:
        changes["scope"] = scope
    with opened.folder.locked():
        changed = with_consent(opened.folder.description(), person, **changes)
        opened.folder.describe(changed)
    audit.note(session, f"consent {act}")
    click.echo(f"{person}: {consents(changed)[person].told}")
    if act == "withdrawn":
        click.echo(f"To delete what was made from the recording: cuetrack delete {session}")
