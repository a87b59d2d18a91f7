"""What cuetrack is for and what it must not be used for: the one text that every surface shows."""

from __future__ import annotations

INTENDED_USE = (
    "cuetrack helps consenting researchers and clinical supervisors find moments in a recorded session that may repay "
    "a second look. It measures visible movement, voice and timing of both people relative to their own usual range in "
    "that recording. It does not recognise emotions, intentions or mental states, does not diagnose, does not assess "
    "the performance of any therapist, trainee, employee or student, and must not be used for hiring, grading, "
    "discipline, billing, insurance, legal or real-time decisions. Every moment needs review by a qualified person. "
    "Not a medical device. Not for use where local law forbids AI analysis of therapy."
)
LIMITS = (
    "Both people must have agreed, in writing, to this analysis, and may withdraw at any time.",
    "A moment is a shift from a person's own usual, not a finding; of eight ranked moments most are not what you seek.",
    "Accuracy on real therapy sessions has not been measured. Faces, voices and bodies unlike those it was built on "
    "may be measured less well. Never compare one person with another.",
    "Everything stays on this computer. Session folders are personal health data: keep them on an encrypted disk, or "
    "lock them with a passphrase (`cuetrack lock`).",
)
"""What a user must know before the first run, one sentence or two each."""


def statement() -> str:
    """Return intended use and limits as plain text, a paragraph and a list."""
    return "\n".join([INTENDED_USE, "", *(f"- {limit}" for limit in LIMITS)])
