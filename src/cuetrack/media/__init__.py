"""Recordings in: what a file holds (probe), frames (frames) and sound (audio) on one session clock, seconds from pts.

Two recordings come onto one clock in clock; sound_quality says what a sound is good for, proxy makes copies that
browsers play. container and upright are how the others open a file and turn a picture.
"""
