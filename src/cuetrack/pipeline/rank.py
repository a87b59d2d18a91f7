"""The moments stage: ranked candidates from the cue tables."""

from __future__ import annotations

from cuetrack.cues import registry
from cuetrack.pipeline.run import Run
from cuetrack.session import Session
from cuetrack.store.provenance import Provenance


def rank(run: Run) -> None:
    """Rank the moments of a session from its cue tables, if they are stale."""
    from cuetrack import moments

    settings = dict(run.settings.get("moments", {}))
    cues = registry.all_cues()
    made_by = Provenance("moments", moments.VERSION, settings, {name: run.inputs[name] for name in cues})
    with run.stage("moments"):
        if run.folder.is_fresh("moments", "default", made_by) or len(run.recording.people) < 2:
            return
        session = Session(run.folder)
        first, second = session.people
        found = moments.find_moments(
            session.samples, session.all_spans(), (first, second), duration_s=session.duration_s, **settings
        )
        parts = {"": found.moments, "evidence": found.evidence, "arc": found.arcs}
        run.folder.keep("moments", "default", parts, made_by)
