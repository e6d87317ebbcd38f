"""The page of a run or of a comparison: one HTML file that holds everything it shows."""
