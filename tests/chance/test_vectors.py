"""Whole arrays give the bits that the kernels give one by one, in any batch."""

from __future__ import annotations

import numpy as np
import pytest

from sim.chance import quantiles as q
from sim.chance.streams import uniforms
from sim.chance.vectors import family_quantiles

_CASES = {
    "uniform": (q.UNIFORM, (2.0, 7.5)),
    "normal": (q.NORMAL, (-1.0, 2.5)),
    "lognormal": (q.LOGNORMAL, (10.9, 0.155)),
    "logit-normal": (q.LOGIT_NORMAL, (-1.1, 0.7, 0.0, 1.0)),
    "metalog": (q.METALOG, (1.0, 0.4, 0.2, 0.1)),
    "log-metalog": (q.LOG_METALOG, (1.0, 0.4, 0.2, 0.0, 0.0)),
    "logit-metalog": (q.LOGIT_METALOG, (-0.7, 0.5, -0.1, 0.0, 0.0, 1.0)),
    "dates": (q.DATES, (737900.0, 737910.0)),
    "weibull": (q.WEIBULL, (1.5, 20.0)),
}


@pytest.mark.parametrize("cut", [(0.0, 1.0), (0.02, 0.97)], ids=["whole", "cut"])
@pytest.mark.parametrize("name", _CASES)
def test_arrays_and_kernels_agree_bit_for_bit(name: str, cut: tuple[float, float]) -> None:
    family, own = _CASES[name]
    p = (*own, *(0.0,) * (6 - len(own)), *cut)
    u = uniforms(3, np.arange(20_000), 0, 17)
    one_by_one = np.array([q.family_quantile(family, x, p, ()) for x in u.tolist()])
    together = family_quantiles(family, u, p, ())
    assert together.tobytes() == one_by_one.tobytes()
    assert family_quantiles(family, u[137:138], p, ()).tobytes() == one_by_one[137:138].tobytes()


def test_ends_fall_back_to_the_kernel() -> None:
    u = np.array([0.0, 0.5, 1.0])
    p = (0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    assert family_quantiles(q.NORMAL, u, p, ()).tolist() == [-np.inf, 0.0, np.inf]
