"""Luck and ignorance: addressed draws, families, elicitation, correlations, formulas."""
