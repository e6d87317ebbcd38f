"""Percentages with the digits that their error has earned.

The rule is that of ArviZ: the last printed digit stands at the leading digit of two standard errors, so that two
errors are 1 to 10 units of it. 27.34 % ± 0.30 prints as "27.3 %", ± 0.50 as "27 %". A probability that is neither 0
nor 1 is never printed as either, and nor is one that no run contradicted: "<1 %", ">99.9 %".
"""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

HUNDRED = Decimal(100)
# no run of this tool resolves more, and decimal arithmetic keeps 28 digits
MOST_DECIMALS = 9


def decimals(se: float | None) -> int:
    """Decimals of a percentage whose standard error (a fraction of 1) is `se`; 0 where the error is unknown or 0."""
    if se is None or not 0.0 < se < math.inf:
        return 0
    # the hair keeps exact powers of ten, such as 2 × 0.05 %, on their own side of the boundary
    return min(max(0, -math.floor(math.log10(200.0 * se) + 1e-9)), MOST_DECIMALS)


def percent(p: float, se: float | None, bound: float | None = None) -> str:
    """A probability in per cent: "27.3 %", "27 %", "<0.1 %", ">99 %".

    What would round to 0 is said to be below p + 2·se, rounded up to one digit; without an error, below 1 %. Where no
    run hit (or all did) and the end of the interval is known, give it as `bound`: "<0.15 %", rounded away from p.
    """
    exact, places = _percentage(p), decimals(se)
    if bound is not None and p in (0.0, 1.0):
        return _extreme(_percentage(bound) if p == 0.0 else HUNDRED - _percentage(bound), p == 0.0, digits=2)
    rounded = _rounded(exact, places, ROUND_HALF_EVEN)
    if 0 < rounded < HUNDRED:
        return f"{rounded} %"
    low = rounded <= 0
    margin = exact if low else HUNDRED - exact
    reach = margin + 2 * _percentage(se) if se else Decimal(1)
    return _extreme(reach, low, digits=1)


def percent_range(low: float, high: float, se: float | None = None) -> str:
    """An interval in per cent: "24–31 %", "up to 0.15 %" where it begins at 0, "at least 97 %" where it ends at 1.

    Decimals follow `se`; without one, the last digit is a tenth to a hundredth of the width. One-sided ranges are
    rounded outwards, so that a bound is never tightened by printing it.
    """
    places = decimals(se if se else (high - low) / 20)
    bottom, top = (
        _rounded(_percentage(low), places, ROUND_HALF_EVEN),
        _rounded(_percentage(high), places, ROUND_HALF_EVEN),
    )
    if bottom <= 0 and top >= HUNDRED:
        return "0–100 %"
    if bottom <= 0:
        return f"up to {_rounded(_percentage(high), places, ROUND_CEILING)} %"
    if top >= HUNDRED:
        return f"at least {_rounded(_percentage(low), places, ROUND_FLOOR)} %"
    return f"{bottom} %" if bottom == top else f"{bottom}–{top} %"


def points(difference: float, se: float | None) -> str:
    """A difference of probabilities in percentage points, signed, with the digits of its error: "+3.2", "−9", "0".

    Exactly 0 is "0"; what rounds to 0 keeps its zeros and its sign ("−0.0"): it is not nothing, but too small to tell.
    """
    if difference == 0.0:
        return "0"
    rounded = _rounded(_percentage(abs(difference)), decimals(se), ROUND_HALF_EVEN)
    return f"{'+' if difference > 0.0 else '−'}{rounded}"


def points_range(low: float, high: float, se: float | None = None) -> str:
    """An interval of differences in percentage points: "−9.6 to −8.2"; decimals follow the error, else the width."""
    places = se if se else (high - low) / 20
    return f"{points(low, places)} to {points(high, places)}"


def _percentage(fraction: float) -> Decimal:
    # the shortest text of the float: 0.285 is 28.5 %, where 100 × 0.285 is 28.499999999999996
    return Decimal(repr(float(fraction))) * 100


def _rounded(value: Decimal, places: int, rounding: str) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), rounding=rounding)


def _extreme(reach: Decimal, low: bool, digits: int) -> str:
    """Text "<reach" or ">100 − reach", rounded away from the end with so many significant digits."""
    reach = max(reach, Decimal(1).scaleb(-MOST_DECIMALS))
    places = max(0, digits - 1 - reach.adjusted())
    outer = min(_rounded(reach, places, ROUND_CEILING), HUNDRED)
    shown = outer if low else HUNDRED - outer
    # rounding up may have carried into a shorter number: 0.10 is 0.1
    text = f"{shown:f}".rstrip("0").rstrip(".") if "." in f"{shown:f}" else f"{shown:f}"
    return f"<{text} %" if low else f">{text} %"
