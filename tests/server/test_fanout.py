"""From a scene to each viewer's bytes: a whole set within three frames, and everything else once."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from protocol.codec import encode
from protocol.frames import ANIMATIONS, FrameHeader, read_header, read_records
from protocol.limits import FRAME_NEAREST, FRAME_RECORDS_MAX, INTEREST_MAX, PROFILES_PER_MESSAGE_MAX
from protocol.messages import Crowd, Frame, Happened, Profiles
from server.bus import Report
from server.delivery import Delivery, Viewers
from server.detail import WHOLE
from server.entities import SLOT_MASK
from server.fanout import Fanout
from server.outbox import Traffic
from server.scene import Scene
from tests.fakes import Body, FakeClient, field, scene_of, snapshot
from world.animation import Animation
from world.interest import Sight
from world.state import FLAG_GROUNDED, FLAG_PERFORMER

TICKS_PER_FRAME, TICKS_PER_CROWD_MAP = WHOLE.ticks_per_frame, WHOLE.ticks_per_crowd_map
SIGHT = Sight(refresh_ticks=1)


class Hall:
    """A fan-out over a scene, and clients that watch from it."""

    def __init__(self, bodies: Sequence[Body], sight: Sight = SIGHT) -> None:
        self.scene = scene_of(bodies)
        self.fanout = Fanout(self.scene, sight)
        self.fanout.introductions.learn(snapshot(bodies).profiles)
        self.clients: dict[int, FakeClient] = {}

    def seat(self, slot: int, websocket: bool = False) -> FakeClient:
        self.clients[slot] = FakeClient(websocket)
        return self.clients[slot]

    def look(self, tick: int) -> None:
        self.fanout.look(tick, np.array(list(self.clients), np.int32), 0)

    def prepare(self, tick: int, shed_level: int = 0) -> Delivery:
        return self.fanout.prepare(tick, Viewers.of(self.clients), shed_level)

    def serve(self, tick: int, shed_level: int = 0) -> Delivery:
        """Look, prepare and write, whoever's turn it is."""
        self.look(tick)
        delivery = self.prepare(tick, shed_level)
        delivery.write(0, len(self.clients))
        return delivery


def row(count: int) -> list[Body]:
    """People in a row, a metre apart: slot 1 at the end, slot n the n-th away from it."""
    return [Body(slot, 1000 + slot * 100, 1000) for slot in range(1, count + 1)]


def frames(client: FakeClient) -> Iterator[tuple[FrameHeader, list[int]]]:
    """Each frame's header and the slots it shows."""
    for message in client.heard:
        if isinstance(message, Frame):
            entities = read_records(message.records)["entity"]
            yield read_header(encode(message)), (entities & SLOT_MASK).tolist()


def shown(client: FakeClient) -> list[list[int]]:
    return [slots for _, slots in frames(client)]


def frame_ticks(count: int) -> range:
    return range(TICKS_PER_FRAME, TICKS_PER_FRAME * (count + 1), TICKS_PER_FRAME)


def test_what_is_sent_is_counted_by_transport() -> None:
    hall, traffic = Hall(row(20)), Traffic()
    for slot in range(1, 8):
        hall.seat(slot, websocket=slot % 3 == 0).count_in(traffic)
    hall.look(2)
    delivery = hall.prepare(2)
    delivery.count_in(traffic)
    delivery.write(0, 7)
    sent = {False: 0, True: 0}
    for client in hall.clients.values():
        sent[client.websocket] += sum(map(len, client.transport.written))
    assert traffic.sent == sent
    assert min(sent.values()) > 0


# ---- rotation ------------------------------------------------------------------------------------


def test_everyone_of_a_whole_set_is_shown_within_any_three_frames_and_the_nearest_16_in_each() -> None:
    hall = Hall(row(INTEREST_MAX + 40))
    client = hall.seat(1)
    hall.look(2)
    for tick in frame_ticks(7):
        hall.prepare(tick).write(0, 1)
    seen = shown(client)
    nearest = set(range(2, FRAME_NEAREST + 2))
    assert all(nearest <= set(frame) and len(set(frame)) == len(frame) == FRAME_RECORDS_MAX for frame in seen)
    for first in range(5):
        assert set().union(*seen[first : first + 3]) == set(range(2, INTEREST_MAX + 2))


