"""Commands and events are named after their classes, and a refusal says what is needed to act on it."""

import pytest

from world.event import COSMETIC, SOCIAL, Command, Event, Refused, snake
from world.events.say import Said, Say
from world.events.wave import Waved


@pytest.mark.parametrize(("name", "wire"), [("Say", "say"), ("PickUpCrystal", "pick_up_crystal"), ("A", "a")])
def test_a_name_on_the_wire_is_the_class_s(name: str, wire: str) -> None:
    assert snake(name) == wire


def test_every_subclass_is_named() -> None:
    class LightFirework(Command, frozen=True):
        colour: str

    class FireworkLit(Event, frozen=True):
        entity: int

    assert (LightFirework.deed, FireworkLit.name, Say.deed, Said.name) == (
        "light_firework",
        "firework_lit",
        "say",
        "said",
    )
    assert LightFirework("red").colour == "red"


def test_speech_matters_more_than_a_wave() -> None:
    assert (Waved.importance, Said.importance) == (COSMETIC, SOCIAL)


def test_a_refusal_carries_reason_field_and_message() -> None:
    no = Refused("too_often", "text", "8 in 10 s")
    assert (no.reason, no.field, no.message, str(no)) == ("too_often", "text", "8 in 10 s", "too_often: 8 in 10 s")
    assert str(Refused("not_here")) == "not_here"
