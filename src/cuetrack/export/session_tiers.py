"""A session as annotation tiers: who spoke, what was marked, and the ranked moments."""

from __future__ import annotations

from pathlib import Path

from cuetrack.export.tiers import Annotations, Tier, tier_of
from cuetrack.session import Session

_SPEECH = ("turn", "backchannel", "overlap", "interruption", "laugh", "cough", "sigh")


def session_tiers(session: Session, extra: tuple[Tier, ...] = ()) -> Annotations:
    """Return turns, span cues and moments of a session as tiers, with `extra` tiers (reviewers' marks) behind."""
    tiers: list[Tier] = []
    for cue, table in session.all_spans().items():
        for person in dict.fromkeys(table["person"]):
            mine = table[table["person"] == person]
            kept = mine[mine["label"].isin(_SPEECH)] if cue == "turns" else mine
            if len(kept):
                tiers.append(tier_of(kept, f"{cue} {person}", person=str(person)))
    found = session.moments
    shown = found[~found["control"]].assign(label=lambda t: t["title"])
    for person in dict.fromkeys(shown["person"]):
        mine = shown[shown["person"] == person]
        tiers.append(tier_of(mine, f"moments {person}", person=str(person), note="why"))
    media = tuple(Path(str(m["path"])) for m in session.description.get("media", []))
    names = tuple(Path(p.name) for p in media)  # relative names only: absolute paths carry people's names
    return Annotations((*tiers, *extra), round(session.duration_s * 1000), names)
