"""`sim trace`: being written."""

NAME = "trace"


def main() -> None:
    """Being written."""
