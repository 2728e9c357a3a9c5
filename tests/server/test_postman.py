"""Letters go out at once to who reads, in order and later to who does not, and never past a gap."""

import pytest

from protocol.codec import encode
from protocol.connection import Framing
from protocol.errors import CloseCode
from protocol.framing import tcp_frame
from protocol.messages import Happened, Hello, Limits, Welcome
from server.gateway.postman import Postman
from server.ops.metrics import Metrics
from server.players import Player
from server.session import Session
from server.settings import GameSettings
from tests.fakes import FakeClient, FakeDesk

MARK_BYTES = GameSettings().write_mark_bytes
WELCOME = Welcome(1, "s", 7, "Ada", "r", False, 20, 10, 0, 0.0, [], {}, {}, Limits(4096, 40, 80, 30, 24, 64, 32), "")


class Round:
    """A postman, and a player on his round."""

    def __init__(self, websocket: bool = False) -> None:
        self.metrics = Metrics(["gate"])
        self.postman = Postman(GameSettings(), 20, self.metrics)
        self.player = Player(1 << 17 | 9, "Ada", 0, None)
        self.client = self.connect(websocket)

    def connect(self, websocket: bool = False) -> FakeClient:
        client = FakeClient(websocket)
        framing = Framing.MESSAGES if websocket else Framing.STREAM
        session = Session(FakeDesk(), client, framing, "192.0.2.1", GameSettings())
        hello = encode(Hello(1, "Ada"))
        session.receive(hello if websocket else tcp_frame(hello))
        self.player.link, session.player = session, self.player
        return client

    def welcome(self) -> None:
        assert isinstance(self.player.link, Session)
        self.player.link.welcome(WELCOME)

    def tell(self, count: int = 1, size: int = 0) -> None:
        for _ in range(count):
            self.postman.tell(self.player, encode(Happened(1, "dusk", {"text": "x" * size})), 1)

    @property
    def heard(self) -> list[int]:
        return [message.serial for message in self.client.heard if isinstance(message, Happened)]


@pytest.mark.parametrize("websocket", [False, True])
def test_whoever_reads_is_told_at_once_in_their_own_framing(websocket: bool) -> None:
    day = Round(websocket)
    day.welcome()
    day.tell(3)
    assert day.heard == [1, 2, 3]
    day.postman.turn()
    assert day.metrics.registry.get_sample_value("futurecity_letters_total", {"outcome": "written"}) == 3


def test_before_the_welcome_nothing_is_said_and_after_it_everything() -> None:
    day = Round()
    day.tell(2)
    assert day.heard == []
    day.welcome()
    day.postman.deliver(day.player)
    assert day.heard == [1, 2]


def test_over_the_mark_letters_wait_and_then_come_in_order_before_any_newer_one() -> None:
    day = Round()
    day.welcome()
    day.client.transport.backlog = MARK_BYTES
    day.tell(2)
    day.postman.turn()
    assert day.heard == []
    day.client.transport.backlog = MARK_BYTES - 1
    day.tell()
    day.postman.turn()
    assert day.heard == [1], "as much as there is room for"
    day.client.transport.backlog = 0
    day.postman.turn()
    day.tell()
    assert day.heard == [1, 2, 3, 4]


def test_letters_wait_for_a_player_who_has_no_link() -> None:
    day = Round()
    day.player.link = None
    day.tell(2)
    day.postman.turn()
    day.client = day.connect()
    day.welcome()
    day.postman.deliver(day.player)
    assert day.heard == [1, 2]


def test_whoever_lets_more_pile_up_than_can_be_kept_is_parked() -> None:
    day = Round()
    day.welcome()
    session = day.player.link
    assert isinstance(session, Session)
    day.client.transport.backlog = MARK_BYTES
    day.tell(4, size=3000)
    day.postman.turn()
    assert not session.closed
    day.tell(4, size=3000)
    day.postman.turn()
    assert session.closed
    assert day.client.transport.aborted
    day.player.link = None
    day.tell()
    day.postman.turn()
    assert day.player.mailbox.begin_again(0) is None


def test_a_link_that_went_while_letters_waited_is_not_waited_for() -> None:
    day = Round()
    day.welcome()
    day.client.transport.backlog = MARK_BYTES
    day.tell()
    assert isinstance(day.player.link, Session)
    day.player.link.close(CloseCode.IDLE, "nothing heard")
    day.player.link = None
    day.client.transport.backlog = 0
    day.postman.turn()
    assert day.heard == []
    assert day.player.mailbox.unsaid == 1
