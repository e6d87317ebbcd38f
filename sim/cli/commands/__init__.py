"""One file a command. Slow libraries are imported inside the functions, so that `sim --help` is quick."""
