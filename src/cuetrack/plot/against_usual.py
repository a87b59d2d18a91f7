"""What figures of a session are drawn from: every signal once a second against each person's own usual."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from cuetrack import tables
from cuetrack.errors import NotEnoughData, StoreError
from cuetrack.moments.measure import Measured, measure
from cuetrack.plot.naming import noises

if TYPE_CHECKING:
    from cuetrack.session import Session

LEAST_GAP_S = {"voice": 60.0, "response": 120.0}
"""Gaps shorter than this are not hatched: a voice is only there while its owner speaks, a reply now and then."""


def measured(session: Session) -> Measured:
    """Return the session's signals against usual; raise NotEnoughData unless it has two people with cues."""
    people = session.people
    if len(people) != 2 or not session.samples:
        raise NotEnoughData(f"{session.name}: a figure of both people needs two of them with cues, got {list(people)}")
    return measure(session.samples, session.all_spans(), people, duration_s=session.duration_s, noise=dict(noises()))


def moments(session: Session) -> pd.DataFrame:
    """Return the session's candidates without the random control clips, none where they were not ranked."""
    try:
        table = session.moments
    except StoreError:
        return tables.spans()
    return table[~table["control"].astype(bool)] if "control" in table else table


def seen(found: Measured, row: int) -> npt.NDArray[np.bool_]:
    """Return in which seconds a signal was measured well enough to be drawn."""
    return np.asarray(found.confidence[row] > 0.1)


def gaps(found: Measured, row: int) -> list[tuple[float, float]]:
    """Return the stretches in which a signal was not measured, as long as is worth showing."""
    from cuetrack.plot.decimate import runs

    return runs(~seen(found, row), found.time_s, min_s=LEAST_GAP_S.get(found.rows[row][0], 3.0))
