"""Measure nonverbal cues of two people in a recorded session and rank moments worth a second look."""