@pytest.mark.parametrize("others", [0, 1, 16, 31, 32])
def test_a_set_of_up_to_32_is_shown_whole_in_each_frame(others: int) -> None:
    hall = Hall(row(others + 1))
    client = hall.seat(1)
    for tick in frame_ticks(4):
        hall.serve(tick)
    assert [sorted(frame) for frame in shown(client)] == [list(range(2, others + 2))] * 4


@pytest.mark.parametrize("others", [33, 40, 50, 63])
def test_a_set_between_32_and_64_is_shown_whole_within_three_frames(others: int) -> None:
    hall = Hall(row(others + 1))
    client = hall.seat(1)
    hall.look(2)
    for tick in frame_ticks(3):
        hall.prepare(tick).write(0, 1)
    seen = shown(client)
    assert set().union(*seen) == set(range(2, others + 2))
    assert all(set(range(2, FRAME_NEAREST + 2)) <= set(frame) for frame in seen)


def test_a_performer_behind_a_crowd_is_in_every_frame() -> None:
    star = Body(200, 9000, 1000, flags=FLAG_GROUNDED | FLAG_PERFORMER)
    hall = Hall([*row(150)[:70], star])
    client = hall.seat(1)
    for tick in frame_ticks(4):
        hall.serve(tick)
    assert all(200 in frame for frame in shown(client))


# ---- what a frame says ---------------------------------------------------------------------------


def test_the_header_is_the_viewers_own_truth() -> None:
    me = Body(4, 500, 700, 123, heading=64, animation=3, input=99_000, vy=-250, flags=FLAG_PERFORMER, layer=2)
    hall = Hall([me])
    client = hall.seat(4)
    hall.serve(4242, shed_level=3)
    ((header, _),) = frames(client)
    assert header == FrameHeader(4242, 99_000, 500, 123, 700, -250, 64, 3, 0, 3, 0, 2)


def test_on_the_ground_is_the_only_flag_of_the_world_that_clients_are_shown() -> None:
    hall = Hall([Body(4, flags=FLAG_GROUNDED | FLAG_PERFORMER)])
    client = hall.seat(4)
    hall.serve(2)
    ((header, _),) = frames(client)
    assert header.flags == FLAG_GROUNDED


def test_a_record_says_who_stands_where_from_the_viewer() -> None:
    other = Body(5, 400, 900, y=-40, heading=200, animation=5, generation=3)
    hall = Hall([Body(4, 500, 700, y=60), other])
    client = hall.seat(4)
    hall.serve(2)
    (frame,) = client.all(Frame)
    assert isinstance(frame, Frame)
    assert read_records(frame.records).tolist() == [(other.entity, -100, -100, 200, 200, 5)]


def test_what_bodies_do_is_numbered_as_on_the_wire() -> None:
    assert tuple(animation.name.lower() for animation in Animation) == ANIMATIONS


def test_whoever_has_gone_since_the_set_was_chosen_is_not_shown() -> None:
    bodies = row(50)
    hall = Hall(bodies)
    client = hall.seat(1)
    hall.look(2)
    hall.scene.merge([snapshot(bodies[:10] + bodies[20:])])
    for tick in frame_ticks(3):
        hall.prepare(tick).write(0, 1)
    seen = shown(client)
    assert set().union(*seen) == {*range(2, 11), *range(21, 51)}
    assert all(len(frame) == len(set(frame)) for frame in seen)


def test_whoever_has_changed_layers_since_the_set_was_chosen_is_not_shown() -> None:
    hall = Hall(row(3))
    client = hall.seat(1)
    hall.look(2)
    hall.scene.merge([snapshot([*row(2), row(3)[2]._replace(layer=1)])])
    hall.prepare(2).write(0, 1)
    assert shown(client) == [[2]]


@pytest.mark.parametrize("after", ["learning", "losing the link"])
def test_a_friend_behind_a_crowd_is_in_every_frame(after: str) -> None:
    bodies = [*row(150)[:90], Body(200, 9500, 1000)]
    hall = Hall(bodies)
    client = hall.seat(1)
    told = snapshot(bodies)
    friends = [profile._replace(party=7) for profile in told.profiles if profile.entity & SLOT_MASK in (1, 200)]
    hall.fanout.learn(told._replace(profiles=friends))
    if after == "losing the link":
        hall.fanout.forget(1)
    for tick in frame_ticks(4):
        hall.serve(tick)
    assert all(200 in frame for frame in shown(client))


