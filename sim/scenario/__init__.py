"""Scenario files: read with their places, checked, built into Programs, written back."""
