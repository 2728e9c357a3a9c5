"""A zone that is taken back is as it was, bit for bit, and what it takes to get there is bounded."""

from collections.abc import Iterator

import numpy as np
import pytest

from tests.world.books import Books
from tests.world.hamlet import EAST, WEST, config, intent, packed, space
from world import checkpoint
from world.checkpoint import COMMANDS_MAX, TICKS_MAX, Restorable
from world.digest import digest
from world.event import OPERATOR, Command
from world.events.halt import Halt
from world.events.join import Join
from world.events.light_firework import LightFirework
from world.events.say import Say
from world.events.steer_event import SteerEvent
from world.state import World
from world.tick import Batch, Issued, Outcome

ADA, BEN = 1 << 17 | 1, 1 << 17 | 2


class Trial:
    """A zone and its books, and a crowd of two that never rests unless told to."""

    def __init__(self) -> None:
        self.zone = Restorable(World(config(), 0, space()))
        self.books = Books()
        self.books.balances.update({f"player:{ADA}": 1000, f"player:{BEN}": 1000})
        self.tick = 0
        self.step(*(Issued(who, 0, Join(str(who), account=who)) for who in (ADA, BEN)))
        self.step(Issued(OPERATOR, 1, SteerEvent("drizzle", "start")))

    def step(self, *issued: Issued, moves: Iterator[tuple[int, ...]] | tuple[tuple[int, ...], ...] = ()) -> Outcome:
        self.tick += 1
        outcome = self.zone.step(self.tick, Batch(issued, packed(moves)))
        self.books.take(outcome)
        assert outcome.faults == []
        return outcome

    def live(self, ticks: int) -> None:
        """They run to and fro, talk, and light fireworks that are paid a tick later."""
        for _ in range(ticks):
            tick = self.tick
            steer = EAST if tick // 10 % 2 else WEST
            wishes: list[Command] = [Say("hello"), LightFirework("rocket", ["red"])]
            issued = self.books.answer() if tick % 2 else []
            issued += [Issued(ADA, tick, wish) for wish in wishes if tick % 7 == 0]
            self.step(*issued, moves=(intent(ADA, tick, steer), intent(BEN, tick, steer // 2)))

    @property
    def kept(self) -> int:
        return len(self.zone._since)


@pytest.fixture
def trial() -> Trial:
    return Trial()


@pytest.mark.parametrize("ticks", [0, 1, 3, TICKS_MAX])
def test_a_zone_is_restored_as_it_was_after_its_last_step(trial: Trial, ticks: int) -> None:
    trial.live(50)
    trial.zone.save()
    trial.live(ticks)
    before = digest(trial.zone.world)
    trial.zone.world.columns.x[:] = 7
    trial.zone.world.pending.serial()
    trial.zone.restore()
    assert digest(trial.zone.world) == before


def test_a_zone_that_was_restored_goes_on_as_if_it_never_broke() -> None:
    spared, restored = Trial(), Trial()
    for _ in range(6):
        spared.live(15)
        restored.live(15)
        restored.zone.restore()
    assert digest(restored.zone.world) == digest(spared.zone.world)
    assert restored.books.stored == spared.books.stored
    assert len(spared.books.stored) > 5


def test_what_a_broken_step_has_half_done_is_gone(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    trial.live(10)
    before = digest(trial.zone.world)

    def broken(world: World) -> Iterator[None]:
        world.columns.x[:] = 0
        raise ZeroDivisionError

    with monkeypatch.context() as breaking:
        breaking.setattr("world.tick.SYSTEMS", (broken,))
        with pytest.raises(ZeroDivisionError):
            trial.step(Issued(ADA, 1, Say("last words")))
    trial.zone.restore()
    assert digest(trial.zone.world) == before


def test_a_replay_that_fails_leaves_everything_for_another_try(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    trial.live(10)
    before = digest(trial.zone.world)

    def away(*_: object) -> Outcome:
        raise MemoryError

    with monkeypatch.context() as breaking:
        breaking.setattr(checkpoint, "step", away)
        with pytest.raises(MemoryError):
            trial.zone.restore()
    trial.zone.restore()
    assert digest(trial.zone.world) == before


def test_it_is_time_to_save_after_so_many_ticks_in_which_something_went_on(trial: Trial) -> None:
    trial.zone.save()
    trial.live(TICKS_MAX - 1)
    assert not trial.zone.is_due
    trial.live(1)
    assert trial.zone.is_due
    trial.zone.save()
    assert not trial.zone.is_due


def test_it_is_time_to_save_after_so_many_commands(trial: Trial) -> None:
    trial.zone.save()
    trial.step(*[Issued(ADA, 0, Halt())] * (COMMANDS_MAX - 1))
    assert not trial.zone.is_due
    trial.step(Issued(ADA, 0, Halt()))
    assert trial.zone.is_due


def test_a_zone_that_rests_needs_no_copy_and_keeps_no_ticks() -> None:
    quiet = Restorable(World(config(), 0, space()))
    quiet.step(1, Batch())
    rests_until = quiet.world.rests_until
    assert rests_until > 50
    for tick in range(2, rests_until):
        quiet.step(tick, Batch())
    assert len(quiet._since) == 2
    assert not quiet.is_due
    quiet.world.tick = 0
    quiet.restore()
    assert quiet.world.tick == rests_until - 1
    assert np.array_equal(quiet.step(rests_until, Batch()).snapshot["entity"], quiet.world.columns.array("entity"))


def test_whoever_was_here_when_it_was_saved_is_known_whatever_has_become_of_the_world(trial: Trial) -> None:
    trial.zone.save()
    trial.zone.world.remove(ADA)
    assert trial.zone.knows(ADA)
    assert not trial.zone.knows(77)
