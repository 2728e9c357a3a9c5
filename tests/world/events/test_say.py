"""Speech is heard by those near, can be read, and does not flood."""

import msgspec
import pytest

from tests.world.hamlet import Hamlet
from world.event import Nearby
from world.events.say import Said, Say
from world.tick import Issued, Told

ME = 5


def speaker() -> Hamlet:
    hamlet = Hamlet()
    hamlet.join(ME)
    return hamlet


@pytest.mark.parametrize("text", ["hello", "¿qué tal?", "你好", "مرحبا", "🎆", "a b", "x" * 200])
def test_whoever_is_within_twenty_metres_hears_it(text: str) -> None:
    outcome = speaker().do(ME, Say(text))
    assert outcome.told == [Told(Nearby(ME, 400, 400, 2000, layer=0), Said(ME, text))]
    assert outcome.refused == []


@pytest.mark.parametrize(
    "text", ["a\x00b", "a\nb", "\u202egnorw", "a\u200bb", "\ufeff", "a\u2028b", "\x1b[2J", "\ud800"]
)
def test_characters_that_hide_or_turn_text_are_refused(text: str) -> None:
    outcome = speaker().do(ME, Say(text))
    assert [(no.deed, no.reason, no.field) for no in outcome.refused] == [("say", "bad_text", "text")]
    assert outcome.told == []


@pytest.mark.parametrize("text", [" ", "   ", "\u3000"])
def test_blank_text_is_refused(text: str) -> None:
    assert [no.reason for no in speaker().do(ME, Say(text)).refused] == ["blank_text"]


def test_the_ninth_in_ten_seconds_is_refused_and_says_when() -> None:
    hamlet = speaker()
    outcome = hamlet.step(*(Issued(ME, number, Say("hi")) for number in range(1, 10)))[0]
    assert len(outcome.told) == 8
    assert [(no.number, no.reason) for no in outcome.refused] == [(9, "too_often")]
    assert "8 in 10 s; again in 1.2 s" in outcome.refused[0].message


def test_a_refused_say_costs_nothing() -> None:
    hamlet = speaker()
    hamlet.do(ME, Say("\n"))
    assert hamlet.state(ME, "say_debt") == 0


@pytest.mark.parametrize("fields", [{"text": ""}, {"text": "x" * 201}, {"text": 5}, {}, {"text": "a", "loud": True}])
def test_the_schema_refuses_what_is_no_sentence(fields: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(fields, Say)
