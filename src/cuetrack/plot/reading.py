"""Read from a session what its figures are drawn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from cuetrack import tables
from cuetrack.errors import NotEnoughData, StoreError
from cuetrack.moments.measure import Measured
from cuetrack.moments.shown import against_usual, candidates

if TYPE_CHECKING:
    from cuetrack.session import Session


def measured(session: Session) -> Measured:
    """Return the session's signals against usual; raise NotEnoughData where nobody was measured."""
    found = against_usual(session.samples, session.all_spans(), session.people, duration_s=session.duration_s)
    if found is None:
        raise NotEnoughData(f"{session.name} has no measured cues to draw; `cuetrack analyze` makes them")
    return found


def ranked(session: Session) -> pd.DataFrame:
    """Return the session's candidates by rank, none where they were not ranked."""
    try:
        return candidates(session.moments)
    except StoreError:
        return candidates(tables.spans())
