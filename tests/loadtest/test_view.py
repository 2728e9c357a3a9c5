"""What a player knows, from the messages that arrive."""

import pytest

from loadtest.view import EVENTS_MAX, FORGOTTEN_FRAMES, View
from protocol import messages as m
from protocol.codec import decode_server
from protocol.errors import ProtocolError
from tests.loadtest.said import frame, record


def shown(view: View, tick: int, *records: bytes) -> None:
    view.take(decode_server(frame(tick, at=(1000, 50, -300), records=records)))


def test_a_neighbour_is_placed_by_our_own_place_in_the_same_frame() -> None:
    view = View()
    shown(view, 7, record(9, dx=-100, dy=20, dz=400, animation=2))
    assert view.neighbours[9][:4] == (9, 900, 70, 100)
    assert (view.neighbours[9].animation, view.neighbours[9].tick) == (2, 7)
    assert view.state is not None
    assert (view.state.x, view.state.tick) == (1000, 7)


def test_a_neighbour_goes_when_ten_frames_have_not_shown_it() -> None:
    view = View()
    shown(view, 1, record(9))
    for number in range(FORGOTTEN_FRAMES - 1):
        shown(view, 2 + number)
        assert 9 in view.neighbours
    shown(view, 100)
    assert view.neighbours == {}


def test_a_newer_profile_replaces_the_old() -> None:
    view = View()
    view.take(m.Profiles([m.Profile(9, 1, "Bo", {}), m.Profile(8, 1, "Al", {})]))
    view.take(m.Profiles([m.Profile(9, 2, "Bobo", {})]))
    assert {entity: profile.name for entity, profile in view.profiles.items()} == {9: "Bobo", 8: "Al"}


def test_the_last_crowd_map_is_the_one_that_counts() -> None:
    view = View()
    for tick in (1, 2):
        view.take(m.Crowd(tick, 0, 0, 1000, 1, 1, b"\x05"))
    assert view.crowd is not None
    assert view.crowd.tick == 2


def test_events_that_nobody_takes_are_bounded_and_counted() -> None:
    view = View()
    for tick in range(EVENTS_MAX + 7):
        view.take(m.Happened(tick, "said", {}))
    assert view.events_missed == 7
    assert len(view._events) == EVENTS_MAX


@pytest.mark.parametrize("bad", [m.Frame(b"short", b""), m.Frame(bytes(28), b"ragged")])
def test_a_frame_that_is_none_is_refused(bad: m.Frame) -> None:
    with pytest.raises(ProtocolError):
        View().take(bad)
