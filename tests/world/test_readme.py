"""What the README says of the world is so."""

import ast
import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

import world.event
from tests.world.prediction import README, RULE
from world import avatar
from world.catalogue import DEEDS
from world.city import Building, City, Host, Ramp, Spawn, Terrace, Zone
from world.config import load_config
from world.event import snake
from world.events.reject import Reason
from world.festival import Colour, CrystalKind, Cue, Drop, FireworkKind, Rain, Show, Standing
from world.motion import SINE_QUARTER, STEERS, Motion
from world.systems import movement
from world.terrain import WALL_CM
from world.tick import SYSTEMS

ROOM = Path(world.__path__[0])
MOTION = Motion(load_config().tuning.movement, 20)


def section(title: str) -> str:
    """The text under a heading."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", README, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found.group(1)


def rows(title: str) -> list[list[str]]:
    """The cells of the table under a heading, without its head."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def code_words(cells: list[str]) -> set[str]:
    return {word for cell in cells for word in re.findall(r"`([^`]+)`", cell)}


def test_the_map_has_every_module_and_no_other() -> None:
    mapped = {word for row in rows("Map") for word in re.findall(r"`([^`]+\.py)`", row[0])}
    assert mapped == {path.name for path in ROOM.glob("*.py")} - {"__init__.py"}


def test_the_map_has_every_deed_and_system() -> None:
    texts = {row[0].strip("`"): row[1] for row in rows("Map")}
    assert set(re.findall(r"`(\w+)`", texts["events/"])) == set(DEEDS)
    systems = [system.__module__.rpartition(".")[2] for system in SYSTEMS]
    assert re.findall(r"`(\w+)`", texts["systems/"]) == systems


def test_the_written_rule_has_the_shipped_numbers() -> None:
    assert RULE["SINE"] == SINE_QUARTER
    assert (RULE["STEP_CM"], RULE["JUMP_CM_S"], RULE["GRAVITY_CM_S"], RULE["FALL_CM_S"], RULE["INTENT_TICKS"]) == (
        MOTION.step_cm,
        MOTION.jump_cm_s,
        MOTION.gravity_cm_s,
        MOTION.fall_cm_s,
        MOTION.intent_ticks,
    )
    assert str(WALL_CM) in section("Movement")
    assert movement.__doc__ is not None
    assert "README.md" in movement.__doc__


def test_the_written_tables_are_the_world_s() -> None:
    for gait, pace in enumerate(RULE["PACES"]):
        for steer in range(STEERS):
            assert RULE["east"](pace, steer) == MOTION.east[gait * STEERS + steer]
            assert RULE["east"](pace, steer + 64) == MOTION.north[gait * STEERS + steer]


def refused(path: Path) -> set[str]:
    """Every reason that a file refuses with."""
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    raised = {ast.literal_eval(call.args[0]) for call in calls if ast.unparse(call.func) == "Refused"}
    refusals = [call.args[3] for call in calls if ast.unparse(call.func) == "Refusal" and call.args]
    # What is passed on from a rule or from the books has its reason there.
    return raised | {ast.literal_eval(reason) for reason in refusals if isinstance(reason, ast.Constant)}


def test_every_reason_to_refuse_is_in_the_table() -> None:
    sources = [*ROOM.glob("*.py"), *ROOM.glob("events/*.py"), *ROOM.glob("systems/*.py")]
    reasons = set(get_args(Reason)).union(*(refused(path) for path in sources if path.name != "tick.py"))
    assert {row[0].strip("`") for row in rows("Refusals")} == reasons


def test_every_deed_in_that_table_exists() -> None:
    assert code_words([row[1] for row in rows("Refusals")]) <= set(DEEDS)


FESTIVAL = [CrystalKind, Standing, Rain, Drop, Colour, FireworkKind, Show, Cue]


@pytest.mark.parametrize("kind", [City, Zone, Spawn, Building, Terrace, Ramp, Host, *FESTIVAL])
def test_the_keys_of_the_content_are_those_of_its_records(kind: type[msgspec.Struct]) -> None:
    keys: dict[str, type[msgspec.Struct]] = {"the city": City, "[[zone]]": Zone}
    keys |= {"[[crystal]]": CrystalKind, "[[firework]]": FireworkKind}
    keys |= {"[[standing]]": Standing, "[[rain]]": Rain, "[[colour]]": Colour, "[[show]]": Show}
    by_table = {keys.get(row[0].strip("`"), row[0].strip("`")): row[1].partition(":")[0] for row in rows("Content")}
    written = set(re.findall(r"`(\w+)`", by_table[kind if kind in keys.values() else snake(kind.__name__)]))
    nested = {"zone", "spawn", "building", "terrace", "ramp", "host"} if kind in (City, Zone) else set()
    assert written == {field.name for field in msgspec.structs.fields(kind)} - nested


AVATAR: dict[str, type[msgspec.Struct]] = {
    "[[slider]]": avatar.Slider,
    "[[choice]]": avatar.Choice,
    "[[colour]]": avatar.Colour,
    "[[palette]]": avatar.Palette,
    "swatch": avatar.Swatch,
}


def test_the_keys_of_the_avatar_s_content_are_those_of_its_records() -> None:
    written = {row[0].strip("`"): set(re.findall(r"`(\w+)`", row[1].partition(":")[0])) for row in rows("Avatars")}
    assert written == {name: {field.name for field in msgspec.structs.fields(kind)} for name, kind in AVATAR.items()}


def test_every_audience_in_the_glossary_exists() -> None:
    audiences = next(row for row in rows("Glossary") if row[0] == "audience")
    assert all(hasattr(world.event, name) for name in code_words(audiences))


def test_every_decision_has_its_date() -> None:
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", row[1]) for row in rows("Why"))
