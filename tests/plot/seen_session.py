"""What is missing from the session that figures are drawn of."""

GAP = (60.0, 95.0)
"""Seconds without the client's face."""
