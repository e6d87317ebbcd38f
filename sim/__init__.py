"""Odds that a crisis returns, from a scenario file."""

__version__ = "0.1.0"
