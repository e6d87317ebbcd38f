"""Results, marks and fans as hypothesis makes them: anything that the shapes allow, extremes included."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
from hypothesis import strategies as st

from sim.records.paths import Fan, Mark
from sim.records.result import Estimate, Result
from sim.report.figures import lanes
from sim.timeline import month_edges
from tests.report import sample

# Keys of scenario files, and free text with signs that mean something to matplotlib, CSV or a terminal.
keys = st.from_regex(r"[a-z][a-z0-9_]{0,50}", fullmatch=True)
texts = st.text(alphabet="abcdefgh XYZÄéЖ$%_^\\{}\"',;#\t\n\x1b", max_size=160)
# A share of at most 10^8 runs.
shares = st.one_of(st.sampled_from([0.0, 1e-8, 1.0 - 1e-8, 1.0]), st.floats(1e-8, 1.0 - 1e-8))
errors = st.one_of(st.none(), st.just(0.0), st.floats(1e-6, 0.3))


@st.composite
def estimates(draw: Any) -> Estimate:
    return {"p": draw(shares), "se": draw(errors)}


@st.composite
def windows(draw: Any) -> tuple[dt.date, dt.date]:
    opens = draw(st.dates(dt.date(1990, 1, 1), dt.date(2060, 1, 1)))
    return opens, opens + dt.timedelta(days=draw(st.sampled_from([0, 1, 6, 30, 61, 62, 63, 183, 364, 800, 4000])))


@st.composite
def results(draw: Any) -> Result:
    changed = sample.result()
    opens, closes = draw(windows())
    p = draw(shares)
    names = draw(st.lists(keys, min_size=1, max_size=12, unique=True))
    counted = [True, *draw(st.lists(st.booleans(), min_size=len(names) - 1, max_size=len(names) - 1))]
    weights = [draw(st.sampled_from([0.0, 0.001, 0.3, 1.0])) if on else 0.0 for on in counted]
    total = sum(weights) or 1.0
    changed["scenario"] |= {"name": draw(keys), "title": draw(texts)}
    changed["question"] = {
        "text": draw(texts),
        "opens": opens.isoformat(),
        "closes": closes.isoformat(),
        "kinds": [name for name, on in zip(names, counted, strict=True) if on],
    }
    low, high = sorted([draw(shares), draw(shares)])
    changed["odds"] |= {"p": p, "se": draw(errors), "interval": [min(low, p), max(high, p)]}
    changed["odds"] |= {"belief_interval": draw(st.sampled_from([None, [low, high]])), "belief_reason": draw(texts)}
    changed["odds"] |= {"V": draw(st.one_of(st.none(), st.floats(-0.05, 0.25))), "W": draw(st.floats(0.0, 0.25))}
    changed["odds"]["method"] = draw(st.sampled_from(["worlds", "sequence", "wilson", "bound"]))
    changed["kinds"] = {
        name: {"first": {"p": p * weight / total, "se": draw(errors)}, "any": draw(estimates()), "counted": on}
        for name, weight, on in zip(names, weights, counted, strict=True)
    }
    months = month_edges(opens, closes + dt.timedelta(days=1))
    changed["months"] = [{"month": name, **draw(estimates())} for name, _, _ in months[:30]]
    days = sorted({0, (closes - opens).days // 2, (closes - opens).days})
    changed["cumulative"] = [
        {"date": (opens + dt.timedelta(days=day)).isoformat(), "p": p * (day + 1) / (days[-1] + 1), "se": draw(errors)}
        for day in days
    ]
    changed["given_quiet"] = [
        {"until": first.isoformat(), "p_rest": draw(st.one_of(st.none(), shares)), "n": draw(st.integers(0, 10**6))}
        for _, first, _ in months[:30]
    ]
    changed["pathways"] = [
        {"kind": name, "root": draw(keys), "flags": draw(st.lists(keys, max_size=3)), "p": part, "se": draw(errors)}
        for name, part in ((name, changed["kinds"][name]["first"]["p"]) for name in names)
        if part > 0.0
    ]
    changed["states"] = {
        draw(keys): {
            draw(keys): {"p": draw(st.one_of(st.none(), shares)), "se": draw(errors), "share": draw(shares)}
            for _ in range(draw(st.integers(0, 3)))
        }
        for _ in range(draw(st.integers(0, 2)))
    }
    changed["ladder"] = [
        {"kind": draw(keys), "definition": draw(texts), **draw(estimates())} for _ in range(draw(st.integers(0, 3)))
    ]
    changed["outside_view"] = [
        {
            "name": draw(keys),
            "p": 0.3,
            "interval": [0.2, draw(st.floats(0.3, 1.0))],
            "k": draw(st.sampled_from([0.0, 3.0, 3.5])),
            "n": 10.0,
            "source": draw(texts),
            "matches": draw(st.sampled_from(["all", "nowhere", *names])),
        }
        for _ in range(draw(st.integers(0, 4)))
    ]
    failed = draw(st.integers(0, 5))
    changed["counts"] = {"finished": 16384 - failed, "failed": failed, "reasons": {draw(texts): failed}}
    changed["warnings"] = [{"code": "W1", "path": draw(keys), "text": draw(texts)}]
    return changed


@st.composite
def marks(draw: Any, near: dt.date) -> Mark:
    date = near + dt.timedelta(days=draw(st.integers(-500, 500)))
    wide = dt.timedelta(days=draw(st.sampled_from([0, 0, 5, 200])))
    lasts = draw(st.sampled_from([None, 0, 3, 40, 900]))
    family = draw(st.sampled_from([*lanes.FAMILIES, "something_else"]))
    until = None if lasts is None else date + dt.timedelta(days=lasts)
    return Mark(draw(texts), family, date, date - wide, date + wide, until)


@st.composite
def fans(draw: Any) -> Fan:
    levels = draw(st.sampled_from([(0.5,), (0.1, 0.9), (0.05, 0.5, 0.95), (0.05, 0.25, 0.5, 0.75, 0.95)]))
    days = np.cumsum(draw(st.lists(st.floats(0.5, 40.0), min_size=1, max_size=8)))
    scale = draw(st.sampled_from([0.0, 1e-4, 1.0, 3.7e4, 1e9]))
    rows = [
        sorted(draw(st.lists(st.floats(-0.2, 1.0), min_size=len(levels), max_size=len(levels))))
        for _ in range(len(days))
    ]
    values = scale * np.array(rows).T
    return Fan(
        draw(keys), draw(texts), draw(texts), dt.date(2021, 4, 22), days, levels, values, values.mean(axis=0), 100
    )
