"""Loading: what comes out of a healthy file, in which order things are applied, and everything wrong at once."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from sim.chance.formula import parse_formula
from sim.chance.uncertain import Value
from sim.chance.worlds import draw_worlds, parameter_vectors
from sim.errors import ScenarioError, SimError
from sim.scenario.first_worlds import QuickEvaluator, first_vectors, first_worlds
from sim.scenario.load import Scenario, load, warnings_text

MESSAGES = Path(__file__).parents[1] / "messages"
RICH = MESSAGES / "base.yaml"
SMALL = MESSAGES / "small.yaml"
FLAGSHIP = Path(__file__).parents[2] / "scenarios" / "spring-2021.yaml"


def edited(folder: Path, *edits: tuple[str, str], of: Path = SMALL) -> Path:
    text = of.read_text(encoding="utf-8")
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = folder / "edited.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(path: Path, *settings: str) -> tuple[str, ...]:
    with pytest.raises(ScenarioError) as refused:
        load(path, settings)
    return refused.value.problems


def places(found: tuple[str, ...]) -> list[tuple[int, int]]:
    """Line and column of each problem."""
    heads = [re.match(r".*?:(\d+):(\d+)  SC\d+", problem) for problem in found]
    return [(int(head[1]), int(head[2])) for head in heads if head]


def value(scenario: Scenario, path: str) -> Value:
    return scenario.values[path]


def test_a_healthy_file_has_no_problems() -> None:
    for path in (RICH, SMALL, FLAGSHIP):
        case = load(path)
        assert case.warnings == ()
        assert warnings_text(case) == ""
        assert case.scenario.name == path.stem


def test_values_and_draws_know_their_paths() -> None:
    scenario = load(RICH).scenario
    for path, item in (*scenario.values.items(), *scenario.draws.items()):
        assert item.path == path
    assert value(scenario, "pullbacks.april.honoured_share").source == "field notes"
    assert value(scenario, "assumptions.stock").distribution is not None
    assert "build_ups.main.size" in scenario.draws
    assert "exercises.zenith.takes_home.heavy" in scenario.values


def test_the_calendar_is_in_days_and_the_last_day_counts_whole() -> None:
    scenario = load(SMALL).scenario
    assert (scenario.program.opens, scenario.program.closes, scenario.program.horizon) == (132.0, 223.0, 223.0)
    assert load(RICH).scenario.program.horizon == 285.0  # `ends` is later


def test_settings_win_over_variants_and_later_settings_over_earlier_ones(tmp_path: Path) -> None:
    path = "pullbacks.april.honoured_share"
    assert value(load(SMALL).scenario, path).fixed is None
    assert value(load(SMALL, variant="real_pullback").scenario, path).fixed == 0.9
    both = load(SMALL, [f"{path}=0.3", f"{path}=0.4"], "real_pullback")
    assert value(both.scenario, path).fixed == 0.4
    assert both.scenario.resolved["pullbacks"]["april"]["honoured_share"] == "0.4"


def test_a_null_deletes() -> None:
    scenario = load(SMALL, ["exercises.zenith=null"]).scenario
    assert scenario.file.exercises == {}
    assert not any(rule.startswith("exercises.") for rule in scenario.program.rules)


def test_a_default_can_be_set() -> None:
    assert value(load(SMALL, ["pullbacks.april.convoys=7"]).scenario, "pullbacks.april.convoys").fixed == 7.0


def test_a_variant_that_does_not_exist_names_the_nearest() -> None:
    with pytest.raises(SimError, match="no variant `real_pulback`; did you mean `real_pullback`"):
        load(SMALL, variant="real_pulback")


def test_what_was_made_certain_from_outside_still_moves_what_it_is_correlated_with() -> None:
    case, base = load(SMALL, ["pullbacks.april.honoured_share=0.5"]), load(SMALL)
    assert case.warnings == ()
    assert [group.paths for group in case.scenario.groups] == [group.paths for group in base.scenario.groups]
    worlds = np.arange(50)
    path = "forces.north.heavy_share"
    drawn = [draw_worlds(found.scenario.values, found.scenario.groups, 1, worlds)[path] for found in (case, base)]
    np.testing.assert_array_equal(*drawn)


def test_the_program_does_not_see_evidence_outside_views_and_resolution(tmp_path: Path) -> None:
    case = load(RICH)
    assert set(case.evidence) == {"satellite", "quiet"}
    assert set(case.outside_view) == {"build_up_again", "any_crisis"}
    assert set(case.resolution) == {"build_up", "clash"}
    assert case.scenario.file.evidence == {}
    assert case.scenario.file.resolution == {}
    without = load(RICH, ["evidence=null", "outside_view=null", "resolution=null"])
    assert without.scenario.program.digest() == case.scenario.program.digest()


def test_the_order_of_keys_in_a_file_changes_nothing(tmp_path: Path) -> None:
    lines = SMALL.read_text(encoding="utf-8").split("\n")
    start = lines.index("forces:")
    lines[start + 1], lines[start + 2] = lines[start + 2], lines[start + 1]
    turned = tmp_path / "small.yaml"
    turned.write_text("\n".join(lines), encoding="utf-8")
    assert load(turned).scenario.program.digest() == load(SMALL).scenario.program.digest()
    assert load(turned).scenario.sha256 == load(SMALL).scenario.sha256


def test_all_problems_come_together_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = edited(
        tmp_path,
        ("kinds: [build_up, clash]", "kinds: [build_up, clsh]"),
        ("surge: = 0.4 * surge", "surge: = 0.4 * surg"),
        ("claimed_share: 0.7", "claimed_share: 1.4"),
        ("forces: [south, north]", "forces: [south, noth]"),
        ("when: clash, chance", "when: clash, chnce"),
        ("clash_at: 25", "clash_at: twenty"),
        ("to: {north: 0.6, south: 0.4}", "to: {north: 0.6, south: 0.3}"),
        ("matches: build_up", "matches: everything"),
        ("-0.4]", "-4]"),
    )
    found = problems(path)
    codes = [re.findall(r"SC\d+", problem)[0] for problem in found]
    assert codes == ["SC302", "SC303", "SC307", "SC203", "SC201", "SC203", "SC315", "SC302", "SC305"]
    assert places(found) == sorted(places(found))


def test_a_schema_error_does_not_hide_what_the_first_worlds_show(tmp_path: Path) -> None:
    path = edited(
        tmp_path,
        ("claimed_share: 0.7", "claimed_share: 1.4"),
        ("to: {north: 0.6, south: 0.4}", "to: {north: 0.6, south: 0.3}"),
    )
    first, second = problems(path)
    assert "SC203" in first
    assert "`build_ups.main.to` adds up to 0.9" in second


def test_what_could_not_be_read_is_not_called_missing(tmp_path: Path) -> None:
    path = edited(
        tmp_path,
        ("incidents.border.clash, lasts: each 5 to 40", "incidents.border.clash, lasts: [5]"),
        ("south: {side: east, garrison: 30000,", "south: {side: east, garrison: many,"),
        ("surge: {value: 45000 to 75000, unit: troops}", "surge: {value: 75000 to 45000, unit: troops}"),
    )
    found = problems(path)
    assert len(found) == 3
    assert all("SC203" in problem for problem in found)


def test_problems_of_settings_and_files_stand_together(tmp_path: Path) -> None:
    path = edited(tmp_path, ("claimed_share: 0.7", "claimed_share: 1.4"))
    found = problems(path, "tension.start=-3", "tension.strt=3")
    assert [problem.split("  ")[0].split("/")[-1] for problem in found] == [
        "edited.yaml:20:20",
        "--set 1:1:15",
        "--set 2:1:1",
    ]


def test_an_error_brings_warnings_along_and_counts_them(tmp_path: Path) -> None:
    path = edited(
        tmp_path,
        ("  surge: {value", "  mood: 0.5\n  surge: {value"),
        ("to: {north: 0.6, south: 0.4}", "to: {north: 0.6, south: 0.3}"),
    )
    with pytest.raises(ScenarioError) as refused:
        load(path)
    assert refused.value.summary == "1 error, 1 warning; nothing was run."
    assert len(refused.value.problems) == 2


def test_warnings_alone_let_a_scenario_through(tmp_path: Path) -> None:
    case = load(edited(tmp_path, ("  surge: {value", "  mood: 0.5\n  surge: {value")))
    assert [(warning.code, warning.severity) for warning in case.warnings] == [("SC308", "warning")]
    assert warnings_text(case).endswith("1 warning.")
    assert "`assumptions.mood`" in case.rendered_warnings[0]


def test_a_missing_file_is_an_error_for_the_user(tmp_path: Path) -> None:
    with pytest.raises(SimError, match="there is no file"):
        load(tmp_path / "nothing.yaml")


@pytest.mark.parametrize("path", [RICH, FLAGSHIP])
def test_quick_draws_are_those_of_the_engines_up_to_rounding(path: Path) -> None:
    scenario = load(path).scenario
    worlds = 300
    slow = draw_worlds(scenario.values, scenario.groups, 1, np.arange(worlds))
    quick = first_worlds(scenario.values, scenario.groups, 1, worlds)
    assert slow.keys() == quick.keys()
    for path, drawn in slow.items():
        if isinstance(drawn, np.ndarray):
            np.testing.assert_allclose(np.asarray(quick[path]), drawn, rtol=1e-11, atol=1e-13, err_msg=path)
    expected = parameter_vectors(scenario.program.expressions, slow, worlds)
    found = first_vectors(scenario.program.expressions, QuickEvaluator(worlds, quick))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    # another seed is another set of worlds
    other = first_worlds(scenario.values, scenario.groups, 2, worlds)
    assert not np.allclose(np.asarray(other["assumptions.surge"]), np.asarray(quick["assumptions.surge"]))


def test_quick_evaluation_knows_impossible_numbers() -> None:
    evaluate = QuickEvaluator(3, {"assumptions.x": np.array([0.0, -1.0, 1.0])})
    logs = evaluate(parse_formula("log(x)"))
    assert np.isneginf(logs[0])
    assert np.isnan(logs[1])
    assert logs[2] == 0.0


def test_value_without_a_source_has_that_of_the_nearest_block_that_names_one() -> None:
    text = FLAGSHIP.read_text(encoding="utf-8")
    own = load(FLAGSHIP).scenario.values
    assert own["build_ups.main.left.orders"].source is not None
    assert own["build_ups.main.left.orders"].source.startswith("casebook")
    assert own["pullbacks.april.claimed_share"].source == "F1.3: what the order implies for personnel"
    assert own["pullbacks.april.convoys"].source is None
    assert "pullbacks:\n  april:\n" in text


def test_blocks_lend_their_source(tmp_path: Path) -> None:
    path = tmp_path / "lent.yaml"
    text = FLAGSHIP.read_text(encoding="utf-8").replace(
        "pullbacks:\n  april:\n", "pullbacks:\n  april:\n    source: the order itself\n"
    )
    path.write_text(text, encoding="utf-8")
    values = load(path).scenario.values
    assert values["pullbacks.april.convoys"].source == "the order itself"
    assert values["pullbacks.april.claimed_share"].source == "F1.3: what the order implies for personnel"
    assert values["forces.south.garrison"].source is None
