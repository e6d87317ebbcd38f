"""Worlds x replays: a design is played by workers, watched by a stopping rule, and kept in an archive."""
