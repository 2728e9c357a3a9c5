"""A city that is killed among running people, three times over, and closed once: what it had confirmed is there.

The long version, which also comes home after the last round, is `make chaos`.
"""

import asyncio
import signal
from pathlib import Path

import pytest

from tests.chaos.rounds import GUESTS, Rounds

SEED = 7
# Each round but the last is followed by one in which everybody comes back and is asked what they have.
ENDS = [signal.SIGKILL, signal.SIGTERM, signal.SIGKILL, signal.SIGKILL]
# The end comes earlier than in the long version: the suite has other things to do, too.
MOMENT_S = (0.5, 1.5)


@pytest.fixture(scope="module")
def rounds(tmp_path_factory: pytest.TempPathFactory) -> Rounds:
    series = Rounds(tmp_path_factory.mktemp("chaos"), SEED, MOMENT_S)

    async def play() -> None:
        for end in ENDS:
            await series.play(end)

    asyncio.run(play())
    return series


def test_whatever_was_confirmed_is_stored_once_and_everybody_comes_back_as_who_they_were(rounds: Rounds) -> None:
    assert [each.end for each in rounds.played] == ENDS
    assert [fault for each in rounds.played for fault in each.faults] == []


def test_in_every_round_some_had_crystals_and_fireworks_confirmed_to_them(rounds: Rounds) -> None:
    assert all(each.tally.picked and each.tally.lit for each in rounds.played)
    last = rounds.played[-1].figures
    assert last["stored"] == sum(sum(each.tally) for each in rounds.played) > GUESTS
    assert last["accounts"] > GUESTS


def test_a_receipt_that_is_not_in_the_books_is_lost_and_one_that_comes_twice_is_doubled(
    rounds: Rounds, tmp_path: Path
) -> None:
    ground = rounds.ground
    lines = ground.receipts.read_text("utf-8").splitlines()
    more = tmp_path / "more.jsonl"
    forged = '{"receipt":"1.1.pick.999999999","account":"player:1","amount":1}'
    more.write_text("\n".join([*lines, lines[0], forged, ""]), "utf-8")
    audited = asyncio.run(ground.audit(more))
    figures = audited.figures
    assert (audited.status, figures["lost"], figures["doubled"], figures["balanced"]) == (1, 1, 1, True)
    assert rounds.faults_of(audited) != []
