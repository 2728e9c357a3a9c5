"""Each trouble against a swarm and bots that a test holds: who does what, when, and what becomes of them after."""

from random import Random

import pytest

from loadtest.arrivals import Arrivals, Rules
from loadtest.audit import Audit
from loadtest.bot import Bot, Desk, Ending, Stage
from loadtest.faults import Faults
from loadtest.links import TcpBot, WebSocketBot
from loadtest.purses import Purses
from loadtest.receipts import Receipts
from loadtest.target import Target
from loadtest.troubles import TROUBLES
from loadtest.troubles.base import Trouble
from loadtest.troubles.chatter import EVERY_S
from loadtest.troubles.flood import BLOCK_BEATS, BLOCK_MESSAGES
from loadtest.troubles.lie import LIE_BEATS
from protocol.codec import encode
from protocol.connection import Connection, Framing, Role
from protocol.framing import tcp_frame
from protocol.limits import PROTOCOL_VERSION
from protocol.messages import Hello
from tests.loadtest.said import HeldNews, HeldTransport, welcome

BOTS = 10
OUT = Ending(4007, "too much")


class DeafTransport(HeldTransport):
    """A transport that keeps whether it is read."""

    reading = True

    def pause_reading(self) -> None:
        """Note it."""
        self.reading = False


class HeldCrowd:
    """Ten bots in the city, and what a trouble does to them."""

    targets = (Target("tcp", "127.0.0.1", 1, ""),)

    def __init__(self) -> None:
        faults = Faults()
        desk = Desk(Arrivals(BOTS, Rules(), faults), Purses(BOTS, faults, Receipts()), faults, HeldNews())
        self.links = [DeafTransport() for _ in range(BOTS)]
        self.bots: list[Bot | None] = []
        for seat, link in enumerate(self.links):
            audit = Audit(seat, Rules(), faults)
            ws = WebSocketBot(seat, "Ann", desk, audit).aim("127.0.0.1", "/play", Random(1))
            bot = ws if seat % 2 else TcpBot(seat, "Ann", desk, audit)
            bot.connection_made(link)
            bot.stage = Stage.LIVING
            link.written.clear()
            self.bots.append(bot)
        self.numbed: list[int] = []
        self.habits: dict[int, dict[str, float]] = {}
        self.cuts: dict[int, float] = {}
        self.disguises: dict[int, tuple[str | None, str | None]] = {}

    def home_of(self, seat: int) -> str | None:
        return None

    def numb(self, seat: int) -> None:
        """Note it."""
        self.numbed.append(seat)

    def quicken(self, seat: int, habits: dict[str, float]) -> None:
        """Note it."""
        self.habits[seat] = habits

    def cut(self, seat: int, back_after_s: float) -> None:
        """Note it."""
        self.cuts[seat] = back_after_s

    def disguise(self, seat: int, token: str | None, resume: str | None) -> None:
        """Note it."""
        self.disguises[seat] = token, resume


def made(kind: str, *makers: int) -> tuple[HeldCrowd, Trouble]:
    crowd = HeldCrowd()
    return crowd, TROUBLES[kind](makers, crowd, Random(1))


def written(crowd: HeldCrowd) -> list[int]:
    """Who has sent anything."""
    return [seat for seat, link in enumerate(crowd.links) if link.written]


@pytest.mark.parametrize("kind", [kind for kind in TROUBLES if kind != "trickle"])
def test_nobody_does_anything_before_it_begins(kind: str) -> None:
    crowd, _ = made(kind, 1, 2)
    assert (written(crowd), crowd.cuts, crowd.habits, crowd.numbed) == ([], {}, {}, [])
    assert all(link.reading for link in crowd.links)


@pytest.mark.parametrize("kind", ["stop_reading", "vanish"])
def test_they_stop_reading_and_are_cut_by_us_at_the_end(kind: str) -> None:
    crowd, trouble = made(kind, 2, 5)
    trouble.begin()
    assert [seat for seat, link in enumerate(crowd.links) if not link.reading] == [2, 5]
    assert crowd.numbed == ([2, 5] if kind == "vanish" else [])
    trouble.end()
    assert [seat for seat, link in enumerate(crowd.links) if link.aborted] == [2, 5]
    assert trouble.narrow
    assert trouble.back_after_s(2, OUT) is None


def test_everybody_talks_and_stays_a_good_guest() -> None:
    crowd, trouble = made("chatter", *range(BOTS))
    trouble.begin()
    assert crowd.habits == {seat: {"say": EVERY_S} for seat in range(BOTS)}
    assert trouble.harmless


def test_everybody_is_cut_at_once_and_comes_back_as_the_protocol_says() -> None:
    crowd, trouble = made("cut", *range(BOTS))
    trouble.begin()
    assert len(set(crowd.cuts.values())) == BOTS
    assert all(1.0 <= after_s <= 1.5 for after_s in crowd.cuts.values())
    assert trouble.harmless


def test_a_flood_is_whole_legal_messages_in_blocks() -> None:
    crowd, trouble = made("flood", 0, 1)
    trouble.begin()
    for number in range(2 * BLOCK_BEATS):
        trouble.beat(number)
    assert written(crowd) == [0, 1]
    assert trouble.sent == 2 * 2 * BLOCK_MESSAGES
    server = Connection(Role.SERVER, Framing.STREAM)
    assert len(list(server.feed(tcp_frame(encode(Hello(PROTOCOL_VERSION)))))) == 1
    server.send(welcome())
    assert len(list(server.feed(crowd.links[0].written[0]))) == BLOCK_MESSAGES


def test_whoever_floods_waits_while_the_server_does_not_read() -> None:
    crowd, trouble = made("flood", 0)
    assert crowd.bots[0] is not None
    crowd.bots[0].pause_writing()
    for number in range(2 * BLOCK_BEATS):
        trouble.beat(number)
    assert (written(crowd), trouble.sent) == ([], 0)


def test_a_liar_lies_twice_a_second() -> None:
    crowd, trouble = made("lie", 0, 1)
    trouble.begin()
    for number in range(4 * LIE_BEATS):
        trouble.beat(number)
    assert [len(crowd.links[seat].written) for seat in (0, 1)] == [4, 4]
    assert trouble.sent == 8


def test_a_liar_comes_again_as_somebody_it_is_not() -> None:
    crowd, trouble = made("lie", *range(BOTS))
    for seat in range(BOTS):
        after_s = trouble.back_after_s(seat, OUT)
        assert after_s is not None
        assert 0.5 <= after_s <= 1.5
    tokens = [token for token, _ in crowd.disguises.values()]
    assert None in tokens
    assert any(tokens)


def test_whoever_has_gone_makes_no_more_trouble() -> None:
    crowd, trouble = made("flood", 0, 1)
    assert crowd.bots[0] is not None
    crowd.bots[0].connection_lost(None)
    trouble.begin()
    for number in range(BLOCK_BEATS):
        trouble.beat(number)
    assert written(crowd) == [1]


def test_endings_are_counted_by_reason_and_bounded() -> None:
    _, trouble = made("flood", 0)
    for number in range(200):
        trouble.note_ending(Ending(4007, f"reason {number}"))
    assert trouble.endings.total() == 200
    assert len(trouble.endings) <= 65
