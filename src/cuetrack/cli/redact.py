"""`cuetrack redact`: a copy of a session to show to others."""

from __future__ import annotations

from pathlib import Path

import click

from cuetrack.cli import show


@click.command("redact")
@click.argument("session", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="New folder for the copy.")
@click.option(
    "--picture",
    default="blur",
    show_default=True,
    type=click.Choice(["blur", "pose", "none"]),
    help="Cover faces, draw bodies as lines only, or leave the picture out.",
)
@click.option(
    "--voice",
    default="changed",
    show_default=True,
    type=click.Choice(["changed", "none"]),
    help="Move pitch and formants, or leave the sound out.",
)
@click.option(
    "--silence", multiple=True, metavar="FROM-TO", help="Session times without sound, e.g. 12:20-12:31 (a name)."
)
@click.option("--quiet", is_flag=True, help="No progress.")
def command(session: Path, out: Path, picture: str, voice: str, silence: tuple[str, ...], quiet: bool) -> None:
    """Write a copy of SESSION without faces, own voices, names and dates, for consultation and teaching.

    The copy is searched for faces frame by frame; if one can still be found, no copy is written. What is said stays:
    use --silence for names. Room, clothes, movement and story may still tell who someone is.
    """
    from cuetrack.people.engines import hush
    from cuetrack.pipeline.redact import Wanted, redact

    hush()
    wanted = Wanted(picture, voice, tuple(_span(text) for text in silence))
    with show.progress_bar(quiet) as progress:
        shared = redact(session, out, wanted, progress=progress)
    click.echo(f"wrote {shared.folder}")
    if shared.frames_checked:
        times = "once" if shared.passes == 1 else f"{shared.passes} times"
        click.echo(f"faces found in the copy: 0 in {shared.frames_checked} frames (covered {times})")
    renamed = [f"{old} is {new}" for old, new in shared.people.items() if old != new]
    if renamed:
        click.echo(f"pseudonyms, not written into the copy: {', '.join(renamed)}")
    click.echo("Look and listen through it before you give it away: names that are spoken, papers, screens, mirrors.")


def _span(text: str) -> tuple[float, float]:
    """Turn 12:20-12:31 into seconds."""
    start, _, end = text.partition("-")
    try:
        span = _seconds(start), _seconds(end)
    except ValueError:
        span = (0.0, 0.0)
    if not 0 <= span[0] < span[1]:
        raise click.UsageError(f"--silence {text}: expected times as in 12:20-12:31")
    return span


def _seconds(text: str) -> float:
    seconds = 0.0
    for part in text.strip().split(":"):
        seconds = 60 * seconds + float(part)
    return seconds
