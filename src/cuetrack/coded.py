"""What reviewers decided, as agreement compares it: open only when everyone compared has submitted."""

from __future__ import annotations

from collections.abc import Sequence

from cuetrack.agreement.coding import CodedSession, Coding
from cuetrack.agreement.events import Event
from cuetrack.decisions.state import Review
from cuetrack.errors import NotEnoughData
from cuetrack.session import Session


def coded_session(session: Session, only: Sequence[str] = ()) -> CodedSession:
    """Return all reviewers' work on a session, or that of the `only` ones named.

    Raises NotEnoughData in words if there are not two of them or one has not submitted yet: whoever still reviews must
    not learn what the others found.
    """
    reviews = [r for r in session.reviews() if not only or r.reviewer in only]
    names = [r.reviewer for r in reviews]
    if missing := [name for name in only if name not in names]:
        raise NotEnoughData(f"{session.name}: nothing by {', '.join(missing)}")
    if len(reviews) < 2:
        who = f"only {names[0]} reviewed it" if names else "nobody reviewed it yet"
        raise NotEnoughData(f"{session.name}: agreement needs two reviewers, {who}")
    if open_ := [r.reviewer for r in reviews if not r.submitted]:
        raise NotEnoughData(
            f"{session.name}: agreement opens when everyone has submitted; still open: {', '.join(open_)}. "
            "Name those to compare with --reviewers."
        )
    starts: dict[str, float] = {}
    for review in reviews:
        for moment, decision in review.decisions.items():
            if not decision.own and decision.verdict:
                starts.setdefault(moment, decision.start_ms / 1000)
    return CodedSession(session.name, session.duration_s, tuple(_coding(r) for r in reviews), starts)


def events_of(review: Review) -> tuple[Event, ...]:
    """Return the moments a reviewer holds to be there: judged yes, or their own and not judged no."""
    held = [d for d in review.decisions.values() if d.verdict == "yes" or (d.own and d.verdict != "no")]
    return tuple(Event(d.start_ms / 1000, max(d.end_ms, d.start_ms + 1) / 1000, d.label) for d in held)


def _coding(review: Review) -> Coding:
    judged = {m: d for m, d in review.decisions.items() if d.verdict and not d.own}
    return Coding(
        review.reviewer,
        {m: d.verdict for m, d in judged.items()},
        {m: d.label for m, d in judged.items()},
        events_of(review),
        sum(not d.blind for d in review.decisions.values()),
    )
