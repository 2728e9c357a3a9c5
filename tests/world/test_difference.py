"""What differs between two contents is found by its name, and what needs a restart is told with the reason."""

from typing import Any

import pytest
from msgspec.structs import replace

from tests.world.hamlet import CITY, FESTIVAL, WEST_ZONE, config
from world.config import AVATAR_FILE, CITY_FILE, FESTIVAL_FILE, TUNING_FILE, WorldConfig
from world.difference import differences
from world.festival import Colour, CrystalKind, Cue, FireworkKind, Show, Standing

RUNNING = config()
DRIZZLE, SALUTE = FESTIVAL.rain[0], FESTIVAL.show[0]
ROCKET, COMET = FESTIVAL.firework
SPOT = FESTIVAL.standing[0]


def festival(**changes: Any) -> WorldConfig:
    return replace(RUNNING, festival=replace(FESTIVAL, **changes))


def tuning(table: str, **changes: Any) -> WorldConfig:
    changed = replace(getattr(RUNNING.tuning, table), **changes)
    return replace(RUNNING, tuning=replace(RUNNING.tuning, **{table: changed}))


def told(new: WorldConfig) -> list[tuple[str, str, bool]]:
    """File and key of everything that differs, and whether a running city takes it over."""
    return [(change.file, change.key, change.restart is None) for change in differences(RUNNING, new)]


def test_the_same_content_has_no_differences_whoever_has_read_it() -> None:
    assert told(RUNNING) == []
    assert told(replace(RUNNING, city=replace(CITY), tuning=replace(RUNNING.tuning))) == []


def test_a_difference_has_both_values_in_plain_words() -> None:
    (change,) = differences(RUNNING, festival(rain=(replace(DRIZZLE, number=12),)))
    assert (change.file, change.key, change.before, change.after) == (FESTIVAL_FILE, "rain.drizzle.number", 10, 12)


def test_one_more_row_before_the_others_is_one_difference() -> None:
    gala = replace(DRIZZLE, name="gala")
    (change,) = differences(RUNNING, festival(rain=(gala, DRIZZLE)))
    assert (change.key, change.before, change.after["number"], change.restart) == ("rain.gala", None, 10, None)


LIVE: list[tuple[WorldConfig, str, str]] = [
    (festival(rain=()), FESTIVAL_FILE, "rain.drizzle"),
    (festival(rain=(replace(DRIZZLE, every_s=60.0),)), FESTIVAL_FILE, "rain.drizzle.every_s"),
    (festival(show=(SALUTE, replace(SALUTE, name="gala"))), FESTIVAL_FILE, "show.gala"),
    (festival(show=(replace(SALUTE, cue=SALUTE.cue[:1]),)), FESTIVAL_FILE, "show.salute.cue[1]"),
    (
        festival(show=(replace(SALUTE, cue=(replace(SALUTE.cue[0], at_s=1.0), SALUTE.cue[1])),)),
        FESTIVAL_FILE,
        "show.salute.cue[0].at_s",
    ),
    (festival(firework=(replace(ROCKET, cost=4), COMET)), FESTIVAL_FILE, "firework.rocket.cost"),
    (festival(firework=(ROCKET, COMET, replace(COMET, name="palm"))), FESTIVAL_FILE, "firework.palm"),
    (festival(firework=(COMET, ROCKET)), FESTIVAL_FILE, "firework"),
    (festival(standing=(replace(SPOT, respawn_s=9.0),)), FESTIVAL_FILE, "standing[0].respawn_s"),
    (festival(standing=(SPOT, SPOT)), FESTIVAL_FILE, "standing[1]"),
    (tuning("say", radius_m=30.0), TUNING_FILE, "say.radius_m"),
    (tuning("crystals", radius_m=30.0), TUNING_FILE, "crystals.radius_m"),
    (tuning("settling", patience_s=2.0), TUNING_FILE, "settling.patience_s"),
]
RESTART: list[tuple[WorldConfig, str, str]] = [
    (replace(RUNNING, city=replace(CITY, name="Village")), CITY_FILE, "name"),
    (
        replace(RUNNING, city=replace(CITY, zone=(replace(WEST_ZONE, building=()), CITY.zone[1]))),
        CITY_FILE,
        "zone.west.building.house",
    ),
    (replace(RUNNING, avatar=replace(RUNNING.avatar, slider=RUNNING.avatar.slider[1:])), AVATAR_FILE, "slider."),
    (tuning("movement", run_m_s=5.0), TUNING_FILE, "movement.run_m_s"),
    (tuning("crystals", reach_m=3.0), TUNING_FILE, "crystals.reach_m"),
    (tuning("settling", pending_max=7), TUNING_FILE, "settling.pending_max"),
    (tuning("wallet", welcome_crystals=7), TUNING_FILE, "wallet.welcome_crystals"),
    (
        festival(crystal=(CrystalKind(name="pebble", value=2), FESTIVAL.crystal[1])),
        FESTIVAL_FILE,
        "crystal.pebble.value",
    ),
    (festival(crystal=FESTIVAL.crystal[::-1]), FESTIVAL_FILE, "crystal"),
    (festival(crystal=(*FESTIVAL.crystal, CrystalKind(name="ruby", value=5))), FESTIVAL_FILE, "crystal.ruby"),
    (festival(colour=(*FESTIVAL.colour, Colour(name="jade", rgb="#00ff88"))), FESTIVAL_FILE, "colour.jade"),
    (festival(firework=(COMET,)), FESTIVAL_FILE, "firework.rocket"),
    (festival(standing=()), FESTIVAL_FILE, "standing[0]"),
    (
        festival(standing=(Standing(zone="east", kind="gem", x_m=6, z_m=20, respawn_s=2),)),
        FESTIVAL_FILE,
        "standing[0].x_m",
    ),
    (festival(rain=(replace(DRIZZLE, zone="east"),)), FESTIVAL_FILE, "rain.drizzle.zone"),
    (festival(show=(replace(SALUTE, zone="east"),)), FESTIVAL_FILE, "show.salute.zone"),
]


@pytest.mark.parametrize(("new", "file", "key"), LIVE, ids=[key for _, _, key in LIVE])
def test_what_a_running_city_can_take_over(new: WorldConfig, file: str, key: str) -> None:
    assert told(new) == [(file, key, True)]


@pytest.mark.parametrize(("new", "file", "key"), RESTART, ids=[key for _, _, key in RESTART])
def test_what_needs_a_restart_says_why(new: WorldConfig, file: str, key: str) -> None:
    ((its_file, its_key, live),) = told(new)
    assert (its_file, live) == (file, False)
    assert its_key.startswith(key)
    (change,) = differences(RUNNING, new)
    assert change.restart


def test_a_name_cannot_go_from_a_rain_to_a_show_while_the_city_runs() -> None:
    show = Show(name="drizzle", zone="east", cue=(Cue(at_s=0, kind="comet", colours=("gold",), x_m=1, z_m=1),))
    found = told(festival(rain=(), show=(SALUTE, show)))
    assert found == [(FESTIVAL_FILE, "rain.drizzle", True), (FESTIVAL_FILE, "show.drizzle", False)]


def test_differences_come_in_the_order_of_files_and_keys() -> None:
    kinds = (
        replace(ROCKET, cost=9),
        FireworkKind(name="comet", cost=0, rise_s=2, burst_s=1, height_m=40, importance=2),
    )
    new = replace(festival(firework=kinds), tuning=tuning("sit", radius_m=1.0).tuning)
    assert [key for _, key, _ in told(new)] == ["sit.radius_m", "firework.rocket.cost", "firework.comet.rise_s"]
