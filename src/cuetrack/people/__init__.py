"""Engines that turn frames and sound into tracks of each person; see `tracks` for the shapes."""
