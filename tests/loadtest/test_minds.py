"""Who is asked what it wants, and who goes on by itself."""

from random import Random
from typing import Any

import pytest

from loadtest import minds as module
from loadtest.arrivals import Arrivals, Rules
from loadtest.audit import Audit
from loadtest.behaviours.base import STAY, Behaviour, Deed, Here, Intent, Setting
from loadtest.behaviours.walker import Walker
from loadtest.bot import Bot, Desk
from loadtest.city import Point
from loadtest.faults import Faults
from loadtest.links import TcpBot
from loadtest.minds import Minds
from loadtest.purses import Purses
from loadtest.receipts import Receipts
from loadtest.scenario import Join, Scenario
from protocol.frames import GAIT_RUN, INTENT_JUMP
from tests.loadtest.said import HeldNews, welcome

STEP_S = 0.5
STEP_CM = 300
FAR = Point(500, 9_000)


class North(Behaviour):
    """To the far north at a run; notes when it is asked, and does what a test says beside that."""

    def __init__(self, rng: Random, setting: Setting) -> None:
        super().__init__(rng, setting)
        self.walker = Walker(rng, setting.rules)
        self.asked: list[Here] = []
        self.more: dict[str, Any] = {}

    def decide(self, here: Here) -> Intent:
        """On."""
        self.asked.append(here)
        if not self.walker.walking:
            self.walker.set_out(here, FAR, GAIT_RUN)
        return self.walker.step(here)._replace(**self.more)


class Watchful(North):
    """The same with open eyes."""

    watchful = True


class Street:
    """One bot in a city, a clock, and its mind."""

    def __init__(self, kind: type[North], monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 100.0
        monkeypatch.setattr(module, "perf_counter", lambda: self.now_s)
        faults = Faults()
        self.arrivals = Arrivals(2, Rules(), faults)
        purses = Purses(2, faults, Receipts())
        desk = Desk(self.arrivals, purses, faults, HeldNews())
        bot = TcpBot(0, "Ann", desk, Audit(0, Rules(), faults))
        bots: list[Bot | None] = [bot, None]
        scenario = Scenario("a test", 2, 1, "crystal_plaza", {"gather": 1.0}, Join(0))
        self.minds = Minds(scenario, 1, bots, self.arrivals, purses)
        self.minds.give(bot, welcome())
        assert self.minds.setting is not None
        self.mind = kind(Random(1), self.minds.setting)
        self.minds.all[0].behaviour = self.mind
        self.arrivals.known[0] = True
        self.arrivals.x[0] = self.arrivals.z[0] = 500

    def turn(self, forward_cm: int = STEP_CM) -> tuple[list[tuple[int, ...]], list[tuple[int, Deed]]]:
        """Half a second later: who moves how, and deeds."""
        self.now_s += STEP_S
        self.arrivals.z[0] += forward_cm
        moves, deeds = self.minds.decide(range(2))
        return list(zip(*(column.tolist() for column in moves), strict=True)), deeds


@pytest.fixture
def street(monkeypatch: pytest.MonkeyPatch) -> Street:
    return Street(North, monkeypatch)


def test_who_is_on_the_way_is_asked_once(street: Street) -> None:
    for _ in range(10):
        assert street.turn() == ([(0, 0, GAIT_RUN, 0)], [])
    assert len(street.mind.asked) == 1


def test_who_is_there_is_asked_again(street: Street) -> None:
    street.turn()
    street.turn(int(FAR.z) - street.arrivals.z.item(0))
    assert len(street.mind.asked) == 2


def test_who_hardly_moves_is_asked_again_and_turns_aside(street: Street) -> None:
    street.turn()
    street.turn()
    [(_, steer, _, _)], _ = street.turn(10)
    assert steer != 0
    assert len(street.mind.asked) == 2
    # On its way aside it goes on by itself again.
    assert street.turn() == ([(0, steer, GAIT_RUN, 0)], [])
    assert len(street.mind.asked) == 2


def test_who_comes_into_another_zone_is_asked(street: Street) -> None:
    street.turn()
    street.arrivals.zone[0] = 1
    street.turn()
    assert [here.zone for here in street.mind.asked] == ["crystal_plaza", "street"]


def test_who_is_watchful_is_asked_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    street = Street(Watchful, monkeypatch)
    for _ in range(3):
        assert street.turn() == ([(0, 0, GAIT_RUN, 0)], [])
    assert len(street.mind.asked) == 3


def test_who_stands_is_asked_each_time(street: Street) -> None:
    street.mind.more = dict(STAY._asdict())
    for _ in range(3):
        assert street.turn() == ([(0, 0, STAY.gait, 0)], [])
    assert len(street.mind.asked) == 3


def test_a_deed_on_the_way_comes_when_it_is_due(street: Street) -> None:
    street.minds.quicken(0, {"wave": 4.0})
    deeds = [(turn, deed.name) for turn in range(40) for _, deed in street.turn(0)[1]]
    assert 2 <= len(deeds) <= 9
    assert {name for _, name in deeds} == {"wave"}


def test_a_habit_is_taken_up_by_who_is_on_the_way(street: Street) -> None:
    street.turn()
    street.minds.quicken(0, {"wave": 4.0})
    street.turn()
    assert len(street.mind.asked) == 2


def test_what_a_mind_does_itself_goes_before_small_talk(street: Street) -> None:
    street.mind.more = {"deed": Deed("say", {"text": "now"}), "jump": True}
    assert street.turn() == ([(0, 0, GAIT_RUN, INTENT_JUMP)], [(0, Deed("say", {"text": "now"}))])


def test_who_has_had_no_frame_or_no_mind_does_nothing(street: Street) -> None:
    street.turn()
    street.arrivals.forget(0)
    assert street.turn() == ([], [])
    street.arrivals.known[0] = True
    street.minds.take(0)
    assert street.turn() == ([], [])
    assert len(street.mind.asked) == 1


def test_who_comes_again_does_not_go_on_as_before(street: Street) -> None:
    street.turn()
    bot = street.minds._bots[0]
    assert bot is not None
    street.minds.give(bot, welcome())
    street.minds.all[0].behaviour = street.mind
    street.turn()
    assert len(street.mind.asked) == 2
