"""`sim check`: being written."""

NAME = "check"


def main() -> None:
    """Being written."""
