"""`python -m sim`: the command line, without the installed script."""

from __future__ import annotations

import sys

from sim.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
