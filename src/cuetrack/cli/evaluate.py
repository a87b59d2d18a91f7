"""`cuetrack evaluate`: ranked moments against people's own labels."""

from __future__ import annotations

import math
from pathlib import Path

import click

from cuetrack.cli import show
from cuetrack.errors import FormatError

MEANS = {
    "recall_at_5": "labels found among the best 5 an hour",
    "recall_at_8": "labels found among the best 8 an hour",
    "recall_at_10": "labels found among the best 10 an hour",
    "precision_at_8": "of the best 8 an hour, share that met a label",
    "average_precision": "all candidates in one ranking",
    "false_per_h": "of the best 8 an hour, without a label, per hour",
    "onset_error_s": "median distance of starts, seconds",
    "bin_auroc": "5-minute bins with a label, by the best score in them",
    "bin_kappa": "5-minute bins: label or not, moment or not",
}


@click.command("evaluate")
@click.argument("place", metavar="SESSION|STUDY", type=click.Path(path_type=Path))
@click.option(
    "--against",
    required=True,
    type=click.Path(path_type=Path),
    help="Labels: .eaf, .csv, .TextGrid, .boris, .vtt or .parquet; for a study a folder with a file named like each.",
)
@click.option("--tier", "tiers", multiple=True, help="Only this tier's labels; may be given several times.")
@click.option("--label", "labels", multiple=True, help="Only labels of this name; may be given several times.")
@click.option("--tolerance", "tolerance_s", default=15.0, show_default=True, help="Seconds a peak may miss by.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
def command(
    place: Path, against: Path, tiers: tuple[str, ...], labels: tuple[str, ...], tolerance_s: float, as_json: bool
) -> None:
    """Say how well the ranked moments of SESSION or STUDY meet people's own labels.

    Intervals are 95 % bootstrap over dyads, so they need a study with two dyads or more.
    """
    from cuetrack.export.labels import read_labels, sitting, sittings
    from cuetrack.moments.evaluate import evaluate_all
    from cuetrack.session import open_session
    from cuetrack.store.folder import SUFFIX
    from cuetrack.study import open_study

    if place.suffix == SUFFIX:
        found = [sitting(open_session(place), read_labels(against, tiers=tiers, labels=labels))]
        without: list[str] = []
    elif not against.is_dir():
        raise FormatError(f"--against {against}: for a study, expected a folder with a label file per session")
    else:
        found, without = sittings(open_study(place), against, tiers=tiers, labels=labels)
    result = evaluate_all(found, tolerance_s=tolerance_s)
    if as_json:
        show.as_json({"sessions": len(found), "without_labels": without, "measures": show.records(result)})
        return
    rows = [[r.measure, _told(r.value), _range(r.low, r.high), str(r.n), MEANS[r.measure]] for r in show.rows(result)]
    click.echo(f"{len(found)} sessions with labels, {sum(len(s.labels) for s in found)} labels")
    show.table("Ranked moments against labels", ["measure", "value", "95 %", "n", "what it is"], rows)
    if without:
        click.echo(f"\nWithout a file of labels, left out: {', '.join(without)}")


def _told(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "not estimable"


def _range(low: float, high: float) -> str:
    return f"{low:.2f} to {high:.2f}" if math.isfinite(low) and math.isfinite(high) else "–"
