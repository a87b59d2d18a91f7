"""Many recordings at once: what a study lists, and running it."""
