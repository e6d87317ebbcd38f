"""Base rates: how often something happened in k of n like cases, with an interval that few cases deserve."""

from __future__ import annotations

LEVEL = 0.90


def jeffreys(k: float, n: float, level: float = LEVEL) -> tuple[float, tuple[float, float]]:
    """Rate and interval for k of n cases under Jeffreys' prior Beta(1/2, 1/2); k and n may be weighted counts.

    The rate is the posterior mean (k + 1/2)/(n + 1): the chance of the next case, never 0 or 1. The interval is
    equal-tailed, but begins at 0 for k = 0 and ends at 1 for k = n (Brown, Cai, DasGupta 2001, Statistical Science 16:
    101–133, §4.1.2).
    """
    if not (0 <= k <= n and n > 0):
        raise ValueError(f"{k} of {n} cases")
    if not 0 < level < 1:
        raise ValueError(f"a level lies between 0 and 1: {level}")
    # scipy.special takes a third of a second to load
    from scipy.special import betaincinv

    a, b = k + 0.5, n - k + 0.5
    low = 0.0 if k == 0 else float(betaincinv(a, b, 0.5 - level / 2))
    high = 1.0 if k == n else float(betaincinv(a, b, 0.5 + level / 2))
    return a / (a + b), (low, high)
