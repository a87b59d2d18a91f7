"""`python -m cuetrack.cli`: the command line in this process."""

from cuetrack.cli import run

run()
