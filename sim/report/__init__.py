"""Figures, tables and words: everything that shows a result."""
