"""What waits for the books is bounded, answered once, and told of once when it takes long."""

import msgspec
import pytest

from world.config import load_config
from world.event import HOUSE, Posting, Refused, Settle
from world.settling import Asker, Key, Pending, Waiting, move, player, pool

TUNING = msgspec.structs.replace(load_config().tuning.settling, pending_max=5, pending_per_player_max=2)


def waiting(key: str, account: int = 7, since: int = 1) -> Waiting:
    settle = Settle(key, "light", move(player(account), HOUSE, 3))
    return Waiting(settle, Asker(account, account, "light_firework", 1), since)


def refusal(pending: Pending, account: int) -> str | None:
    try:
        pending.admit(account, TUNING)
    except Refused as no:
        return no.reason
    return None


def test_a_move_takes_from_one_account_what_it_gives_to_the_other() -> None:
    assert move(pool("rain.dawn.1"), player(7), 5) == (Posting("pool:rain.dawn.1", -5), Posting("player:7", 5))


def test_what_is_asked_is_what_is_yielded_and_waits_until_it_is_answered() -> None:
    pending, asked = Pending(), waiting("light.1")
    assert pending.ask(asked) == asked.settle
    assert "light.1" in pending
    assert pending.take("light.1") == asked
    assert pending.take("light.1") is None
    assert len(pending) == 0


def test_a_key_cannot_wait_twice_and_postings_must_balance() -> None:
    pending = Pending()
    pending.ask(waiting("light.1"))
    with pytest.raises(AssertionError):
        pending.ask(waiting("light.1"))
    with pytest.raises(AssertionError):
        pending.ask(Waiting(Settle("light.2", "light", (Posting(HOUSE, 1),)), Asker(), 1))


def test_nobody_s_account_is_not_admitted() -> None:
    assert refusal(Pending(), 0) == "no_account"


def test_a_player_waits_for_so_many_at_once_and_others_do_not_care() -> None:
    pending = Pending()
    pending.ask(waiting("light.1"))
    pending.ask(waiting("light.2"))
    assert [refusal(pending, account) for account in (7, 8)] == ["busy", None]
    pending.take("light.1")
    assert refusal(pending, 7) is None


def test_a_zone_waits_for_so_many_in_all() -> None:
    pending = Pending()
    for number in range(5):
        pending.ask(waiting(f"light.{number}", account=number + 1))
    assert refusal(pending, 9) == "busy"


def test_the_digest_is_that_of_what_waits_in_any_order() -> None:
    one, other, empty = Pending(), Pending(), Pending().digest
    for key in ("a", "b"):
        one.ask(waiting(key))
    for key in ("b", "a"):
        other.ask(waiting(key))
    assert one.digest == other.digest != empty
    for key in ("a", "b"):
        one.take(key)
    assert one.digest == empty
    one.serial()
    assert one.digest != empty


def test_only_the_unanswered_are_told_that_it_takes_long_and_only_once() -> None:
    pending = Pending()
    for number, since in enumerate((1, 2, 3), 1):
        pending.ask(waiting(f"light.{number}", account=number, since=since))
    pending.take("light.1")
    assert pending.oldest_untold() == 2
    assert [each.settle.key for each in pending.take_untold(before=3)] == ["light.2"]
    assert pending.take_untold(before=3) == []
    assert pending.oldest_untold() == 3


def test_what_is_asked_again_under_the_same_key_has_a_patience_of_its_own() -> None:
    pending = Pending()
    pending.ask(waiting("pick.1", since=1))
    pending.take("pick.1")
    pending.ask(waiting("pick.1", account=8, since=15))
    assert pending.oldest_untold() == 15


def test_the_city_s_own_wishes_are_nobody_s_to_be_told_of() -> None:
    pending = Pending()
    pending.ask(Waiting(Settle("fund.dawn.1", "fund", move(HOUSE, pool("rain.dawn.1"), 9)), Asker(), 1))
    assert pending.oldest_untold() is None


@pytest.mark.parametrize("key", ["", "x" * 49, "Pick.1", "pick 1", "pick.1\n"])
def test_a_key_is_of_few_letters(key: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(key, Key)