def test_whoever_is_farther_than_a_frame_can_say_is_not_shown() -> None:
    bodies = [Body(1, 0, 0), Body(2, 500, 0), Body(3, 900, 0)]
    hall = Hall(bodies)
    client = hall.seat(1)
    hall.look(2)
    hall.scene.merge([snapshot([bodies[0], Body(2, 32_768, 0), Body(3, 0, 32_767)])])
    hall.prepare(2).write(0, 1)
    assert shown(client) == [[3]]


@pytest.mark.parametrize("others", [0, 3, 7, 40])
def test_both_transports_are_told_the_same(others: int) -> None:
    hall = Hall(row(others + 1))
    tcp, websocket = hall.seat(1), FakeClient(websocket=True)
    hall.serve(2)
    hall.fanout.forget(1)
    hall.clients[1] = websocket
    hall.serve(8)
    (here, near), (there, also) = *frames(tcp), *frames(websocket)
    assert here._replace(tick=8) == there
    assert sorted(near) == sorted(also)


def test_a_crowd_of_frames_is_written_slice_by_slice_one_write_each() -> None:
    hall = Hall(row(30))
    clients = [hall.seat(slot, websocket=slot % 3 == 0) for slot in range(1, 31)]
    hall.look(2)
    delivery = hall.prepare(2)
    for start in range(0, 30, 7):
        assert [len(client.transport.written) for client in clients] == [1] * start + [0] * (30 - start)
        delivery.write(start, start + 7)
        clients_done = min(start + 7, 30)
        assert [len(client.transport.written) for client in clients[:clients_done]] == [1] * clients_done
    headers = [next(frames(client))[0] for client in clients]
    assert [header.x for header in headers] == [1000 + slot * 100 for slot in range(1, 31)]


def test_without_viewers_nothing_is_sent() -> None:
    delivery = Hall(row(2)).prepare(1)
    delivery.write(0, 10)
    assert (len(delivery), delivery.pieces.sizes.size, delivery.heard, delivery.cut) == (0, 0, 0, 0)


def test_somebody_whose_profile_is_not_known_yet_is_shown_and_introduced_later() -> None:
    bodies = row(2)
    hall = Hall(bodies[:1])
    client = hall.seat(1)
    hall.scene.merge([snapshot(bodies)])
    hall.serve(2)
    assert shown(client) == [[2]]
    assert introduced(client) == []
    hall.fanout.introductions.learn(snapshot(bodies).profiles)
    hall.serve(4)
    assert introduced(client) == [[2]]


# ---- what goes behind a frame --------------------------------------------------------------------


def said(x: int, text: bytes = b"hello") -> Report:
    payload = encode(Happened(1, "said", {"text": text.decode()}))
    return Report(0, 99, x, 1000, 3000, 1, payload)


def heard(client: FakeClient) -> list[str]:
    return [message.fields["text"] for message in client.heard if isinstance(message, Happened)]


def introduced(client: FakeClient) -> list[list[int]]:
    told = [message for message in client.heard if isinstance(message, Profiles)]
    return [[profile.entity & SLOT_MASK for profile in message.profiles] for message in told]


def test_whoever_is_shown_is_introduced_once_and_not_too_many_with_one_frame() -> None:
    hall = Hall(row(INTEREST_MAX + 1))
    client = hall.seat(1)
    hall.look(2)
    for tick in frame_ticks(40):
        hall.prepare(tick).write(0, 1)
    groups = introduced(client)
    everybody = [slot for group in groups for slot in group]
    assert max(map(len, groups)) == PROFILES_PER_MESSAGE_MAX
    assert sorted(everybody) == list(range(2, INTEREST_MAX + 2))
    assert set(everybody[:FRAME_NEAREST]) == set(range(2, FRAME_NEAREST + 2))


def test_an_introduction_comes_behind_the_frame_that_shows_its_entity() -> None:
    hall = Hall(row(2))
    client = hall.seat(1)
    hall.serve(2)
    kinds = [type(message) for message in client.heard]
    assert kinds.index(Frame) < kinds.index(Profiles)


def test_a_new_viewer_in_a_slot_is_introduced_to_everybody_again() -> None:
    hall = Hall(row(3))
    hall.seat(1)
    hall.serve(2)
    hall.fanout.forget(1)
    client = hall.seat(1)
    hall.serve(4)
    assert [sorted(group) for group in introduced(client)] == [[2, 3]]


