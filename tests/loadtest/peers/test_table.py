"""The table says what was measured, and leaves out what was not."""

from msgspec import structs

from loadtest.peers.table import HEAD, RATIOS, knees, markdown, ratios, same_crowd
from tests.loadtest.peers.said import broke, held

CHEAP = structs.replace(held(4000), cpu_us_per_update=10.0, down_bytes_s=5000.0)
DEAR = structs.replace(held(500, "colyseus-room"), cpu_us_per_update=150.0, down_bytes_s=60_000.0)


def test_a_row_is_the_largest_crowd_that_was_held_and_says_what_stopped_the_next() -> None:
    (row,) = knees([held(500), held(2000), broke(4000, why="too slow")])
    cells = dict(zip(HEAD, row, strict=True))
    assert (cells["players"], cells["gap p99"], cells["everybody sees"]) == ("2,000", "110 ms", "the nearest 64")
    assert cells["next crowd that was not held"] == "4,000: too slow"


def test_bots_that_gave_out_are_not_blamed_on_the_server() -> None:
    (row,) = knees([held(2000), structs.replace(broke(4000), blind=True)])
    assert row[-1] == "4,000: the bots were at their end; the server may hold more"


def test_a_server_that_held_nothing_has_no_row_among_the_knees_but_one_of_its_own_size() -> None:
    trials = [broke(500, "socketio", why="cut"), held(500)]
    assert [row[0] for row in knees(trials)] == ["Future City"]
    assert [row[-1] for row in same_crowd(trials, 500)] == ["held", "cut"]


def test_ours_is_set_beside_each_other() -> None:
    assert ratios([CHEAP, DEAR]) == [("Colyseus, whole room", "× 8.0", "× 15.0", "× 12.0")]
    assert ratios([DEAR]) == []


def test_a_table_is_as_wide_as_its_head() -> None:
    lines = markdown(RATIOS, ratios([CHEAP, DEAR])).splitlines()
    assert len(lines) == 3
    assert {line.count("|") for line in lines} == {len(RATIOS) + 1}
