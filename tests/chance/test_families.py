"""Families by their parameters: each says what was said, in a world and in a draw; every refusal by its exact text."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pytest

from sim.chance import quantiles as q
from sim.chance.distributions import BetaDistribution, Distribution, KernelDistribution, truncated
from sim.chance.elicitation import (
    EACH_FAMILIES,
    WORLD_FAMILIES,
    draw_truncation,
    from_family,
    from_percentiles,
    from_range,
    world_family,
)
from sim.chance.uncertain import Constant, Evaluator, Reference, Value

inf = math.inf


def kernel(distribution: Distribution) -> KernelDistribution:
    assert isinstance(distribution, KernelDistribution)
    return distribution


# family, what is given, and what must hold of the result: level -> value, or `mean`
SAID: list[tuple[str, dict[str, float], dict[object, float]]] = [
    ("normal", {"mean": 1.0, "sd": 2.0}, {"mean": 1.0, q.normal_cdf(1.0): 3.0}),
    ("normal", {"mean": 1.0, "p95": 4.0}, {"mean": 1.0, 0.95: 4.0}),
    ("normal", {"mean": 1.0, "p10": -4.0}, {"mean": 1.0, 0.10: -4.0}),
    ("normal", {"p5": -1.0, "p95": 4.0}, {0.05: -1.0, 0.95: 4.0}),
    ("normal", {"median": 1.0, "sd": 4.0}, {0.5: 1.0, q.normal_cdf(1.0): 5.0}),
    ("lognormal", {"median": 1.0, "p95": 6.0}, {0.5: 1.0, 0.95: 6.0}),
    ("lognormal", {"p5": 1.0, "p95": 6.0}, {0.05: 1.0, 0.95: 6.0}),
    ("lognormal", {"median": 10.0, "sigma": 0.5}, {0.5: 10.0, q.normal_cdf(1.0): 10.0 * math.exp(0.5)}),
    ("lognormal", {"mean": 10.0, "sigma": 0.5}, {"mean": 10.0, 0.5: 10.0 * math.exp(-0.125)}),
    ("lognormal", {"mean": 10.0, "sd": 5.0}, {"mean": 10.0, 0.5: 10.0 / math.sqrt(1.25)}),
    ("logit_normal", {"median": 0.2, "p95": 0.6}, {0.5: 0.2, 0.95: 0.6}),
    ("logit_normal", {"p5": 0.2, "p95": 0.6}, {0.05: 0.2, 0.95: 0.6}),
    ("logit_normal", {"p5": 2.0, "p95": 6.0, "lower": 1.0, "upper": 10.0}, {0.05: 2.0, 0.95: 6.0}),
    ("uniform", {"low": 1.0, "high": 3.0}, {0.25: 1.5, "mean": 2.0}),
    ("triangular", {"low": 1.0, "mode": 2.0, "high": 6.0}, {0.2: 2.0, "mean": 3.0}),
    ("exponential", {"mean": 3.0}, {"mean": 3.0}),
    ("exponential", {"median": 3.0}, {0.5: 3.0}),
    ("exponential", {"half_life": 3.0}, {0.5: 3.0, 0.75: 6.0}),
    ("weibull", {"shape": 2.0, "scale": 3.0}, {1.0 - math.exp(-1.0): 3.0}),
    ("weibull", {"shape": 2.0, "median": 3.0}, {0.5: 3.0, 1.0 - 0.5**4: 6.0}),
    ("weibull", {"median": 2.0, "p95": 3.0}, {0.5: 2.0, 0.95: 3.0}),
    ("pareto", {"minimum": 1.0, "alpha": 2.0}, {0.75: 2.0, "mean": 2.0}),
    ("pareto", {"minimum": 1.0, "p95": 20.0}, {0.0: 1.0, 0.95: 20.0}),
    ("log_logistic", {"median": 3.0, "shape": 2.0}, {0.5: 3.0, 0.9: 9.0}),
    ("log_logistic", {"median": 3.0, "p95": 9.0}, {0.5: 3.0, 0.95: 9.0}),
    ("metalog", {"p5": 1.0, "p50": 2.0, "p95": 5.0}, {0.05: 1.0, 0.5: 2.0, 0.95: 5.0}),
    ("metalog", {"p5": 1.0, "p95": 5.0, "lower": 0.5}, {0.0: 0.5, 0.05: 1.0, 0.95: 5.0}),
    ("metalog", {"p5": 1.0, "p50": 2.0, "p95": 5.0, "lower": 0.0, "upper": 6.0}, {0.0: 0.0, 0.05: 1.0, 1.0: 6.0}),
]


@pytest.mark.parametrize(("name", "said", "holds"), SAID)
def test_family_says_what_was_said(name: str, said: dict[str, float], holds: dict[object, float]) -> None:
    found = world_family(name, said)
    for level, value in holds.items():
        met = found.mean() if level == "mean" else found.quantile(float(str(level)))
        assert met == pytest.approx(value, rel=1e-12, abs=1e-12)
        assert met * 1.1 != pytest.approx(value + (value == 0.0), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(("name", "said", "holds"), SAID)
def test_each_draw_has_the_same_parameters(name: str, said: dict[str, float], holds: dict[object, float]) -> None:
    world = kernel(world_family(name, said))
    assert len(holds) > 0
    code, parameters, table = from_family(name, said)
    assert (code, table) == (world.family_code, ())
    assert parameters == tuple(Constant(number) for number in world.parameters)
    # and with every number an expression that differs by world
    paths = {word: Reference(f"assumptions.{word}") for word in said}
    code, parameters, _ = from_family(name, paths)
    evaluate = Evaluator(2, {f"assumptions.{word}": np.array([x, 2.0 * x + 1.0]) for word, x in said.items()})
    assert code == world.family_code
    assert [float(evaluate(number)[0]) for number in parameters] == pytest.approx(
        world.parameters, rel=1e-13, abs=1e-15
    )


def test_metalog_stands_on_the_support_of_its_field() -> None:
    said = {"p5": 0.1, "p50": 0.2, "p95": 0.6}
    assert world_family("metalog", said, "share").support == (0.0, 1.0)
    assert world_family("metalog", said, "days").support == (0.0, inf)
    assert world_family("metalog", said).support == (-inf, inf)
    assert from_family("metalog", said, "share")[0] == q.LOGIT_METALOG
    assert world_family("metalog", said, "share") == from_percentiles({5: 0.1, 50: 0.2, 95: 0.6}, "share")


def test_checks_reach_through_constants_and_certain_values() -> None:
    certain = Value("real", "-1", fixed=-1.0)
    formula = Value("real", "= -1 * 2", formula=Constant(-1.0) * 2.0)
    uncertain = Value("real", "-2 to -1", distribution=from_range(-2.0, -1.0, "real"))
    for number in (Constant(-1.0), certain, formula):
        with pytest.raises(ValueError, match=r"^the `sd` of normal is -[12]; it must be above 0$"):
            from_family("normal", {"mean": 0.0, "sd": number})
    code, parameters, _ = from_family("normal", {"mean": 0.0, "sd": uncertain})
    assert (code, parameters[1]) == (q.NORMAL, uncertain)


FAMILY_REFUSALS: list[tuple[str, dict[str, float], str]] = [
    (
        "normal",
        {"mean": 1.0, "median": 4.0},
        "the mean of a normal is its median; give `sd` or another percentile beside it",
    ),
    (
        "normal",
        {"mean": 1.0, "p95": 0.0},
        "no normal has these parameters: its spread would be -0.6079568319; it must be above 0",
    ),
    ("normal", {"mean": 1.0, "sd": 0.0}, "the `sd` of normal is 0; it must be above 0"),
    (
        "normal",
        {"mean": 1.0, "sigma": 1.0},
        "normal has no parameter `sigma`; it takes {mean, sd}, {mean, p95} or {p5, p95}",
    ),
    (
        "lognormal",
        {"men": 1.0, "p95": 6.0},
        "lognormal has no parameter `men`; did you mean `mean`? It takes {median, p95}, {p5, p95}, {median, sigma}, "
        "{mean, sigma} or {mean, sd}",
    ),
    (
        "exponential",
        {"mean": 3.0, "median": 2.0},
        "exponential does not take {mean, median}; it takes {mean}, {median} or {half_life}",
    ),
    ("exponential", {"mean": -3.0}, "the `mean` of exponential is -3; it must be above 0"),
    ("lognormal", {"p5": 0.0, "p95": 6.0}, "p5 of lognormal is 0; it must lie above 0"),
    (
        "lognormal",
        {"p5": 6.0, "p95": 6.0},
        "p5 is 6 and p95 is 6; percentiles must rise: check for exchanged numbers",
    ),
    (
        "lognormal",
        {"p5": 1e300, "p95": math.nextafter(1e300, inf)},
        "no lognormal has these parameters: its spread would be 0; it must be above 0",
    ),
    (
        "logit_normal",
        {"p5": 2.0, "p95": 6.0},
        "p5 of logit_normal is 2; it must lie between 0 and 1, ends left out",
    ),
    (
        "logit_normal",
        {"p5": 2.0, "p95": 6.0, "lower": 3.0, "upper": 1.0},
        "the `lower` of logit_normal is 3 and its `upper` 1; `lower` must be smaller",
    ),
    ("uniform", {"low": 2.0, "high": 1.0}, "the `low` of uniform is 2 and its `high` 1; `low` must be smaller"),
    (
        "triangular",
        {"low": 1.0, "mode": 6.0, "high": 5.0},
        "the `mode` of triangular is 6; it must lie between `low` and `high`",
    ),
    ("weibull", {"shape": 1e-5, "median": 3.0}, "no weibull has these parameters: one of its own would be inf"),
    ("weibull", {"shape": 0.0, "scale": 3.0}, "the `shape` of weibull is 0; it must be above 0"),
    ("pareto", {"minimum": 1.0, "p95": 0.5}, "p95 of pareto is 0.5; it must lie above 1"),
    (
        "metalog",
        {"p5": 1.0, "p95": 5.0, "upper": 6.0},
        "a metalog takes `upper` only beside `lower`; give both, or neither",
    ),
    (
        "metalog",
        {"p5": 1.0, "p25": 2.0, "p50": 3.0, "p75": 4.0, "p95": 5.0},
        "metalog does not take {p5, p25, p50, p75, p95}; it takes two to four percentiles like {p5, p50, p95}, and "
        "`lower`, or `lower` and `upper`, where they are bounded",
    ),
    ("normal", {"p5": 1.0, "p95": inf}, "`p95` is inf; it must be a finite number"),
    ("normal", {"p0": 1.0, "p95": 2.0}, "`p0` is no percentile; they lie between p0 and p100, ends left out"),
    ("normal", {"median": 1.0, "p50": 2.0}, "`p50` gives p50 a second time; keep one of them"),
    (
        "choice",
        {"a": 0.45, "b": 0.5},
        "the probabilities of this choice sum to 0.95; they must sum to 1",
    ),
    ("choice", {"a": 1.2, "b": -0.2}, "the probability of `a` is 1.2; it must lie between 0 and 1"),
    (
        "choice",
        {"a": 0.4, "1": 0.6},
        "this choice mixes the number `1` with the name `a`; use one kind of option",
    ),
    ("choice", {"1": 0.4, "1.0": 0.6}, "the option 1 stands twice in this choice; add its probabilities up"),
    ("choice", {}, "a choice needs options with probabilities, like {choice: {low: 0.4, high: 0.6}}"),
]


@pytest.mark.parametrize(("name", "said", "message"), FAMILY_REFUSALS)
def test_family_refused(name: str, said: Mapping[str, float], message: str) -> None:
    for refuse in (world_family, from_family):
        with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the whole text is compared
            refuse(name, said)
        assert str(refusal.value) == message


def test_percentiles_that_rounding_makes_equal_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^no weibull has these parameters: its percentiles are too close together$"):
        world_family("weibull", {"median": 1e300, "p95": math.nextafter(1e300, inf)})


@pytest.mark.parametrize(
    ("name", "known", "message"),
    [
        (
            "lognorml",
            WORLD_FAMILIES,
            "there is no family `lognorml`; did you mean `lognormal`? Known for a value of a world: beta, exponential, "
            "log_logistic, logit_normal, lognormal, metalog, normal, pareto, triangular, uniform, weibull, choice",
        ),
        (
            "zipf",
            WORLD_FAMILIES,
            "there is no family `zipf`; known for a value of a world: beta, exponential, log_logistic, logit_normal, "
            "lognormal, metalog, normal, pareto, triangular, uniform, weibull, choice",
        ),
        (
            "zipf",
            EACH_FAMILIES,
            "there is no family `zipf`; known for an `each` draw: exponential, log_logistic, logit_normal, lognormal, "
            "metalog, normal, pareto, triangular, uniform, weibull, choice",
        ),
        (
            "beta",
            EACH_FAMILIES,
            "an `each` draw cannot be beta, because its inverse has no closed form; use exponential, log_logistic, "
            "logit_normal, lognormal, metalog, normal, pareto, triangular, uniform, weibull or choice (logit_normal is "
            "closest)",
        ),
    ],
)
def test_unknown_family_refused(name: str, known: tuple[str, ...], message: str) -> None:
    refuse = world_family if known is WORLD_FAMILIES else from_family
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the whole text is compared
        refuse(name, {"a": 1.0})
    assert str(refusal.value) == message


# --- choices ---------------------------------------------------------------------------------------------------------


def test_choice_does_not_depend_on_the_order_in_the_file() -> None:
    names = {"restrain": 0.45, "coerce": 0.35, "prepare": 0.2}
    numbers = {"10": 0.5, "9": 0.2, "-1.5": 0.3}
    assert world_family("choice", names) == world_family("choice", dict(reversed(names.items())))
    assert world_family("choice", numbers) == world_family("choice", dict(reversed(numbers.items())))
    assert kernel(world_family("choice", names)).options == ("coerce", "prepare", "restrain")
    assert kernel(world_family("choice", numbers)).table[:3] == (-1.5, 9.0, 10.0)


def test_choice_has_its_probabilities() -> None:
    found = world_family("choice", {"restrain": 0.45, "coerce": 0.55, "never": 0.0})
    assert [found.quantile(u) for u in (0.0, 0.5499, 0.5501, 1.0 - 2.0**-53)] == [0.0, 0.0, 2.0, 2.0]
    thirds = kernel(world_family("choice", {"1": 1 / 3, "2": 1 / 3, "3": 1 / 3}))
    assert thirds.table[-1] == 1.0
    code, parameters, table = from_family("choice", {"2": 0.5, "1": Constant(0.5)})
    assert (code, parameters[:2], table) == (q.CHOICE, (Constant(0.0), Constant(2.0)), (1.0, 2.0, 0.5, 1.0))


def test_uncertain_probability_of_an_each_choice_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"^the probability of `a` differs by world; in an `each` choice write plain numbers$"
    ):
        from_family("choice", {"a": Reference("assumptions.x"), "b": 0.5})


# --- beta ------------------------------------------------------------------------------------------------------------


def beta(**said: float) -> BetaDistribution:
    found = world_family("beta", said)
    assert isinstance(found, BetaDistribution)
    return found


def test_beta_known_answer() -> None:
    """Beta(2, 5) has .06285 and .58180 as its 5th and 95th percentile."""
    found = beta(p5=0.06285, p95=0.58180)
    assert [found.a, found.b] == pytest.approx([2.0, 5.0], abs=1e-3)
    exact = BetaDistribution(2.0, 5.0)
    again = beta(p5=exact.quantile(0.05), p95=exact.quantile(0.95))
    assert [again.a, again.b] == pytest.approx([2.0, 5.0], rel=1e-9)


@pytest.mark.parametrize(
    "said",
    [
        {"mean": 0.25, "p95": 0.6},
        {"mean": 0.01, "p95": 0.02},
        {"mean": 0.9, "p5": 0.7},
        {"p5": 0.001, "p95": 0.999},
        {"p5": 0.01, "p95": 0.011},
        {"median": 0.5, "p95": 0.9},
        {"p5": 12.0, "p95": 17.0, "lower": 10.0, "upper": 20.0},
        {"mean": 0.3, "sd": 0.1},
        {"mean": 30.0, "sd": 10.0, "lower": 0.0, "upper": 100.0},
    ],
)
def test_beta_says_what_was_said(said: dict[str, float]) -> None:
    found = beta(**said)
    if "mean" in said:
        assert found.mean() == pytest.approx(said["mean"], rel=1e-12)
    if "sd" in said:
        levels = (np.arange(20_000) + 0.5) / 20_000
        assert float(found.quantiles(levels).std()) == pytest.approx(said["sd"], rel=1e-3)
    for name, level in [("p5", 0.05), ("median", 0.5), ("p95", 0.95)]:
        if name in said:
            assert found.quantile(level) == pytest.approx(said[name], rel=1e-9)


def test_beta_with_two_solutions_is_the_concentrated_one() -> None:
    """Mean .01 and p95 .02 also fit a beta that is nearly always 0; people do not mean that one."""
    found = beta(mean=0.01, p95=0.02)
    assert found.a > 1.0


def test_beta_takes_its_shape_directly() -> None:
    assert beta(a=2.0, b=5.0) == BetaDistribution(2.0, 5.0)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (
            {"meen": 0.25, "p95": 0.6},
            "beta has no parameter `meen`; did you mean `mean`? It takes {a, b}, {mean, sd}, {mean, p95} or {p5, p95}, "
            "and `lower` and `upper` where its values do not lie between 0 and 1",
        ),
        (
            {"a": 2.0},
            "beta does not take {a}; it takes {a, b}, {mean, sd}, {mean, p95} or {p5, p95}, and `lower` and `upper` "
            "where its values do not lie between 0 and 1",
        ),
        ({"a": 2.0, "b": 0.0}, "the `b` of beta is 0; it must be above 0"),
        ({"mean": 0.5, "sd": -1.0}, "the `sd` of beta is -1; it must be above 0"),
        ({"mean": 0.5, "sd": 0.6}, "no beta with mean 0.5 spreads as wide as sd 0.6; it must be below 0.5"),
        ({"mean": 0.3, "p95": 0.2}, "no beta has mean 0.3 and p95 0.2; give {p5, p95} or {mean, sd}"),
        ({"mean": 1.5, "sd": 0.2}, "the `mean` of beta is 1.5; it must lie between 0 and 1"),
        ({"p5": 0.5, "p95": 1.0}, "p95 of beta is 1; it must lie between 0 and 1, ends left out"),
        ({"p5": 0.5, "p95": 0.4}, "p5 is 0.5 and p95 is 0.4; percentiles must rise: check for exchanged numbers"),
        (
            {"p5": 0.2, "p95": 0.2000001},
            "no beta has p5 and p95 at these places; spread them out or move them away from the ends",
        ),
        (
            {"a": 1.0, "b": 1.0, "lower": 2.0, "upper": 1.0},
            "the `lower` of beta is 2 and its `upper` 1; exchange them",
        ),
    ],
)
def test_beta_refused(said: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the whole text is compared
        world_family("beta", said)
    assert str(refusal.value) == message


# --- cuts of draws ---------------------------------------------------------------------------------------------------


def test_cut_of_a_draw_is_the_cut_of_the_distribution() -> None:
    code, parameters, table = from_family("lognormal", {"median": 10.0, "p95": 60.0})
    u_low, u_high = draw_truncation(code, parameters, table, 1.0, 100.0)
    whole = world_family("lognormal", {"median": 10.0, "p95": 60.0})
    assert (u_low, u_high) == kernel(truncated(whole, 1.0, 100.0)).parameters[6:]
    assert (u_low, u_high) == pytest.approx((whole.cdf(1.0), whole.cdf(100.0)), rel=1e-15)
    numbers = [number.number for number in parameters if isinstance(number, Constant)]
    assert q.family_quantile(code, 0.0, (*numbers[:6], u_low, u_high), ()) == pytest.approx(1.0, rel=1e-13)


def test_cut_of_an_uncertain_draw_is_refused() -> None:
    code, parameters, table = from_family("lognormal", {"median": Reference("assumptions.x"), "p95": 60.0})
    message = "^`within` beside an `each` draw needs plain numbers as parameters; leave one of the two out$"
    with pytest.raises(ValueError, match=message):
        draw_truncation(code, parameters, table, 1.0, 100.0)


def test_cut_of_a_choice_is_refused() -> None:
    code, parameters, table = from_family("choice", {"1": 0.5, "2": 0.5})
    with pytest.raises(ValueError, match="stands beside a choice"):
        draw_truncation(code, parameters, table, 1.0, 1.5)
