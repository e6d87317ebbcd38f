"""Frozen tables that are passed between rooms."""
