"""One file per cue; see `registry` for how a cue declares itself."""
