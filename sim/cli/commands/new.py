"""`sim new`: being written."""

NAME = "new"


def main() -> None:
    """Being written."""
