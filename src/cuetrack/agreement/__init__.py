"""How far people agree who reviewed or coded the same session."""
