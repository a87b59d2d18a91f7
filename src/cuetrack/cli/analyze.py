"""`cuetrack analyze`: from a recording to ranked moments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cuetrack.cli import show
from cuetrack.cli.info import print_summary, summary
from cuetrack.cli.moments import print_moments
from cuetrack.errors import PeopleError


@click.command("analyze")
@click.argument("recordings", nargs=-1, required=True, metavar="RECORDING…")
@click.option("--people", metavar="NAME=PLACE,…", help="Who sits where, e.g. client=left,therapist=right.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Session folder to write; beside the recording if not given."
)
@click.option(
    "--offset", "offset_s", type=float, help="Seconds the second file starts after the first (else by sound)."
)
@click.option("--speaker-a", metavar="NAME", help="Whose voice comes first in a mono recording without video.")
@click.option(
    "--voice",
    "voices",
    multiple=True,
    metavar="NAME=FROM-TO",
    help="Seconds in which only NAME speaks, e.g. client=62-72, for a mono recording without video.",
)
@click.option("--remote", is_flag=True, help="The sound came over a call: level and voice quality are less sure.")
@click.option("--mirrored", is_flag=True, help="The picture is mirrored: swap everyone's left and right.")
@click.option("--fast", is_flag=True, help="Half the time: fewer pictures; no blinks, no hand motion, fewer nods.")
@click.option(
    "--tracks/--no-tracks",
    "keep_tracks",
    default=None,
    help="Keep the points of faces and bodies, or remove them once the cues are made (else as the session was begun).",
)
@click.option("--patterns", type=click.Path(path_type=Path), help="Folder of pattern files, not the shipped ones.")
@click.option("--ranker", type=click.Path(path_type=Path), help="Channel weights that `cuetrack learn` wrote.")
@click.option(
    "--baseline-from",
    "earlier",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="SESSION",
    help="An earlier session of the same people, to tell what is usual from; may be given several times.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be made and why, make nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
@click.option("--quiet", is_flag=True, help="No progress.")
def command(
    recordings: tuple[str, ...],
    people: str | None,
    out: Path | None,
    offset_s: float | None,
    speaker_a: str | None,
    voices: tuple[str, ...],
    remote: bool,
    mirrored: bool,
    fast: bool,
    keep_tracks: bool | None,
    patterns: Path | None,
    ranker: Path | None,
    earlier: tuple[Path, ...],
    dry_run: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Measure RECORDING and rank the moments worth a second look.

    One video of two people, one sound file, or one file per person as client=a.mp4 therapist=b.mp4. Running it again
    does only what is stale; after Ctrl-C it goes on where it stopped.
    """
    from cuetrack.people.engines import hush
    from cuetrack.pipeline import analyze, outline

    settings: dict[str, Any] = {"picture": {"mirrored": mirrored, "fast": fast}, "sound": {}}
    if speaker_a:
        settings["sound"]["speaker_a"] = speaker_a
    if voices:
        settings["sound"]["voices"] = dict(read_voice(text) for text in voices)
    if remote:
        settings["sound"]["remote"] = True
    if found := moment_settings(patterns, ranker, earlier):
        settings["moments"] = found
    given, places = read_recordings(recordings), read_people(people)
    if dry_run:
        rows = [[s.name, s.state, s.why] for s in outline(given, people=places, out=out, settings=settings)]
        show.table("What would be made", ["what", "state", "why"], rows)
        return
    hush()
    with show.progress_bar(quiet or as_json) as progress:
        session = analyze(
            given,
            people=places,
            out=out,
            offset_s=offset_s,
            settings=settings,
            keep_tracks=keep_tracks,
            progress=progress,
        )
    if as_json:
        show.as_json({**summary(session), "moments": show.records(session.moments)})
        return
    print_summary(session)
    print_moments(session)
    click.echo(f"\nReport: {session.folder.report}")


def moment_settings(patterns: Path | None, ranker: Path | None, earlier: tuple[Path, ...]) -> dict[str, Any]:
    """Check the files that moments are to be ranked with, and return them as settings."""
    from cuetrack.moments.patterns import load_patterns
    from cuetrack.moments.ranker import load_ranker
    from cuetrack.session import open_session

    settings: dict[str, Any] = {}
    if patterns:
        load_patterns(patterns)
        settings["patterns"] = str(patterns.resolve())
    if ranker:
        load_ranker(ranker)
        settings["ranker"] = str(ranker.resolve())
    if earlier:
        for path in earlier:
            open_session(path)
        settings["baseline_from"] = [str(path.resolve()) for path in earlier]
    return settings


def read_recordings(words: tuple[str, ...]) -> str | dict[str, str]:
    """Turn the command line's words into one path or a mapping of person to path."""
    if len(words) == 1 and ("=" not in words[0] or Path(words[0]).exists()):
        return words[0]
    named = [word.partition("=") for word in words]
    if any(not sign or not name or not path for name, sign, path in named):
        raise PeopleError(
            f"expected one recording, or one per person as client=a.mp4 therapist=b.mp4; got: {' '.join(words)}"
        )
    return {name: path for name, _, path in named}


def read_people(text: str | None) -> dict[str, str] | None:
    """Turn client=left,therapist=right into a mapping; a name alone has its place found."""
    if text is None:
        return None
    people: dict[str, str] = {}
    for part in text.split(","):
        name, _, place = (piece.strip() for piece in part.partition("="))
        if not name or name in people:
            raise PeopleError(f"--people {text}: expected different names as in client=left,therapist=right")
        people[name] = place
    return people


def read_voice(text: str) -> tuple[str, list[float]]:
    """Turn client=62-72 into a name and the seconds between which only that person speaks."""
    name, _, span = text.partition("=")
    start, _, end = span.partition("-")
    try:
        seconds = [float(start), float(end)]
    except ValueError:
        seconds = []
    if not name or not seconds or not 0 <= seconds[0] < seconds[1]:
        raise PeopleError(f"--voice {text}: expected seconds in which only one person speaks, as in client=62-72")
    return name, seconds
