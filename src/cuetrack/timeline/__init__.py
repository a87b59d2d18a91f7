"""One clock for all cues, who speaks when, and what is usual for each person."""
