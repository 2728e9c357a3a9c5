"""Crystals lie free or are claimed, under ids that are the city's own and serials that are used once."""

import pytest

from world.crystals import COUNT_MAX, CRYSTAL_DTYPE, STANDING, Crystal, Crystals, Laid

SOURCE = ("drizzle", 1)


def lay(crystals: Crystals, count: int = 1) -> list[Crystal]:
    return [crystals.add((100 * n, 5, -7), Laid(1, 20, SOURCE)) for n in range(count)]


def rows(crystals: Crystals) -> set[int]:
    taken = crystals.take_rows()
    assert taken is not None
    return set(taken["crystal"].tolist())


def test_ids_differ_from_zone_to_zone_and_are_never_0() -> None:
    ids = {each.crystal for zone in (0, 1, 254) for each in lay(Crystals(zone), 100)}
    assert len(ids) == 300
    assert 0 not in ids
    assert max(ids) < 2**32


def test_what_lies_free_is_taken_once_for_each_change() -> None:
    crystals = Crystals(3)
    assert crystals.take_rows() is None
    (first,) = lay(crystals)
    taken = crystals.take_rows()
    assert taken is not None
    assert taken.dtype == CRYSTAL_DTYPE
    assert taken.tolist() == [(first.crystal, 0, 5, -7, 1, 20, 0)]
    assert crystals.take_rows() is None


def test_rows_that_were_taken_stay_as_they_are() -> None:
    crystals = Crystals(0)
    first, *_ = lay(crystals, 3)
    taken = crystals.take_rows()
    crystals.remove(first.crystal)
    assert taken is not None
    assert first.crystal in taken["crystal"]


def test_claimed_lies_there_for_nobody_until_it_is_released() -> None:
    crystals = Crystals(0)
    first, *others = [each.crystal for each in lay(crystals, 200)]
    crystals.claim(first)
    assert (crystals.is_free(first), crystals.find(first) is None) == (False, False)
    assert rows(crystals) == set(others)
    crystals.release(first)
    assert rows(crystals) == {first, *others}


@pytest.mark.parametrize("claimed", [False, True])
def test_what_is_removed_is_gone_free_or_claimed(claimed: bool) -> None:
    crystals = Crystals(0)
    first, second = lay(crystals, 2)
    if claimed:
        crystals.claim(first.crystal)
    crystals.remove(first.crystal)
    assert (crystals.find(first.crystal), len(crystals)) == (None, 1)
    assert rows(crystals) == {second.crystal}
    assert crystals.of(SOURCE) == [second]
    crystals.remove(second.crystal)
    assert not crystals.has(SOURCE)


def test_after_sixteen_million_ids_begin_again_without_those_in_use_and_serials_do_not() -> None:
    crystals = Crystals(2)
    (oldest,) = lay(crystals)
    crystals._made = COUNT_MAX - 1
    last, first = lay(crystals, 2)
    assert oldest.crystal == (2 << 24) + 1
    assert (last.crystal, first.crystal) == ((2 << 24) + COUNT_MAX, (2 << 24) + 2)
    assert len({oldest.serial, last.serial, first.serial}) == 3
    assert first.serial > last.serial


def test_a_digest_sees_every_change() -> None:
    crystals = Crystals(0)
    digests = [crystals.digest()]
    first, _ = lay(crystals, 2)
    digests.append(crystals.digest())
    crystals.claim(first.crystal)
    digests.append(crystals.digest())
    crystals.remove(first.crystal)
    digests.append(crystals.digest())
    crystals.returns[4] = 99
    digests.append(crystals.digest())
    assert len(set(digests)) == 5


def test_standing_places_are_no_rain() -> None:
    crystals = Crystals(0)
    crystals.add((0, 0, 0), Laid(0, 1, (STANDING, 3)))
    assert not crystals.has(SOURCE)
    assert crystals.has((STANDING, 3))
