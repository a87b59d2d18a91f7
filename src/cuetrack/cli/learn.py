"""`cuetrack learn`: channel weights from reviewed moments."""

from __future__ import annotations

from pathlib import Path

import click

from cuetrack.cli import show


@click.command("learn")
@click.argument("study", type=click.Path(path_type=Path))
@click.option("--out", default="ranker.json", show_default=True, type=click.Path(path_type=Path), help="File to write.")
def command(study: Path, out: Path) -> None:
    """Learn from what reviewers decided in STUDY how much each channel should count; analyze --ranker uses it.

    It needs 30 verdicts of each kind from three groups of people who share neither dyad nor therapist, and says so
    where there are fewer.
    """
    from cuetrack.learning import reviewed
    from cuetrack.moments.learn import learn
    from cuetrack.study import open_study

    ranker = learn(reviewed(open_study(study)))
    ranker.save(out)
    report = ranker.report
    rows = [[channel, f"{value:.2f}"] for channel, value in ranker.multipliers.items()]
    show.table("Weight against the shipped one", ["channel", "times"], rows)
    for name, told in (("auroc", "learnt, on people not seen"), ("auroc_shipped", "as shipped")):
        value, low, high = report[name]
        click.echo(f"AUROC {told}: {value:.2f} ({low:.2f} to {high:.2f})")
    click.echo(f"{report['moments']} verdicts, {report['worth']} worth a look; free: {', '.join(report['free'])}")
    click.echo(f"wrote {out}; use it with `cuetrack analyze … --ranker {out}`")
