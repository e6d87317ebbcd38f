"""One file a figure: what is drawn, and the table of the numbers that were drawn."""
