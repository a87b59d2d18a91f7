"""What reviewers decided across a study, as the table that `moments.learn` learns from."""

from __future__ import annotations

import pandas as pd

from cuetrack.errors import NotEnoughData, StoreError
from cuetrack.moments.learn import REVIEWED_COLUMNS, reviewed_rows
from cuetrack.session import Session
from cuetrack.study import Study


def reviewed(study: Study) -> pd.DataFrame:
    """Return one row per reviewed moment of a study (see `moments.learn.reviewed_rows`).

    Dyad and therapist come from the table a batch writes, since people must not be in two folds. Raises NotEnoughData
    where nobody reviewed, or StoreError where that table is missing or names no dyads.
    """
    people = study.batch[["session", "dyad", "therapist"]].fillna("").astype(str)
    if not people["dyad"].str.strip().any():
        raise StoreError(f"{study.path}: expected dyads in the manifest of the batch, so that folds keep people apart")
    parts = []
    for known in people.to_dict("records"):
        name, dyad = str(known["session"]), str(known["dyad"] or known["session"])
        if name not in study.names:
            continue
        session = study.session(name)
        worth = verdicts(session)
        if worth:
            parts.append(
                reviewed_rows(
                    session.moments, session.evidence, worth, session=name, dyad=dyad,
                    therapist=str(known["therapist"] or dyad), duration_s=session.duration_s,
                )
            )  # fmt: skip
    if not parts:
        raise NotEnoughData(f"expected reviewed moments, none is judged in {study.path}; `cuetrack review` first")
    return pd.concat(parts, ignore_index=True)[list(REVIEWED_COLUMNS)]


def verdicts(session: Session) -> dict[int, bool]:
    """Return by rank whether reviewers found a moment or control clip worth a look: most say yes; ties and unsure none.

    Only judgements made before others' were seen count.
    """
    decided = session.decisions()
    decided = decided[decided["verdict"].isin(("yes", "no")) & decided["blind"].astype(bool)]
    votes = (decided["verdict"] == "yes").astype(float).groupby(decided["moment"]).mean().to_dict()
    ranks: dict[str, int] = dict(session.candidates[["id", "rank"]].itertuples(index=False))
    return {int(ranks[m]): bool(v > 0.5) for m, v in votes.items() if m in ranks and v != 0.5}
