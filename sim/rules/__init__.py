"""The rule language: what can happen in a world, linked into flat arrays, and the flows between events."""
