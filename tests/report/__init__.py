"""Tests of figures, tables and the terminal summary."""
