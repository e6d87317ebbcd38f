"""Questions asked of runs. No analysis imports another."""
