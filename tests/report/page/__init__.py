"""Tests of the page and of its charts."""