def test_viewers_of_both_ticks_hear_a_report_once_each() -> None:
    hall = Hall(row(2))
    one, other = hall.seat(1), FakeClient()
    for tick, reports in enumerate([[said(1000)], [], []], 2):
        hall.fanout.hear(tick, reports)
        turn = {1: one} if tick % TICKS_PER_FRAME == 0 else {2: other}
        hall.fanout.prepare(tick, Viewers.of(turn), 0).write(0, 1)
    assert heard(one) == heard(other) == ["hello"]


def test_a_report_of_the_tick_before_a_viewers_turn_is_heard_too() -> None:
    hall = Hall(row(1))
    client = hall.seat(1)
    for tick, reports in enumerate([[said(1000, b"odd")], [said(1000, b"even")], [said(1000, b"late")]], 1):
        hall.fanout.hear(tick, reports)
        if tick % TICKS_PER_FRAME == 0:
            hall.prepare(tick).write(0, 1)
    assert heard(client) == ["odd", "even"]


def test_events_in_earshot_go_out_in_either_framing_and_are_counted() -> None:
    hall = Hall(row(40))
    tcp, websocket, far = hall.seat(1), hall.seat(2, websocket=True), hall.seat(40)
    hall.fanout.hear(1, [said(1000, str(number).encode()) for number in range(5)])
    delivery = hall.serve(2)
    assert heard(tcp) == heard(websocket) == ["0", "1", "2"]
    assert heard(far) == []
    assert (delivery.heard, delivery.cut) == (6, 4)


def test_every_viewer_gets_a_crowd_map_once_a_second_and_not_all_at_once() -> None:
    hall = Hall(row(TICKS_PER_CROWD_MAP))
    clients = [hall.seat(slot) for slot in range(1, TICKS_PER_CROWD_MAP + 1)]
    told = []
    for tick in range(40, 40 + 2 * TICKS_PER_CROWD_MAP, TICKS_PER_FRAME):
        before = sum(len(client.all(Crowd)) for client in clients)
        hall.serve(tick)
        told.append(sum(len(client.all(Crowd)) for client in clients) - before)
    assert told == [TICKS_PER_FRAME] * TICKS_PER_CROWD_MAP
    assert [len(client.all(Crowd)) for client in clients] == [2] * len(clients)


def test_looking_says_how_large_the_sets_are() -> None:
    hall = Hall(row(100))
    hall.seat(1)
    assert hall.fanout.look(1, np.array([1], np.int32), 0).tolist() == [INTEREST_MAX]
    empty = Hall(row(1))
    empty.seat(1)
    assert empty.fanout.look(1, np.array([1], np.int32), 0).tolist() == [0]


def test_from_level_one_on_a_tick_looks_for_half_as_many() -> None:
    hall, viewers = Hall(row(100)), np.arange(1, 5, dtype=np.int32)
    for shed_level, looked_for in enumerate([4, 2, 2, 2, 2]):
        hall.fanout.look(1 + 10 * shed_level, viewers, shed_level)
        assert hall.fanout.look(2 + 10 * shed_level, viewers, shed_level).size == looked_for


def test_the_scene_may_span_zones_and_frames_say_which_one_the_viewer_is_in() -> None:
    scene = Scene([field(0), field(1)])
    side = field().rect.width
    scene.merge([snapshot([Body(1, side - 50, 10)]), snapshot([Body(2, side + 50, 10)], number=1)])
    fanout, clients = Fanout(scene, SIGHT), [FakeClient(), FakeClient()]
    fanout.look(1, np.array([1, 2], np.int32), 0)
    fanout.prepare(2, Viewers.of(dict(enumerate(clients, 1))), 0).write(0, 2)
    ((here, sees),), ((there, seen_by),) = list(frames(clients[0])), list(frames(clients[1]))
    assert (here.zone, there.zone) == (0, 1)
    assert (sees, seen_by) == ([2], [1])


def test_who_has_not_taken_what_was_written_is_noted_with_the_delivery() -> None:
    hall = Hall(row(3))
    quick, slow = hall.seat(1), hall.seat(2)
    slow.transport.backlog = 1
    delivery = hall.serve(2)
    assert delivery.behind == [2]
    assert frames(quick)
