"""Programs made to measure: so many clocks, events and rules, and nothing else."""

from __future__ import annotations

from sim.chance.worlds import parameter_vectors
from sim.records.outcomes import Floats
from sim.rules.language import Amount, Brings, Change, Clock, Influence, Kind, Quantity, Rule, Start
from sim.rules.link import Span, link
from sim.rules.program import Program

HORIZON = 1000.0


def clocks_program(clocks: int, events: float, *, coupled: bool = False) -> Program:
    """So many clocks that bring so many events in all; coupled ones listen to a quantity that all of them move."""
    brings = _nothing()
    rate = events / clocks / HORIZON
    for place in range(clocks):
        clock = Clock(rate, hears=("all",) if coupled else ())
        step = Change("add", "moved", Amount(base=1.0))
        brings.rules.append(Rule("events", "events", f"clock_{place:03d}", clock, (step,)))
    if coupled:
        # so weak that the number of events stays what it is, and not 0, so that each clock is re-timed
        brings.influences.append(Influence("all", "moved", 1e-9))
    return _linked(brings)


def dated_program(rules: int) -> Program:
    """So many rules, each due once, on days spread over the run."""
    brings = _nothing()
    for place in range(rules):
        date = HORIZON * ((place * 0.6180339887498949) % 1.0)
        step = Change("add", "moved", Amount(base=1.0))
        brings.rules.append(Rule("events", "events", f"rule_{place:05d}", Start(date), (step,)))
    return _linked(brings)


def only_row(program: Program) -> Floats:
    """The one parameter vector of a Program without uncertain values (shape: 1 x parameters)."""
    return parameter_vectors(program.expressions, {}, 1)


def _nothing() -> Brings:
    """A quantity that rules can move. The kind, which never begins, is there because a question has one."""
    return Brings(quantities=[Quantity("moved", 0.0)], kinds=[Kind("never", "nothing begins it", passive=True)])


def _linked(brings: Brings) -> Program:
    program, problems = link(brings, Span(HORIZON, 0.0, HORIZON), ())
    if program is None:
        raise AssertionError(problems)
    return program
