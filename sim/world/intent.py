"""Intent: a state that is drawn once per world (ignorance) and switches at uncertain rates (luck)."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from sim.chance.uncertain import Expr, Value, as_expr, equals, log
from sim.rules.language import Amount, Arm, Armed, Brings, Change, Clock, Condition, Hook, Influence, Quantity, Rule
from sim.world.fields import Block, Mix, Multiplier, Name, Share, State, World, as_pydantic, refusal
from sim.world.rates import Rate
from sim.world.scalars import FieldError


class Intent(Block):
    """States, the state at the start, what each does to rates, and how states switch.

    Multipliers are centred: they are divided by their mean over `reference`, the mix of states in the reference class.
    """

    states: list[Name]
    start: State
    reference: dict[str, Share] = {}
    orders: dict[str, Multiplier] = {}
    cancels: dict[str, Multiplier] = {}
    incidents: dict[str, dict[str, Multiplier]] = {}
    crises: dict[str, dict[str, Multiplier]] = {}
    switches: dict[str, dict[str, Rate]] = {}

    @model_validator(mode="after")
    def _known_states(self) -> Self:
        if len(set(self.states)) != len(self.states) or not self.states:
            raise refusal("the states are a list of different names", "states", hint="write `[restrain, coerce]`")
        named: list[tuple[str, list[str]]] = [
            ("start", list(self.start.states)),
            ("reference", list(self.reference)),
            ("orders", list(self.orders)),
            ("cancels", list(self.cancels)),
            ("switches", list(self.switches)),
        ]
        named += [(f"incidents.{name}", list(mix)) for name, mix in self.incidents.items()]
        named += [(f"crises.{name}", list(mix)) for name, mix in self.crises.items()]
        named += [(f"switches.{name}", list(to)) for name, to in self.switches.items()]
        for where, states in named:
            for state in states:
                if state not in self.states:
                    text = f"`{state}` is not one of the states {', '.join(self.states)}"
                    hint = "add it to `states`, or delete it here"
                    place = (*where.split("."), *(("choice", state) if where == "start" else (state,)))
                    raise as_pydantic(
                        FieldError(text, *place, hint=hint, word=state, known=self.states, at_key=where != "start")
                    )
        for state, targets in self.switches.items():
            if state in targets:
                text = f"`{state}` switches to itself"
                raise refusal(text, "switches", state, state, hint="name another state, or delete it", at_key=True)
        return self


def bring(intent: Intent, world: World) -> Brings:
    """A flag for each state, rules that switch, and the states' centred multipliers."""
    if intent.reference:
        world.mixes.append(Mix("intent.reference", tuple(intent.reference.values())))
    brings = Brings()
    for state in intent.states:
        brings.quantities.append(Quantity(f"intent.{state}", _starts_in(intent, state), 0.0, 1.0, flag=True))
        # every way into a state goes through this rule, so that its hook hears of switches and of talks alike
        switched = Rule(
            "intent",
            "intent",
            f"to_{state}",
            Armed(),
            _switch(intent, state),
            guard=(Condition(f"intent.{state}", None, 0.5),),
            story=f"intent turns to {state}",
        )
        brings.rules.append(switched)
        brings.hooks.append(Hook(f"intent.{state}", switched.full_name))
    for state, targets in intent.switches.items():
        for target, rate in targets.items():
            rate.refuse_waning(world, f"intent.switches.{state}.{target}")
            brings.rules.append(
                Rule(
                    "intent",
                    "intent",
                    f"{state}_to_{target}",
                    Clock(
                        rate.per_day_rate(),
                        only=(Condition(f"intent.{state}", 0.5, None),),
                        hears=(f"intent.{state}_to_{target}",),
                    ),
                    (Arm(f"intent.to_{target}"),),
                    story=f"intent is about to turn from {state} to {target}",
                )
            )
    brings.influences += _influences(intent, "orders", intent.orders, "intent.orders")
    brings.influences += _influences(intent, "cancels", intent.cancels, "intent.cancels")
    for name, mix in intent.incidents.items():
        brings.influences += _influences(intent, f"incidents.{name}", mix, f"intent.incidents.{name}")
    for name, mix in intent.crises.items():
        brings.influences += _influences(intent, f"crises.{name}", mix, f"intent.crises.{name}")
    return brings


def _starts_in(intent: Intent, state: str) -> Expr:
    states = intent.start.states
    return equals(intent.start, float(states.index(state))) if state in states else as_expr(0.0)


def _switch(intent: Intent, target: str) -> tuple[Change, ...]:
    return tuple(
        Change("set", f"intent.{state}", Amount(base=1.0 if state == target else 0.0))
        for state in sorted(intent.states)
    )


def _influences(intent: Intent, topic: str, mix: dict[str, Value], path: str) -> list[Influence]:
    if not mix:
        return []
    multipliers: dict[str, Expr] = {state: mix.get(state, as_expr(1.0)) for state in sorted(intent.states)}
    mean: Expr | None = None
    for state in sorted(intent.reference):
        part = intent.reference[state] * multipliers[state]
        mean = part if mean is None else mean + part
    if mean is not None:
        multipliers = {state: multiplier / mean for state, multiplier in multipliers.items()}
    return [
        Influence(topic, f"intent.{state}", log(multiplier), 0.0, f"{path}.{state}")
        for state, multiplier in multipliers.items()
    ]
