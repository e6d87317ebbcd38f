"""What every test stands on: the same examples each time, no clock, no display."""

from __future__ import annotations

import os

from hypothesis import settings

# Before anything imports matplotlib: figures are drawn without a display.
os.environ["MPLBACKEND"] = "Agg"

# The same examples on every run and no time limit: a red test is a defect, not chance or a busy machine.
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")
