"""Scenario files: the shipped ones are whole, and a wrong one is told with file, key and what is allowed."""

from pathlib import Path

import pytest

from loadtest.scenario import Budget, ScenarioError, load_scenario, scenario_names

GOOD = """
about = "a test"
bots = 10
seconds = 2
zone = "plaza"
[behaviours]
gather = 1
[join]
over_s = 1
"""


def written(path: Path, text: str) -> str:
    file = path / "mine.toml"
    file.write_text(text, "utf-8")
    return str(file)


def test_the_shipped_scenarios_are_these() -> None:
    storms = {"chat_storm", "flood", "half_open", "liars", "overload", "reconnect_herd", "slow_readers", "stampede"}
    storms |= {"trickle"}
    shows = {"crystal_rain", "demo", "fireworks_storm", "plaza", "stroll"}
    assert set(scenario_names()) == storms | shows
    assert {name for name in scenario_names() if load_scenario(name).storm} == storms


@pytest.mark.parametrize("name", scenario_names())
def test_a_shipped_scenario_is_whole(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.about.endswith(".")
    assert sum(scenario.behaviours.values()) == pytest.approx(1)


def test_the_plaza_asks_for_what_was_promised() -> None:
    limits = load_scenario("plaza").limits
    assert (limits.mean_hz_min, limits.p01_hz_min) == (9.8, 9)
    assert (limits.gap_p99_ms_max, limits.input_p99_ms_max) == (200, 250)
    assert (limits.down_bytes_s_max, limits.cpu_us_per_frame_max, limits.rss_kb_per_client_max) == (6144, 20, 60)


def test_the_stampede_asks_for_what_was_promised() -> None:
    scenario = load_scenario("stampede")
    assert (scenario.join.over_s, scenario.limits.all_joined_s_max) == (10, 15)


def test_of_a_stampede_half_fit_and_of_fewer_all() -> None:
    scenario = load_scenario("stampede")
    assert (scenario.bots, scenario.places, scenario.limits_for(3000)) == (6000, 3000, scenario.limits)
    crowded = scenario.limits_for(3001)
    assert (crowded.estimates_within_2x_min, crowded.p01_hz_min, crowded.all_joined_s_max) == (0.9, 4, None)
    assert scenario.settings == {"game.players_max": 3000}
    assert scenario.visit is not None
    assert scenario.visit.mean_s == 45
    assert load_scenario("plaza").places == float("inf")


@pytest.mark.parametrize(
    "name", [name for name in scenario_names() if load_scenario(name).storm and name != "stampede"]
)
def test_a_storm_is_held_against_its_own_calm(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.event is not None
    assert scenario.event.calm_s >= 20
    assert scenario.limits.gap_p99_of_calm_max == (2.0 if name == "overload" else 1.5)
    assert scenario.limits.rss_of_calm_max == 1.5


def test_the_troubles_are_as_large_as_was_promised() -> None:
    shares = {}
    for name in scenario_names():
        trouble = load_scenario(name).trouble
        if trouble is not None:
            shares[trouble.kind] = trouble.share
    assert shares == {
        "chatter": 1.0, "cut": 1.0, "flood": 0.1, "lie": 0.1, "stop_reading": 0.2, "trickle": 0.2, "vanish": 0.2,
    }  # fmt: skip
    herd, overload = load_scenario("reconnect_herd"), load_scenario("overload")
    assert (herd.bots, herd.limits.back_s_max) == (3000, 15)
    # Half of what it takes: twice the capacity.
    assert overload.budget == Budget(0.5)
    assert (overload.limits.p01_hz_min, overload.limits.recovery_s_max, overload.limits.shed_level_min) == (4, 10, 1)


def test_the_rain_and_the_storm_ask_for_what_was_promised() -> None:
    rain, storm = load_scenario("crystal_rain"), load_scenario("fireworks_storm")
    assert rain.event is not None
    assert (rain.event.name, rain.limits.gap_p99_of_calm_max, rain.limits.settle_p99_ms_max) == (
        "crystal_rain",
        1.25,
        500,
    )
    assert storm.firework is not None
    assert (storm.firework.every_s, storm.limits.down_bytes_s_max) == (1, 7700)


def test_a_file_of_ones_own_is_a_scenario_too(tmp_path: Path) -> None:
    assert load_scenario(written(tmp_path, GOOD)).bots == 10


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("bots = 10", "bots = 0", r"bots"),
        ("bots = 10", 'bots = "many"', r"bots"),
        ("bots = 10", "", r"bots"),
        ("seconds = 2", "seconds = nan", r"seconds"),
        ("gather = 1", "fly = 1", r"behaviours: fly; there are gather, hunt"),
        ("gather = 1", "", r"behaviours: none given"),
        ("gather = 1", "light = 1", r"firework: wanted where bots light one"),
        ("over_s = 1", "over_s = 1\nmeasured = true\n[event]\ncalm_s = 5", r"event: only where join.measured is false"),
        ("gather = 1", "gather = -1", r"behaviours"),
        ("over_s = 1", "over_s = 1\nslowly = true", r"slowly"),
        ("over_s = 1", "over_s = 1\n[settle]\nseconds_min = 9\nseconds_max = 8", r"settle.seconds_min"),
        ("over_s = 1", "over_s = 1\n[limits]\nmean_hz_max = 3", r"mean_hz_max"),
        (
            "over_s = 1",
            'over_s = 1\n[event]\ncalm_s = 5\n[trouble]\nkind = "riot"',
            r"trouble.kind: no 'riot'; there are chatter",
        ),
        ("over_s = 1", 'over_s = 1\n[trouble]\nkind = "flood"', r"trouble: only with an event"),
        ("over_s = 1", "over_s = 1\n[budget]\nof_calm = 0.5", r"budget: only with an event"),
        ("over_s = 1", "over_s = 1\n[visit]\nmean_s = 5", r"visit: only where join.measured is true"),
        ("over_s = 1", "over_s = 1\n[crowded]\nmean_hz_min = 4", r"crowded: only with server.game.players_max"),
        ("over_s = 1", "over_s = 1\n[server]\nplayers_max = 5", r"server"),
        ("[join]", "[join", r"mine.toml"),
    ],
)
def test_a_wrong_file_is_told_where_it_is_wrong(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    file = written(tmp_path, GOOD.replace(old, new))
    with pytest.raises(ScenarioError, match=complaint) as error:
        load_scenario(file)
    assert file in str(error.value)


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    with pytest.raises(ScenarioError, match="there are chat_storm, crystal_rain, demo, fireworks_storm"):
        load_scenario("riot")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="No such file"):
        load_scenario(str(tmp_path / "none.toml"))
