"""The numbers as shipped, and the bounds around them."""

from typing import Any

import pytest

from world.config import load_config
from world.schema import Reader
from world.tuning import MovementTuning, Rate

MOVEMENT: dict[str, Any] = {
    "walk_m_s": 1.8,
    "run_m_s": 6.0,
    "jump_m_s": 6.4,
    "gravity_m_s2": 20.0,
    "fall_m_s": 20.0,
    "step_m": 0.4,
    "intent_s": 3.0,
}


def test_the_shipped_numbers_are_those_of_the_readme() -> None:
    tuning = load_config().tuning
    assert tuning.movement == MovementTuning(**MOVEMENT)
    assert (tuning.say.radius_m, tuning.say.rate) == (20.0, Rate(8, 10.0))
    assert (tuning.wave.radius_m, tuning.emote.radius_m) == (15.0, 15.0)
    assert tuning.population.entities_max == 60_000


@pytest.mark.parametrize(
    ("field", "value"),
    [("run_m_s", 9.9), ("walk_m_s", 0), ("jump_m_s", 13), ("gravity_m_s2", 9), ("fall_m_s", 51), ("step_m", 1.1)],
)
def test_a_number_beyond_its_bound_is_a_fault(field: str, value: float) -> None:
    reader = Reader("tuning.toml")
    assert reader.record(MovementTuning, {**MOVEMENT, field: value}, "movement") is None
    assert [(fault.key, fault.value) for fault in reader.faults] == [(f"movement.{field}", value)]
