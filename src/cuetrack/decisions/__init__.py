"""What reviewers decided, kept as an append-only record; see `record` for how and `state` for what it adds up to."""
