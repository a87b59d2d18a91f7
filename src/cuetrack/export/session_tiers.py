"""A session as annotation tiers: who spoke, what was marked, the ranked moments, and reviewers' decisions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cuetrack.decisions.state import Review
from cuetrack.export.provenance import provenance_of
from cuetrack.export.review_tiers import review_tiers
from cuetrack.export.tiers import Annotations, Tier, tier_of
from cuetrack.session import Session

_SPEECH = ("turn", "backchannel", "overlap", "interruption", "laugh", "cough", "sigh")


def session_tiers(
    session: Session, reviews: Sequence[Review] = (), *, labels: Sequence[str] = (), moments: bool = True
) -> Annotations:
    """Return turns, span cues, moments and the reviews given as tiers; `lost` says what of the reviews is not in them.

    `labels` are those reviewers choose from. Without `moments` the ranked ones are left out, as blind review needs.
    """
    tiers: list[Tier] = []
    for cue, table in session.all_spans().items():
        for person in dict.fromkeys(table["person"]):
            mine = table[table["person"] == person]
            kept = mine[mine["label"].isin(_SPEECH)] if cue == "turns" else mine
            if len(kept):
                chosen = tuple(dict.fromkeys(str(label) for label in kept["label"]))
                tiers.append(tier_of(kept, f"{cue} {person}", person=str(person), labels=chosen))
    if moments and "default" in session.folder.names("moments"):
        found = session.moments
        shown = found[~found["control"]].assign(label=lambda t: t["title"])
        for person in dict.fromkeys(shown["person"]):
            mine = shown[shown["person"] == person]
            tiers.append(tier_of(mine, f"moments {person}", person=str(person), note="why"))
    lost: list[str] = []
    for review in reviews:
        more, left = review_tiers(review, labels)
        tiers += more
        lost += left
    media = tuple(Path(str(m["path"])) for m in session.description.get("media", []))
    names = tuple(Path(p.name) for p in media)  # relative names only: absolute paths carry people's names
    about = provenance_of(session, reviews)
    return Annotations(tuple(tiers), round(session.duration_s * 1000), names, tuple(lost), about)
