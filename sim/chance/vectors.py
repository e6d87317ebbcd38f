"""Quantiles of many probabilities at once, with the bits that the kernels give one by one.

Only additions, multiplications and divisions run on whole arrays: IEEE arithmetic rounds them alike everywhere. NumPy's
own `log` and `exp` do not agree with `math` in the last bit, so those go one number at a time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from sim.chance import quantiles as q
from sim.records.outcomes import Floats

_CENTRE = 0.425


def family_quantiles(family: int, u: Floats, p: Sequence[float], table: Sequence[float]) -> Floats:
    """`family_quantile` for a one-dimensional array of probabilities; same shape."""
    v = p[6] + u * (p[7] - p[6])
    if np.all((v > 0.0) & (v < 1.0)):
        if family == q.UNIFORM:
            return p[0] + (p[1] - p[0]) * v
        if q.NORMAL <= family <= q.LOGIT_NORMAL:
            return _from_normal(family, _normal_quantiles(v), p)
        if q.METALOG <= family <= q.LOGIT_METALOG:
            return _from_logistic(family, v, p)
    return np.array([q.family_quantile(family, x, p, table) for x in u.tolist()], dtype=np.float64)


def _normal_quantiles(u: Floats) -> Floats:
    """Wichura's AS 241: the centre as arrays, the tails, which need a logarithm, one by one."""
    z = np.empty_like(u)
    centred = u - 0.5
    middle = np.abs(centred) <= _CENTRE
    c = centred[middle]
    r = 0.180625 - c * c
    top = 2.50908092873012267270e3 * r + 3.34305755835881281050e4
    top = ((top * r + 6.72657709270087008530e4) * r + 4.59219539315498714570e4) * r + 1.37316937655094611250e4
    top = ((top * r + 1.97159095030655144270e3) * r + 1.33141667891784377450e2) * r + 3.38713287279636660800
    below = 5.22649527885285456100e3 * r + 2.87290857357219426740e4
    below = ((below * r + 3.93078958000927106100e4) * r + 2.12137943015865958670e4) * r
    below = ((below + 5.39419602142475110770e3) * r + 6.87187007492057908300e2) * r + 4.23133307016009112520e1
    z[middle] = c * top / (below * r + 1.0)
    z[~middle] = [q.normal_quantile(x) for x in u[~middle].tolist()]
    return z


def _exps(x: Floats) -> Floats:
    return np.array([q.safe_exp(number) for number in x.tolist()], dtype=np.float64)


def _logistics(x: Floats) -> Floats:
    return np.array([q.logistic(number) for number in x.tolist()], dtype=np.float64)


def _from_normal(family: int, z: Floats, p: Sequence[float]) -> Floats:
    x: Floats = p[0] + p[1] * z
    if family == q.NORMAL:
        return x
    if family == q.LOGNORMAL:
        return _exps(x)
    return p[2] + (p[3] - p[2]) * _logistics(x)


def _from_logistic(family: int, v: Floats, p: Sequence[float]) -> Floats:
    t = np.array([math.log(odds) for odds in (v / (1.0 - v)).tolist()], dtype=np.float64)
    x: Floats = p[0] + p[1] * t + (p[2] * t + p[3]) * (_logistics(t) - 0.5)
    if family == q.METALOG:
        return x
    if family == q.LOG_METALOG:
        return p[4] + _exps(x)
    return p[4] + (p[5] - p[4]) * _logistics(x)
