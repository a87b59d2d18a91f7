"""People's own labels of moments, read from a file of any annotation format, to hold ranked moments against."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from cuetrack import tables
from cuetrack.errors import FormatError
from cuetrack.export import FORMATS, read
from cuetrack.export.tiers import Annotations
from cuetrack.moments.evaluate import Sitting
from cuetrack.session import Session
from cuetrack.study import Study


def read_labels(path: Path, *, tiers: Collection[str] = (), labels: Collection[str] = ()) -> pd.DataFrame:
    """Return the marks of a file as a spans table; `tiers` and `labels` keep only those named, () keeps all.

    Raises FormatError for a file that cannot be read, or a tier or label that is not in it.
    """
    found: Annotations = read(path)
    _known(path, "tier", tiers, {t.name for t in found.tiers})
    _known(path, "label", labels, {m.label for t in found.tiers for m in t.marks})
    return tables.spans(
        {
            "start_s": m.start_ms / 1000, "end_s": m.end_ms / 1000, "person": t.person, "label": m.label,
            "source": t.rater or t.name,
        }
        for t in found.tiers
        if not tiers or t.name in tiers
        for m in t.marks
        if m.label.strip() and (not labels or m.label in labels)
    )  # fmt: skip


def sitting(session: Session, labels: pd.DataFrame, dyad: str = "") -> Sitting:
    """Return a session with its labels, ready for `moments.evaluate`."""
    return Sitting(session.moments, labels, session.duration_s, dyad or session.name)


def sittings(
    study: Study, folder: Path, *, tiers: Collection[str] = (), labels: Collection[str] = ()
) -> tuple[list[Sitting], list[str]]:
    """Return every session of a study that has a file of its own name in `folder`, and the names that have none.

    Dyads come from the table that a batch writes; without it each session counts as a dyad of its own.
    """
    dyads = study.dyads()
    found, without = [], []
    for name in study.names:
        file = next((p for suffix in FORMATS.values() if (p := folder / f"{name}{suffix}").is_file()), None)
        if file is None:
            without.append(name)
            continue
        found.append(sitting(study.session(name), read_labels(file, tiers=tiers, labels=labels), dyads.get(name, "")))
    if not found:
        raise FormatError(
            f"{folder}: expected a file named after each session, such as {study.names[0]}.eaf "
            f"({', '.join(FORMATS.values())}); found none"
        )
    return found, without


def _known(path: Path, what: str, wanted: Collection[str], there: set[str]) -> None:
    missing = sorted(set(wanted) - there)
    if missing:
        raise FormatError(f"{path}: there is no {what} {missing[0]!r}; it has: {', '.join(sorted(there)) or 'none'}")
