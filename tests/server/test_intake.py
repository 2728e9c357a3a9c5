"""Reading past the transports, over real sockets: the same messages in the same order, whatever else a client does."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from itertools import pairwise

import pytest
import pytest_asyncio
import uvloop

from protocol.codec import encode
from protocol.errors import CloseCode
from protocol.messages import Do
from server.gateway.intake import BATCH, CHUNK_BYTES, ROOM_BYTES
from server.players import Player
from server.session import Session
from server.settings import GameSettings
from server.wires import NONE
from tests.server.lines import WISH, Hall, moves, open_hall, packed, until

SPARING = GameSettings(messages_per_s=30, messages_burst=40, flood_messages=300)


@pytest_asyncio.fixture
async def hall() -> AsyncIterator[Hall]:
    async with open_hall() as hall:
        yield hall


@pytest.mark.parametrize("websocket", [False, True])
async def test_a_move_reaches_the_desk_and_nobody_else_is_asked(hall: Hall, websocket: bool) -> None:
    line = await hall.line(websocket)
    line.say(*moves(1))
    assert hall.intake.read() == 1
    assert line.desk.intents == [(1, moves(1)[0].intent)]
    assert hall.zones == [0]
    assert line.handed == []
    assert hall.traffic.received == {websocket: len(line.framed(moves(1)[0])), not websocket: 0}


@pytest.mark.parametrize("key", [0, 1, 0xFF00FF00, 0xFFFFFFFF])
async def test_it_is_unmasked_with_whatever_key(hall: Hall, key: int) -> None:
    line = await hall.line(websocket=True)
    line.there.sendall(line.framed(moves(1)[0], key))
    hall.intake.read()
    assert line.intents == packed(moves(1))
    assert line.handed == []


@pytest.mark.parametrize("websocket", [False, True])
async def test_each_message_goes_to_whom_it_is_for_in_order(hall: Hall, websocket: bool) -> None:
    lines = [await hall.line(websocket) for _ in range(3)]
    for number in range(4):
        for place, line in enumerate(lines):
            line.say(*moves(1, first=10 * place + number))
        assert hall.intake.read() == 3
    for place, line in enumerate(lines):
        assert line.desk.intents == [(place + 1, intent) for intent in packed(moves(4, first=10 * place))]


@pytest.mark.parametrize("websocket", [False, True])
async def test_whatever_is_no_single_move_is_for_the_protocol(hall: Hall, websocket: bool) -> None:
    line = await hall.line(websocket)
    line.say(*moves(2))  # both at once
    hall.intake.read()
    line.say(WISH)
    hall.intake.read()
    line.say(*moves(1, first=3))
    hall.intake.read()
    assert line.intents == packed(moves(3))
    assert line.desk.wishes == [WISH]
    assert line.handed == [b"".join(line.framed(move) for move in moves(2)), line.framed(WISH)]


@pytest.mark.parametrize("websocket", [False, True])
async def test_a_message_in_pieces_is_put_together_and_what_follows_is_read_as_before(
    hall: Hall, websocket: bool
) -> None:
    line = await hall.line(websocket)
    stream = b"".join(line.framed(move) for move in moves(5))
    size = len(stream) // 5
    # What comes third is as long as a Move, but is the end of one and the beginning of the next.
    cuts = [0, size, size + 5, 2 * size + 5, 3 * size + 1, 4 * size, 5 * size]
    for begin, end in pairwise(cuts):
        line.there.sendall(stream[begin:end])
        hall.intake.read()
    assert line.intents == packed(moves(5))
    assert line.handed == [stream[begin:end] for begin, end in pairwise(cuts[1:-1])]


@pytest.mark.parametrize("websocket", [False, True])
async def test_what_only_looks_like_a_move_is_taken_for_what_it_is(hall: Hall, websocket: bool) -> None:
    """Each byte of a Move is changed in turn: what its protocol would make of that is what comes of it."""
    move = moves(1)[0]
    for place in range(len(encode(move)) + (6 if websocket else 4)):
        read, told = await hall.line(websocket), await hall.line(websocket)
        hall.intake.hand_back(told)
        changed = bytearray(read.framed(move))
        changed[place] ^= 1
        read.there.sendall(changed)
        hall.intake.read()
        told.data_received(bytes(changed))
        assert read.made_of_it == told.made_of_it, place


@pytest.mark.parametrize("websocket", [False, True])
async def test_an_end_is_the_transports_to_tell(hall: Hall, websocket: bool) -> None:
    line, other = await hall.line(websocket), await hall.line(websocket)
    line.say(*moves(1))
    line.there.close()
    other.say(*moves(1))
    await until(lambda: line.lost)
    assert line.intents == other.intents == packed(moves(1))
    assert line.session.watched == NONE
    other.say(*moves(1, first=2))
    await until(lambda: other.intents == packed(moves(2)))


async def test_a_link_that_broke_is_the_transports_to_tell(hall: Hall) -> None:
    line = await hall.line()
    line.there.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes((1, 0, 0, 0, 0, 0, 0, 0)))
    line.there.close()
    await until(lambda: line.lost)
    assert line.session.watched == NONE


async def test_who_is_handed_back_is_read_by_its_transport(hall: Hall) -> None:
    line = await hall.line()
    hall.intake.hand_back(line)
    line.say(*moves(1))
    await until(lambda: line.intents == packed(moves(1)))
    assert line.handed == [line.framed(moves(1)[0])]
    assert hall.intake.read() == 0


async def test_who_is_dropped_is_read_by_nobody(hall: Hall) -> None:
    line, other = await hall.line(), await hall.line()
    hall.intake.drop(line)
    line.say(*moves(1))
    other.say(*moves(1))
    await until(lambda: other.intents == packed(moves(1)))
    assert line.intents == line.handed == []


async def test_what_was_left_over_is_not_read_from_whom_it_is_not_read_for_any_more(hall: Hall) -> None:
    line = await hall.line()
    wish = line.framed(WISH)
    line.there.sendall(wish * (2 * CHUNK_BYTES // len(wish)))
    hall.intake.read()
    hall.intake.drop(line)
    assert hall.intake.read() == 0
    assert len(b"".join(line.handed)) == CHUNK_BYTES


async def test_whoever_has_no_direct_way_stays_with_its_transport(hall: Hall) -> None:
    line = await hall.line()
    hall.intake.hand_back(line)
    line.session.outbox.wire.cut()
    hall.intake.take(line)
    assert line.session.watched == NONE
    line.say(*moves(1))
    await until(lambda: line.handed == [line.framed(moves(1)[0])])


async def test_a_descriptor_has_a_new_owner_as_soon_as_it_has_none(hall: Hall) -> None:
    gone = await hall.line()
    descriptor = gone.session.watched
    gone.transport.abort()
    await until(lambda: gone.lost)
    next_one = await hall.line()
    assert next_one.session.watched == descriptor
    # Only now does the first one's protocol say that it is over.
    hall.intake.drop(gone)
    next_one.say(*moves(1))
    hall.intake.read()
    assert next_one.intents == packed(moves(1))
    assert gone.intents == []


async def test_one_that_fails_is_cut_and_the_others_are_heard(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [await hall.line() for _ in range(3)]

    def fail(session: Session, player: Player, wish: Do) -> None:
        raise KeyError("a fault of ours")

    monkeypatch.setattr(lines[1].desk, "do", fail)
    for line in lines:
        line.say(WISH)
    await until(lambda: lines[1].lost)
    assert [line.desk.wishes for line in lines] == [[WISH], [], [WISH]]
    assert not lines[0].lost
    assert not lines[2].lost


async def test_who_says_too_much_keeps_nobody_waiting(hall: Hall) -> None:
    """In one look nobody gets more than a chunk; what is left over is not lost."""
    loud, quiet = await hall.line(), await hall.line()
    wish = loud.framed(WISH)
    count = 3 * CHUNK_BYTES // len(wish)
    loud.there.sendall(wish * count)
    quiet.say(*moves(1))
    hall.intake.read()
    assert len(b"".join(loud.handed)) == CHUNK_BYTES
    assert quiet.intents == packed(moves(1))
    await until(lambda: len(loud.desk.wishes) == count)
    assert b"".join(loud.handed) == wish * count


async def test_more_than_a_batch_are_all_read(hall: Hall) -> None:
    lines = [await hall.line() for _ in range(BATCH + 10)]
    for line in lines:
        line.say(*moves(1))
    assert hall.intake.read() == BATCH
    await until(lambda: all(line.intents == packed(moves(1)) for line in lines))
    # And after a time without anything, again.
    assert hall.intake.read() == 0
    for line in lines:
        line.say(*moves(1, first=2))
    await until(lambda: all(line.intents == packed(moves(2)) for line in lines))


async def test_those_who_say_too_much_do_not_keep_each_other_and_the_others_waiting(hall: Hall) -> None:
    """More of them than there is room for chunks, before one who is quiet: that one is heard in the second look."""
    loud = [await hall.line() for _ in range(ROOM_BYTES // CHUNK_BYTES + 5)]
    quiet = await hall.line()
    said = loud[0].framed(WISH) * (10 * CHUNK_BYTES // len(loud[0].framed(WISH)))
    for line in loud:
        line.there.sendall(said)
    hall.intake.read()
    quiet.say(*moves(1))
    hall.intake.read()
    assert quiet.intents == packed(moves(1))
    await until(lambda: all(b"".join(line.handed) == said for line in loud))


async def test_who_speaks_and_goes_while_there_is_no_room_is_heard_and_gone(hall: Hall) -> None:
    """The end is told of once, with the last words, and long before these are read."""
    loud = [await hall.line() for _ in range(ROOM_BYTES // CHUNK_BYTES + 5)]
    brief = [await hall.line() for _ in range(5)]
    said = loud[0].framed(WISH) * (2 * CHUNK_BYTES // len(loud[0].framed(WISH)))
    for line in loud:
        line.there.sendall(said)
    for line in brief:
        line.say(*moves(1))
        line.there.close()
    await until(lambda: all(line.lost for line in brief))
    assert [line.intents for line in brief] == [packed(moves(1))] * len(brief)


async def test_what_does_not_fit_is_read_the_next_time(hall: Hall) -> None:
    lines = [await hall.line() for _ in range(ROOM_BYTES // CHUNK_BYTES + 5)]
    wish = lines[0].framed(WISH)
    said = wish * (CHUNK_BYTES // len(wish))
    for line in lines:
        line.there.sendall(said)
    hall.intake.read()
    await until(lambda: all(b"".join(line.handed) == said for line in lines))


async def test_a_closed_intake_has_handed_everybody_back(hall: Hall) -> None:
    line = await hall.line()
    hall.intake.close()
    line.say(*moves(1))
    await until(lambda: line.handed == [line.framed(moves(1)[0])])
    hall.intake.take(line)
    assert line.session.watched == NONE
    assert hall.intake.read() == 0


@pytest.mark.parametrize("websocket", [False, True])
@pytest.mark.parametrize("moves_per_tick", [1, 3, 8])
async def test_whoever_is_too_fast_is_told_and_dropped_as_ever(websocket: bool, moves_per_tick: int) -> None:
    """Beside one whose every Move its session weighs: what reaches the city, and what comes of it, is the same."""
    async with open_hall(SPARING) as hall:
        read, told = await hall.line(websocket), await hall.line(websocket)
        hall.intake.hand_back(told)
        for tick in range(1001, 1080):
            hall.begin(tick)
            for move in moves(moves_per_tick, first=tick * 10):
                told.data_received(told.framed(move))
                read.say(move)
                hall.intake.read()
        assert read.made_of_it == told.made_of_it
        assert (read.desk.denied, read.desk.offences) == (told.desk.denied, told.desk.offences)
        assert read.desk.dropped == told.desk.dropped
        assert read.session.heard_tick == told.session.heard_tick or read.session.closed
        assert (moves_per_tick == 1) == (read.desk.dropped == 0)
        assert (moves_per_tick == 8) == (read.desk.ends == [CloseCode.FLOOD])


async def test_a_move_is_a_sign_of_life(hall: Hall) -> None:
    line = await hall.line()
    hall.begin(1050)
    assert line.session.heard_tick == 1000
    line.say(*moves(1))
    hall.intake.read()
    assert line.session.heard_tick == 1050


async def test_moves_go_to_the_zone_where_the_body_is(hall: Hall) -> None:
    lines = [await hall.line() for _ in range(3)]
    player = lines[1].session.player
    assert player is not None
    player.zone = 4
    hall.intake.crossed(player)
    for line in lines:
        line.say(*moves(1))
    hall.intake.read()
    assert sorted(hall.zones) == [0, 0, 4]
    assert [line.intents for line in lines] == [packed(moves(1))] * 3


async def test_of_a_session_that_is_over_nothing_is_heard_and_its_ration_is_anothers(hall: Hall) -> None:
    gone, other = await hall.line(), await hall.line()
    gone.session.closed = True  # but its link is not cut yet
    hall.intake.ended(gone.session)
    hall.rations.close(gone.session.ration)
    heir = await hall.line()
    assert heir.session.ration == gone.session.ration
    for line in (gone, other, heir):
        line.say(*moves(1))
    hall.intake.read()
    assert [line.intents for line in (gone, other, heir)] == [[], packed(moves(1)), packed(moves(1))]


@pytest.mark.parametrize(
    "story",
    [
        *(partial(test_each_message_goes_to_whom_it_is_for_in_order, websocket=kind) for kind in (False, True)),
        *(partial(test_an_end_is_the_transports_to_tell, websocket=kind) for kind in (False, True)),
        test_a_link_that_broke_is_the_transports_to_tell,
        test_who_is_handed_back_is_read_by_its_transport,
        test_a_descriptor_has_a_new_owner_as_soon_as_it_has_none,
        test_who_says_too_much_keeps_nobody_waiting,
        test_more_than_a_batch_are_all_read,
        test_a_closed_intake_has_handed_everybody_back,
    ],
)
def test_all_of_it_is_so_on_the_loop_that_a_city_runs_on(story: Callable[[Hall], Awaitable[None]]) -> None:
    async def told() -> None:
        async with open_hall() as hall:
            await story(hall)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(told())
