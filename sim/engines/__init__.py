"""Engines play Programs. They are written from `docs/semantics.md` and never see each other."""
