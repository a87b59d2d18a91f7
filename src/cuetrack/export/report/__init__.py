"""The report page: one HTML file that opens offline, prints well, and asks nothing of any network.

All drawings are inline SVG made here, without plotly: a page of a 50-minute session stays below a megabyte instead of
five, needs no script, prints sharply, and follows light and dark. `cuetrack.plot` draws the same for exploring.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

import pandas as pd

from cuetrack import tables
from cuetrack.errors import CuetrackError, StoreError
from cuetrack.export.report import facts
from cuetrack.export.report.charts import coverage_chart, moment_chart, session_chart
from cuetrack.export.report.methods import methods
from cuetrack.export.report.pose import Shelf, draw_posture, face_box, thumbnail
from cuetrack.export.report.wording import chance, length
from cuetrack.intended import INTENDED_USE
from cuetrack.moments.measure import Measured
from cuetrack.moments.shown import against_usual, candidates, clock, telling_rows
from cuetrack.store.files import write_text

if TYPE_CHECKING:
    from cuetrack.session import Session

AROUND_S = 60.0
_LANES, _OTHERS = 6, 2
_TELLING = 0.03
_HEAD = (
    "<thead><tr><th scope='col'>what was seen or heard, against own usual</th>"
    "<th scope='col' class='number'>own spreads</th><th scope='col'>share of the score</th></tr></thead>"
)


@dataclass(frozen=True, slots=True)
class _Page:
    """What the sections are written from."""

    session: Session
    found: Measured | None
    turns: pd.DataFrame | None
    moments: pd.DataFrame
    evidence: pd.DataFrame
    arcs: pd.DataFrame
    controls: int
    faces: bool


def write_report(session: Session, path: str | Path, *, faces: bool = False) -> None:
    """Write a session's report page to `path`, whole or not at all.

    It holds a summary, the timeline of both people, every moment with its evidence in own units against own usual and a
    drawing of body and face points at its peak, coverage, warnings and methods. `faces=True` embeds small pictures of
    the faces at the peaks where the recording is still in its place; by default there is none.
    """
    page = _gather(session, faces)
    template = Template(files(__package__).joinpath("page.html").read_text(encoding="utf-8"))
    text = template.substitute(
        style=files(__package__).joinpath("page.css").read_text(encoding="utf-8"),
        title=escape(session.name),
        meta=escape(_meta(page)),
        summary=_summary(page),
        timeline=_timeline(page),
        moments=_moments(page),
        coverage=_coverage(page),
        warnings=_warnings(page),
        methods=methods(session),
        intended=escape(INTENDED_USE),
    )
    write_text(Path(path), text)


def _gather(session: Session, faces: bool) -> _Page:
    spans = session.all_spans()
    found = against_usual(session.samples, spans, session.people, duration_s=session.duration_s)
    try:
        everything, evidence, arcs = session.moments, session.evidence, session.arcs
    except StoreError:
        everything, evidence, arcs = tables.spans(), pd.DataFrame(), pd.DataFrame()
    chosen = candidates(everything)
    controls = len(everything) - len(chosen)
    return _Page(session, found, spans.get("turns"), chosen, evidence, arcs, controls, faces)


def _meta(page: _Page) -> str:
    people = " and ".join(page.session.people) or "nobody named"
    count = len(page.moments)
    return f"{people} · {length(page.session.duration_s)} · {count} moment{'' if count == 1 else 's'} to look at"


def _summary(page: _Page) -> str:
    cards = "".join(
        f'<section class="card person{min(k, 1)}"><h3>{escape(person)}</h3><dl>'
        + "".join(f"<dt>{escape(n)}</dt><dd>{escape(v)}</dd>" for n, v in facts.of_person(page.session, person))
        + "</dl></section>"
        for k, person in enumerate(page.session.people)
    )
    note = "<p class='note'>Each person's own usual in this recording. Not for comparing people with each other.</p>"
    if page.moments.empty:
        return f'{_no_moments(page)}<div class="cards">{cards}</div>{note if cards else ""}'
    items = "".join(
        f'<li><a href="#moment-{row["rank"]}"><b>{clock(row["start_s"])}–{clock(row["end_s"])}</b> '
        f"{escape(str(row['person']))}: {escape(str(row['title']))}</a></li>"
        for row in page.moments.to_dict("records")
    )
    rarest = float(page.moments["chance_per_h"].min()) if "chance_per_h" in page.moments else float("nan")
    lead = (
        "<p>Ranked by how far, and in how many ways at once, a person left their own usual. Of the strongest: "
        f"{escape(chance(rarest))}.</p>"
    )
    return f'{lead}<ol class="list">{items}</ol><div class="cards">{cards}</div>{note}'


def _no_moments(page: _Page) -> str:
    why = "two people are needed" if len(page.session.people) < 2 else "nothing stood out, or too little was measured"
    return f"<p>No moments were ranked: {why}.</p>"


def _timeline(page: _Page) -> str:
    if page.found is None:
        return "<p>No cue was measured that could be drawn.</p>"
    legend = (
        "<p class='note'>Lines: distance from the person's own usual, up is more; band: within one own spread; "
        "hatched: not measured; bars: turns; shaded: moments, numbered by rank.</p>"
    )
    return f"<figure>{session_chart(page.found, page.turns, page.moments)}</figure>{legend}"


def _moments(page: _Page) -> str:
    if page.moments.empty:
        return _no_moments(page)
    shelf = Shelf(page.session.folder.tracks)
    cards = "".join(_moment(page, row, shelf) for row in page.moments.to_dict("records"))
    kept = "" if not page.controls else (
        f"<p class='note'>{page.controls} random stretch{'es' if page.controls > 1 else ''} of this session "
        "are kept for blind review and not shown here.</p>"
    )  # fmt: skip
    return cards + kept


def _moment(page: _Page, row: Mapping[Any, Any], shelf: Shelf) -> str:
    rank, person = int(row["rank"]), str(row["person"])
    evidence = page.evidence[page.evidence["rank"] == rank].sort_values("contribution", ascending=False, kind="stable")
    who = page.session.people.index(person) if person in page.session.people else 2
    told = [
        ("Before", row.get("before", "")),
        ("After", row.get("after", "")),
        ("Left their usual first", row.get("moved_first", "")),
        ("Not measured here", row.get("missing", "")),
        ("Ordinary readings", row.get("benign", "")),
    ]
    facts_list = "".join(f"<dt>{n}</dt><dd>{escape(str(v))}</dd>" for n, v in told if str(v).strip())
    chart = ""
    if page.found is not None:
        arcs = page.arcs[page.arcs["rank"] == rank]
        rows = telling_rows(page.found, evidence, arcs, most=_LANES, others=_OTHERS)
        chart = f"<figure>{moment_chart(page.found, row, rows, page.turns, around_s=AROUND_S)}</figure>"
    often = chance(float(row.get("chance_per_h", float("nan"))))
    when = f"{clock(row['start_s'])}–{clock(row['end_s'])}, strongest at {clock(row['peak_s'])}; {often}"
    return (
        f'<article class="moment-card person{who}" id="moment-{rank}"><header><h3><span class="badge">{rank}</span> '
        f'{escape(person)}: {escape(str(row["title"]))}</h3><p class="when">{escape(when)}</p></header>'
        f'{chart}<div class="split"><div>{_evidence(evidence)}<dl class="told">{facts_list}</dl></div>'
        f"{_postures(page, shelf, float(row['peak_s']))}</div></article>"
    )


def _evidence(evidence: pd.DataFrame) -> str:
    """Return the evidence as a table, what hardly counted folded away; shares are of the score."""
    score = max(float(evidence["contribution"].sum()), 1e-9)
    shares = (evidence["contribution"].clip(lower=0.0) / score).tolist()
    rows = [_row(row, share) for row, share in zip(evidence.to_dict("records"), shares, strict=True)]
    shown = max(3, sum(share >= _TELLING for share in shares))
    table = f"<table class='evidence'>{_HEAD}<tbody>{''.join(rows[:shown])}</tbody></table>"
    if len(rows) <= shown:
        return table
    rest = f"<table class='evidence'>{_HEAD}<tbody>{''.join(rows[shown:])}</tbody></table>"
    return f"{table}<details><summary>{len(rows) - shown} more that counted little</summary>{rest}</details>"


def _row(row: Mapping[Any, Any], share: float) -> str:
    said = escape(f"{row['person']}: {row['text']}")
    return (
        f"<tr><th scope='row'>{said}</th><td class='number'>{float(row['z']):+.1f}</td><td class='share'>"
        f"<span class='bar' style='width:{100 * share:.0f}%'></span><span class='number'>{share:.0%}</span></td></tr>"
    )


def _postures(page: _Page, shelf: Shelf, peak_s: float) -> str:
    drawn = ""
    for who, person in enumerate(page.session.people):
        posture = shelf.posture(person, peak_s)
        if posture is None:
            continue
        picture = draw_posture(posture, person, who, f"at {clock(peak_s)}")
        face = _face(page, person, peak_s, posture) if page.faces else ""
        caption = f"<figcaption>{escape(person)} at {clock(peak_s)}</figcaption>"
        drawn += f"<figure class='posture'>{picture}{face}{caption}</figure>"
    return f"<div class='postures'>{drawn}</div>" if drawn else ""


def _face(page: _Page, person: str, time_s: float, posture: Any) -> str:
    """Return a small picture of a face as an image element, nothing where the recording cannot be read."""
    from cuetrack.media.frames import read_frames

    media: Sequence[Mapping[str, Any]] = page.session.description.get("media", [])
    if posture.view >= len(media):
        return ""
    source = media[posture.view]
    own_s = (time_s - float(source.get("offset_s", 0.0))) / (1 + 1e-6 * float(source.get("drift_ppm", 0.0)))
    try:
        frame = next(read_frames(source["path"], start_s=max(0.0, own_s)), None)
    except (CuetrackError, OSError):
        return ""
    box = None if frame is None else face_box(posture, frame.rgb.shape)
    if frame is None or box is None:
        return ""
    return f'<img src="{thumbnail(frame.rgb, box)}" alt="face of {escape(person, quote=True)} at {clock(time_s)}">'


def _coverage(page: _Page) -> str:
    samples = page.session.samples
    if not samples or page.session.duration_s <= 0:
        return "<p>No cue was measured.</p>"
    whose: dict[tuple[str, str], list[str]] = {}
    for cue in page.session.folder.names("cues"):
        for person, why in page.session.folder.notes("cues", cue).get("missing", {}).items():
            whose.setdefault((cue, str(why)), []).append(str(person))
    reasons = "".join(
        f"<li>{escape(cue)} {escape(why)} ({escape(', '.join(people))})</li>" for (cue, why), people in whose.items()
    )
    chart = coverage_chart(samples, page.session.people, page.session.duration_s)
    scale = "<p class='note'>Darker is surer; empty is not measured. Missing is never counted as zero.</p>"
    return f"<figure>{chart}</figure>{scale}" + (f"<h3>Could not be measured</h3><ul>{reasons}</ul>" if reasons else "")


def _warnings(page: _Page) -> str:
    notes = page.session.folder.notes("moments", "default").get("notes", [])
    told = [*page.session.warnings, *(str(n) for n in notes)]
    if not told:
        return "<p>None.</p>"
    return "<ul class='warnings'>" + "".join(f"<li>{escape(t)}</li>" for t in dict.fromkeys(told)) + "</ul>"
