"""Figures that read like a clinical chart: plotly, offline, at most 2,000 points a trace, light and dark.

    fig = ct.plot.timeline(session)
    fig.write_html("timeline.html", include_plotlyjs=True)   # one file that opens without network

Every figure has a twin that takes plain tables: `draw_timeline`, `draw_moment`, `draw_pair`, `draw_coverage`,
`draw_study`.
"""

from cuetrack.plot.coverage import coverage, draw_coverage
from cuetrack.plot.moment import draw_moment, moment
from cuetrack.plot.pair import draw_pair, pair
from cuetrack.plot.study import draw_study, study
from cuetrack.plot.timeline import draw_timeline, timeline

__all__ = [
    "coverage",
    "draw_coverage",
    "draw_moment",
    "draw_pair",
    "draw_study",
    "draw_timeline",
    "moment",
    "pair",
    "study",
    "timeline",
]
