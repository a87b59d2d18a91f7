"""Session folders that simulated reviewers reviewed: candidates with a known truth, and moments of their own."""

import uuid
from pathlib import Path

import numpy as np

from cuetrack.decisions.record import Draft, Record
from cuetrack.store.folder import SessionFolder

LABELS = ("withdrawal", "confrontation", "repair")


def write_reviewed(
    path: Path, *, reviewers=("R1", "R2"), duration_s=5400.0, seed=0, candidates=18, submitted=True, hit=0.8
) -> Path:
    """Write a session in which every reviewer sees the truth with some noise; return its folder."""
    folder = SessionFolder(path)
    folder.describe({"name": path.stem, "people": {"client": {}, "therapist": {}}, "duration_s": duration_s})
    random = np.random.default_rng(seed)
    starts = np.sort(random.choice(int(duration_s / 60) - 1, candidates, replace=False)) * 60.0
    true = random.random(candidates) < 0.5
    labels = random.choice(LABELS, candidates)
    own = np.sort(random.choice(int(duration_s / 60) - 1, 6, replace=False)) * 60.0 + 35
    with Record(folder.review) as record:
        for name in reviewers:
            drafts = []

            def say(kind: str, target: str = "", into: list[Draft] = drafts, **body: object) -> None:
                into.append(Draft(str(uuid.uuid4()), kind, target, body))

            for i, start in enumerate(starts):
                say("viewed", f"m{i}", start_ms=int(start * 1000), end_ms=int(start * 1000) + 20_000, person="client")
                right = random.random() < hit
                say("judge", f"m{i}", verdict="yes" if true[i] == right else "no")
                if true[i] == right:
                    say("label", f"m{i}", label=str(labels[i] if random.random() < 0.85 else random.choice(LABELS)))
            for i, start in enumerate(own):
                if random.random() < hit:
                    a, b = start + random.normal(0, 1.5), start + 15 + random.normal(0, 2)
                    span = {"start_ms": round(a * 1000), "end_ms": round(b * 1000)}
                    say("create", f"{name}{i}", **span, person="client", label="repair")
            if submitted:
                say("submit")
            record.add_all(reviewer=name, drafts=drafts, base=0)
    return path
