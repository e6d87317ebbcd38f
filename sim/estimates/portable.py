"""Logarithms that do not depend on the processor, so that equal runs give equal bytes on different machines."""

from __future__ import annotations

import math

import numpy as np

from sim.records.outcomes import Floats

# one scalar at a time: NumPy chooses its own vector code by processor, and the last bit differs


def log(x: Floats) -> Floats:
    """Natural logarithm of each positive number."""
    return np.fromiter(map(math.log, x.tolist()), dtype=np.float64, count=len(x))


def log1p(x: Floats) -> Floats:
    """ln(1 + x) of each number above −1."""
    return np.fromiter(map(math.log1p, x.tolist()), dtype=np.float64, count=len(x))
