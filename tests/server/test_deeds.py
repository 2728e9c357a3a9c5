"""A wish by name: the world's own command, or a denial that names deed, field and limit."""

import msgspec
import pytest

from protocol.codec import pack_fields
from protocol.errors import CloseCode, ProtocolError
from protocol.limits import CLIENT_MESSAGE_BYTES_MAX
from protocol.messages import Denied, Do
from server.deeds import command_from
from world.catalogue import DEEDS
from world.event import Command
from world.events.emote import Emote
from world.events.light_firework import LightFirework
from world.events.pick_up_crystal import PickUpCrystal
from world.events.say import Say
from world.events.sit import Sit
from world.events.wave import Wave

PRIVATE = sorted(name for name, deed in DEEDS.items() if not deed.public)


def wish(deed: str, **fields: object) -> Do:
    return Do(41, deed, pack_fields(fields))


def denied(wished: Do) -> Denied:
    answer = command_from(wished)
    assert isinstance(answer, Denied)
    assert (answer.number, answer.deed) == (41, wished.deed)
    return answer


@pytest.mark.parametrize(
    ("wished", "command"),
    [
        (wish("say", text="hello"), Say("hello")),
        (wish("wave", hand="left"), Wave("left")),
        (wish("emote", kind="bow"), Emote("bow")),
        (wish("sit"), Sit()),
        (wish("pick_up_crystal", crystal=7), PickUpCrystal(7)),
        (wish("light_firework", kind="peony", colours=["gold"]), LightFirework("peony", ["gold"])),
    ],
)
def test_a_wish_becomes_the_command_of_its_name(wished: Do, command: Command) -> None:
    assert command_from(wished) == command


def test_every_public_deed_can_be_wished_for_and_a_client_who_is_wrong_is_told_them() -> None:
    known = denied(wish("fly")).message.partition(": ")[2].split(", ")
    assert sorted(known) == sorted(name for name, deed in DEEDS.items() if deed.public)


@pytest.mark.parametrize("deed", ["fly", "SAY", "", *PRIVATE])
def test_what_clients_cannot_do_is_unknown_to_them_the_servers_own_deeds_included(deed: str) -> None:
    answer = denied(wish(deed))
    assert (answer.reason, answer.field) == ("unknown_deed", "deed")


@pytest.mark.parametrize(
    ("wished", "field", "says"),
    [
        (wish("say"), "text", "missing"),
        (wish("say", text="hello", loud=True), None, "unknown field; allowed: text"),
        (wish("say", text=5), "text", "str"),
        (wish("say", text=""), "text", "1"),
        (wish("say", text="x" * 201), "text", "200"),
        (wish("wave", hand="third"), "hand", "left, right"),
        (wish("pick_up_crystal", crystal=-1), "crystal", "0"),
        (wish("pick_up_crystal", crystal=2**32), "crystal", "4294967295"),
        (wish("pick_up_crystal", crystal=1.5), "crystal", "int"),
        (wish("light_firework", kind="peony"), "colours", "missing"),
        (wish("light_firework", kind="peony", colours=[]), "colours", "1"),
        (wish("light_firework", kind="peony", colours=["gold"] * 4), "colours", "3"),
        (wish("light_firework", kind="peony", colours=[7]), "colours[0]", "str"),
        (wish("light_firework", kind="peony", colours=["gold"], x=10**9), "x", "1100000"),
    ],
)
def test_a_wrong_field_is_named_with_what_it_may_be(wished: Do, field: str | None, says: str) -> None:
    answer = denied(wished)
    assert (answer.reason, answer.field) == ("invalid", field)
    assert says in answer.message


def test_fields_that_are_no_msgpack_end_the_connection() -> None:
    broken = Do(1, "say", msgspec.Raw(b"\x81\xa4text\xc1"))
    with pytest.raises(ProtocolError) as caught:
        command_from(broken)
    assert caught.value.code is CloseCode.MALFORMED


def test_a_denial_is_short_whatever_was_wished() -> None:
    answer = denied(wish("say", text="x" * (CLIENT_MESSAGE_BYTES_MAX - 100)))
    assert len(answer.message) < 200
