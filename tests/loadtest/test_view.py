"""What a player knows, from the messages that arrive."""

import pytest

from loadtest.crystals import Crystal
from loadtest.view import EVENTS_MAX, FORGOTTEN_FRAMES, View
from protocol import messages as m
from protocol.codec import decode_server
from protocol.crystals import CRYSTAL_ROW
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
    view.take(m.Profiles([m.Profile(9, 1, "Bo", b""), m.Profile(8, 1, "Al", b"")]))
    view.take(m.Profiles([m.Profile(9, 2, "Bobo", b"")]))
    assert {entity: profile.name for entity, profile in view.profiles.items()} == {9: "Bobo", 8: "Al"}


def test_the_last_crowd_map_is_the_one_that_counts() -> None:
    view = View()
    for tick in (1, 2):
        view.take(m.Crowd(tick, 0, 0, 1000, 1, 1, b"\x05"))
    assert view.crowd is not None
    assert view.crowd.tick == 2


def test_crystals_are_placed_in_the_city_and_the_next_list_replaces_them() -> None:
    view = View()
    view.take(m.Crystals(5, 1000, 50, -300, CRYSTAL_ROW.pack(9, -100, 20, 400, 1, 3)))
    assert view.crystals == [Crystal(9, 900, 70, 100, 1, 3)]
    view.take(m.Crystals(6, 1000, 50, -300, b""))
    assert view.crystals == []


def test_the_last_of_the_sky_is_kept() -> None:
    view = View()
    view.take(m.Sky(20, bytes(7) + b"\x05"))
    assert view.sky == m.Sky(20, bytes(7) + b"\x05")


def test_what_is_confirmed_changes_what_we_own_and_what_others_light_does_not() -> None:
    view = View()
    view.take(m.Happened(5, "crystal_gained", {"receipt": "1.1.pick.1", "value": 3, "balance": 103, "number": 1}))
    view.take(m.Happened(6, "firework_launched", {"entity": 9, "balance": 7}))
    assert view.balance == 103


def test_events_that_nobody_takes_are_bounded_and_counted() -> None:
    view = View()
    for tick in range(EVENTS_MAX + 7):
        view.take(m.Happened(tick, "said", {}))
    assert view.events_missed == 7
    assert len(view._events) == EVENTS_MAX


@pytest.mark.parametrize(
    "bad", [m.Frame(b"short", b""), m.Frame(bytes(28), b"ragged"), m.Crystals(1, 0, 0, 0, b"ragged")]
)
def test_what_is_not_laid_out_as_it_must_be_is_refused(bad: m.AnyServerMessage) -> None:
    with pytest.raises(ProtocolError):
        View().take(bad)
